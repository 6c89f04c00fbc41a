"""The seam: bytes in, (bytes, status word) out; and the few things every host does on top of it.

Whatever speaks to a card takes a `Connection`. A reader, a simulated card and a secure channel wrapped around
either of them look the same from above.
"""

from __future__ import annotations

from typing import Protocol

from card_reader import apdu
from card_reader.apdu import Command
from card_reader.errors import (
    ApplicationMissing,
    PinBlocked,
    PinWrong,
    StatusError,
    Sw,
    UnexpectedAnswer,
    tries_left,
)
from card_reader.pinpad import Pinpad, Secret, wipe

CURRENT_FILE = 0x80  # P2 of VERIFY and the like: the file that is current
ANSWER_LIMIT = 64 * 1024  # bytes; a card that keeps saying "more" is broken or hostile


class Connection(Protocol):
    """A powered card. Raises only the errors of `card_reader.errors`."""

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command APDU and return (answer data, status word)."""
        ...


def exchange(connection: Connection, command: Command) -> tuple[bytes, int]:
    """Send a command and collect its whole answer (61xx: fetch the rest, 6Cxx: ask again)."""
    data, status = _transmit(connection, command)
    if status >> 8 == 0x6C and command.le is not None:
        again = Command(command.cla, command.ins, command.p1, command.p2, command.data, le=(status & 0xFF) or 256)
        data, status = _transmit(connection, again)
    while status >> 8 == 0x61:
        more, status = connection.transmit(bytes(Command(0x00, apdu.GET_RESPONSE, le=(status & 0xFF) or 256)))
        data += more
        if len(data) > ANSWER_LIMIT or not more:
            raise UnexpectedAnswer("the card announces more data without end")
    return data, status


def _transmit(connection: Connection, command: Command) -> tuple[bytes, int]:
    wire = command.encode()
    try:
        return connection.transmit(wire)
    finally:
        wire[:] = bytes(len(wire))  # it may have carried a PIN


def send(connection: Connection, command: Command) -> bytes:
    """Send a command that has to succeed; return its data or raise StatusError."""
    data, status = exchange(connection, command)
    if status != Sw.OK:
        raise StatusError(status)
    return data


def select_application(connection: Connection, aid: bytes) -> None:
    """Make an application current; this also drops what was proven before (ISO/IEC 7816-4 11.1.1)."""
    _, status = exchange(connection, Command(0x00, apdu.SELECT, 0x04, 0x0C, aid))
    if status == Sw.FILE_NOT_FOUND:
        raise ApplicationMissing(status)
    if status != Sw.OK:
        raise StatusError(status)


def select_file(connection: Connection, file_id: int) -> None:
    """Make an elementary file of the current application current."""
    send(connection, Command(0x00, apdu.SELECT, 0x02, 0x0C, file_id.to_bytes(2, "big")))


def pin_tries_left(connection: Connection, p2: int = CURRENT_FILE) -> int:
    """Ask a PIN file (`p2`) how many tries are left; an empty VERIFY costs none."""
    _, status = exchange(connection, Command(0x00, apdu.VERIFY, 0x00, p2))
    left = tries_left(status)
    if left is None:
        raise StatusError(status)
    return left


def verify_pin(connection: Connection, pin: Secret) -> None:
    """Present a PIN to the current PIN file, then wipe the caller's buffer whatever happened."""
    try:
        present_pin(connection, pin, CURRENT_FILE)
    finally:
        wipe(pin)


def present_pin(connection: Connection, pin: Secret, p2: int) -> None:
    """Present a PIN to the PIN file that `p2` means; the caller wipes it. Raises PinWrong, PinBlocked, PinNotTyped."""
    if isinstance(pin, Pinpad):
        status = pin.present(p2)
    else:
        _, status = exchange(connection, Command(0x00, apdu.VERIFY, 0x00, p2, pin))
    if status == Sw.OK:
        return
    left = tries_left(status)
    if left is None:
        raise StatusError(status)
    raise PinWrong(status, left=left) if left else PinBlocked(status)


def change_pin(connection: Connection, fresh: bytearray) -> None:
    """Give the current PIN file, just proven, a new PIN (CHANGE REFERENCE DATA with P1 01), then wipe the buffer."""
    try:
        send(connection, Command(0x00, apdu.CHANGE_REFERENCE_DATA, 0x01, 0x80, fresh))
    finally:
        fresh[:] = bytes(len(fresh))
