"""The files of a card application: select, read a bounded number of bytes at a time, prove and change PINs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, MutableMapping
from typing import TypeVar

from card_reader import apdu, tlv
from card_reader.apdu import Command
from card_reader.connection import (
    CURRENT_FILE,
    Connection,
    change_pin,
    pin_tries_left,
    present_pin,
    select_application,
    select_file,
    send,
)
from card_reader.errors import StatusError, Sw, UnexpectedAnswer
from card_reader.pinpad import Secret, wipe

CHUNK = 256  # the most a short Le asks for
OBJECT_LIMIT = 0x7FFF  # READ BINARY carries 15 bits of offset (ISO/IEC 7816-4 11.2.3)
SHORT_ID_LIMIT = 30  # the greatest short file identifier (ISO/IEC 7816-4 7.3.2)
# How a card says that it does not know a file by its short identifier. None of these spends a PIN try.
UNKNOWN_FORMS = {
    Sw.WRONG_LENGTH, Sw.COMMAND_INCOMPATIBLE_WITH_FILE, Sw.NO_CURRENT_FILE, Sw.FUNCTION_NOT_SUPPORTED,
    Sw.FILE_NOT_FOUND, Sw.WRONG_P1P2, Sw.REFERENCE_NOT_FOUND, Sw.WRONG_OFFSET,
}  # fmt: skip

Known = MutableMapping[bytes, bytes]
T = TypeVar("T")


class Files:
    """The files of one application of a powered card; making it selects the application.

    It sends no SELECT that can be spared: it remembers which file is current, and names files by their short identifiers
    within other commands once the card took one so. That is tried where it costs nothing (a read, a question for the
    tries left); a card that does not know it is asked in the long way from then on. `chunk` is how many bytes one read
    asks for: 256 is what every card and reader can do, up to 65,536 needs both to speak extended APDUs (ISO/IEC 7816-4 5.2).
    """

    def __init__(self, connection: Connection, aid: bytes, chunk: int = CHUNK) -> None:
        self._connection = connection
        self._chunk = chunk
        self._current: int | None = None
        self._short_ids: bool | None = None  # whether the card takes them; None until one was tried
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

        Costs ceil(size / chunk) reads, and a SELECT where the card knows no short identifiers: the first read brings a
        chunk, its header says how many more bytes there are. With `known`, an object met before is recognised by the
        hash of its first 256 bytes and costs one read; a new one is put there.
        """
        return _rest_of_object(self._connection, self._begin_of(file_id), self._chunk, known)

    def tries_left(self, file_id: int) -> int:
        """How many wrong secrets remain; asking costs none."""

        def ask(p2: int) -> int:
            return pin_tries_left(self._connection, p2)

        return self._refer(file_id, ask, trying=self._short_ids is not False)

    def verify(self, file_id: int, secret: Secret) -> None:
        """Prove a secret, then wipe it. Raises PinWrong with the tries left, PinBlocked."""
        try:
            self._refer(file_id, lambda p2: present_pin(self._connection, secret, p2), trying=self._short_ids is True)
        finally:
            wipe(secret)

    def change(self, file_id: int, secret: bytearray, fresh: bytearray) -> None:
        """Prove a secret and put another one in its place, then wipe both. A wrong old one costs a try."""
        try:
            self.select(file_id)
            self.verify(file_id, secret)
            change_pin(self._connection, fresh)
        finally:
            secret[:], fresh[:] = bytes(len(secret)), bytes(len(fresh))

    def _begin_of(self, file_id: int) -> bytes:
        """The first chunk of a file."""
        if self._current != file_id <= SHORT_ID_LIMIT and self._short_ids is not False:
            try:
                content = send(self._connection, Command(0x00, apdu.READ_BINARY, 0x80 | file_id, 0, le=self._chunk))
            except StatusError as refusal:
                self._learn(refusal)
            else:
                self._current, self._short_ids = file_id, True
                return content
        return self.send(file_id, Command(0x00, apdu.READ_BINARY, 0, 0, le=self._chunk))

    def _refer(self, file_id: int, act: Callable[[int], T], *, trying: bool) -> T:
        """Act with the P2 that means a file: its short identifier (if `trying`), else the current file after a SELECT."""
        if trying and self._current != file_id <= SHORT_ID_LIMIT:
            try:
                done = act(CURRENT_FILE | file_id)
            except StatusError as refusal:
                self._learn(refusal)
            else:
                self._short_ids = True
                return done
        self.select(file_id)
        return act(CURRENT_FILE)

    def _learn(self, refusal: StatusError) -> None:
        """The card does not take short identifiers; any other refusal is a fact for the caller."""
        if refusal.status not in UNKNOWN_FORMS:
            raise refusal
        self._short_ids = False


def read_object(connection: Connection, file_id: int) -> bytes:
    """Select a file and read the BER object it begins with, for who keeps track of no files."""
    select_file(connection, file_id)
    content = send(connection, Command(0x00, apdu.READ_BINARY, 0, 0, le=CHUNK))
    return _rest_of_object(connection, content, CHUNK, None)


def _rest_of_object(connection: Connection, content: bytes, chunk: int, known: Known | None) -> bytes:
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
