"""A terminal of another team at the real chain: pyscard, pcscd, virtual reader, card."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from card_reader.__main__ import main
from tests.card_reader.city.foreign_host import AID, Terminal
from tests.card_reader.conftest import HANAKO, Insert
from tests.card_reader.readers import Readers, card_arrives

pytestmark = pytest.mark.pcsc

FORBIDDEN = 0x6982


@pytest.fixture(scope="module")
def masters() -> dict[int, bytes]:
    printed = CliRunner().invoke(main, ["keys", "--demo", "--json"])
    return {int(kvn, 16): bytes.fromhex(master) for kvn, master in json.loads(printed.stdout).items()}


@pytest.fixture
def terminal(readers: Readers, insert: Insert) -> Iterator[Terminal]:
    """Another team's program with hanako's card in the first reader."""
    from smartcard.System import readers as all_readers

    insert("hanako")
    card_arrives(readers.ports[0].name)
    (reader,) = [one for one in all_readers() if str(one).startswith(f"{readers.ports[0].name} 00 00")]
    connection = reader.createConnection()
    connection.connect()
    yield Terminal(connection.transmit)
    connection.disconnect()


def get(terminal: Terminal, tag: int) -> tuple[bytes, int]:
    return terminal.send(0xCB, 0x3F, 0xFF, b"\x5c\x02" + tag.to_bytes(2, "big"))


def part(offset: int, data: bytes) -> bytes:
    return bytes.fromhex("5C02FF655402") + offset.to_bytes(2, "big") + b"\x53\x81" + bytes((len(data),)) + data


def test_a_library_of_another_team_reads_its_id_and_no_more(terminal: Terminal, masters: dict[int, bytes]) -> None:
    assert terminal.open(0x11, masters[0x11]) == 0x9000
    data, word = get(terminal, 0xFF61)
    assert (word, terminal.commands) == (0x9000, 4)
    assert HANAKO.services["library"]["id"].encode() in data
    assert [get(terminal, tag)[1] for tag in range(0xFF62, 0xFF68)] == [FORBIDDEN] * 6
    assert get(terminal, 0xFF61) == (data, 0x9000)


def test_a_long_answer_arrives_whole(terminal: Terminal, masters: dict[int, bytes]) -> None:
    assert terminal.open(0x15, masters[0x15]) == 0x9000
    data, word = get(terminal, 0xFF65)
    assert (word, len(data) > 256) == (0x9000, True)
    assert HANAKO.services["emergency"]["payload"].encode() in data


def test_a_long_entry_is_written_in_parts(terminal: Terminal, masters: dict[int, bytes]) -> None:
    assert terminal.open(0x21, masters[0x21]) == 0x9000
    assert terminal.send(0xDE, 0, 0, bytes.fromhex("5C02FF65"))[1] == 0x6985
    fields = bytes.fromhex("DF020101 DF05020002 DF0603121002 DF08080011223344556677 DF09820400") + bytes(1024)
    entry = bytes.fromhex("FF6582") + len(fields).to_bytes(2, "big") + fields
    for at in range(0, len(entry), 200):
        assert terminal.send(0xDB, 0x3F, 0xFF, part(at, entry[at : at + 200]))[1] == 0x9000
    assert terminal.send(0xDE, 0, 0, bytes.fromhex("5C02FF65"))[1] == 0x9000
    assert get(terminal, 0xFF65) == (entry, 0x9000)


def test_wrong_keys_open_nothing(terminal: Terminal, masters: dict[int, bytes]) -> None:
    with pytest.raises(AssertionError, match="cryptogram"):
        terminal.open(0x11, masters[0x12])
    assert terminal.apdu(bytes.fromhex("00CB3FFF045C02FF6100"))[1] == FORBIDDEN
    assert terminal.open(0x11, masters[0x11]) == 0x9000


def test_an_altered_message_ends_the_channel(terminal: Terminal, masters: dict[int, bytes]) -> None:
    terminal.open(0x11, masters[0x11])
    terminal.chain = bytes(16)
    assert get(terminal, 0xFF61)[1] == 0x6988
    assert get(terminal, 0xFF61)[1] == FORBIDDEN
    terminal.apdu(bytes((0x00, 0xA4, 0x04, 0x0C, len(AID))) + AID)
    assert terminal.open(0x11, masters[0x11]) == 0x9000


def test_the_holder_sees_the_terminal(terminal: Terminal, masters: dict[int, bytes]) -> None:
    terminal.open(0x12, masters[0x12])
    get(terminal, 0xFF62)
    assert terminal.apdu(bytes.fromhex("00A4020C0200F1"))[1] == 0x9000
    assert terminal.apdu(bytes.fromhex("00B2010400"))[1] == FORBIDDEN
    assert terminal.apdu(bytes.fromhex("00A4020C020011"))[1] == 0x9000
    assert terminal.apdu(bytes.fromhex("00200080"))[1] == 0x63C3
    assert terminal.apdu(bytes.fromhex("0020008004") + HANAKO.city_pin.encode())[1] == 0x9000
    assert terminal.apdu(bytes.fromhex("00A4020C0200F1"))[1] == 0x9000
    record, word = terminal.apdu(bytes.fromhex("00B2010400"))
    assert (word, record[:4].hex()) == (0x9000, "1201ff62")
    assert terminal.apdu(bytes.fromhex("00B2020400"))[1] == 0x6A83


def test_the_free_file_is_free(terminal: Terminal) -> None:
    assert terminal.apdu(bytes.fromhex("00A4020C020001"))[1] == 0x9000
    content, word = terminal.apdu(bytes.fromhex("00B0000000"))
    assert (word, content.hex()) == (0x9000, "ff600fdf110101df12020100df1303121002")
