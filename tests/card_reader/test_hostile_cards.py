"""Commands no host sends, answers no card gives: there is an answer to each, and a fact."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from card_reader.apdu import Command
from card_reader.connection import Connection, exchange, select_application
from card_reader.errors import ApplicationMissing, CardError, Sw
from card_reader.report import card_report
from card_reader.sessions import jpki as jpki_names
from card_reader.sessions.jpki import JpkiSession
from card_reader.sessions.text import TextSession
from card_reader.sessions.visual import VisualSession
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import VolatileStore
from tests.card_reader.counting import Counting, status


def test_a_card_answers_only_for_the_applications_it_holds(card_templates: dict[str, Any]) -> None:
    old = copy.deepcopy(card_templates["hanako"])
    del old["applications"]["visual"]
    with pytest.raises(ApplicationMissing):
        VisualSession(DirectConnection(SimulatedCard(VolatileStore(old))))


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("00A4040C0AD392F000260100000002", 0x6A82),  # another application
        ("00A4040C05D392F00026", 0x6A82),  # the beginning of a name is no name
        ("00A4040C", 0x6A82),
        ("00A4020C020017", 0x6A82),  # a file before any application
        ("00CADF30", 0x6D00),  # OpenSC's drivers probe with these
        ("00CB3FFF", 0x6D00),
        ("B000000000", 0x6E00),
        ("0020", 0x6700),
    ],
)
def test_strangers_get_a_plain_refusal(connection: DirectConnection, wire: str, expected: int) -> None:
    assert status(connection, wire) == expected


@pytest.mark.parametrize(
    ("file_id", "wire", "expected"),
    [
        ("0017", "00B0000000", 0x6981),  # a key is not readable
        ("0018", "00B0000000", 0x6981),
        ("000A", "00B07FFF00", 0x6B00),
        ("000A", "00200080", 0x6981),
        ("0017", "802A00800130", 0x6982),
        ("000A", "802A00800130", 0x6981),
        ("0017", "002A00800130", 0x6E00),
        ("0018", "00200001", 0x6A86),
        ("0017", "00200098", 0x63C3),  # a PIN by its short identifier, whatever is current
        ("0018", "00200081", 0x6981),  # a certificate is no PIN
        ("0018", "0020009E", 0x6A88),
        ("0018", "0020009F", 0x6A86),
        ("0018", "00B08A0001", 0x9000),
        ("0018", "00B0990001", 0x6A82),
        ("0018", "00B0970001", 0x6981),
        ("0018", "00B0810001", 0x6982),
        ("0018", "00B0CA0001", 0x6A82),
        ("000A", "802A00970130", 0x6A86),
        ("0099", "00B0000000", 0x6986),
    ],
)
def test_each_file_takes_only_its_own_commands(
    connection: DirectConnection, file_id: str, wire: str, expected: int
) -> None:
    select_application(connection, jpki_names.AID)
    connection.transmit(bytes.fromhex(f"00A4020C02{file_id}"))
    assert status(connection, wire) == expected


def test_a_hundred_thousand_random_commands_get_an_answer(card_templates: dict[str, Any]) -> None:
    seed = 1202
    print(f"seed {seed}")
    for answer in _answers(card_templates, random.Random(seed), 100_000):
        assert len(answer) >= 2
        assert answer[-2] in _FIRST_STATUS_BYTES
        assert answer[-2:] != b"\x6f\x00"


_FIRST_STATUS_BYTES = frozenset((0x61, 0x62, 0x63, 0x65, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x90))


def _answers(card_templates: dict[str, Any], source: random.Random, count: int) -> list[bytes]:
    card = SimulatedCard(VolatileStore(card_templates["hanako"]), randomness=source.randbytes)
    return [card.transmit(_random_command(source)) for _ in range(count)]


def _random_command(source: random.Random) -> bytes:
    """Half noise, half commands that come close to real ones."""
    if source.random() < 0.3:
        return source.randbytes(source.randrange(0, 300))
    if source.random() < 0.2:
        aid = source.choice(("D392F000260100000001", "D3921000310001010408", "D3921000310001010402"))
        return bytes.fromhex(f"00A4040C0A{aid}")
    if source.random() < 0.4:
        file_id = source.choice((0x01, 0x02, 0x03, 0x05, 0x06, 0x0A, 0x0B, 0x11, 0x12, 0x14, 0x17, 0x18, 0x1A, 0x1B))
        return bytes((0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, file_id))
    ins = source.choice((0x20, 0x24, 0x2A, 0x84, 0xA4, 0xB0, 0xC0, 0xCA))
    data = source.choice((b"", b"1234", b"ABC123", source.randbytes(source.randrange(1, 256))))
    p1 = source.choice((0, 1, 2, 4, 0x8A, 0x81))
    command = Command(source.choice((0, 0x80)), ins, p1, source.choice((0, 0x0C, 0x80, 0x97, 0x98)), data)
    return bytes(command) + source.choice((b"", b"\x00", b"\x10"))


@pytest.mark.parametrize("length", [256, 1000, 65_535])
@pytest.mark.parametrize(
    ("file_id", "head", "expected"),
    [
        ("0017", "802A0080", 0x6700),
        ("0018", "00200080", 0x63C2),
        ("000A", "00B00000", 0x6700),
        ("", "00A4040C", 0x6A82),
    ],
)
def test_oversized_commands_are_refused(
    connection: DirectConnection, file_id: str, head: str, expected: int, length: int
) -> None:
    JpkiSession(connection).verify_auth_pin(bytearray(b"1234"))
    if file_id:
        assert status(connection, f"00A4020C02{file_id}") == Sw.OK
    assert status(connection, f"{head}00{length:04X}{'D3' * length}") == expected


class Babbling:
    """Not a card: answers random bytes that come close to real ones, never the same, never without end."""

    def __init__(self, source: random.Random) -> None:
        self.source = source

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        source = self.source
        status = source.choice((0x9000, 0x9000, 0x9000, 0x6100, 0x6C05, 0x63C1, 0x6A82, source.randrange(0x10000)))
        heads = (b"", b"\x30\x82", b"\xff\x20", b"\xdf\x10\x0c", b"\x30\x84\xff", b"\xff\x10\x0c123456789018")
        return source.choice(heads) + source.randbytes(source.randrange(40)), status


def test_a_hundred_thousand_random_answers_end_in_facts() -> None:
    seed = 2211
    print(f"seed {seed}")
    source = random.Random(seed)
    babbling = Counting(Babbling(source))
    asks: tuple[Callable[[Connection], object], ...] = (
        card_report,
        lambda card: JpkiSession(card).auth_certificate(),
        lambda card: JpkiSession(card).change_auth_pin(bytearray(b"1234"), bytearray(b"8642")),
        lambda card: TextSession(card).attributes(),
        lambda card: TextSession(card).number(),
        lambda card: VisualSession(card).front(),
    )
    good = 0
    while babbling.count < 100_000:
        with suppress(CardError):
            source.choice(asks)(babbling)
            good += 1
    assert good, "some answers were good enough to be read to the end"


def test_the_same_seed_gets_the_same_answers(card_templates: dict[str, Any]) -> None:
    first, second = (_answers(card_templates, random.Random(5), 2000) for _ in range(2))
    assert first == second


def test_a_lying_card_ends_the_reading() -> None:
    class Endless:
        def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
            return b"\x55" * 256, 0x6100

    class Liar:
        def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
            return (bytes.fromhex("3082FFFF") + bytes(252) if wire[1] == 0xB0 else b""), 0x9000

    from card_reader.errors import UnexpectedAnswer

    with pytest.raises(UnexpectedAnswer):
        exchange(Endless(), Command(0, 0xB0, le=256))
    with pytest.raises(UnexpectedAnswer):
        JpkiSession(Liar()).auth_certificate()
