"""What a person looks at, a new PIN for the card, and the closing of a day at the machine."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from card_reader.easy_pins import is_easy
from card_reader.simulator.card import SimulatedCard
from kiosk import events as ev
from kiosk.closing import DailyClosing
from kiosk.coin_box.box import Box
from kiosk.devices.power import NutPower
from kiosk.journal import Journal
from kiosk.steps import Step
from tests.kiosk.test_whole_journey import sign_in
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import until


def page(kiosk: WholeKiosk) -> str:
    return kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)


def test_what_waits_and_what_is_on_the_card_is_shown_and_gone_with_the_menu(
    kiosk: WholeKiosk, card: SimulatedCard
) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("tasks"))
    kiosk.wait_for(Step.TASKS)
    shown = page(kiosk)
    assert "児童手当の現況届" in shown
    assert "<svg" in shown
    kiosk.machine.dispatch(ev.Back())
    assert kiosk.machine.journey.waiting is None
    kiosk.machine.dispatch(ev.Chosen("services"))
    kiosk.wait_for(Step.SERVICES)
    assert "図書館" in page(kiosk)


@pytest.mark.parametrize(
    ("choice", "step", "asked"), [("tasks", Step.TASKS, "tasks"), ("services", Step.SERVICES, "card-services")]
)
def test_a_list_is_asked_for_anew_in_another_language(
    kiosk: WholeKiosk, card: SimulatedCard, choice: str, step: Step, asked: str
) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen(choice))
    kiosk.wait_for(step)
    kiosk.machine.dispatch(ev.LanguageChosen("ko"))
    until(lambda: kiosk.player.seen[asked] == 2, "asked again")
    assert kiosk.player.languages[-1] == "ko"
    assert kiosk.machine.journey.step is step


def enter(kiosk: WholeKiosk, pin: str, then: Step) -> None:
    kiosk.type_pin(pin)
    kiosk.machine.dispatch(ev.PinEntered())
    kiosk.wait_for(then)


def test_a_new_pin_is_asked_twice_and_the_card_takes_it(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("pin"))
    kiosk.wait_for(Step.PIN)
    enter(kiosk, "1234", Step.NEW_PIN)
    enter(kiosk, "5813", Step.NEW_PIN_AGAIN)
    enter(kiosk, "5814", Step.NEW_PIN)
    assert kiosk.machine.journey.pins_differed
    enter(kiosk, "5813", Step.NEW_PIN_AGAIN)
    enter(kiosk, "5813", Step.PIN_CHANGED)
    assert (kiosk.machine.pad.kept("old"), kiosk.machine.pad.kept("new")) == (b"", b"")
    kiosk.machine.dispatch(ev.Next())
    kiosk.reader.remove()
    kiosk.wait_for(Step.THANKS)
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    enter(kiosk, "5813", Step.MENU)


@pytest.mark.parametrize("easy", ["1111", "0000", "0123", "1234", "6789", "9876", "3210"])
def test_a_new_pin_that_is_tried_first_is_refused_with_a_word(
    kiosk: WholeKiosk, card: SimulatedCard, easy: str
) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("pin"))
    kiosk.wait_for(Step.PIN)
    enter(kiosk, "1234", Step.NEW_PIN)
    enter(kiosk, easy, Step.NEW_PIN)
    assert (kiosk.machine.pad.count, kiosk.machine.pad.kept("new")) == (0, b"")
    assert "この暗証番号は推測されやすいため使えません。" in page(kiosk)
    enter(kiosk, "5813", Step.NEW_PIN_AGAIN)
    assert not kiosk.machine.journey.new_pin_was_easy
    enter(kiosk, "5813", Step.PIN_CHANGED)


@pytest.mark.parametrize("good", ["5813", "1112", "1243", "2468", "8901", "1233", "7776"])
def test_no_other_row_of_digits_is_taken_for_an_easy_one(good: str) -> None:
    assert not is_easy(good.encode())


def test_a_wrong_old_pin_changes_nothing_and_costs_one_try(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("pin"))
    kiosk.wait_for(Step.PIN)
    enter(kiosk, "9999", Step.NEW_PIN)
    enter(kiosk, "5813", Step.NEW_PIN_AGAIN)
    enter(kiosk, "5813", Step.PIN)
    assert (kiosk.machine.journey.tries_left, kiosk.machine.journey.pin_was_wrong) == (2, True)
    kiosk.machine.dispatch(ev.Back())
    assert kiosk.machine.journey.step is Step.MENU


def test_card_pulled_while_a_new_pin_is_typed_wipes_all_of_them(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("pin"))
    kiosk.wait_for(Step.PIN)
    enter(kiosk, "1234", Step.NEW_PIN)
    kiosk.type_pin("56")
    kiosk.reader.remove()
    kiosk.wait_for(Step.NOTICE)
    assert (kiosk.machine.pad.count, kiosk.machine.pad.kept("old")) == (0, b"")


class Calendar:
    def __init__(self) -> None:
        self.day = date(2026, 11, 21)

    def __call__(self) -> date:
        return self.day


def test_each_day_that_is_over_is_told_once_also_after_days_without_network(kiosk: WholeKiosk, tmp_path: Path) -> None:
    today = Calendar()
    box = Box(tmp_path / "counted", today)
    closing = DailyClosing(Journal(tmp_path / "closings"), today)
    portal = kiosk.machine.portal
    closing.tell(portal, box)
    told = kiosk.player.bodies["close-day"]
    assert [body["day"] for body in told] == ["2026-11-20"]
    for number, fee in (("one", 200), ("two", 400)):
        box.ask(number, fee)
        box.insert(1000)
    box.refund("two")
    today.day = date(2026, 11, 24)
    kiosk.player.down = True
    closing.tell(portal, box)
    assert len(told) == 1
    kiosk.player.down = False
    for _ in range(2):
        closing.tell(portal, box)
    assert [body["day"] for body in told] == ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]
    content = box.counted("2026-11-21").content
    assert told[1] == {"day": "2026-11-21", "taken": 600, "returned": 400, "payments": 2, "content": content}


def test_a_day_the_portal_does_not_take_is_told_again(kiosk: WholeKiosk, tmp_path: Path) -> None:
    """The clock here is ahead, the day not over there: taken for told, it would never be told."""
    player, told = kiosk.player, Journal(tmp_path / "closings")
    closing, box = DailyClosing(told, Calendar()), Box(tmp_path / "counted")
    player.answer_with("close-day", "problem-closing-day-wrong.response")
    closing.tell(kiosk.machine.portal, box)
    assert (player.seen["close-day"], told.names()) == (1, [])
    player.answers.pop("close-day")
    player.forget_past()
    for _ in range(2):
        closing.tell(kiosk.machine.portal, box)
    assert [body["day"] for body in player.bodies["close-day"]] == ["2026-11-20"]


@pytest.mark.parametrize(
    ("said", "state"),
    [("OL", "mains"), ("OL CHRG", "mains"), ("OB DISCHRG", "battery"), ("OB LB", "low"), ("", "unknown")],
)
def test_nut_says_where_the_power_comes_from(tmp_path: Path, said: str, state: str) -> None:
    command = tmp_path / "upsc"
    command.write_text(f"#!/bin/sh\necho '{said}'\n")
    command.chmod(0o755)
    assert NutPower("ups@localhost", str(command)).state() == state
    assert NutPower("ups@localhost", str(tmp_path / "none")).state() == "unknown"
