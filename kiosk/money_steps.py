"""The part of the journey in which money and paper move.

A payment that is done belongs to the person in front of the machine or is given back: `PaymentDone` for an
order that is not this journey's leads to a refund, never to paper in somebody else's hands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.moves import Outcome, abort, go, goodbye, leave, refuse, start_afresh
from kiosk.steps import CASH, Journey, Order, Step

AT_COIN_BOX = frozenset({Step.PAY, Step.CANCELLING})
PAYING = AT_COIN_BOX | {Step.SPENDING}
FREE_FOR_RECOVERY = frozenset({Step.OUT_OF_SERVICE, Step.WELCOME})


def cancel_payment(journey: Journey, now: float, *, then: Step) -> Outcome:
    """Ask for the coins back; the coin box may answer that the payment was complete already."""
    order = journey.order
    if order is None:
        return leave(journey, now)
    return go(journey, Step.CANCELLING, now, after_cancel=then), (fx.CancelPayment(order.order),)


def _is_mine(journey: Journey, event: ev.AboutOrder, steps: frozenset[Step]) -> bool:
    if journey.order is None or journey.step not in steps:
        return False
    return journey.order.order == event.order


def _coins(journey: Journey, event: ev.CoinsInserted, now: float) -> Outcome:
    if not _is_mine(journey, event, frozenset({Step.PAY})) or event.inserted == journey.inserted:
        return journey, ()
    return replace(journey, inserted=event.inserted, touched_at=now), ()


def _payment_done(journey: Journey, event: ev.PaymentDone, now: float) -> Outcome:
    if _is_mine(journey, event, frozenset({Step.PRINTING})):
        return journey, ()
    if not _is_mine(journey, event, PAYING):
        return journey, (fx.RefundPaidJob(event.order),)
    journey = go(journey, Step.PRINTING, now, paid=True, progress="paid")
    return journey, (fx.FinishPaidJob(event.order),)


def _payment_cancelled(journey: Journey, event: ev.AboutOrder, now: float) -> Outcome:
    if not _is_mine(journey, event, AT_COIN_BOX):
        return journey, ()
    if journey.after_cancel is Step.NOTICE and journey.step is Step.CANCELLING:
        outcome, effects = refuse(journey, now, "payment-stopped")
        return outcome, (*effects, fx.Chime("attention"))
    if not journey.card_in:
        return abort(journey, now)
    if journey.step is Step.PAY or journey.after_cancel is Step.CONFIRM:
        return go(journey, Step.CONFIRM, now, order=None, inserted=0), ()
    return leave(journey, now)


def _payment_failed(journey: Journey, event: ev.PaymentFailed, now: float) -> Outcome:
    if not _is_mine(journey, event, AT_COIN_BOX):
        return journey, ()
    journey = replace(journey, order=None, inserted=0)
    return refuse(journey, now, "coin-box-failed", then=Step.MENU if journey.card_in else Step.TAKE_CARD)


def _progress(journey: Journey, event: ev.PrintingProgress, now: float) -> Outcome:
    mine = _is_mine(journey, event, frozenset({Step.PRINTING}))
    return (replace(journey, progress=event.stage) if mine else journey), ()


def _printed(journey: Journey, event: ev.Printed, now: float) -> Outcome:
    if not _is_mine(journey, event, frozenset({Step.PRINTING})):
        return journey, ()
    return start_afresh(journey, Step.TAKE_PAPER, now), (*goodbye(journey), fx.Chime("done"))


def _refunded(journey: Journey, event: ev.Refunded, now: float) -> Outcome:
    if not _is_mine(journey, event, frozenset({Step.PRINTING})):
        return journey, ()
    in_money = journey.order is not None and journey.order.paid_with == CASH
    code = "not-charged" if event.reason == "untouched" else "refunded" if in_money else "points-returned"
    outcome, effects = refuse(journey, now, code)
    return outcome, (*effects, fx.Chime("attention"))


def _needs_staff(journey: Journey, event: ev.NeedsStaff, now: float) -> Outcome:
    if not _is_mine(journey, event, frozenset({Step.PRINTING, Step.CANCELLING})):
        return journey, ()
    return to_staff(journey, now, event.reference)


def to_staff(journey: Journey, now: float, reference: str) -> Outcome:
    """Neither paper nor money: the number is shown under which staff pay back, or give points back."""
    in_points = journey.order is not None and journey.order.paid_with != CASH
    code = "money-kept" if reference and not in_points else "needs-staff"
    outcome, effects = refuse(journey, now, code, reference=reference)
    return outcome, (*effects, fx.Chime("attention"))


def give_up(journey: Journey, now: float) -> Outcome:
    """The coin box or the printer has been silent for too long while this person's money may be in the machine."""
    order = journey.order
    if order is None:
        return to_staff(journey, now, "")
    kept = journey.paid or journey.inserted > 0
    outcome, effects = to_staff(journey, now, order.reference if kept else "")
    return outcome, (*effects, fx.HandToStaff(order.order, journey.inserted))


def _recovered(journey: Journey, event: ev.JobRecovered, now: float) -> Outcome:
    if journey.step not in FREE_FOR_RECOVERY:
        return journey, (fx.RefundPaidJob(event.order),)
    order = Order(event.order, owner="", fee=0, lines=(), reference=event.reference, paid_with=event.paid_with)
    journey = go(journey, Step.PRINTING, now, order=order, paid=True, progress="recovered")
    return journey, (fx.FinishPaidJob(event.order),)


MONEY: dict[type[ev.AboutOrder], Callable[[Journey, Any, float], Outcome]] = {
    ev.CoinsInserted: _coins,
    ev.PaymentDone: _payment_done,
    ev.PaymentCancelled: _payment_cancelled,
    ev.PaymentFailed: _payment_failed,
    ev.PrintingProgress: _progress,
    ev.Printed: _printed,
    ev.Refunded: _refunded,
    ev.NeedsStaff: _needs_staff,
    ev.JobRecovered: _recovered,
}
