"""City cards for tests: hanako's and taro's without their other applications, and hosts with demo keys."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest

from card_reader.connection import Connection
from card_reader.key_store import KeyStore, demo_masters
from card_reader.sessions.city import CityChannel, CitySession
from card_reader.sessions.city_entry import Entry
from card_reader.sessions.city_names import Role, Service
from card_reader.simulator import city, city_issue
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import FORMAT, VolatileStore
from tests.card_reader.conftest import HANAKO

KEYS = demo_masters()
ISSUED = date(2026, 4, 1)
FRESH: dict[str, Any] = {
    "format": FORMAT,
    "atr": "3BE000FF8131FE4514",
    "applications": {city.NAME: city_issue.new_memory(HANAKO, KEYS, ISSUED)},
}


class CardStore(VolatileStore):
    """The EEPROM of one card, with a look at what is in it."""

    def __init__(self, content: dict[str, Any] | None = None) -> None:
        super().__init__(copy.deepcopy(content or FRESH))

    @property
    def city(self) -> dict[str, Any]:
        part: dict[str, Any] = self.load()["applications"][city.NAME]
        return part

    def change(self, **fields: object) -> None:
        content = self.load()
        content["applications"][city.NAME].update(json.loads(json.dumps(fields)))
        self.save(content)


@pytest.fixture
def store() -> CardStore:
    return CardStore()


@pytest.fixture
def card(store: CardStore) -> DirectConnection:
    """Hanako's city card, powered, without a reader."""
    return DirectConnection(SimulatedCard(store))


def opened(connection: Connection, kvn: int, keys: KeyStore = KEYS) -> CityChannel:
    """Select the application and open a channel for a role."""
    return CitySession(connection).open(keys, kvn)


def entry(service: Service = Service.LIBRARY, version: int = 2, **fields: Any) -> Entry:
    """What a writer would put on the card next."""
    values: dict[str, Any] = {"id": "0000000042", "transaction": version.to_bytes(8, "big"), "issued": ISSUED}
    return Entry(service=service, version=version, **(values | fields))


READERS = (
    Role.LIBRARY, Role.SPORTS, Role.FACILITY, Role.POINTS, Role.AMBULANCE, Role.SHELTER, Role.PORTAL,
)  # fmt: skip
