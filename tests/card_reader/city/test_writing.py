"""Writing to the card: staged, committed whole or not at all, never over somebody else's write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from card_reader import tlv
from card_reader.apdu import Command
from card_reader.connection import Connection, exchange, send
from card_reader.errors import StatusError
from card_reader.sessions import city_names as names
from card_reader.sessions.city import CityChannel, LostUpdate
from card_reader.sessions.city_entry import Entry, Status, encode
from card_reader.sessions.city_names import Role, Service
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import VolatileStore
from tests.card_reader.city.conftest import CardStore, entry, opened
from tests.card_reader.test_card_memory import PowerCut

LONG = "薬" * 682  # 2,046 bytes


class CutStore(CardStore):
    """Loses power at the n-th write: before it, or after it."""

    def __init__(self, at: int, *, written: bool) -> None:
        super().__init__()
        self.at, self.written, self.writes = at, written, 0

    def save(self, content: dict[str, Any]) -> None:
        self.writes += 1
        if self.writes == self.at and not self.written:
            raise PowerCut
        VolatileStore.save(self, content)
        if self.writes == self.at:
            raise PowerCut


def put(channel: Connection, data: bytes) -> int:
    return exchange(channel, Command(0x80, names.PUT_DATA, 0x3F, 0xFF, data))[1]


def commit(channel: Connection, service: int) -> int:
    return exchange(channel, Command(0x80, names.COMMIT, 0, 0, tlv.encode(0x5C, service.to_bytes(2, "big"))))[1]


def writer(card: DirectConnection) -> CityChannel:
    return opened(card, Role.WRITER)


def read(card: DirectConnection, service: Service) -> Entry | None:
    return opened(card, Role.WRITER).read(service)


def test_what_is_written_is_read_by_its_role(card: DirectConnection) -> None:
    new = entry(status=Status.SUSPENDED, payload="2冊")
    writer(card).write(new)
    assert opened(card, Role.LIBRARY).read(Service.LIBRARY) == new


def test_a_service_that_was_not_on_the_card_begins_with_version_1(store: CardStore) -> None:
    store.change(objects={})
    card = DirectConnection(SimulatedCard(store))
    with pytest.raises(LostUpdate):
        writer(card).write(entry(version=2))
    writer(card).write(entry(version=1))
    assert read(card, Service.LIBRARY) == entry(version=1)


def test_a_long_entry_goes_in_parts_and_comes_back_in_one(card: DirectConnection) -> None:
    new = entry(Service.EMERGENCY, payload=LONG)
    writer(card).write(new)
    assert opened(card, Role.AMBULANCE).read(Service.EMERGENCY) == new


def test_a_long_answer_comes_by_get_response(card: DirectConnection) -> None:
    channel = opened(card, Role.AMBULANCE)._connection
    seen: list[int] = []
    inner = channel._inner

    class Line:
        def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
            data, word = inner.transmit(wire)
            assert len(data) <= 256
            seen.append(word >> 8)
            return data, word

    channel._inner = Line()
    send(channel, Command(0x80, names.GET_DATA, 0x3F, 0xFF, bytes.fromhex("5C02FF65"), le=256))
    assert seen == [0x61, 0x90]


@pytest.mark.parametrize("cla", ["00", "80", "04", "84"])
def test_the_rest_is_fetched_in_any_class_and_in_any_steps(card: DirectConnection, cla: str) -> None:
    channel = opened(card, Role.AMBULANCE)._connection
    inner = channel._inner
    whole: list[bytes] = []

    class Stepping:
        def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
            data, word = inner.transmit(wire)
            while word >> 8 == 0x61:
                more, word = inner.transmit(bytes.fromhex(cla + "C0000064"))
                data += more
            whole.append(data)
            return data, word

    channel._inner = Stepping()
    data = send(channel, Command(0x80, names.GET_DATA, 0x3F, 0xFF, bytes.fromhex("5C02FF65"), le=256))
    assert len(whole[0]) > 256
    assert tlv.parse(data)[0].tag == 0xFF65


def test_the_rest_is_gone_after_another_command(card: DirectConnection) -> None:
    opened(card, Role.AMBULANCE)
    card.transmit(bytes.fromhex("805011000800112233445566770A"))
    assert card.transmit(bytes.fromhex("00C0000005"))[1] == 0x610E
    card.transmit(bytes.fromhex("00A4020C020001"))
    assert card.transmit(bytes.fromhex("00C0000005"))[1] == 0x6D00


def test_one_extended_command_writes_a_long_entry_too(card: DirectConnection) -> None:
    new = entry(Service.EMERGENCY, payload=LONG)
    channel = writer(card)._connection
    assert put(channel, encode(new)) == 0x9000
    assert commit(channel, Service.EMERGENCY) == 0x9000
    assert read(card, Service.EMERGENCY) == new


def test_staged_is_not_written(card: DirectConnection) -> None:
    before = read(card, Service.LIBRARY)
    channel = writer(card)
    assert put(channel._connection, encode(entry())) == 0x9000
    assert channel.read(Service.LIBRARY) == before
    assert read(card, Service.LIBRARY) == before  # and a new channel has nothing staged
    assert commit(opened(card, Role.WRITER)._connection, Service.LIBRARY) == 0x6985


def test_commit_needs_something_staged_for_its_own_tag(card: DirectConnection) -> None:
    channel = writer(card)._connection
    assert commit(channel, Service.LIBRARY) == 0x6985
    put(channel, encode(entry()))
    assert commit(channel, Service.SPORTS) == 0x6985
    assert commit(channel, Service.LIBRARY) == 0x9000
    assert commit(channel, Service.LIBRARY) == 0x6985


@pytest.mark.parametrize("version", [1, 3, 4, 0, 0xFFFF])
def test_only_the_next_version_is_taken(card: DirectConnection, version: int) -> None:
    before = read(card, Service.LIBRARY)
    with pytest.raises(LostUpdate):
        writer(card).write(entry(version=version))
    assert read(card, Service.LIBRARY) == before


def test_of_two_who_read_the_same_version_one_loses(card: DirectConnection) -> None:
    writer(card).write(entry(id="FIRST"))
    with pytest.raises(LostUpdate):
        writer(card).write(entry(id="SECOND"))
    found = read(card, Service.LIBRARY)
    assert found is not None
    assert found.id == "FIRST"


def test_the_same_write_again_changes_nothing(card: DirectConnection, store: CardStore) -> None:
    writer(card).write(entry())
    before = store.city
    writer(card).write(entry())
    assert store.city == before


def test_another_content_under_the_same_transaction_is_no_repeat(card: DirectConnection) -> None:
    writer(card).write(entry())
    with pytest.raises(LostUpdate):
        writer(card).write(entry(id="OTHER"))


@pytest.mark.parametrize("written", [True, False])
def test_a_torn_commit_leaves_old_or_new_and_the_retry_settles_it(written: bool) -> None:
    store = CutStore(1, written=written)
    with pytest.raises(PowerCut):
        writer(DirectConnection(SimulatedCard(store))).write(entry(Service.EMERGENCY, payload=LONG))
    again = DirectConnection(SimulatedCard(store))
    found = read(again, Service.EMERGENCY)
    assert found is not None
    assert (found.version, found.payload == LONG) == ((2, True) if written else (1, False))
    writer(again).write(entry(Service.EMERGENCY, payload=LONG))
    assert read(again, Service.EMERGENCY) == entry(Service.EMERGENCY, payload=LONG)


def test_a_card_pulled_at_each_command_of_a_write_keeps_the_old_entry(card: DirectConnection) -> None:
    before = read(card, Service.EMERGENCY)
    for commands in range(11):  # of ten parts and the commit
        channel = writer(card)
        inner, left = channel._connection._inner, commands

        class Pulled:
            def transmit(self, wire: bytes | bytearray, inner: Connection = inner) -> tuple[bytes, int]:
                nonlocal left
                left -= 1
                if left < 0:
                    raise PowerCut
                return inner.transmit(wire)

        channel._connection._inner = Pulled()
        with pytest.raises(PowerCut):
            channel.write(entry(Service.EMERGENCY, payload=LONG))
        assert read(card, Service.EMERGENCY) == before


KILLED = """
import os, sys
from pathlib import Path
from card_reader.sessions.city import CitySession
from card_reader.sessions.city_entry import encode
from card_reader.sessions.city_names import Role
from card_reader.simulator import memory
from card_reader.simulator.card import DirectConnection, SimulatedCard
from tests.card_reader.city.conftest import FRESH, KEYS, entry
store = memory.FileStore(Path(sys.argv[1]))
code = memory.write_atomically.__code__

