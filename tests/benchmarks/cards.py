"""A card through the whole chain: our code, pyscard, libpcsclite, pcscd, the virtual reader's driver, a simulated card.

What is ours is the wall time of the host less what the card model takes; the floor is what commands and answers take
over the air at 106 kbit/s (ISO/IEC 14443 type B, `card_reader.simulator.wire`).
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from threading import Event
from time import perf_counter
from typing import Any

from card_reader.apdu import Command
from card_reader.connection import Connection
from card_reader.errors import PcscMissing
from card_reader.key_store import demo_masters
from card_reader.monitor import CardEvent, CardMonitor
from card_reader.pcsc import open_card
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.authority import open_authority
from card_reader.simulator.card import SimulatedCard
from card_reader.simulator.memory import VolatileStore
from card_reader.simulator.people import read_personas
from card_reader.simulator.prepare import new_card
from card_reader.simulator.vpcd import VirtualReader
from card_reader.simulator.wire import WIRES, sign_in_floor
from tests.benchmarks.measure import Row, Sizes, at_most
from tests.card_reader.readers import Readers, card_arrives, shared_readers, wait_for

ROUND_TRIP_MS = 1.0
EVENT_MS = 450.0
AIR = WIRES["contactless-106"]
CHALLENGE = Command(0x00, 0x84, le=16)


class Timed(SimulatedCard):
    """A card that adds up how long it takes to answer."""

    seconds = 0.0

    def transmit(self, wire: bytes) -> bytes:
        began = perf_counter()
        try:
            return super().transmit(wire)
        finally:
            self.seconds += perf_counter() - began


class Counting:
    """A connection that counts the commands that pass."""

    def __init__(self, inner: Connection) -> None:
        self.inner, self.count = inner, 0

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        self.count += 1
        return self.inner.transmit(wire)


def rows(sizes: Sizes, folder: Path) -> Iterator[Row]:
    try:
        readers = shared_readers()
    except PcscMissing as missing:
        print(f"no figures of cards: {missing}")
        return
    content = new_card(open_authority(folder), read_personas()["hanako"], demo_masters())[0]
    yield _event(sizes, readers, content)
    name, slot = readers.names[0], readers.slots[0]
    card = Timed(VolatileStore(content), contactless=True)
    slot.insert(card, 5.0)
    card_arrives(name)
    yield _round_trip(sizes, name)
    certificate = len(_sign_in(name)[1])
    yield from _commands(name, certificate)
    yield _share(sizes, name, card, certificate)
    slot.remove()
    yield _over_the_air(sizes, readers, content, certificate)


def _sign_in(reader: str, known: dict[bytes, bytes] | None = None, chunk: int = 256) -> tuple[int, bytes]:
    """(commands, certificate) of a sign-in: PIN, certificate, signature, on a connection of its own."""
    with open_card(reader) as connection:
        counting = Counting(connection)
        jpki = JpkiSession(counting, chunk)
        jpki.verify_auth_pin(bytearray(b"1234"))
        certificate = jpki.auth_certificate(known)
        jpki.sign_with_auth_key(b"challenge")
    return counting.count, certificate


def _round_trip(sizes: Sizes, reader: str) -> Row:
    times = []
    with open_card(reader) as connection:
        JpkiSession(connection)
        for _ in range(sizes.calls * sizes.rounds):
            wire, began = CHALLENGE.encode(), perf_counter()
            connection.transmit(wire)
            times.append(perf_counter() - began)
    return at_most(
        "command to a card and back through pcscd",
        ours=median(times) * 1e3,
        limit=ROUND_TRIP_MS,
        unit="ms",
        target=1.0,
        note="wall ms, median; the limit is the target of 1 ms; without TCP_QUICKACK it is 44 ms",
    )


def _commands(reader: str, certificate: int) -> Iterator[Row]:
    allowed = 2 + -(-certificate // 256) + 2
    known: dict[bytes, bytes] = {}
    ways: dict[str, dict[str, Any]] = {
        "certificate by 256 bytes": {"known": known},
        "certificate in one extended read": {"chunk": 4096},
        "certificate known by its hash": {"known": known},
    }
    for name, way in ways.items():
        yield at_most(
            f"commands of a card sign-in, {name}",
            ours=_sign_in(reader, **way)[0],
            limit=allowed,
            unit="commands",
            target=1.0,
            note=f"the limit is 2 SELECT + ⌈{certificate} ÷ 256⌉ + 2; public readers know no way with fewer than 4 SELECT",
        )


def _share(sizes: Sizes, reader: str, card: Timed, certificate: int) -> Row:
    ours = []
    for _ in range(sizes.rounds):
        before, began = card.seconds, perf_counter()
        _sign_in(reader)
        ours.append(perf_counter() - began - (card.seconds - before))
    return at_most(
        "our share of a card sign-in / its time over the air",
        ours=median(ours) * 1e3,
        limit=sign_in_floor(AIR, certificate) * 1e3,
        unit="ms",
        target=0.2,
        note="wall ms of connecting, ten commands and powering down, less what the card model computes",
    )


def _over_the_air(sizes: Sizes, readers: Readers, content: dict[str, Any], certificate: int) -> Row:
    slot, name = VirtualReader(readers.ports[1].port, AIR), readers.names[1]
    slot.insert(SimulatedCard(VolatileStore(content), contactless=True), 5.0)
    card_arrives(name)
    times = []
    for _ in range(max(1, sizes.rounds // 2)):
        began = perf_counter()
        _sign_in(name)
        times.append(perf_counter() - began)
    slot.remove()
    return at_most(
        "card sign-in over the air / its floor",
        ours=median(times) * 1e3,
        limit=sign_in_floor(AIR, certificate) * 1e3,
        unit="ms",
        target=1.3,
        note="wall ms with a card that takes the times of 106 kbit/s; its RSA is the model's, a millisecond",
    )


def _event(sizes: Sizes, readers: Readers, content: dict[str, Any]) -> Row:
    came, went, slot = Event(), Event(), readers.slots[0]
    moments: list[float] = []

    def hear(event: CardEvent) -> None:
        if event.kind == "inserted":
            moments.append(perf_counter())
            came.set()
        if event.kind == "removed":
            went.set()

    monitor, times = CardMonitor(hear), []
    monitor.start()
    wait_for(lambda: len(monitor.states()) == 16, "the readers")
    for _ in range(max(1, min(5, sizes.rounds))):
        came.clear()
        went.clear()
        slot.insert(SimulatedCard(VolatileStore(content)), 5.0)
        began = slot.inserted_at
        assert came.wait(5)
        times.append(moments[-1] - began)
        slot.remove()
        assert went.wait(5)
    monitor.stop()
    return at_most(
        "card put down to event",
        ours=median(times) * 1e3,
        limit=EVENT_MS,
        unit="ms",
        target=1.0,
        note="wall ms; pcscd looks at a virtual reader every 400 ms; the limit is the target of 450 ms",
    )
