"""The files of a card application: select, read a bounded number of bytes at a time, prove and change PINs."""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping

from card_reader import apdu, tlv
from card_reader.apdu import Command
from card_reader.connection import (
    Connection,
    change_pin,
    pin_tries_left,
    select_application,
    select_file,
    send,
    verify_pin,
)
from card_reader.errors import StatusError, Sw, UnexpectedAnswer

CHUNK = 256  # the most a short Le asks for
OBJECT_LIMIT = 0x7FFF  # READ BINARY carries 15 bits of offset (ISO/IEC 7816-4 11.2.3)


Known = MutableMapping[bytes, bytes]


class Files:
    """The files of one application of a powered card; making it selects the application.

    It remembers which file is current and sends no SELECT twice. `chunk` is how many bytes one read asks for: 256 is
    what every card and reader can do, up to 65,536 needs both to speak extended APDUs (ISO/IEC 7816-4 5.2).
    """

    def __init__(self, connection: Connection, aid: bytes, chunk: int = CHUNK) -> None:
        self._connection = connection
        self._chunk = chunk
        self._current: int | None = None
        select_application(connection, aid)

    def select(self, file_id: int) -> None:
        """Make a file current."""
        if self._current != file_id:
            self._current = None
            select_file(self._connection, file_id)
            self._current = file_id

    def holds(self, file_id: int) -> bool:
        """Whether the application has this file."""
        try:
            self.select(file_id)
        except StatusError as refusal:
            if refusal.status == Sw.FILE_NOT_FOUND:
                return False
            raise
        return True

    def send(self, file_id: int, command: Command) -> bytes:
        """Send a command to a file; return its data or raise StatusError."""
        self.select(file_id)
        return send(self._connection, command)

    def read_object(self, file_id: int, known: Known | None = None) -> bytes:
        """Read the one BER object a file begins with (certificates, data sets); padding behind it is left alone.

        Costs a SELECT and ceil(size / chunk) reads: the first read already brings a chunk, its header says how many
        more bytes there are. With `known`, an object met before is recognised by the hash of its first 256 bytes and
        costs one read; a new one is put there.
        """
        self.select(file_id)
        return _read_object(self._connection, self._chunk, known)

    def tries_left(self, file_id: int) -> int:
        """How many wrong secrets remain; asking costs none."""
        self.select(file_id)
        return pin_tries_left(self._connection)

    def verify(self, file_id: int, secret: bytearray) -> None:
        """Prove a secret, then wipe it. Raises PinWrong with the tries left, PinBlocked."""
        try:
            self.select(file_id)
            verify_pin(self._connection, secret)
        finally:
            secret[:] = bytes(len(secret))

    def change(self, file_id: int, secret: bytearray, fresh: bytearray) -> None:
        """Prove a secret and put another one in its place, then wipe both. A wrong old one costs a try."""
        try:
            self.verify(file_id, secret)
            change_pin(self._connection, fresh)
        finally:
            secret[:], fresh[:] = bytes(len(secret)), bytes(len(fresh))


def read_object(connection: Connection, file_id: int) -> bytes:
    """Select a file and read the BER object it begins with, for who keeps track of no files."""
    select_file(connection, file_id)
    return _read_object(connection, CHUNK, None)


def _read_object(connection: Connection, chunk: int, known: Known | None) -> bytes:
    content = send(connection, Command(0x00, apdu.READ_BINARY, 0, 0, le=chunk))
    head = hashlib.sha256(content[:CHUNK]).digest()
    if known is not None and head in known:
        return known[head]
    end = _end_of_object(content)
    while len(content) < end:
        content += _read(connection, offset=len(content), length=min(chunk, end - len(content)))
    if known is not None:
        known[head] = content[:end]
    return content[:end]


def _end_of_object(head: bytes) -> int:
    try:
        _, _, end = tlv.extent(head)
    except tlv.MalformedTlv as error:
        raise UnexpectedAnswer("the file does not begin with a BER object") from error
    if end > OBJECT_LIMIT:
        raise UnexpectedAnswer("the file claims to be longer than a file can be")
    return end


def _read(connection: Connection, *, offset: int, length: int) -> bytes:
    part = send(connection, Command(0x00, apdu.READ_BINARY, offset >> 8, offset & 0xFF, le=length))
    if not part or len(part) > length:
        raise UnexpectedAnswer("the card returned another number of bytes than it was asked for")
    return part
