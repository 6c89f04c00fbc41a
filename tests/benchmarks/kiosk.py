"""The kiosk: from the card to the printer without the person's time, its memory at rest, and over a simulated day.

The day has 24 hours of the machine's clock and at least 2,000 journeys of every kind there is, also those that end badly: a
card left behind, a payment called off, a line that is down.

Card commands, contract, journal on disk and money are real; the portal answers from the contract's examples, so its own
share is not in here (the rows of certificates and of card sign-in have it). Time by the clock on the wall.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from joserfc.jwk import ECKey

from card_reader.key_store import demo_masters
from card_reader.simulator.authority import open_authority
from card_reader.simulator.card import SimulatedCard
from card_reader.simulator.memory import VolatileStore
from card_reader.simulator.people import read_personas
from card_reader.simulator.prepare import new_card
from kiosk import events as ev
from kiosk.health import beat
from kiosk.steps import Step
from tests.benchmarks.measure import Row, Sizes, at_most, resident_memory
from tests.kiosk.catalogues import compile_catalogues
from tests.kiosk.contract_player import ContractPlayer
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import until

TIME_MS = 2_000.0
IDLE_MB = 150.0
GROWTH_KB = 2.0
"""A journey may leave so much behind: 4 MB in a day of 2,000, which is the allocator's own breathing."""
DAY = 2_000
ANSWERS = ("resident-record", "household", "yes", "no", "1")


