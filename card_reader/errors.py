"""What can go wrong with a card, as facts: which status word, how many tries, gone, silent, busy.

No exception here carries card contents; messages are for logs and developers, never for a screen.
"""

from __future__ import annotations

import traceback
from enum import IntEnum


class Sw(IntEnum):
    """Status words by name (ISO/IEC 7816-4, table 5 and 6); SW1 63 Cx is made by `tries_left`."""

    OK = 0x9000
    NO_INFORMATION = 0x6300
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    LOGICAL_CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    CHAINING_NOT_SUPPORTED = 0x6884
    COMMAND_INCOMPATIBLE_WITH_FILE = 0x6981
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    AUTHENTICATION_METHOD_BLOCKED = 0x6983
    REFERENCE_DATA_NOT_USABLE = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    SECURE_MESSAGING_INCORRECT = 0x6988
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    NOT_ENOUGH_MEMORY = 0x6A84
    WRONG_P1P2 = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    WRONG_OFFSET = 0x6B00
    INSTRUCTION_NOT_SUPPORTED = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00
    UNKNOWN = 0x6F00


BLOCKED = (Sw.AUTHENTICATION_METHOD_BLOCKED, Sw.REFERENCE_DATA_NOT_USABLE)


def outline(fault: BaseException) -> str:
    """Say what failed and where, for a log: an exception's message and traceback may hold what a card said."""
    places = traceback.extract_tb(fault.__traceback__)
    return f"{type(fault).__name__} in {places[-1].name}:{places[-1].lineno}" if places else type(fault).__name__


def name_of(status: int) -> str:
    """Return the name of a status word, or its four hex digits."""
    if status & 0xFFF0 == 0x63C0:
        return f"TRIES_LEFT_{status & 0xF}"
    try:
        return Sw(status).name
    except ValueError:
        return f"{status:04X}"


def code_of(fault: Exception) -> str:
    """The fact as programs tell it to each other: CardNotGenuine is card-not-genuine."""
    name = type(fault).__name__
    return "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("-")


def tries_left(status: int) -> int | None:
    """Return how many PIN tries a status word tells of: 63 Cx is x, a blocked PIN 0, anything else None."""
    if status & 0xFFF0 == 0x63C0:
        return status & 0xF
    return 0 if status in BLOCKED else None


class CardError(Exception):
    """Anything that stopped the work with a card."""


class StatusError(CardError):
    """The card answered, and refused."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the card answered {status:04X} ({name_of(status)})")
        self.status = status

    @property
    def name(self) -> str:
        return name_of(self.status)


class PinWrong(StatusError):
    """The PIN was not the right one; `tries_left` more wrong ones block it."""

    def __init__(self, status: int, *, left: int) -> None:
        super().__init__(status)
        self.tries_left = left


class PinBlocked(PinWrong):
    """No tries are left; only the window can help."""

    def __init__(self, status: int) -> None:
        super().__init__(status, left=0)


class ApplicationMissing(StatusError):
    """The card does not hold the application that was asked for."""


class UnexpectedAnswer(CardError):
    """The card's data are not what its application promises: wrong shape, too short, endless."""


class CardRemoved(CardError):
    """The card left the reader, was exchanged or lost contact while it was in use."""


class CardReplaced(CardRemoved):
    """The card left while it was in use, and a card is in the reader again: another one, or the same anew."""


class CardSilent(CardError):
    """The card did not answer within the deadline."""


class CardFault(CardError):
    """The card is in the reader but cannot be used: no power-up, no valid answer, upside down."""


class CardBusy(CardError):
    """Another program holds the card."""


class NoCard(CardError):
    """The reader is empty."""


class ReaderGone(CardError):
    """The reader is not there (unplugged, or never was)."""


class ServiceDown(ReaderGone):
    """The PC/SC service does not answer."""


class AlreadyRuns(ServiceDown):
    """A pcscd that was to be started runs already."""


class PortTaken(CardError):
    """A port of this machine cannot be listened on: another program does, or this user may not."""


class PcscMissing(CardError):
    """The software for real readers is not installed; everything else works without it."""
