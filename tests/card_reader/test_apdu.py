"""Commands and data objects, byte by byte."""

from __future__ import annotations

import random

import pytest

from card_reader import apdu, tlv
from card_reader.apdu import Command, MalformedApdu

# One vector a form of ISO/IEC 7816-3, 12.1.3: cases 1, 2s, 3s, 4s, 2e, 3e, 4e.
FORMS = [
    ("00200080", Command(0x00, 0x20, 0x00, 0x80)),
    ("00B0000000", Command(0x00, 0xB0, le=256)),
    ("00B0000010", Command(0x00, 0xB0, le=16)),
    ("00A4020C020017", Command(0x00, 0xA4, 0x02, 0x0C, b"\x00\x17")),
    ("802A008003AABBCC00", Command(0x80, 0x2A, 0x00, 0x80, b"\xaa\xbb\xcc", le=256)),
    ("00B00000000200", Command(0x00, 0xB0, le=512)),
    ("00B00000000000", Command(0x00, 0xB0, le=65536)),
    ("00DB3FFF000100" + "55" * 256, Command(0x00, 0xDB, 0x3F, 0xFF, b"\x55" * 256)),
    ("00DB3FFF000100" + "55" * 256 + "0000", Command(0x00, 0xDB, 0x3F, 0xFF, b"\x55" * 256, le=65536)),
]


@pytest.mark.parametrize(("wire", "command"), FORMS)
def test_each_form_of_a_command_is_written_and_read(wire: str, command: Command) -> None:
    assert bytes(command).hex().upper() == wire
    assert apdu.parse(bytes.fromhex(wire)) == command


@pytest.mark.parametrize(
    "wire", ["", "00A404", "00A4040C0A00", "00A4020C02001700FF", "00B00000000000000000", "00D600000000"]
)
def test_lengths_that_contradict_each_other_are_refused(wire: str) -> None:
    with pytest.raises(MalformedApdu):
        apdu.parse(bytes.fromhex(wire))


@pytest.mark.parametrize("ins", [apdu.VERIFY, apdu.CHANGE_REFERENCE_DATA, apdu.RESET_RETRY_COUNTER])
def test_a_pin_is_in_no_description_of_a_command(ins: int) -> None:
    command = Command(0x00, ins, 0x00, 0x80, b"1234")
    for text in (repr(command), apdu.describe(bytes(command)), f"{command}"):
        assert "1234" not in text
        assert "31323334" not in text.replace(" ", "")


def test_a_data_object_grows_its_length_field() -> None:
    assert tlv.encode(0xFF20, b"a").hex() == "ff200161"
    assert tlv.encode(0x04, bytes(128))[:3].hex() == "048180"
    assert tlv.encode(0x30, bytes(256))[:4].hex() == "30820100"
    assert tlv.encode(0x30, bytes(70000))[:5].hex() == "3083011170"


def test_a_value_is_found_along_its_path() -> None:
    data = tlv.encode(0xFF20, tlv.encode(0xDF21, b"") + tlv.encode(0xDF22, "架空".encode()))
    assert tlv.find(data, 0xFF20, 0xDF22).decode() == "架空"
    assert tlv.find(data, 0xFF20, 0xDF21) == b""
    with pytest.raises(KeyError):
        tlv.find(data, 0xFF20, 0xDF29)


def test_any_bytes_are_data_objects_or_malformed() -> None:
    seed = 20261122
    print(f"seed {seed}")
    source = random.Random(seed)
    for _ in range(20_000):
        data = source.randbytes(source.randrange(40))
        try:
            objects = tlv.parse(data)
        except tlv.MalformedTlv:
            continue
        assert all(isinstance(item.value, bytes) for item in objects)
