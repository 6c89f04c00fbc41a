"""Fixtures of the kiosk's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from card_reader.key_store import demo_masters
from card_reader.simulator.authority import open_authority
from card_reader.simulator.card import SimulatedCard
from card_reader.simulator.memory import VolatileStore
from card_reader.simulator.people import read_personas
from card_reader.simulator.prepare import new_card
from tests.kiosk.catalogues import compile_catalogues
from tests.kiosk.contract_player import ContractPlayer
from tests.kiosk.whole_kiosk import WholeKiosk


@pytest.fixture(scope="session")
def card_memory(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The memory of the card of 架空 花子; her PIN is 1234."""
    authority = open_authority(tmp_path_factory.mktemp("authority"))
    return new_card(authority, read_personas()["hanako"], demo_masters())[0]


@pytest.fixture
def card(card_memory: dict[str, Any]) -> SimulatedCard:
    return SimulatedCard(VolatileStore(card_memory))


@pytest.fixture(scope="session")
def translations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_catalogues(tmp_path_factory.mktemp("words"))


@pytest.fixture
def player() -> Iterator[ContractPlayer]:
    played = ContractPlayer(ECKey.generate_key("P-256", parameters={"kid": "test"}))
    played.start()
    yield played
    played.stop()


@pytest.fixture
def kiosk(tmp_path: Path, player: ContractPlayer, translations: Path) -> Iterator[WholeKiosk]:
    whole = WholeKiosk(tmp_path, player, translations)
    whole.start()
    yield whole
    whole.stop()
