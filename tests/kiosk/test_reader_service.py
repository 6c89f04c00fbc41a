"""The service of the card readers (pcscd, real) ends and comes back while somebody stands at the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from card_reader.simulator.card import SimulatedCard
from kiosk import events as ev
from kiosk.devices.card import PcscReader
from kiosk.health import beat
from kiosk.steps import Step
from tests.card_reader.readers import Readers, card_arrives, shared_readers
from tests.kiosk.contract_player import ContractPlayer
from tests.kiosk.test_whole_journey import order
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import PATIENCE, until

READER = "Test Third 00 00"


@pytest.fixture(scope="module")
def readers() -> Readers:
    return shared_readers()


@pytest.fixture
def kiosk(tmp_path: Path, player: ContractPlayer, translations: Path, readers: Readers) -> Iterator[WholeKiosk]:
    whole = WholeKiosk(tmp_path, player, translations, real_reader=PcscReader(READER))
    whole.start()
    yield whole
    whole.stop()
    readers.slots[readers.names.index(READER)].remove()


def signs_in(kiosk: WholeKiosk, readers: Readers, card: SimulatedCard) -> None:
    kiosk.wait_for(Step.WELCOME)
    kiosk.machine.dispatch(ev.LanguageChosen("ja"))
    readers.slots[readers.names.index(READER)].insert(card, PATIENCE)
    kiosk.wait_for(Step.PIN)
    kiosk.type_pin("1234")
    kiosk.machine.dispatch(ev.PinEntered())
    kiosk.wait_for(Step.MENU)


def test_the_service_restarts_while_coins_go_in(kiosk: WholeKiosk, readers: Readers, card: SimulatedCard) -> None:
    """Coins back, nobody signed in any more, staff told; when it is back the next person is served."""
    signs_in(kiosk, readers, card)
    order(kiosk)
    kiosk.coin_box.insert(100)
    until(lambda: kiosk.machine.journey.inserted == 100, "the coin is counted")
    readers.daemon.stop()
    try:
        kiosk.wait_for(Step.NOTICE)
        assert (kiosk.coin_box.tray.total, kiosk.coin_box.current(), kiosk.jobs.unfinished()) == (100, None, [])
        assert (kiosk.machine.journey.person, kiosk.machine.pad.count) == (None, 0)
        beat(kiosk.machine)
        assert kiosk.player.bodies["heartbeat"][-1]["reader"] == "gone"
    finally:
        readers.daemon.start()
    card_arrives(READER)
    readers.slots[readers.names.index(READER)].remove()
    until(lambda: _is_ready_and_empty(kiosk), "the reader again, and no card in it")
    kiosk.machine.dispatch(ev.Stop())
    signs_in(kiosk, readers, card)
    assert kiosk.machine.journey.person is not None


def _is_ready_and_empty(kiosk: WholeKiosk) -> bool:
    journey = kiosk.machine.journey
    return journey.health.reader == "ready" and not journey.card_in
