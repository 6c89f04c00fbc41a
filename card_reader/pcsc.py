"""Real readers through PC/SC: the only module that knows pyscard, and where its errors end.

Facts behind the shapes here (measured with pcscd 1.9.9 and vsmartcard-vpcd 3.3, see README.md):
- A card that does not answer blocks SCardTransmit for ever and SCardCancel does not reach it; a pcscd that hangs
  blocks every call. So each use of a card has a worker thread and every call a deadline.
- What was proven to a card is seen by every program that shares it, so cards are used exclusively, or in one
  transaction that begins with a reset, and powered down afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any, TypeVar

from card_reader import apdu, pinpad
from card_reader.errors import (
    CardBusy,
    CardError,
    CardFault,
    CardRemoved,
    CardReplaced,
    CardSilent,
    NoCard,
    PcscMissing,
    ReaderGone,
    ServiceDown,
    name_of,
)
from card_reader.worker import TooLate, Worker, within

trace = logging.getLogger("card_reader.trace")

INSTALL_HINT = (
    "Real readers need PC/SC: apt-get install pcscd libpcsclite-dev swig gcc python3-dev, "
    "then pip install 'pyscard>=2.3.1' (extra: card)."
)
DEADLINE = 5.0
FRESH_CARD_SECONDS = (0.2, 0.3, 0.5, 0.0)  # a card just put down may need a moment, or pcscd to notice it

# pcsc-lite's pcsclite.h; the numbers are the same with every PC/SC.
NO_READERS = 0x8010002E
SHARING_VIOLATION = 0x8010000B
NOT_YET_POWERED = {0x80100066, 0x80100067}  # unresponsive, unpowered
FAILURES: dict[int, type[CardError]] = {
    0x80100009: ReaderGone,  # unknown reader
    SHARING_VIOLATION: CardBusy,
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


def scard() -> Any:
    """Return pyscard's raw interface; PcscMissing when it is not installed."""
    try:
        from smartcard import scard
    except ImportError as error:
        raise PcscMissing(INSTALL_HINT) from error
    return scard


def check(result: int, during: str) -> None:
    """Raise the fact a PC/SC result code stands for; 0 is none."""
    code = result & 0xFFFFFFFF
    if code:
        raise FAILURES.get(code, CardFault)(f"{during}: PC/SC error {code:08X}")


@contextmanager
def service() -> Iterator[Any]:
    """A context of the PC/SC service. May block for as long as the service hangs."""
    pcsc = scard()
    result, context = pcsc.SCardEstablishContext(pcsc.SCARD_SCOPE_SYSTEM)
    check(result, "reaching the PC/SC service")
    try:
        yield context
    finally:
        pcsc.SCardReleaseContext(context)


def readers_of(context: Any) -> list[str]:
    """Return the readers a context knows; empty when none is plugged in."""
    result, names = scard().SCardListReaders(context, [])
    if result & 0xFFFFFFFF == NO_READERS:
        return []
    check(result, "listing readers")
    return list(dict.fromkeys(names))  # a reader plugged in again may be told twice (PCSC #20)


def list_readers(deadline: float = DEADLINE) -> list[str]:
    """Return the full names of the readers, for example "Chiba Kiosk 00 00"; empty when none is plugged in.

    Raises ServiceDown when pcscd does not run or does not answer in `deadline` s, PcscMissing when the software is
    not installed.
    """

    def look() -> list[str]:
        with service() as context:
            return readers_of(context)

    try:
        return within(deadline, look)
    except TooLate as late:
        raise ServiceDown(f"the PC/SC service: {late}") from None


def find_reader(wanted: str, readers: list[str]) -> str:
    """Return the reader of this name or number (1 is the first), or the first whose name begins so, in capitals or not;
    ReaderGone when none does.

    pcscd appends two numbers to the configured name, so people and settings name a reader by its beginning.
    """
    if wanted in readers:
        return wanted
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(readers):
        return readers[int(wanted) - 1]
    for reader in readers:
        if reader.casefold().startswith(wanted.casefold()):
            return reader
    raise ReaderGone(f"no reader is called {wanted!r}")


