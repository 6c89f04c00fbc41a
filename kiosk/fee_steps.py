"""The part of the journey in which somebody says how they pay: with coins and notes, or with points.

Who has neither a coupon nor enough points is not asked: the coin slot opens, and the screen says why points do not do.
Points are spent by the portal, while the card that ordered lies on the reader; the coin box is not open meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.moves import Outcome, go, leave, refuse
from kiosk.points_steps import unclear
from kiosk.steps import CASH, Journey, Step


def ask_how(journey: Journey, event: ev.OrderPlaced, now: float) -> Outcome:
    """The order stands; its fee is still to be paid."""
    ways = event.order.by_points.ways if event.order.by_points else ()
    journey = replace(journey, order=event.order, inserted=0, paid=False)
    return (go(journey, Step.HOW_TO_PAY, now), ()) if ways else _with_coins(journey, now)


def _with_coins(journey: Journey, now: float) -> Outcome:
    if journey.order is None:
        return leave(journey, now)
    return go(journey, Step.PAY, now), (fx.StartPayment(journey.order),)


def _choose(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    order, person = journey.order, journey.person
    if order is None or person is None:
        return leave(journey, now)
    if event.value != CASH and event.value not in (order.by_points.ways if order.by_points else ()):
        return journey, ()
    if not (journey.health.can_sell if event.value == CASH else journey.health.can_print):
        return refuse(journey, now, "cannot-sell", then=Step.MENU)
    if event.value == CASH:
        return _with_coins(journey, now)
    order = replace(order, paid_with=event.value)
    journey = go(journey, Step.SPENDING, now, order=order)
    return journey, (fx.SpendPoints(journey.turn, order),)


def _back(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return go(journey, Step.CONFIRM, now, order=None), ()


def _not_spent(journey: Journey, event: ev.Refused, now: float) -> Outcome:
    """Nothing was spent, unless no answer came: then what was spent comes back by itself."""
    if event.code == "portal-unreachable":
        return unclear(journey, now)
    then = Step.TAKE_CARD if event.code == "session-expired" else Step.MENU
    journey = replace(journey, order=None)
    return refuse(journey, now, event.code, words=(event.title, event.detail, event.next_step), then=then)


FEES: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.ORDERING, ev.OrderPlaced): ask_how,
    (Step.HOW_TO_PAY, ev.Chosen): _choose,
    (Step.HOW_TO_PAY, ev.Back): _back,
    (Step.SPENDING, ev.Refused): _not_spent,
}
