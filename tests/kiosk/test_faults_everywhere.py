"""Each fault at each step of a journey: what is on the screen then, where the money is, and that the machine is free again.

The journey alone, so that every pair can be played; the same faults with card, line, coins and paper are in test_faults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.journey import BEFORE_CARD, KEEPS_WITHOUT_CARD
from kiosk.point_facts import PointAccount, Reward
from kiosk.steps import BUSY, Step
from kiosk.words import NOTICES
from tests.kiosk.played import ORDER, WELL, Played

NO_READER = replace(WELL, reader="gone")
NO_LINE = replace(WELL, portal="gone")
JAM = replace(WELL, printer="jam")
NO_COINS = replace(WELL, coin_box="jammed")
BATTERY = replace(WELL, power="battery")

POOL = PointAccount(120, rewards=(Reward("pool", "Pool", "", 100),))


def to(step: Step) -> Played:
    """A journey at *step*, reached as a person reaches it where that is short."""
    ways: dict[Step, Callable[[], Played]] = {
        Step.WELCOME: Played,
        Step.GUIDE: lambda: Played().play(ev.LanguageChosen("ja")),
        Step.PIN: lambda: Played().to_pin(),
        Step.MENU: lambda: Played().to_menu(),
        Step.CONFIRM: lambda: Played().to_confirm(),
        Step.PAY: lambda: Played().to_pay().play(ev.CoinsInserted(ORDER.order, 100)),
        Step.PRINTING: lambda: Played().to_printing(),
        Step.CHECKED_IN: lambda: Played().to_checked_in(),
        Step.CANCELLING: lambda: Played().to_pay().play(ev.CoinsInserted(ORDER.order, 100), ev.Back()),
        Step.TAKE_CARD: lambda: Played().to_menu().play(ev.Next()),
        Step.TAKE_PAPER: lambda: Played().to_printing().play(ev.Printed(ORDER.order)),
        Step.THANKS: lambda: Played().to_menu().play(ev.Next(), ev.CardRemoved()),
    }
    if step in ways:
        return ways[step]()
    without_card = step in BEFORE_CARD or step in KEEPS_WITHOUT_CARD
    played = Played() if without_card else Played().to_menu()
    played.journey = replace(played.journey, step=step, account=POOL, reward="pool")
    return played


def after_reader_gone(step: Step) -> set[Step]:
    if step in (Step.ATTRACT, Step.WELCOME, Step.GUIDE, Step.INSERT_CARD, Step.OUT_OF_SERVICE):
        return {Step.OUT_OF_SERVICE}
    if step is Step.PAY:
        return {Step.CANCELLING}
    if step in (Step.TAKE_CARD, Step.CHECKED_IN):
        return {Step.THANKS}
    keeps = {Step.PRINTING, Step.TAKE_PAPER, Step.THANKS, Step.CANCELLING, Step.NOTICE, *KEEPS_WITHOUT_CARD}
    return {step} if step in keeps else {Step.NOTICE}


def after_line_gone(step: Step) -> set[Step]:
    """Nobody new begins; whoever stands there is told at the next call, which `errands` answers with a refusal."""
    return {Step.OUT_OF_SERVICE} if step in BEFORE_CARD or step is Step.OUT_OF_SERVICE else {step}


def after_printer_gone(step: Step) -> set[Step]:
    if step is Step.PAY:
        return {Step.CANCELLING}
    return {Step.WELCOME} if step is Step.OUT_OF_SERVICE else {step}


def after_battery(step: Step) -> set[Step]:
    return {Step.CANCELLING} if step is Step.PAY else after_line_gone(step)


def after_coin_box_gone(step: Step) -> set[Step]:
    """A payment under way is told by the box itself (PaymentFailed), not by its health."""
    return {Step.WELCOME} if step is Step.OUT_OF_SERVICE else {step}


FAULTS = {
    "reader": (NO_READER, after_reader_gone),
    "line": (NO_LINE, after_line_gone),
    "printer": (JAM, after_printer_gone),
    "coin box": (NO_COINS, after_coin_box_gone),
    "power": (BATTERY, after_battery),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_step_ends_in_a_defined_state(fault: str) -> None:
    health, expected = FAULTS[fault]
    for step in Step:
        played = to(step)
        assert played.step is step
        began = len(played.effects)
        played.play(ev.HealthChanged(health))
        assert played.step in expected(step), (fault, step, played.step)
        money = {type(effect) for effect in played.effects[began:]} & {fx.StartPayment, fx.FinishPaidJob}
        assert not money, (fault, step)
        if played.step is Step.NOTICE and step is not Step.NOTICE:
            assert played.journey.person is None
            assert played.journey.notice is not None
            assert all(vars(NOTICES[played.journey.notice.code]).values()), "what happened, and what to do"
            assert fx.ClearPin() in played.effects[began:]
        _is_free_again(played, fault, step)


def _is_free_again(played: Played, fault: str, step: Step) -> None:
    """The card is taken, the coin box does what it was asked, the fault is mended: the next person can begin."""
    if played.step is Step.CANCELLING:
        played.play(ev.PaymentCancelled(ORDER.order))
    if played.step is Step.PRINTING:
        played.play(ev.Refunded(ORDER.order, "printer-jam"))
    played.play(ev.Stop(), ev.CardRemoved())
    if played.step is Step.CANCELLING:
        played.play(ev.PaymentCancelled(ORDER.order))
    played.play(ev.HealthChanged(WELL)).wait(400)
    assert played.step in (Step.WELCOME, Step.ATTRACT), (fault, step, played.step)
    assert (played.journey.person, played.journey.order) == (None, None)


@pytest.mark.parametrize("health", [JAM, BATTERY], ids=["printer", "power"])
def test_a_machine_that_cannot_print_gives_coins_back_before_all_is_paid(health: object) -> None:
    played = to(Step.PAY).play(ev.HealthChanged(health))  # type: ignore[arg-type]
    assert isinstance(played.effects[-1], fx.CancelPayment)
    played.play(ev.PaymentCancelled(ORDER.order))
    assert played.journey.notice is not None
    assert (played.journey.notice.code, played.journey.person) == ("payment-stopped", None)
    assert played.effects[-1] == fx.Chime("attention")


def test_coins_that_were_all_in_before_they_could_go_back_still_buy_the_paper() -> None:
    played = to(Step.PAY).play(ev.HealthChanged(JAM), ev.PaymentDone(ORDER.order))
    assert (played.step, played.effects[-1]) == (Step.PRINTING, fx.FinishPaidJob(ORDER.order))


def test_every_busy_step_ends_by_itself_when_nothing_answers() -> None:
    for step in BUSY:
        played = to(step)
        played.play(*([] if played.journey.entered_at else [ev.Tick()])).wait(50)
        assert played.step is Step.NOTICE, step
        played.play(ev.CardRemoved(), ev.Next()).wait(400)
        assert played.step in (Step.WELCOME, Step.ATTRACT), step
