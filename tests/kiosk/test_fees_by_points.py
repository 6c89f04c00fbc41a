"""A fee paid with points at the kiosk: the coin box stays shut, and what is not sure is given back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from card_reader.simulator.card import SimulatedCard
from kiosk import effects as fx
from kiosk import events as ev
from kiosk import keypad, speech
from kiosk.health import beat
from kiosk.machine import Machine
from kiosk.point_facts import FeeByPoints
from kiosk.portal_client import PortalRefused, PortalUnreachable
from kiosk.steps import CASH, Health, Step
from tests.kiosk.contract_player import ContractPlayer, example
from tests.kiosk.counter import NUMBER, Counter
from tests.kiosk.counter import ORDER as AT_COUNTER
from tests.kiosk.played import ORDER, WELL, Played
from tests.kiosk.test_whole_journey import sign_in
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import until

ENOUGH = FeeByPoints("", 200, 320)
BOTH = FeeByPoints("2027-02-21", 200, 320)
HELD = FeeByPoints("2027-02-21", 200, 120, why_not="You have 120 points, and 200 are needed.")
TOO_FEW = replace(HELD, coupon="")
BY_POINTS = replace(AT_COUNTER, by_points=ENOUGH, paid_with="points")


def asked(by_points: FeeByPoints | None = BOTH) -> Played:
    played = Played().to_confirm().play(ev.Next())
    return played.play(ev.OrderPlaced(played.turn, replace(ORDER, by_points=by_points)))


def spending() -> Played:
    return asked().play(ev.Chosen("points"))


@pytest.mark.parametrize(
    ("by_points", "offered"),
    [(BOTH, ["cash", "coupon", "points"]), (HELD, ["cash", "coupon"]), (ENOUGH, ["cash", "points"])],
)
def test_who_has_points_is_asked_and_the_coin_box_waits(by_points: FeeByPoints, offered: list[str]) -> None:
    played = asked(by_points)
    assert (played.step, played.asked(fx.StartPayment)) == (Step.HOW_TO_PAY, 0)
    assert [one.value for one in keypad.choices(played.journey)] == offered
    played.play(ev.Chosen("points" if by_points is HELD else "elsewhere"))
    assert played.step is Step.HOW_TO_PAY, "what is not offered is not chosen"
    played.play(keypad.meaning(played.journey, "1") or ev.Tick())
    assert (played.step, played.asked(fx.StartPayment), played.asked(fx.SpendPoints)) == (Step.PAY, 1, 0)


@pytest.mark.parametrize("by_points", [None, TOO_FEW])
def test_who_has_too_few_is_not_asked(by_points: FeeByPoints | None) -> None:
    played = asked(by_points)
    assert (played.step, played.asked(fx.StartPayment)) == (Step.PAY, 1)


def test_points_pay_by_a_digit_and_lead_to_the_paper() -> None:
    played = asked()
    played.play(keypad.meaning(played.journey, "3") or ev.Tick())
    assert played.step is Step.SPENDING
    spent = next(one for one in played.effects if isinstance(one, fx.SpendPoints))
    assert (spent.order.order, spent.order.paid_with) == (ORDER.order, "points")
    played.play(ev.PaymentDone(ORDER.order))
    assert (played.step, played.asked(fx.FinishPaidJob), played.asked(fx.StartPayment)) == (Step.PRINTING, 1, 0)
    assert played.play(ev.Printed(ORDER.order)).step is Step.TAKE_PAPER


def test_one_step_back_is_the_question_before() -> None:
    played = asked().play(ev.Back())
    assert (played.step, played.journey.order) == (Step.CONFIRM, None)


@pytest.mark.parametrize(("what", "then"), [(ev.CardRemoved(), Step.NOTICE), (ev.Stop(), Step.TAKE_CARD)])
def test_whoever_leaves_at_the_question_pays_nothing(what: ev.Event, then: Step) -> None:
    played = asked().play(what)
    assert (played.step, played.journey.order, played.asked(fx.EndSession)) == (then, None, 1)
    assert played.asked(fx.StartPayment) == played.asked(fx.SpendPoints) == 0


@pytest.mark.parametrize("what", ["card", "stop", "unreachable", "time"])
def test_whatever_breaks_while_points_are_spent_says_that_they_come_back(what: str) -> None:
    played = spending()
    if what == "time":
        played.wait(60)
    else:
        happens = {"card": ev.CardRemoved(), "stop": ev.Stop()}
        played.play(happens.get(what) or ev.Refused(played.turn, "portal-unreachable"))
    assert played.journey.notice is not None
    assert (played.journey.notice.code, played.journey.person) == ("fee-unclear", None)
    played.play(ev.PaymentDone(ORDER.order))
    assert (played.asked(fx.RefundPaidJob), played.asked(fx.FinishPaidJob)) == (1, 0), "nobody waits for a paper"


def test_a_refusal_of_the_portal_leads_back_to_the_menu_and_nothing_is_paid() -> None:
    played = spending()
    played.play(ev.Refused(played.turn, "coupon-used", "This coupon was used already.", "", ""))
    assert (played.journey.order, played.asked(fx.RefundPaidJob)) == (None, 0)
    assert played.play(ev.Next()).step is Step.MENU
    ended = spending()
    ended.play(ev.Refused(ended.turn, "session-expired"), ev.Next())
    assert ended.step is Step.TAKE_CARD


@pytest.mark.parametrize(("way", "broken"), [("cash", "coin_box"), ("points", "printer"), ("coupon", "printer")])
def test_nothing_is_taken_for_a_paper_that_cannot_come(way: str, broken: str) -> None:
    played = asked().play(ev.HealthChanged(replace(WELL, **{broken: "gone"})), ev.Chosen(way))
    assert played.journey.notice is not None
    assert played.journey.notice.code == "cannot-sell"
    assert played.asked(fx.StartPayment) == played.asked(fx.SpendPoints) == 0


def test_words_about_coins_are_not_for_who_paid_with_points() -> None:
    refunded = spending().play(ev.PaymentDone(ORDER.order), ev.Refunded(ORDER.order, "printer-jam"))
    assert refunded.journey.notice is not None
    assert refunded.journey.notice.code == "points-returned"
    kept = spending().play(ev.PaymentDone(ORDER.order), ev.NeedsStaff(ORDER.order, "H4TN-9CWD-2MXY"))
    assert kept.journey.notice is not None
    assert (kept.journey.notice.code, kept.journey.notice.reference) == ("needs-staff", "H4TN-9CWD-2MXY")
    found = Played(Health()).play(ev.JobRecovered(ORDER.order, "", "coupon"), ev.Refunded(ORDER.order, "power-cut"))
    assert found.journey.notice is not None
    assert found.journey.notice.code == "points-returned"


# ---- the whole machine --------------------------------------------------------------------


def at_the_question(kiosk: WholeKiosk, card: SimulatedCard) -> Machine:
    kiosk.player.answers["certificates"] = example("certificates.response")
    kiosk.player.answer_with("place-order", "place-order-by-points.response")
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("certificate"))
    kiosk.wait_for(Step.KIND)
    for answer in ("resident-record", "household", "yes", "no", "1"):
        kiosk.machine.dispatch(ev.Chosen(answer))
    kiosk.machine.dispatch(ev.Next())
    kiosk.wait_for(Step.HOW_TO_PAY)
    return kiosk.machine


def test_a_coupon_pays_for_a_printed_paper_and_no_coin_is_asked_for(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    machine = at_the_question(kiosk, card)
    shown = kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    assert all(words in shown for words in ("お支払い方法", "320ポイントのうち200ポイント", "2027年2月21日まで有効"))
    assert machine.journey.order is not None
    number = machine.journey.order.order
    machine.dispatch(ev.Chosen("coupon"))
    kiosk.wait_for(Step.TAKE_PAPER)
    assert kiosk.player.orders == {number: "printed"}
    paid = {"amount": 200, "method": "coupon", "receipt": number, "owner": f"owner-of-{number}"}
    assert kiosk.player.bodies["order-paid"] == [paid]
    assert (kiosk.coin_box.look(number), kiosk.coin_box.tray.total) == (None, 0)


def test_a_jam_gives_points_back_and_no_coin(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    machine = at_the_question(kiosk, card)
    assert machine.journey.order is not None
    number = machine.journey.order.order
    kiosk.printer.jam()
    machine.dispatch(ev.Chosen("points"))
    kiosk.wait_for(Step.NOTICE)
    assert machine.journey.notice is not None
    assert machine.journey.notice.code == "points-returned"
    until(lambda: kiosk.player.orders == {number: "refunded"}, "the portal hears of it")
    assert kiosk.player.bodies["order-failed"][0] | {"reason": ""} == {
        "reason": "", "refunded": True, "kept": 0, "owner": f"owner-of-{number}",
    }  # fmt: skip
    assert kiosk.coin_box.tray.total == 0


def test_a_lost_answer_is_asked_for_again_and_pays_once(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    machine = at_the_question(kiosk, card)
    kiosk.player.lose_next_answer("order-paid")
    machine.dispatch(ev.Chosen("points"))
    kiosk.wait_for(Step.TAKE_PAPER)
    assert kiosk.player.seen["order-paid"] == 1


def test_too_few_points_are_told_beside_the_coin_slot(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    machine = at_the_question(kiosk, card)
    machine.dispatch(ev.Back())
    kiosk.player.answer_with("place-order", "place-order.response")
    machine.dispatch(ev.Next())
    kiosk.wait_for(Step.PAY)
    shown = kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    assert "ポイントではお支払いいただけません" in shown
    assert "お持ちのポイントは120、必要なポイントは200です。" in shown
    machine.dispatch(ev.LanguageChosen("en"))
    told = "Not with points: You have 120 points, and 200 are needed."
    assert told in kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)


def test_an_unanswered_payment_is_taken_back_when_the_line_is_there_again(
    kiosk: WholeKiosk, card: SimulatedCard
) -> None:
    machine = at_the_question(kiosk, card)
    assert machine.journey.order is not None
    number = machine.journey.order.order
    kiosk.player.down = True
    machine.dispatch(ev.Chosen("points"))
    kiosk.wait_for(Step.NOTICE)
    assert machine.journey.notice is not None
    assert machine.journey.notice.code == "fee-unclear"
    kiosk.player.down = False
    beat(machine)
    until(lambda: kiosk.player.orders == {number: "refunded"}, "the portal hears that no paper comes")
    assert not list(kiosk.printer.folder.glob("*.pdf"))


def test_by_ear_each_way_is_a_digit_and_a_price(kiosk: WholeKiosk) -> None:
    """Also where the sentences were not spoken yet: what every tape has says it all."""
    taped = {"#1", "#2", "#3", "#200", "#0", "#320"}
    with kiosk.app.test_request_context("/"):
        pieces = [piece for _tape, piece in speech.said(
            asked().journey, fee=200, hours="6:30–23:00", typed_too_few=False, warning=False,
        )]  # fmt: skip
        heard = [piece for piece in pieces if piece in taped]
        assert heard == ["#200", "#1", "#200", "#2", "#0", "#3", "#200"]
        told = [piece for _tape, piece in speech.said(
            asked(TOO_FEW).journey, fee=200, hours="6:30–23:00", typed_too_few=False, warning=False,
        )]  # fmt: skip
    assert [piece for piece in told if piece.startswith("#")] == ["#200", "#100", "#20", "#200"]


# ---- paid jobs ----------------------------------------------------------------------------


def test_points_spent_are_printed_once_and_never_asked_of_the_coin_box(tmp_path: Path, player: ContractPlayer) -> None:
    counter = Counter(tmp_path, player)
    counter.jobs.spend(BY_POINTS)
    assert (counter.jobs.paid_with(NUMBER), counter.jobs.finish(NUMBER)) == ("points", "printed")
    assert player.bodies["order-paid"][0]["method"] == "points"
    assert (counter.papers(), counter.box.look(NUMBER), counter.is_settled()) == (1, None, True)


def test_refused_it_is_over_and_nothing_is_told(tmp_path: Path, player: ContractPlayer) -> None:
    counter = Counter(tmp_path, player)
    player.answer_with("order-paid", "problem-session-expired.response")
    with pytest.raises(PortalRefused):
        counter.jobs.spend(BY_POINTS)
    counter.jobs.report_outstanding()
    assert (counter.is_settled(), counter.jobs.unfinished(), player.seen["order-failed"]) == (True, [], 0)


def test_unanswered_it_is_undone(tmp_path: Path, player: ContractPlayer) -> None:
    counter = Counter(tmp_path, player)
    player.down = True
    with pytest.raises(PortalUnreachable):
        counter.jobs.spend(BY_POINTS)
    assert not counter.is_settled()
    player.down = False
    counter.jobs.report_outstanding()
    assert counter.is_settled()
    assert (player.orders, counter.papers(), counter.box.tray.total) == ({NUMBER: "refunded"}, 0, 0)


def test_a_person_who_left_meanwhile_gets_the_points_back(tmp_path: Path, player: ContractPlayer) -> None:
    counter = Counter(tmp_path, player)
    counter.jobs.spend(BY_POINTS)
    assert [counter.jobs.refund(NUMBER, "person-gone") for _ in range(2)] == ["refunded"] * 2
    assert (player.orders, counter.papers(), player.seen["order-failed"]) == ({NUMBER: "refunded"}, 0, 1)


def test_an_order_paid_in_coins_says_so(tmp_path: Path, player: ContractPlayer) -> None:
    counter = Counter(tmp_path, player)
    counter.pay()
    counter.jobs.finish(NUMBER)
    assert player.bodies["order-paid"][0]["method"] == CASH