def die_at(line):
    def step(frame, event, arg):
        if event == "line" and frame.f_lineno == line:
            os._exit(9)  # nothing is flushed or cleaned up, as with kill -9
        return step
    return lambda frame, event, arg: step if frame.f_code is code else None

def write(line):
    channel = CitySession(DirectConnection(SimulatedCard(store))).open(KEYS, Role.WRITER)
    sys.settrace(die_at(line))
    channel.write(entry())
    os._exit(0)

for line in sorted({line for *_, line in code.co_lines() if line}):
    store.save(FRESH)
    child = os.fork()
    if not child:
        write(line)
    _, died = os.waitpid(child, 0)
    entries = store.load()["applications"]["city"]["objects"]
    old = FRESH["applications"]["city"]["objects"]
    new = old | {"FF61": encode(entry()).hex()}
    print("died" if died else "lived", {str(old): "old", str(new): "new"}.get(str(entries), "MIXED"))
"""


def test_killing_the_simulator_at_every_line_of_a_write(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "card.json")]
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=100)
    ends = run.stdout.splitlines()
    assert set(ends) <= {"died old", "died new", "lived new"}
    assert ends.count("died old") >= 5
    assert ends.count("died new") >= 1


def field(tag: int, value: bytes) -> bytes:
    return tlv.encode(tag, value)


GOOD = {0xDF02: b"\x01", 0xDF05: b"\x00\x02", 0xDF06: names.CITY_CODE, 0xDF08: bytes(8)}


@pytest.mark.parametrize(
    "change",
    [
        {0xDF01: b""},
        {0xDF01: bytes(17)},
        {0xDF02: b"\x03"},
        {0xDF02: b"\x01\x01"},
        {0xDF03: b"\x20\x26"},
        {0xDF05: b"\x02"},
        {0xDF06: None},
        {0xDF08: None},
        {0xDF08: bytes(9)},
        {0xDF07: b"\x00"},
    ],
    ids=str,
)
def test_what_is_no_entry_is_not_committed(card: DirectConnection, change: dict[int, bytes | None]) -> None:
    fields = {tag: value for tag, value in (GOOD | change).items() if value is not None}
    channel = writer(card)._connection
    before = read(card, Service.LIBRARY)
    channel = writer(card)._connection
    assert put(channel, tlv.encode(0xFF61, b"".join(field(tag, value) for tag, value in fields.items()))) == 0x9000
    assert commit(channel, Service.LIBRARY) == 0x6A80
    assert read(card, Service.LIBRARY) == before


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", 0x6A80),
        (b"\xff", 0x6A80),
        (bytes.fromhex("FF6104DF0201"), 0x6A80),
        (bytes.fromhex("FF6804DF020101"), 0x6A88),
        (bytes.fromhex("FF6800FF6200"), 0x6A80),
        (bytes.fromhex("5C02FF61540200015301AA"), 0x6A80),
        (bytes.fromhex("5C02FF61540200005300"), 0x6A80),
        (tlv.encode(0xFF61, bytes(600)), 0x6A84),
        (tlv.encode(0xFF65, bytes(3000)), 0x6A84),
    ],
    ids=lambda value: value[:12].hex() if isinstance(value, bytes) else f"{value:04X}",
)
def test_what_cannot_be_staged(card: DirectConnection, data: bytes, word: int) -> None:
    assert put(writer(card)._connection, data) == word


@pytest.mark.parametrize("data", ["", "5C00", "5C01FF", "5C03FF61FF", "5C04FF61FF61", "5D02FF61", "5C02FF615C02FF62"])
def test_lists_of_tags_that_are_none(card: DirectConnection, data: str) -> None:
    channel = writer(card)._connection
    command = Command(0x80, names.GET_DATA, 0x3F, 0xFF, bytes.fromhex(data), le=256)
    assert exchange(channel, command)[1] == 0x6A80


def test_parts_in_the_wrong_order_are_refused(card: DirectConnection) -> None:
    channel = writer(card)._connection
    head = bytes.fromhex("5C02FF65")
    assert put(channel, head + bytes.fromhex("54020000") + field(0x53, bytes(200))) == 0x9000
    assert put(channel, head + bytes.fromhex("54020190") + field(0x53, bytes(200))) == 0x6A80
    assert put(channel, head + bytes.fromhex("540200C8") + field(0x53, bytes(200))) == 0x9000


def test_a_full_card_memory_keeps_the_old_entry(card: DirectConnection, store: CardStore) -> None:
    class Full(CardStore):
        def save(self, content: dict[str, Any]) -> None:
            raise OSError(28, "No space left on device")

    full = DirectConnection(SimulatedCard(Full()))
    with pytest.raises(StatusError) as refused:
        writer(full).write(entry())
    assert refused.value.status == 0x6581
    with pytest.raises(StatusError):  # what cannot be put on record is not read either
        opened(full, Role.LIBRARY).read(Service.LIBRARY)
