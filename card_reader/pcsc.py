"""Real readers through PC/SC: the only module that knows pyscard, and where its errors end.

Facts behind the shapes here (measured with pcscd 1.9.9 and vsmartcard-vpcd 3.3, see README.md):
- pyscard's own card monitor dies silently when pcscd restarts (pyscard #82, #128), so `CardMonitor` is ours.
- A card that does not answer blocks SCardTransmit for ever and SCardCancel does not reach it, so each use
  of a card has a worker thread and every call a deadline.
- What was proven to a card is seen by every program that shares it, so cards are used exclusively and powered
  down afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import sleep
from typing import Any, Literal, TypeVar

from card_reader import apdu
from card_reader.errors import (
    CardBusy,
    CardError,
    CardFault,
    CardRemoved,
    CardSilent,
    NoCard,
    PcscMissing,
    ReaderGone,
    ServiceDown,
    name_of,
    outline,
)

log = logging.getLogger(__name__)
trace = logging.getLogger("card_reader.trace")

INSTALL_HINT = (
    "Real readers need PC/SC: apt-get install pcscd libpcsclite-dev swig gcc python3-dev, "
    "then pip install 'pyscard>=2.3.1' (extra: card)."
)
DEADLINE = 5.0
FRESH_CARD_SECONDS = (0.2, 0.3, 0.5, 0.0)  # a card just put down may need a moment, or pcscd to notice it
PLUG_AND_PLAY = "\\\\?PnP?\\Notification"
WATCH_MILLISECONDS = 5000
RECOVER_SECONDS = 0.2

# pcsc-lite's pcsclite.h; the numbers are the same with every PC/SC.
NO_READERS = 0x8010002E
TIMED_OUT = 0x8010000A
CANCELLED = 0x80100002
NOT_YET_POWERED = {0x80100066, 0x80100067}  # unresponsive, unpowered
FAILURES: dict[int, type[CardError]] = {
    0x80100009: ReaderGone,  # unknown reader
    0x8010000B: CardBusy,  # sharing violation
    0x8010000C: NoCard,
    0x80100017: ReaderGone,  # reader unavailable
    0x8010001D: ServiceDown,  # no service
    0x8010001E: ServiceDown,  # service stopped
    0x80100003: ServiceDown,  # invalid handle: the service was restarted under it
    0x80100013: ServiceDown,  # internal communication error
    NO_READERS: ReaderGone,
    0x80100068: CardRemoved,  # reset by somebody else: what was proven is gone
    0x80100069: CardRemoved,
}

T = TypeVar("T")


def _scard() -> Any:
    try:
        from smartcard import scard
    except ImportError as error:
        raise PcscMissing(INSTALL_HINT) from error
    return scard


def _check(result: int, during: str) -> None:
    code = result & 0xFFFFFFFF
    if code:
        raise FAILURES.get(code, CardFault)(f"{during}: PC/SC error {code:08X}")


@contextmanager
def _context() -> Iterator[Any]:
    scard = _scard()
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    _check(result, "reaching the PC/SC service")
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


def _readers(context: Any) -> list[str]:
    result, names = _scard().SCardListReaders(context, [])
    if result & 0xFFFFFFFF == NO_READERS:
        return []
    _check(result, "listing readers")
    return list(names)


def list_readers() -> list[str]:
    """Return the full names of the readers, for example "Chiba Kiosk 00 00"; empty when none is plugged in.

    Raises ServiceDown when pcscd does not run, PcscMissing when the software is not installed.
    """
    with _context() as context:
        return _readers(context)


def find_reader(wanted: str, readers: list[str]) -> str:
    """Return the reader with this name, or the first whose name begins with it; ReaderGone when none does.

    pcscd appends two numbers to the configured name, so people and settings name a reader by its beginning.
    """
    if wanted in readers:
        return wanted
    for reader in readers:
        if reader.startswith(wanted):
            return reader
    raise ReaderGone(f"no reader is called {wanted!r}")


class _Worker:
    """A thread of its own for one card, so that nobody waits longer than a deadline for it."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        Thread(target=self._work, name="card-io", daemon=True).start()

    def run(self, act: Callable[[], T], deadline: float) -> T:
        """Return what `act` returns or raise what it raises; CardSilent when neither happens in time."""
        future: Future[T] = Future()
        self._jobs.put((future, act))
        try:
            return future.result(deadline)
        except TimeoutError:
            raise CardSilent(f"no answer within {deadline:g} s") from None

    def end(self, act: Callable[[], None], deadline: float) -> None:
        """Do a last thing, waiting for it at most `deadline` seconds; it happens even if that is later."""
        try:
            self.run(act, deadline)
        except CardSilent:
            log.warning("card.silent-at-disconnect")
        finally:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, act = job
            try:
                future.set_result(act())
            except BaseException as error:  # handed to whoever waits, whatever it is
                future.set_exception(error)


