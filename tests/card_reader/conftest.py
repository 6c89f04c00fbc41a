"""Cards for tests: made once a session, handed out fresh to each test."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from card_reader.key_store import demo_masters
from card_reader.simulator.authority import Authority, open_authority
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import VolatileStore
from card_reader.simulator.people import read_personas
from card_reader.simulator.prepare import new_card
from card_reader.simulator.vpcd import VirtualReader
from tests.card_reader.readers import Readers, shared_readers
from tests.patience import PATIENCE

PEOPLE = read_personas()
HANAKO, TARO = PEOPLE["hanako"], PEOPLE["taro"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return open_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def card_templates(authority: Authority) -> dict[str, dict[str, Any]]:
    """The memory of a fresh card of hanako and of taro."""
    return {person.persona: new_card(authority, person, demo_masters())[0] for person in (HANAKO, TARO)}


@pytest.fixture
def memory(card_templates: dict[str, dict[str, Any]]) -> VolatileStore:
    """The memory of hanako's card."""
    return VolatileStore(copy.deepcopy(card_templates["hanako"]))


@pytest.fixture
def connection(memory: VolatileStore) -> DirectConnection:
    """Hanako's card, powered, without a reader."""
    return DirectConnection(SimulatedCard(memory))


@pytest.fixture(scope="session")
def readers() -> Readers:
    """Real PC/SC with virtual readers. Fails, and does not skip, where pcscd is not installed."""
    return shared_readers()


Insert = Callable[..., VirtualReader]


@pytest.fixture
def insert(readers: Readers, card_templates: dict[str, dict[str, Any]]) -> Iterator[Insert]:
    """Put a fresh card of `persona` into reader number `index`; all cards are taken out after the test."""

    def put(persona: str = "hanako", index: int = 0, *, contactless: bool = False) -> VirtualReader:
        card = SimulatedCard(VolatileStore(card_templates[persona]), contactless=contactless)
        assert readers.slots[index].insert(card, PATIENCE), "the virtual reader did not take the card"
        return readers.slots[index]

    yield put
    for slot in readers.slots:
        slot.remove()
