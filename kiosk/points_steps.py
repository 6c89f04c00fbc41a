"""The part of the journey about citizen points: how many there are, and a reward for them, on paper for whoever has no
phone. The portal keeps the books; here is only which reward was chosen and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.moves import Outcome, go, leave, refuse
from kiosk.point_facts import PaperCode
from kiosk.steps import REWARDS_SHOWN, Journey, Person, Step

MORE = "more"
PAPER_CODE = "paper-code"
UNCLEAR = {Step.REDEEMING: "points-unclear", Step.ENTERING_CODE: "code-unclear", Step.SPENDING: "fee-unclear"}
"""Steps in which only the portal knows what became of the points, and what is said when it does not answer."""


def open_points(journey: Journey, person: Person, now: float) -> Outcome:
    journey = go(journey, Step.LOADING_POINTS, now, account=None, rewards_from=0, reward=None)
    return journey, (fx.LoadPoints(journey.turn, person.session, journey.language),)


def _loaded(journey: Journey, event: ev.PointsLoaded, now: float) -> Outcome:
    return go(journey, Step.POINTS, now, account=event.account), ()


def _translated(journey: Journey, event: ev.PointsLoaded, now: float) -> Outcome:
    """The language was changed meanwhile; the same rewards come back with other words."""
    return replace(journey, account=event.account), ()


def _choose(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    if event.value == PAPER_CODE:
        return go(journey, Step.PAPER_CODE, now, paper=PaperCode()), ()
    rewards = journey.account.rewards if journey.account else ()
    if event.value == MORE and journey.rewards_from + REWARDS_SHOWN < len(rewards):
        return go(journey, Step.POINTS, now, rewards_from=journey.rewards_from + REWARDS_SHOWN), ()
    reward = next((one for one in rewards if one.reward == event.value and one.why_not is None), None)
    return (go(journey, Step.REWARD, now, reward=reward.reward), ()) if reward else (journey, ())


def _back(journey: Journey, event: ev.Event, now: float) -> Outcome:
    if journey.rewards_from:
        return go(journey, Step.POINTS, now, rewards_from=journey.rewards_from - REWARDS_SHOWN), ()
    return go(journey, Step.MENU, now, account=None), ()


def _redeem(journey: Journey, event: ev.Event, now: float) -> Outcome:
    person, reward = journey.person, journey.chosen_reward
    if person is None or reward is None:
        return leave(journey, now)
    journey = go(journey, Step.REDEEMING, now)
    return journey, (fx.Redeem(journey.turn, person.session, journey.language, reward.reward),)


def _redeemed(journey: Journey, event: ev.Redeemed, now: float) -> Outcome:
    person = replace(journey.person, points=event.coupon.balance) if journey.person else None
    return go(journey, Step.COUPON, now, coupon=event.coupon, person=person), (fx.Chime("done"),)


def unclear(journey: Journey, now: float) -> Outcome:
    """It is not known here what became of the points: what there is, is in the portal."""
    return refuse(journey, now, UNCLEAR[journey.step])


def _not_redeemed(journey: Journey, event: ev.Refused, now: float) -> Outcome:
    if event.code == "portal-unreachable":
        return unclear(journey, now)
    then = Step.TAKE_CARD if event.code == "session-expired" else Step.MENU
    return refuse(journey, now, event.code, words=(event.title, event.detail, event.next_step), then=then)


def _to_list(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return go(journey, Step.POINTS, now, reward=None), ()


def _to_menu(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return go(journey, Step.MENU, now, account=None, reward=None, coupon=None), ()


def _leave(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return leave(journey, now)


POINTS: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.LOADING_POINTS, ev.PointsLoaded): _loaded,
    (Step.POINTS, ev.PointsLoaded): _translated,
    (Step.POINTS, ev.Chosen): _choose,
    (Step.POINTS, ev.Back): _back,
    (Step.POINTS, ev.Next): _leave,
    (Step.REWARD, ev.PointsLoaded): _translated,
    (Step.REWARD, ev.Next): _redeem,
    (Step.REWARD, ev.Back): _to_list,
    (Step.REDEEMING, ev.Redeemed): _redeemed,
    (Step.REDEEMING, ev.Refused): _not_redeemed,
    (Step.COUPON, ev.Next): _leave,
    (Step.COUPON, ev.Back): _to_menu,
}
