"""Readers with keys of their own: the PIN goes from the keys to the card and is seen by no program.

PC/SC part 10 (IFDs with Secure PIN Entry Capabilities, 2.02.09): features, PIN_VERIFY_STRUCTURE and the status words
6400 to 6403; how it is filled in for CCID readers: LudovicRousseau/CCID `examples/scardcontrol.c`, OpenSC `reader-pcsc.c`.
Only PINs of four digits are typed there: a keypad has no letters, and every reader can do a fixed length.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from card_reader import apdu
from card_reader.errors import CardError

GET_FEATURES = 3400  # SCARD_CTL_CODE(3400): CM_IOCTL_GET_FEATURE_REQUEST
VERIFY_PIN_DIRECT = 0x06
DIGITS = 4
SECONDS_TO_TYPE = 30
ASCII_LEFT = 0x82  # bmFormatString: system units are bytes, position 0, left justified, ASCII
FULL_OR_CONFIRMED = 0x03  # bEntryValidationCondition: all digits typed, or the key that confirms
ENGLISH = 0x0409  # the reader's own display, where it has one, knows few languages; ours is on the screen
PLACEHOLDER = b"\xff" * DIGITS


class PinNotTyped(CardError):
    """Nobody typed a PIN on the reader in time, or it was cancelled or too short: no try was spent."""


NOT_TYPED = {0x6400: "nobody typed in time", 0x6401: "cancelled on the reader", 0x6403: "too short or too long"}


@runtime_checkable
class HasPinpad(Protocol):
    """A connection through a reader that may have keys. `pinpad` is its control code, None where it has none."""

    @property
    def pinpad(self) -> int | None: ...

    def type_pin(self, structure: bytes) -> int:
        """Let the holder type and the reader send it; the status word."""
        ...


@dataclass(frozen=True, slots=True)
class Pinpad:
    """Stands where a PIN would: the holder types it on the reader."""

    reader: HasPinpad = field(repr=False)

    def present(self, p2: int) -> int:
        """VERIFY with what is typed; the card's status word, or PinNotTyped."""
        status = self.reader.type_pin(verify_structure(p2))
        if status in NOT_TYPED:
            raise PinNotTyped(NOT_TYPED[status])
        return status


Secret = bytearray | Pinpad
"""A PIN in a buffer that is wiped, or the keys it will be typed on."""


def pinpad_of(connection: object) -> Pinpad | None:
    """The keys of the reader behind a connection, if it has some."""
    return Pinpad(connection) if isinstance(connection, HasPinpad) and connection.pinpad is not None else None


def wipe(*secrets: Secret) -> None:
    """Overwrite what is ours to overwrite."""
    for secret in secrets:
        if isinstance(secret, bytearray):
            secret[:] = bytes(len(secret))


def feature(answer: Iterable[int], wanted: int) -> int | None:
    """The control code of a feature in a reader's list (tag, length 4, code big-endian); None without it."""
    told = bytes(answer)
    codes = {told[at]: told[at + 2 : at + 6] for at in range(0, len(told) - 5, 6) if told[at + 1] == 4}
    return int.from_bytes(codes[wanted], "big") if wanted in codes else None


def verify_structure(p2: int) -> bytes:
    """PIN_VERIFY_STRUCTURE for VERIFY of four ASCII digits with this P2; numbers are little-endian."""
    command = bytes((0x00, apdu.VERIFY, 0x00, p2, DIGITS)) + PLACEHOLDER
    head = struct.pack(
        "<BBBBBHBBHB3sI",
        SECONDS_TO_TYPE,
        SECONDS_TO_TYPE,
        ASCII_LEFT,
        DIGITS,  # bmPINBlockString: no length in the block, four bytes of block
        0x00,  # bmPINLengthFormat
        DIGITS << 8 | DIGITS,  # least and most
        FULL_OR_CONFIRMED,
        1,  # bNumberMessage
        ENGLISH,
        0,  # bMsgIndex: "enter PIN"
        bytes(3),  # bTeoPrologue, T=1
        len(command),
    )
    return head + command
