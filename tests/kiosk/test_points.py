"""Points at the kiosk: what there is, a reward for them on paper, and never a doubt about what became of them."""

from __future__ import annotations

import pytest

from card_reader.simulator.card import SimulatedCard
from kiosk import effects as fx
from kiosk import events as ev
from kiosk import keypad
from kiosk.point_facts import PointAccount, Reward
from kiosk.steps import Step
from tests.kiosk.played import Played
from tests.kiosk.test_whole_journey import sign_in
from tests.kiosk.whole_kiosk import WholeKiosk

MANY = tuple(Reward(f"r{number}", f"Reward {number}", "", 10 * number) for number in range(1, 9))
DEAR = Reward("dear", "Dear", "", 900, why_not="You have 120 points, and 900 are needed.")


def at_points(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("points"))
    kiosk.wait_for(Step.POINTS)


def to_redeeming() -> Played:
    played = Played().to_menu().play(ev.Chosen("points"))
    played.play(ev.PointsLoaded(played.turn, PointAccount(120, rewards=(*MANY, DEAR))))
    return played.play(ev.Chosen("r1"), ev.Next())


def test_points_become_a_coupon_on_paper(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    at_points(kiosk, card)
    shown = kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    assert all(words in shown for words in ("320", "シルバー", "市民プール", "ほかの特典"))
    kiosk.machine.dispatch(ev.Chosen("more"))
    assert "500ポイント必要です" in kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    kiosk.machine.dispatch(ev.Chosen("childcare"))
    assert kiosk.machine.journey.step is Step.POINTS, "what cannot be had cannot be chosen"
    for event in (ev.Chosen("pool"), ev.Next()):
        kiosk.machine.dispatch(event)
    kiosk.wait_for(Step.COUPON)
    coupon, person = kiosk.machine.journey.coupon, kiosk.machine.journey.person
    assert coupon is not None
    assert person is not None
    assert (coupon.coupon, coupon.printed, person.points) == ("P4TN-9CWD-2MX7", True, 220)
    assert kiosk.player.bodies["redeem"] == [{"reward": "pool"}]
    kiosk.machine.dispatch(ev.Next())
    assert kiosk.machine.journey.coupon is None, "the next person sees nothing of it"


def test_a_coupon_counts_without_paper(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    kiosk.printer.feel("no-paper")
    at_points(kiosk, card)
    for event in (ev.Chosen("pool"), ev.Next()):
        kiosk.machine.dispatch(event)
    kiosk.wait_for(Step.COUPON)
    assert kiosk.machine.journey.coupon is not None
    assert not kiosk.machine.journey.coupon.printed
    assert "P4TN-9CWD-2MX7" in kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)


def test_a_lost_answer_is_asked_for_again_and_exchanges_once(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    at_points(kiosk, card)
    kiosk.player.lose_next_answer("redeem")
    for event in (ev.Chosen("pool"), ev.Next()):
        kiosk.machine.dispatch(event)
    kiosk.wait_for(Step.COUPON)
    assert kiosk.player.seen["redeem"] == 1


@pytest.mark.parametrize(
    "what", [ev.CardRemoved(), ev.Stop(), ev.Refused(0, "portal-unreachable"), "time"], ids=lambda what: str(what)[:12]
)
def test_whatever_breaks_while_points_are_exchanged_says_that_it_is_not_known(what: object) -> None:
    played = to_redeeming()
    assert played.step is Step.REDEEMING
    if what == "time":
        played.wait(60)
    else:
        played.play(ev.Refused(played.turn, what.code) if isinstance(what, ev.Refused) else what)  # type: ignore[arg-type]
    assert played.journey.notice is not None
    assert (played.journey.notice.code, played.journey.person) == ("points-unclear", None)
    assert any(isinstance(effect, fx.EndSession) for effect in played.effects)


def test_a_refusal_of_the_portal_leads_back_to_the_menu() -> None:
    played = to_redeeming()
    played.play(ev.Refused(played.turn, "reward-gone", "All gone", "", "Choose another one."))
    assert played.play(ev.Next()).step is Step.MENU


def test_more_rewards_than_a_screen_holds_are_leafed_through_by_digit() -> None:
    played = Played().to_menu().play(ev.Chosen("points"))
    played.play(ev.PointsLoaded(played.turn, PointAccount(120, rewards=(*MANY, DEAR))))
    assert [one.value for one in keypad.choices(played.journey)] == ["r1", "r2", "r3", "more", "paper-code"]
    played.play(keypad.meaning(played.journey, "4") or ev.Tick())
    assert [one.value for one in keypad.choices(played.journey)] == ["r4", "r5", "r6", "more", "paper-code"]
    played.play(ev.Back())
    assert played.journey.rewards_from == 0
    assert played.play(ev.Back()).step is Step.MENU
