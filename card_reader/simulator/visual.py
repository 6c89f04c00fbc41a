"""The 券面事項確認 application of the simulated card. Its pictures are blank: no face, no handwriting is invented.

Emulated from siketyan/jpki-rs `surface.rs`. Which code opens what is from public descriptions.
"""

from __future__ import annotations

import struct
import zlib
from datetime import date

from card_reader import tlv
from card_reader.sessions import visual as names
from card_reader.simulator.files import FREE, FileApplication, Layout
from card_reader.simulator.memory import Memory
from card_reader.simulator.people import Persona

NAME = "visual"

LAYOUT = Layout(
    name=NAME,
    aid=names.AID,
    readable={
        names.FRONT: frozenset({names.NUMBER_CODE, names.FACE_CODE}),
        names.BASIC_INFORMATION: FREE,
    },
    pins=frozenset({names.NUMBER_CODE, names.FACE_CODE}),
    keys={},
)


class VisualApplication(FileApplication):
    """Nothing but files and printed codes."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(LAYOUT, memory)


def files_of(persona: Persona, expires: date) -> dict[int, bytes]:
    """Return the contents of the files for one person."""
    parts = (
        (names.HEADER, bytes(8)),
        (names.BIRTH_DATE, persona.birth_date.strftime("%Y%m%d").encode()),
        (names.SEX, persona.sex.encode()),
        (names.PUBLIC_KEY, b""),
        (names.NAME_IMAGE, _blank_png(320, 40)),
        (names.ADDRESS_IMAGE, _blank_png(320, 80)),
        (names.PHOTO, b""),
        (names.SIGNATURE, b""),
        (names.EXPIRY, expires.strftime("%Y%m%d").encode()),
        (names.CODE_IMAGE, _blank_png(80, 40)),
    )
    front = b"".join(tlv.encode(tag, value) for tag, value in parts)
    return {
        names.FRONT: tlv.encode(names.FRONT_SET, front),
        names.BASIC_INFORMATION: tlv.encode(0xFF40, tlv.encode(0xDF41, b"TEST") + tlv.encode(0xDF42, bytes(16))),
    }


def _blank_png(width: int, height: int) -> bytes:
    """A white picture, one bit a pixel (PNG, W3C recommendation, chunks of section 11)."""
    row = b"\x00" + b"\xff" * ((width + 7) // 8)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * height)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
