"""What happens at the readers, told as events; a monitor of our own.

pyscard's dies silently when pcscd restarts (pyscard #82, #128). This one watches all readers and the plug-and-play
pseudo reader, takes any error as "the service is gone" and begins anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Literal

from card_reader.errors import CardError, outline
from card_reader.pcsc import check, readers_of, scard, service
from card_reader.worker import TooLate, within

log = logging.getLogger(__name__)

PLUG_AND_PLAY = "\\\\?PnP?\\Notification"
WATCH_MILLISECONDS = 5000
HUNG_SECONDS = 10.0
RECOVER_SECONDS = 0.2
STOP_SECONDS = 2.0
WATCH_LIMIT = 16  # PCSCLITE_MAX_READERS_CONTEXTS: with sixteen readers no more can come, and one more name is an error
TIMED_OUT = 0x8010000A
CANCELLED = 0x80100002
UNKNOWN_READER = 0x80100009
READER_UNAVAILABLE = 0x80100017

Kind = Literal["inserted", "removed", "reader-added", "reader-gone", "service-down", "service-up"]


@dataclass(frozen=True, slots=True)
class CardEvent:
    """Something happened at a reader; `reader` is "" for the service, `atr` only of an inserted card."""

    reader: str
    kind: Kind
    atr: bytes = b""


class CardMonitor:
    """Tells a callback what happens at all readers, and survives restarts of the service.

    `on_event(CardEvent)` is called in the monitor's thread, one event at a time, and should return quickly.
    Starting reports the present state as events. When the service goes down, cards are reported removed and
    readers gone first, so that a listener that only knows "removed" ends its session. A look that takes longer than
    `hung_seconds` (more than WATCH_MILLISECONDS) means that the service does not answer.
    """

    def __init__(self, on_event: Callable[[CardEvent], None], *, hung_seconds: float = HUNG_SECONDS) -> None:
        self._on_event = on_event
        self._hung_seconds = hung_seconds
        self._stopping = Event()
        self._lock = Lock()
        self._seen: dict[str, int] = {}
        self._cards: dict[str, bytes | None] = {}
        self._service_up: bool | None = None
        self._context: Any = None
        self._looked = monotonic()
        self._thread = Thread(target=self._watch, name="card-monitor", daemon=True)

    def start(self) -> None:
        """Begin to watch. Raises PcscMissing at once when the software is not installed."""
        scard()
        self._thread.start()

    def stop(self) -> None:
        """End the watching thread; returns when it is gone, or after 2 s when the service hangs."""
        self._stopping.set()
        end = monotonic() + STOP_SECONDS
        while self._thread.is_alive() and monotonic() < end:
            self._wake()
            self._thread.join(RECOVER_SECONDS)

    def states(self) -> dict[str, bytes | None]:
        """Return the ATR of the card in each reader, None for an empty one."""
        with self._lock:
            return dict(self._cards)

    @property
    def service_up(self) -> bool:
        """Whether the PC/SC service answered when it was last asked, and that is not too long ago."""
        return bool(self._service_up) and monotonic() - self._looked < self._hung_seconds

    def _wake(self) -> None:
        """Interrupt the look that waits for a change."""
        context = self._context
        if context is not None:
            try:
                within(RECOVER_SECONDS, lambda: scard().SCardCancel(context))
            except TooLate:
                log.info("monitor.service-hangs")

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                with service() as context:
                    self._context = context
                    self._service(up=True)
                    while not self._stopping.is_set():
                        self._look(context)
            except CardError as error:
                log.info("readers.lost", extra={"reason": str(error)})
                self._service(up=False)
            except Exception as fault:
                # A monitor that dies silently is worse than one that starts anew.
                log.error("monitor.fault: %s", outline(fault))
                self._service(up=False)
            finally:
                self._context = None
            self._stopping.wait(RECOVER_SECONDS)

    def _look(self, context: Any) -> None:
        """Compare the readers with what is known, then wait for the next change."""
        pcsc = scard()
        self._looked = monotonic()
        readers = readers_of(context)
        for gone in [reader for reader in self._seen if reader not in readers]:
            self._forget(gone)
        for reader in readers:
            if reader not in self._seen:
                self._seen[reader] = pcsc.SCARD_STATE_UNAWARE
                self._set(reader, None)
                self._tell(CardEvent(reader, "reader-added"))
        watched = [*self._seen.items(), (PLUG_AND_PLAY, pcsc.SCARD_STATE_UNAWARE)][:WATCH_LIMIT]
        fresh = any(state == pcsc.SCARD_STATE_UNAWARE for state in self._seen.values())
        result, states = pcsc.SCardGetStatusChange(context, 0 if fresh else WATCH_MILLISECONDS, watched)
        if result & 0xFFFFFFFF in (TIMED_OUT, CANCELLED):
            return
        if result & 0xFFFFFFFF in (UNKNOWN_READER, READER_UNAVAILABLE):
            self._stopping.wait(RECOVER_SECONDS)  # one vanished in between: the next look finds out which
            return
        check(result, "waiting for cards")
        for reader, state, atr in states:
            if reader in self._seen and state & pcsc.SCARD_STATE_CHANGED:
                self._changed(reader, state, bytes(atr))

    def _changed(self, reader: str, state: int, atr: bytes) -> None:
        pcsc = scard()
        present = bool(state & pcsc.SCARD_STATE_PRESENT)
        # The upper half counts insertions and removals: an exchange within one look shows only there.
        exchanged = present and (state ^ self._seen[reader]) >> 16 != 0
        had_card = self._cards.get(reader) is not None
        self._seen[reader] = state & ~pcsc.SCARD_STATE_CHANGED
        if had_card and (exchanged or not present):
            self._set(reader, None)
            self._tell(CardEvent(reader, "removed"))
        if present and (exchanged or not had_card):
            self._set(reader, atr)
            self._tell(CardEvent(reader, "inserted", atr))

    def _forget(self, reader: str) -> None:
        had_card = self._cards.get(reader) is not None
        del self._seen[reader]
        with self._lock:
            self._cards.pop(reader, None)
        if had_card:
            self._tell(CardEvent(reader, "removed"))
        self._tell(CardEvent(reader, "reader-gone"))

    def _service(self, *, up: bool) -> None:
        if not up:
            for reader in list(self._seen):
                self._forget(reader)
        if self._service_up is not up:
            self._service_up = up
            self._tell(CardEvent("", "service-up" if up else "service-down"))

    def _set(self, reader: str, atr: bytes | None) -> None:
        with self._lock:
            self._cards[reader] = atr

    def _tell(self, event: CardEvent) -> None:
        try:
            self._on_event(event)
        except Exception as fault:
            log.error("monitor.listener-failed: %s", outline(fault))
