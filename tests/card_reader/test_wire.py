"""The wire's times against the table they were computed from, and a card that takes them."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest

from card_reader.pcsc import open_card
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.card import SimulatedCard
from card_reader.simulator.memory import VolatileStore
from card_reader.simulator.vpcd import VirtualReader
from card_reader.simulator.wire import WIRES, sign_in_floor
from tests.card_reader.readers import Readers, card_arrives
from tests.patience import PATIENCE

# ms: SELECT of an application, 16 bytes read, a certificate of 1,600 bytes, a signature, a sign-in.
TABLE = {
    "contact-10": (31, 36, 1847, 347, 2278),
    "contact-43": (7.7, 9, 462, 87, 570),
    "contact-125": (2.6, 3, 159, 30, 196),
    "contact-250": (1.3, 1.5, 79, 15, 98),
    "contactless-106": (3.0, 3.5, 173, 32, 214),
    "contactless-424": (1.0, 1.1, 46, 8.5, 57),
    "contactless-848": (0.6, 0.7, 25, 4.6, 31),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_wire_takes_what_the_standards_say(name: str) -> None:
    wire = WIRES[name]
    certificate = 6 * wire.seconds(5, 258) + wire.seconds(5, 66)
    found = (wire.seconds(16, 2), wire.seconds(5, 18), certificate, wire.seconds(57, 258), sign_in_floor(wire, 1600))
    assert [round(seconds * 1e3, 1) for seconds in found] == pytest.approx(TABLE[name], rel=0.03, abs=0.11)


@pytest.mark.pcsc
def test_a_sign_in_over_the_air_takes_at_least_its_time(readers: Readers, card_templates: dict[str, Any]) -> None:
    wire = WIRES["contactless-106"]
    slot = VirtualReader(readers.ports[3].port, wire)
    assert slot.insert(SimulatedCard(VolatileStore(card_templates["hanako"]), contactless=True), PATIENCE)
    try:
        card_arrives(readers.names[3])
        with open_card(readers.names[3]) as connection:
            start = perf_counter()
            jpki = JpkiSession(connection)
            jpki.verify_auth_pin(bytearray(b"1234"))
            certificate = jpki.auth_certificate()
            jpki.sign_with_auth_key(b"challenge")
            took = perf_counter() - start
    finally:
        slot.remove()
    # How much more it may be is for the benchmark, on a quiet machine.
    assert sign_in_floor(wire, len(certificate)) <= took < 60
