"""What happens at the bridge's reader, told to the pages that listen, as server-sent events (HTML standard, 9.2).

A page asks for a stream with its pairing token and gets an address of its own for it: `EventSource` can send no token,
and a token has no place in an address. What is told is the state a page may know (service, reader, card), never
anything of a card. Each event has a number: a page that was cut off is told what it missed, or the present state
where that is too long ago.
"""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from threading import Condition
from time import monotonic
from typing import Any

from card_reader.loopback import BadRequest
from card_reader.monitor import CardEvent

STREAM_LIMIT = 16  # pages that listen at the same time
KEPT_EVENTS = 64
TICKET_SECONDS = 60.0  # to begin listening, and to come back
STILL_HERE_SECONDS = 15.0  # between signs of life; only writing shows that a page is gone
BACK_MILLISECONDS = 1000  # until a page that was cut off comes back
STATE, ANSWERED = "state", "answered"

ReaderState = Callable[[], dict[str, Any]]


@dataclass
class Ticket:
    """A page's right to listen, from `origin` only, with one stream: a new one, number `turn`, ends the one before."""

    origin: str | None
    ends: float
    turn: int = 0
    listening: bool = False


class Events:
    """The events of one bridge. `report` gives the state a page may know, `hear` takes what the monitor tells."""

    def __init__(
        self,
        report: ReaderState,
        *,
        clock: Callable[[], float] = monotonic,
        still_here: float = STILL_HERE_SECONDS,
    ) -> None:
        self._report = report
        self._clock = clock
        self._still_here = still_here
        self._told: deque[tuple[int, str, str]] = deque(maxlen=KEPT_EVENTS)
        self._number = 0
        self._reader: str | None = None
        self._tickets: dict[str, Ticket] = {}
        self._changed = Condition()
        self._closed = False

    def hear(self, event: CardEvent) -> None:
        """Tell the pages, if it is about the service or the bridge's own reader. Called in the monitor's thread."""
        state = self._report()
        concerned = {"", self._reader, state["reader"]}
        self._reader = state["reader"]
        if event.reader in concerned:
            self._tell(event.kind, state)

    def answered(self) -> None:
        """Tell the pages that somebody's request is over: whoever waits for one may look now. Whose it was is not said."""
        self._tell(ANSWERED, self._report())

    def admit(self, origin: str | None) -> str:
        """Give a page of `origin` (None: a program of this machine) a ticket; BadRequest 429 when too many listen."""
        now = self._clock()
        with self._changed:
            for id_, ticket in list(self._tickets.items()):
                if not ticket.listening and now >= ticket.ends:
                    del self._tickets[id_]
            if len(self._tickets) >= STREAM_LIMIT:
                raise BadRequest(429, "too many pages listen")
            id_ = secrets.token_urlsafe(24)
            self._tickets[id_] = Ticket(origin, now + TICKET_SECONDS)
        return id_

    def listen(self, id_: str, origin: str | None, last: str = "") -> Generator[bytes, None, None] | None:
        """Return the stream of a ticket, beginning behind event number `last`; None when it is no ticket (any more)."""
        with self._changed:
            ticket = self._tickets.get(id_)
            if ticket is None or ticket.origin != origin or (not ticket.listening and self._clock() >= ticket.ends):
                return None
            since = int(last) if last.isdecimal() and len(last) < 18 else None
            if since is not None and not self._number - len(self._told) <= since <= self._number:
                since = None
        return self._stream(ticket, since)

    def close(self) -> None:
        """End all streams."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _stream(self, ticket: Ticket, since: int | None) -> Generator[bytes, None, None]:
        with self._changed:
            ticket.turn, ticket.listening = ticket.turn + 1, True
            turn = ticket.turn
            self._changed.notify_all()
        try:
            yield f"retry: {BACK_MILLISECONDS}\n\n".encode()
            if since is None:
                since, state = self._present()
                yield _event(since, STATE, state)
            while (news := self._wait(since, lambda: self._closed or ticket.turn != turn)) is not None:
                for number, kind, state in news:
                    since = number
                    yield _event(number, kind, state)
                if not news:
                    yield b": still here\n\n"
        finally:
            with self._changed:
                if ticket.turn == turn:
                    ticket.listening, ticket.ends = False, self._clock() + TICKET_SECONDS

    def _tell(self, kind: str, state: dict[str, Any]) -> None:
        with self._changed:
            self._number += 1
            self._told.append((self._number, kind, json.dumps(state)))
            self._changed.notify_all()

    def _present(self) -> tuple[int, str]:
        """The state now and the number of the last event before it."""
        with self._changed:
            number = self._number
        return number, json.dumps(self._report())

    def _wait(self, since: int, over: Callable[[], bool]) -> list[tuple[int, str, str]] | None:
        """What was told after number `since`, empty when nothing was for a while, None when the stream is over."""
        with self._changed:
            self._changed.wait_for(lambda: over() or self._number > since, self._still_here)
            return None if over() else [told for told in self._told if told[0] > since]


def _event(number: int, kind: str, state: str) -> bytes:
    return f"id: {number}\nevent: {kind}\ndata: {state}\n\n".encode()
