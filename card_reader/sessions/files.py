"""Reading transparent files of a card, a bounded number of bytes at a time."""

from __future__ import annotations

from card_reader import apdu, tlv
from card_reader.apdu import Command
from card_reader.connection import Connection, select_file, send
from card_reader.errors import UnexpectedAnswer

CHUNK = 256  # the most a short Le asks for
OBJECT_LIMIT = 0x7FFF  # READ BINARY carries 15 bits of offset (ISO/IEC 7816-4 11.2.3)


def read_object(connection: Connection, file_id: int) -> bytes:
    """Read the one BER object a file begins with (certificates, data sets); padding behind it is left alone.

    Costs one SELECT and ceil(size / 256) reads: the first read already brings 256 bytes, its header says how
    many more there are.
    """
    select_file(connection, file_id)
    content = send(connection, Command(0x00, apdu.READ_BINARY, 0, 0, le=CHUNK))
    end = _end_of_object(content)
    while len(content) < end:
        content += _read(connection, offset=len(content), length=min(CHUNK, end - len(content)))
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
