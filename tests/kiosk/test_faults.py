"""Whatever breaks at whatever step: a defined screen, no money lost, staff told, the person told what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from card_reader.simulator.card import SimulatedCard
from kiosk import events as ev
from kiosk.health import beat
from kiosk.steps import BUSY, Step
from tests.kiosk.test_whole_journey import order, sign_in
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import until


def guide(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    kiosk.machine.dispatch(ev.LanguageChosen("ja"))


def pin(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    guide(kiosk, card)
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    kiosk.type_pin("1234")


def confirm(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("certificate"))
    kiosk.wait_for(Step.KIND)
    for answer in ("resident-record", "household", "yes", "no", "2"):
        kiosk.machine.dispatch(ev.Chosen(answer))
    kiosk.wait_for(Step.CONFIRM)


def paying(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    order(kiosk)


def visit(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("reservation"))


Reach = Callable[[WholeKiosk, SimulatedCard], None]
NEXT_CALLS: list[tuple[Reach, ev.Event, str]] = [
    (guide, ev.Chosen("number"), "portal-unreachable"),
    (pin, ev.PinEntered(), "portal-unreachable"),
    (sign_in, ev.Chosen("certificate"), "portal-unreachable"),
    (sign_in, ev.Chosen("tasks"), "portal-unreachable"),
    (sign_in, ev.Chosen("services"), "portal-unreachable"),
    (visit, ev.Next(), "portal-unreachable"),
    (confirm, ev.Next(), "portal-unreachable"),
]


@pytest.mark.parametrize(("reach", "touch", "code"), NEXT_CALLS)
def test_network_lost_at_a_step_is_said_and_nothing_is_charged(
    kiosk: WholeKiosk, card: SimulatedCard, reach: Reach, touch: ev.Event, code: str
) -> None:
    reach(kiosk, card)
    kiosk.player.down = True
    kiosk.machine.dispatch(touch)
    kiosk.wait_for(Step.NOTICE)
    assert kiosk.machine.journey.notice is not None
    assert kiosk.machine.journey.notice.code == code
    assert kiosk.coin_box.current() is None
    assert not kiosk.jobs.unfinished()
    assert not kiosk.machine.journey.health.in_service, "nobody new begins"
    kiosk.player.down = False
    kiosk.reader.remove()
    kiosk.machine.dispatch(ev.Stop())
    beat(kiosk.machine)
    kiosk.wait_for(Step.WELCOME)


@pytest.mark.parametrize(("reach", "touch", "code"), NEXT_CALLS)
def test_a_portal_restarted_before_a_call_is_not_noticed(
    kiosk: WholeKiosk, card: SimulatedCard, reach: Reach, touch: ev.Event, code: str
) -> None:
    """Its tokens are gone, its database is not: the machine signs in anew."""
    reach(kiosk, card)
    step = kiosk.machine.journey.step
    kiosk.player.forget_tokens()
    kiosk.machine.dispatch(touch)
    until(lambda: kiosk.machine.journey.step not in {step, *BUSY}, "the answer")
    assert kiosk.machine.journey.step is not Step.NOTICE


@pytest.mark.parametrize("fault", ["reader", "printer", "power"])
def test_what_stops_while_coins_go_in_gives_them_back_and_says_why(
    kiosk: WholeKiosk, card: SimulatedCard, fault: str
) -> None:
    paying(kiosk, card)
    kiosk.coin_box.insert(100)
    until(lambda: kiosk.machine.journey.inserted == 100, "the coin is counted")
    {"reader": kiosk.reader.unplug, "printer": kiosk.printer.jam, "power": lambda: kiosk.power.say("low")}[fault]()
    beat(kiosk.machine)
    kiosk.wait_for(Step.NOTICE)
    notice = kiosk.machine.journey.notice
    assert notice is not None
    assert notice.code == ("card-removed" if fault == "reader" else "payment-stopped")
    assert (kiosk.coin_box.tray.total, kiosk.coin_box.current(), kiosk.jobs.unfinished()) == (100, None, [])
    assert set(kiosk.player.orders.values()) == {"ordered"}, "and the portal lets an unpaid order go with its session"


def restarted(kiosk: WholeKiosk, folder: Path, translations: Path) -> WholeKiosk:
    """The disk as it is at this instant under a new process: what threads of the old one still do reaches only the old."""
    kiosk.machine.stop()
    disk = folder / "after-the-cut"
    shutil.copytree(folder, disk, ignore=shutil.ignore_patterns("*.tmp", disk.name))
    again = WholeKiosk(disk, kiosk.player, translations)
    again.start()
    return again


@pytest.mark.parametrize(
    ("reach", "coins", "steps"),
    [
        (pin, 0, {Step.WELCOME}),
        (confirm, 0, {Step.WELCOME}),
        (paying, 100, {Step.NOTICE}),
        (paying, 500, {Step.TAKE_PAPER}),
    ],
)
def test_a_power_cut_at_a_step_ends_in_paper_or_coins(
    kiosk: WholeKiosk,
    card: SimulatedCard,
    tmp_path: Path,
    translations: Path,
    reach: Reach,
    coins: int,
    steps: set[Step],
) -> None:
    reach(kiosk, card)
    if coins:
        kiosk.printer.hold()
        kiosk.coin_box.insert(coins)
        until(lambda: kiosk.machine.journey.inserted or kiosk.machine.journey.paid, "the coin is counted")
    if (
        coins == 500
    ):  # the disk is copied file by file: nothing may be written meanwhile (a cut at any instant: test_killed_jobs)
        until(lambda: kiosk.machine.journey.progress == "sent", "the printer has it, and holds it")
    again = restarted(kiosk, tmp_path, translations)
    again.printer.release()
    until(lambda: again.machine.journey.step in steps, f"{steps} after {again.machine.journey.step}")
    papers = len(list(again.printer.folder.glob("*.pdf")))
    # The tray of the box that was there before is in the hands of whoever took it: the books of both say the same.
    kept = sum(again.coin_box.look(order).state == "paid" for order in again.player.orders)  # type: ignore[union-attr]
    assert papers == kept == (coins == 500)
    assert (again.jobs.unfinished(), again.machine.journey.person) == ([], None)
    again.stop()


def test_network_lost_after_the_coins_gives_them_back(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    paying(kiosk, card)
    kiosk.player.down = True
    kiosk.coin_box.insert(500)
    kiosk.wait_for(Step.NOTICE)
    assert kiosk.machine.journey.notice is not None
    assert kiosk.machine.journey.notice.code == "refunded"
    assert kiosk.coin_box.tray.total == 500
    assert not list(kiosk.printer.folder.glob("*.pdf"))


@pytest.mark.parametrize("reach", [pin, sign_in, visit, confirm])
def test_reader_unplugged_at_a_step_aborts_without_charge(kiosk: WholeKiosk, card: SimulatedCard, reach: Reach) -> None:
    reach(kiosk, card)
    kiosk.reader.unplug()
    kiosk.wait_for(Step.NOTICE)
    assert kiosk.machine.journey.person is None
    assert (kiosk.machine.pad.count, kiosk.coin_box.current()) == (0, None)
    beat(kiosk.machine)
    assert kiosk.player.bodies["heartbeat"][-1]["reader"] == "gone", "staff are told"
    kiosk.machine.dispatch(ev.Stop())
    kiosk.wait_for(Step.OUT_OF_SERVICE)
    kiosk.reader.plug_in()
    kiosk.wait_for(Step.WELCOME)


def test_a_portal_restarted_meanwhile_goes_on_with_a_new_token(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    paying(kiosk, card)
    kiosk.player.forget_tokens()
    kiosk.coin_box.insert(500)
    kiosk.wait_for(Step.TAKE_PAPER)
    assert list(kiosk.player.orders.values()) == ["printed"]


def test_a_session_the_portal_forgot_sends_the_person_to_the_beginning(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    kiosk.player.answer_with("certificates", "problem-session-expired.response")
    kiosk.machine.dispatch(ev.Chosen("certificate"))
    kiosk.wait_for(Step.NOTICE)
    assert kiosk.machine.journey.person is None


def test_coin_box_jam_while_paying_returns_the_coins_and_tells_staff(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    paying(kiosk, card)
    kiosk.coin_box.insert(100)
    kiosk.coin_box.jam()
    kiosk.wait_for(Step.NOTICE)
    assert kiosk.machine.journey.notice is not None
    assert kiosk.machine.journey.notice.code == "coin-box-failed"
    assert kiosk.coin_box.tray.total == 100
    beat(kiosk.machine)
    assert kiosk.player.bodies["heartbeat"][-1]["coin_box"] == "jammed"


def test_on_battery_nobody_new_begins_and_who_stands_there_may_finish_without_paying(
    kiosk: WholeKiosk, card: SimulatedCard
) -> None:
    sign_in(kiosk, card)
    kiosk.power.say("battery")
    beat(kiosk.machine)
    assert kiosk.player.bodies["heartbeat"][-1]["power"] == "battery"
    kiosk.machine.dispatch(ev.Chosen("certificate"))
    assert kiosk.machine.journey.step is Step.MENU, "no money goes in that a power cut could swallow"
    kiosk.machine.dispatch(ev.Chosen("points"))
    kiosk.wait_for(Step.POINTS)
    kiosk.machine.dispatch(ev.Next())
    kiosk.reader.remove()
    kiosk.machine.dispatch(ev.Next())
    kiosk.wait_for(Step.OUT_OF_SERVICE)
    assert "電" in kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    kiosk.power.say("mains")
    beat(kiosk.machine)
    kiosk.wait_for(Step.WELCOME)


@pytest.mark.parametrize("state", ["no-paper", "open", "offline"])
def test_a_printer_that_cannot_print_sells_nothing_and_staff_know_why(
    kiosk: WholeKiosk, card: SimulatedCard, state: str
) -> None:
    kiosk.printer.feel(state)
    beat(kiosk.machine)
    assert kiosk.player.bodies["heartbeat"][-1]["printer"] == state
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("certificate"))
    assert kiosk.machine.journey.step is Step.MENU


def test_a_call_for_staff_is_told_at_once_and_ends_when_they_came_and_the_person_left(kiosk: WholeKiosk) -> None:
    kiosk.player.answers["heartbeat"] = {**_well(kiosk, staff="called")}
    kiosk.machine.report_health(staff="called")
    beat(kiosk.machine)
    assert kiosk.player.bodies["heartbeat"][-1]["alarms"] == ["staff-called"]
    kiosk.machine.dispatch(ev.LanguageChosen("ja"))
    kiosk.player.answers["heartbeat"] = {**_well(kiosk, staff="coming")}
    beat(kiosk.machine)
    assert kiosk.machine.journey.health.staff == "coming"
    kiosk.machine.dispatch(ev.Stop())
    beat(kiosk.machine)
    until(lambda: kiosk.machine.journey.health.staff == "", "the call is over")


def _well(kiosk: WholeKiosk, staff: str) -> dict[str, object]:
    from tests.kiosk.contract_player import example

    answer = example("heartbeat.response")
    return {**answer, "body": {**answer["body"], "staff": staff}}


def test_a_disaster_is_shown_in_the_persons_language_also_when_the_line_breaks_and_until_it_ends(
    kiosk: WholeKiosk,
) -> None:
    screen = kiosk.app.test_client()
    kiosk.player.answer_with("emergency-now", "emergency-now-up.response")
    before = kiosk.machine.version
    beat(kiosk.machine)
    shown = kiosk.machine.version
    assert shown > before
    page = screen.get("/").text
    assert "大雨特別警報が出ています" in page
    assert "中央区・美浜区" in page
    beat(kiosk.machine)
    assert kiosk.machine.version == shown, "the same once more changes no screen"
    for language, words in (("ko", "호우 특별경보가 발령되었습니다"), ("pt", 'lang="en"')):
        kiosk.machine.dispatch(ev.LanguageChosen(language))
        assert words in screen.get("/").text
    kiosk.player.down = True
    beat(kiosk.machine)
    kiosk.wait_for(Step.OUT_OF_SERVICE)
    assert 'class="emergency"' in screen.get("/").text
    kiosk.let_time_pass(43_201)
    assert 'class="emergency"' not in screen.get("/").text
    kiosk.player.down = False
    beat(kiosk.machine)
    assert 'class="emergency"' in screen.get("/").text
    kiosk.player.answer_with("emergency-now", "emergency-now.response")
    beat(kiosk.machine)
    assert 'class="emergency"' not in screen.get("/").text