class PcscConnection:
    """A powered card in a reader, used by nobody else. Made by `open_card`."""

    def __init__(self, reader: str, deadline: float) -> None:
        self.reader = reader
        self.atr = b""
        self._deadline = deadline
        self._worker = Worker("card-io")
        self._context: Any = None
        self._card: Any = None
        self._protocol = 0
        self._insertions = 0
        self._in_transaction = False
        self._waiting_for_others = False
        self._given_up = False
        self._failure: CardError | None = None
        self.pinpad: int | None = None
        """How the reader's own keys are asked for a PIN (`card_reader.pinpad`); None where it has none."""

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command APDU. After an error the connection is dead: another card might answer."""
        if isinstance(self._failure, CardSilent):
            raise self._failure  # its worker still waits for the card
        try:
            data, status = self._in_time(lambda: self._transmit(wire))
        except CardError as error:
            self._failure = error
            raise
        if trace.isEnabledFor(logging.DEBUG):
            trace.debug("%s -> %d bytes %s", apdu.describe(wire), len(data), name_of(status))
        return data, status

    def type_pin(self, structure: bytes) -> int:
        """Let the holder type on the reader's keys; the status word. No byte of the PIN comes here."""
        try:
            status = self._in_time(lambda: self._type_pin(structure), self._deadline + pinpad.SECONDS_TO_TYPE)
        except CardError as error:
            self._failure = error
            raise
        trace.debug("PIN typed on the reader -> %s", name_of(status))
        return status

    def _in_time(self, act: Callable[[], T], deadline: float | None = None) -> T:
        try:
            return self._worker.run(act, deadline or self._deadline)
        except TooLate as late:
            raise CardSilent(str(late)) from None

    def _open(self) -> None:
        try:
            self._in_time(self._connect)
        except CardSilent as silent:
            self._given_up = True
            self._failure = CardBusy("another program does not let go of the card")
            if not self._waiting_for_others:
                self._failure = silent
            raise self._failure from None

    def _close(self) -> None:
        stuck = self._given_up or isinstance(self._failure, CardSilent)
        self._worker.end(self._disconnect, 0.0 if stuck else self._deadline)

    def _connect(self) -> None:
        pcsc = scard()
        result, self._context = pcsc.SCardEstablishContext(pcsc.SCARD_SCOPE_SYSTEM)
        check(result, "reaching the PC/SC service")
        self.reader = find_reader(self.reader, readers_of(self._context))
        # pcscd lets SCardConnect wait for the end of another program's transaction.
        self._waiting_for_others = bool(self._look() & pcsc.SCARD_STATE_INUSE)
        result = self._power(pcsc.SCARD_SHARE_EXCLUSIVE)
        if result & 0xFFFFFFFF == SHARING_VIOLATION:
            # A browser or an agent sits on the reader in shared mode: use the card between its own uses.
            check(self._power(pcsc.SCARD_SHARE_SHARED), "powering the card")
            self._begin_alone()
        check(result if self._card is None else 0, "powering the card")
        self._waiting_for_others = False
        result, _, _, _, atr = pcsc.SCardStatus(self._card)
        check(result, "asking the card for its ATR")
        self.atr = bytes(atr)
        self._insertions = self._look() >> 16
        # Most readers have no keys and answer with an error, as virtual ones do.
        result, features = pcsc.SCardControl(self._card, pcsc.SCARD_CTL_CODE(pinpad.GET_FEATURES), [])
        self.pinpad = pinpad.feature(features, pinpad.VERIFY_PIN_DIRECT) if result & 0xFFFFFFFF == 0 else None

    def _power(self, share: int) -> int:
        """Connect, with patience for a card that was just put down; return the result code."""
        pcsc = scard()
        result = 0
        for patience in FRESH_CARD_SECONDS:
            result, card, self._protocol = pcsc.SCardConnect(
                self._context, self.reader, share, pcsc.SCARD_PROTOCOL_T0 | pcsc.SCARD_PROTOCOL_T1
            )
            if result & 0xFFFFFFFF == 0:
                self._card = card
            if result & 0xFFFFFFFF not in NOT_YET_POWERED:
                break
            sleep(patience)
        return int(result)

    def _begin_alone(self) -> None:
        """Wait for the others' transactions to end, begin ours, and drop what they proved to the card."""
        pcsc = scard()
        self._waiting_for_others = True
        check(pcsc.SCardBeginTransaction(self._card), "waiting for other programs")
        self._in_transaction = True
        if self._given_up:
            raise CardBusy("nobody waits for this card any more")
        protocols = pcsc.SCARD_PROTOCOL_T0 | pcsc.SCARD_PROTOCOL_T1
        result, self._protocol = pcsc.SCardReconnect(
            self._card, pcsc.SCARD_SHARE_SHARED, protocols, pcsc.SCARD_RESET_CARD
        )
        check(result, "resetting the card")

    def _disconnect(self) -> None:
        pcsc = scard()
        # Who came too late leaves the card as it is: another program has it.
        after = pcsc.SCARD_LEAVE_CARD if self._given_up else pcsc.SCARD_UNPOWER_CARD
        if self._in_transaction:
            pcsc.SCardEndTransaction(self._card, after)
        if self._card is not None:
            pcsc.SCardDisconnect(self._card, after)
        if self._context is not None:
            pcsc.SCardReleaseContext(self._context)

    def _transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        if type(self._failure) is CardRemoved:  # pcscd may have noticed a new card by now
            raise self._removed_or_replaced(str(self._failure))
        if self._failure is not None:
            raise self._failure
        pcsc = scard()
        pci = pcsc.SCARD_PCI_T1 if self._protocol == pcsc.SCARD_PROTOCOL_T1 else pcsc.SCARD_PCI_T0
        command = list(wire)
        try:
            result, answer = pcsc.SCardTransmit(self._card, pci, command)
        finally:
            command[:] = [0] * len(command)  # it may have carried a PIN
        code = result & 0xFFFFFFFF
        if code in FAILURES and FAILURES[code] is not CardRemoved:
            check(result, "sending a command")
        if code or len(answer) < 2:
            # Pulled, exchanged or contact lost: PC/SC cannot tell, and an exchange in the middle of a command
            # is not even noticed by pcscd.
            raise self._removed_or_replaced(f"the card left the reader during a command (PC/SC error {code:08X})")
        return bytes(answer[:-2]), answer[-2] << 8 | answer[-1]

    def _type_pin(self, structure: bytes) -> int:
        if self._failure is not None:
            raise self._failure
        result, answer = scard().SCardControl(self._card, self.pinpad, list(structure))
        code = result & 0xFFFFFFFF
        if code in FAILURES and FAILURES[code] is not CardRemoved:
            check(result, "asking for a PIN on the reader")
        if code or len(answer) != 2:
            raise self._removed_or_replaced(f"the card left the reader during a command (PC/SC error {code:08X})")
        return int(answer[0]) << 8 | int(answer[1])

    def _removed_or_replaced(self, why: str) -> CardRemoved:
        """Which of the two it was. Whether it is the same person's card only its certificate can tell.

        Raises what is worse: the reader or the service went too.
        """
        state = self._look()
        if state & scard().SCARD_STATE_PRESENT and state >> 16 != self._insertions:
            return CardReplaced("a card was put in after the one in use left")
        return CardRemoved(why)

    def _look(self) -> int:
        """Return the reader's SCARD_STATE flags; the upper half counts insertions and removals."""
        pcsc = scard()
        result, states = pcsc.SCardGetStatusChange(self._context, 0, [(self.reader, pcsc.SCARD_STATE_UNAWARE)])
        check(result, "asking for the reader's state")
        return int(states[0][1])


@contextmanager
def open_card(reader: str, deadline: float = DEADLINE) -> Iterator[PcscConnection]:
    """Use the card in `reader` (full name or its beginning) alone; it is powered down at the end.

    Alone means exclusively, or, where another program holds the reader in shared mode, in one transaction.
    Connecting, every command and the end each take at most `deadline` seconds. Raises NoCard, CardBusy,
    CardRemoved, CardReplaced, CardSilent, CardFault, ReaderGone, ServiceDown or PcscMissing, never an exception of
    pyscard.
    """
    connection = PcscConnection(reader, deadline)
    try:
        connection._open()
        yield connection
    finally:
        connection._close()