def rows(sizes: Sizes, folder: Path) -> Iterator[Row]:
    journeys = min(DAY, sizes.calls * sizes.rounds * 7)
    with _kiosk(folder) as (kiosk, card):
        times = [journey(kiosk, card) for _ in range(max(3, journeys // 5))]
        a_day(kiosk, card, len(DAYS_KINDS))
        before = resident_memory(os.getpid(), "VmRSS")
        a_day(kiosk, card, journeys)
        grown = max(0.01, (resident_memory(os.getpid(), "VmRSS") - before) * 1024 / journeys)
    yield at_most(
        "kiosk: card placed to paper order / 2 s",
        ours=median(times) * 1e3,
        limit=TIME_MS,
        unit="ms",
        target=1.0,
        note="one copy: card opened, PIN, sign-in, choices, coins, order to the printer; no person, portal played",
    )
    yield at_most(
        "kiosk: memory left behind by a journey",
        ours=grown,
        limit=GROWTH_KB,
        unit="KiB",
        target=1.0,
        note=f"growth over {journeys} journeys of {len(DAYS_KINDS)} kinds, in KiB each (24 h have {DAY})",
    )
    yield at_most(
        "kiosk: memory at rest / 150 MB",
        ours=_memory_at_rest(folder),
        limit=IDLE_MB,
        unit="MB",
        target=1.0,
        note="resident memory of `kiosk serve` showing its first screens, without Chromium",
    )


def journey(kiosk: WholeKiosk, card: SimulatedCard) -> float:
    """Seconds from the card to the order at the printer; then everything is taken, and the machine is free."""
    machine = kiosk.machine
    began = time.perf_counter()
    _to_coins(kiosk, card)
    kiosk.coin_box.insert(100)
    kiosk.coin_box.insert(100)
    kiosk.wait_for(Step.TAKE_PAPER)
    took = time.perf_counter() - began
    kiosk.reader.remove()
    machine.dispatch(ev.Next())
    machine.dispatch(ev.Next())
    kiosk.wait_for(Step.WELCOME)
    return took


def scanned(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    """A reservation's code, without a card."""
    kiosk.scanner.scan("K7QM-3XPR-T2WH")
    kiosk.wait_for(Step.NUMBER)
    kiosk.machine.dispatch(ev.Next())


def coupon(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    """Points for a reward; then the card is left, and the machine calls until it is taken."""
    _to_menu(kiosk, card)
    for event, step in ((ev.Chosen("points"), Step.POINTS), (ev.Chosen("pool"), Step.REWARD), (ev.Next(), Step.COUPON)):
        kiosk.machine.dispatch(event)
        kiosk.wait_for(step)
    _wait(kiosk, 200)
    kiosk.wait_for(Step.TAKE_CARD)
    _wait(kiosk, 60)
    assert kiosk.machine.journey.alarms
    kiosk.reader.remove()
    kiosk.machine.dispatch(ev.Next())


def called_off(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    """The card is pulled while coins go in."""
    _to_coins(kiosk, card)
    kiosk.coin_box.insert(100)
    kiosk.reader.remove()
    kiosk.wait_for(Step.NOTICE)
    kiosk.machine.dispatch(ev.Stop())


def without_line(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    """The line is down when the menu asks for something, and back a moment later."""
    _to_menu(kiosk, card)
    kiosk.player.down = True
    kiosk.machine.dispatch(ev.Chosen("tasks"))
    kiosk.wait_for(Step.NOTICE)
    kiosk.player.down = False
    kiosk.reader.remove()
    kiosk.machine.dispatch(ev.Stop())
    beat(kiosk.machine)


def walked_away(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    """Somebody touches a language in large letters and goes."""
    kiosk.machine.dispatch(ev.ComfortChosen("large"))
    kiosk.machine.dispatch(ev.LanguageChosen("pt"))
    _wait(kiosk, 200)


DAYS_KINDS = (journey, scanned, journey, coupon, journey, called_off, journey, without_line, journey, walked_away)


def a_day(kiosk: WholeKiosk, card: SimulatedCard, journeys: int) -> None:
    """24 hours of the machine's clock, with a screen drawn and staff told after each journey."""
    client = kiosk.app.test_client()
    for number in range(journeys):
        DAYS_KINDS[number % len(DAYS_KINDS)](kiosk, card)
        kiosk.wait_for(Step.WELCOME)
        client.get("/", base_url=kiosk.url)
        beat(kiosk.machine)
        kiosk.coin_box.take_from_tray()
        _wait(kiosk, 24 * 3600 / journeys)
        if kiosk.machine.journey.step is Step.ATTRACT:
            kiosk.machine.dispatch(ev.Next())
        kiosk.player.forget_past()


def _wait(kiosk: WholeKiosk, seconds: float) -> None:
    kiosk.let_time_pass(seconds)
    kiosk.machine.dispatch(ev.Tick())


def _to_menu(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    kiosk.machine.dispatch(ev.LanguageChosen("ja"))
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    kiosk.type_pin("1234")
    kiosk.machine.dispatch(ev.PinEntered())
    kiosk.wait_for(Step.MENU)


def _to_coins(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    _to_menu(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("certificate"))
    kiosk.wait_for(Step.KIND)
    for answer in ANSWERS:
        kiosk.machine.dispatch(ev.Chosen(answer))
    kiosk.machine.dispatch(ev.Next())
    until(lambda: kiosk.coin_box.current() is not None, "the coin box asks")


@contextmanager
def _kiosk(folder: Path) -> Iterator[tuple[WholeKiosk, SimulatedCard]]:
    player = ContractPlayer(ECKey.generate_key("P-256", parameters={"kid": "bench"}))
    player.start()
    for name in ("authority", "words"):
        (folder / name).mkdir()
    memory = new_card(open_authority(folder / "authority"), read_personas()["hanako"], demo_masters())[0]
    kiosk = WholeKiosk(folder, player, compile_catalogues(folder / "words"))
    kiosk.start()
    try:
        yield kiosk, SimulatedCard(VolatileStore(memory))
    finally:
        kiosk.stop()
        player.stop()


def _memory_at_rest(folder: Path) -> float:
    """MB of the command itself, after it has drawn its screen a few times; no portal answers it."""
    import httpx

    key = folder / "key.jwk"
    key.write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=True)))
    command = [sys.executable, "-m", "kiosk", "serve", "--bind", "127.0.0.1:0", "--key", str(key)]
    command += ["--portal-url", "http://127.0.0.1:9", "--printer", "simulated", "--state", str(folder / "state")]
    command += ["--reader", "No Such Reader"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        for _ in range(5):
            httpx.get(address).raise_for_status()
        return resident_memory(process.pid, "VmRSS")
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
