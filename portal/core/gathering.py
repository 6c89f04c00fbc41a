"""Group commit: wishes of the same kind that come while one transaction is written share the next one.

Whoever comes first leads: it grants its own wish and all that wait by then, in the order of coming; whoever came
while it did so waits, and the first of them leads next. Nobody leads twice in a row, so nobody serves the others for
ever, and nobody is overtaken. If a gathering fails, each of it is tried alone: one bad wish spoils no other.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy.exc import OperationalError

MOST = 64
"""Wishes of one transaction: a longer one makes everybody wait for the last."""

Wish = TypeVar("Wish")
Grant = TypeVar("Grant")


@dataclass(slots=True, eq=False)
class _Place(Generic[Wish, Grant]):
    """One caller in line. `called` opens when an answer lies in `granted` or `fault`, or when it is its turn to lead."""

    wish: Wish
    called: threading.Lock = field(default_factory=threading.Lock)
    granted: Grant | None = None
    fault: BaseException | None = None
    is_done: bool = False


class Gathering(Generic[Wish, Grant]):
    """Wishes of one kind in one process. *turn* is waited for before the wishes of a transaction are counted."""

    def __init__(
        self,
        turn: Callable[[], AbstractContextManager[None]],
        grant: Callable[[Sequence[Wish]], Sequence[Grant]],
    ) -> None:
        self._turn, self._grant = turn, grant
        self._guard = threading.Lock()
        self._waiting: deque[_Place[Wish, Grant]] = deque()
        self._is_led = False

    def ask(self, wish: Wish) -> Grant:
        """What was granted for *wish*, after the commit; raises what granting it raised."""
        place: _Place[Wish, Grant] = _Place(wish)
        place.called.acquire()
        with self._guard:
            self._waiting.append(place)
            leads, self._is_led = not self._is_led, True
        if not leads:
            place.called.acquire()
        if not place.is_done:
            self._lead(place)
        if place.fault is not None:
            raise place.fault
        return place.granted  # type: ignore[return-value]

    def _lead(self, own: _Place[Wish, Grant]) -> None:
        """Serve the first in line, oneself among them, and hand the lead to whoever is first then."""
        share: list[_Place[Wish, Grant]] = []
        try:
            time.sleep(0)
            with self._turn():
                with self._guard:
                    share += [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                self._serve(share)
        except BaseException as fault:  # the turn never came, or this process is being stopped: all learn it
            share = share or self._step_out(own)
            for place in share:
                place.fault = place.fault or fault
        finally:
            self._hand_on(share)

    def _serve(self, share: Sequence[_Place[Wish, Grant]]) -> None:
        try:
            granted = self._grant([place.wish for place in share])
        except Exception as fault:
            if len(share) == 1:
                share[0].fault = fault
                return
            self._serve_alone(share)
            return
        for place, one in zip(share, granted, strict=True):
            place.granted = one

    def _serve_alone(self, share: Sequence[_Place[Wish, Grant]]) -> None:
        """One by one; an outage that meets one of them meets all: each would wait for it as long again."""
        outage: Exception | None = None
        for place in share:
            if outage is None:
                self._serve([place])
                outage = place.fault if isinstance(place.fault, OperationalError) else None
            else:
                place.fault = outage

    def _step_out(self, own: _Place[Wish, Grant]) -> list[_Place[Wish, Grant]]:
        with self._guard:
            self._waiting.remove(own)
        return [own]

    def _hand_on(self, share: Sequence[_Place[Wish, Grant]]) -> None:
        for place in share:
            place.is_done = True
            place.called.release()
        with self._guard:
            if self._waiting:
                self._waiting[0].called.release()
            else:
                self._is_led = False
