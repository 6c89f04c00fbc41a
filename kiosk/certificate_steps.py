"""The part of the journey in which a certificate is chosen and ordered. Kinds and questions come from the portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.money_steps import cancel_payment
from kiosk.moves import Outcome, go, leave, refuse
from kiosk.steps import CHOOSING_CERTIFICATE, Journey, Step


def _choose_kind(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    kind = next((kind for kind in journey.kinds if kind.kind == event.value and kind.available), None)
    if kind is None:
        return journey, ()
    step = Step.OPTION if kind.options else Step.COPIES
    return go(journey, step, now, kind=kind.kind, option_index=0, answers=(), copies=1), ()


def _choose_option(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    kind = journey.chosen
    if kind is None or journey.option_index >= len(kind.options):
        return leave(journey, now)
    option = kind.options[journey.option_index]
    if event.value not in {choice.value for choice in option.choices}:
        return journey, ()
    answers = (*journey.answers[: journey.option_index], (option.name, event.value))
    step = Step.OPTION if len(answers) < len(kind.options) else Step.COPIES
    return go(journey, step, now, answers=answers, option_index=journey.option_index + 1), ()


def _choose_copies(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    allowed = {str(n): n for n in range(1, journey.chosen.max_copies + 1)} if journey.chosen else {}
    if event.value not in allowed:
        return journey, ()
    return go(journey, Step.CONFIRM, now, copies=allowed[event.value]), ()


def _question_before(journey: Journey, event: ev.Event, now: float) -> Outcome:
    if journey.option_index == 0:
        return go(journey, Step.KIND, now), ()
    return go(journey, Step.OPTION, now, option_index=journey.option_index - 1), ()


def _order(journey: Journey, event: ev.Event, now: float) -> Outcome:
    kind, person = journey.chosen, journey.person
    if kind is None or person is None or not journey.health.can_sell:
        return refuse(journey, now, "cannot-sell", then=Step.MENU)
    journey = go(journey, Step.ORDERING, now)
    order = fx.PlaceOrder(journey.turn, person.session, journey.language, kind.kind, journey.answers, journey.copies)
    return journey, (order,)


def _kinds_loaded(journey: Journey, event: ev.KindsLoaded, now: float) -> Outcome:
    return go(journey, Step.KIND, now, kinds=event.kinds), ()


def _kinds_translated(journey: Journey, event: ev.KindsLoaded, now: float) -> Outcome:
    """The language was changed on the way; the same kinds come back with other words."""
    same = [kind.kind for kind in event.kinds] == [kind.kind for kind in journey.kinds]
    return (replace(journey, kinds=event.kinds) if same else journey), ()


def _pay_back(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return cancel_payment(journey, now, then=Step.CONFIRM)


CERTIFICATES: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.LOADING_KINDS, ev.KindsLoaded): _kinds_loaded,
    (Step.KIND, ev.Chosen): _choose_kind,
    (Step.OPTION, ev.Chosen): _choose_option,
    (Step.OPTION, ev.Back): _question_before,
    (Step.COPIES, ev.Chosen): _choose_copies,
    (Step.COPIES, ev.Back): _question_before,
    (Step.CONFIRM, ev.Next): _order,
    (Step.PAY, ev.Back): _pay_back,
    **{(step, ev.KindsLoaded): _kinds_translated for step in CHOOSING_CERTIFICATE},
}