class PcscConnection:
    """A powered card in a reader, used by nobody else. Made by `open_card`."""

    def __init__(self, reader: str, deadline: float) -> None:
        self.reader = reader
        self.atr = b""
        self._deadline = deadline
        self._worker = _Worker()
        self._context: Any = None
        self._card: Any = None
        self._protocol = 0
        self._failure: CardError | None = None

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command APDU. After an error the connection is dead: another card might answer."""
        if self._failure is not None:
            raise self._failure
        try:
            data, status = self._worker.run(lambda: self._transmit(wire), self._deadline)
        except CardError as error:
            self._failure = error
            raise
        if trace.isEnabledFor(logging.DEBUG):
            trace.debug("%s -> %d bytes %s", apdu.describe(wire), len(data), name_of(status))
        return data, status

    def _open(self) -> None:
        self._worker.run(self._connect, self._deadline)

    def _close(self) -> None:
        self._worker.end(self._disconnect, 0.0 if isinstance(self._failure, CardSilent) else self._deadline)

    def _connect(self) -> None:
        scard = _scard()
        result, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        _check(result, "reaching the PC/SC service")
        self.reader = find_reader(self.reader, _readers(self._context))
        for patience in FRESH_CARD_SECONDS:
            result, card, self._protocol = scard.SCardConnect(
                self._context,
                self.reader,
                scard.SCARD_SHARE_EXCLUSIVE,
                scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
            )
            if result & 0xFFFFFFFF not in NOT_YET_POWERED:
                break
            sleep(patience)
        _check(result, "powering the card")
        self._card = card
        result, _, _, _, atr = scard.SCardStatus(card)
        _check(result, "asking the card for its ATR")
        self.atr = bytes(atr)

    def _disconnect(self) -> None:
        scard = _scard()
        if self._card is not None:
            scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)
        if self._context is not None:
            scard.SCardReleaseContext(self._context)

    def _transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        scard = _scard()
        pci = scard.SCARD_PCI_T1 if self._protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        result, answer = scard.SCardTransmit(self._card, pci, list(wire))
        code = result & 0xFFFFFFFF
        if code in FAILURES:
            _check(result, "sending a command")
        if code or len(answer) < 2:
            # Pulled, exchanged or contact lost: PC/SC cannot tell, and an exchange in the middle of a command
            # is not even noticed by pcscd.
            raise CardRemoved(f"the card left the reader during a command (PC/SC error {code:08X})")
        return bytes(answer[:-2]), answer[-2] << 8 | answer[-1]


@contextmanager
def open_card(reader: str, deadline: float = DEADLINE) -> Iterator[PcscConnection]:
    """Use the card in `reader` (full name or its beginning) exclusively; it is powered down at the end.

    Connecting, every command and the end each take at most `deadline` seconds. Raises NoCard, CardBusy,
    CardRemoved, CardSilent, CardFault, ReaderGone, ServiceDown or PcscMissing, never an exception of pyscard.
    """
    connection = PcscConnection(reader, deadline)
    try:
        connection._open()
        yield connection
    finally:
        connection._close()


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
    readers gone first, so that a listener that only knows "removed" ends its session.
    """

    def __init__(self, on_event: Callable[[CardEvent], None]) -> None:
        self._on_event = on_event
        self._stopping = Event()
        self._lock = Lock()
        self._seen: dict[str, int] = {}
        self._cards: dict[str, bytes | None] = {}
        self._service_up: bool | None = None
        self._context: Any = None
        self._thread = Thread(target=self._watch, name="card-monitor", daemon=True)

    def start(self) -> None:
        """Begin to watch. Raises PcscMissing at once when the software is not installed."""
        _scard()
        self._thread.start()

    def stop(self) -> None:
        """End the watching thread; returns when it is gone."""
        self._stopping.set()
        while self._thread.is_alive():
            context = self._context
            if context is not None:
                _scard().SCardCancel(context)
            self._thread.join(RECOVER_SECONDS)

    def states(self) -> dict[str, bytes | None]:
        """Return the ATR of the card in each reader, None for an empty one."""
        with self._lock:
            return dict(self._cards)

    @property
    def service_up(self) -> bool:
        """Whether the PC/SC service answered when it was last asked."""
        return bool(self._service_up)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                with _context() as context:
                    self._context = context
                    self._service(up=True)
                    while not self._stopping.is_set():
                        self._look(context)
            except CardError as error:
                log.info("readers.lost", extra={"reason": str(error)})
                self._service(up=False)
            except Exception as fault:  # a monitor that dies silently is worse than one that starts anew
                log.error("monitor.fault: %s", outline(fault))
                self._service(up=False)
            finally:
                self._context = None
            self._stopping.wait(RECOVER_SECONDS)

    def _look(self, context: Any) -> None:
        """Compare the readers with what is known, then wait for the next change."""
        scard = _scard()
        readers = _readers(context)
        for gone in [reader for reader in self._seen if reader not in readers]:
            self._forget(gone)
        for reader in readers:
            if reader not in self._seen:
                self._seen[reader] = scard.SCARD_STATE_UNAWARE
                self._set(reader, None)
                self._tell(CardEvent(reader, "reader-added"))
        watched = [*self._seen.items(), (PLUG_AND_PLAY, scard.SCARD_STATE_UNAWARE)]
        fresh = any(state == scard.SCARD_STATE_UNAWARE for state in self._seen.values())
        result, states = scard.SCardGetStatusChange(context, 0 if fresh else WATCH_MILLISECONDS, watched)
        if result & 0xFFFFFFFF in (TIMED_OUT, CANCELLED, 0x80100009):
            return  # 80100009: a reader vanished in between; the next look finds out which
        _check(result, "waiting for cards")
        for reader, state, atr in states:
            if reader in self._seen and state & scard.SCARD_STATE_CHANGED:
                self._changed(reader, state, bytes(atr))

    def _changed(self, reader: str, state: int, atr: bytes) -> None:
        scard = _scard()
        present = bool(state & scard.SCARD_STATE_PRESENT)
        # The upper half counts insertions and removals: an exchange within one look shows only there.
        exchanged = present and (state ^ self._seen[reader]) >> 16 != 0
        had_card = self._cards.get(reader) is not None
        self._seen[reader] = state & ~scard.SCARD_STATE_CHANGED
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
