"""The part of the journey about the PIN of the card: proving it, and putting another one in its place.

The digits are in the pad and nowhere else; here is only which of them are to be put aside, compared or wiped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.moves import Outcome, go, leave, read_card, refuse
from kiosk.steps import Journey, Step

OLD, NEW = "old", "new"
_FRESH: dict[str, Any] = {"pins_differed": False, "new_pin_was_easy": False}


def _card_read(journey: Journey, event: ev.CardRead, now: float) -> Outcome:
    if event.tries_left == 0:
        return refuse(journey, now, "card-blocked")
    if event.tries_left == 1 and not journey.last_try_agreed:
        return go(journey, Step.LAST_TRY, now, tries_left=1), ()
    return go(journey, Step.PIN, now, tries_left=event.tries_left), (fx.ShufflePad(),)


def _pin_entered(journey: Journey, event: ev.PinEntered, now: float) -> Outcome:
    if journey.tries_left == 1 and not journey.last_try_agreed:
        return go(journey, Step.LAST_TRY, now), (fx.ClearPin(),)
    if journey.wants_new_pin:
        return go(journey, Step.NEW_PIN, now, pin_was_wrong=False), (fx.KeepPin(OLD), fx.ShufflePad())
    journey = go(journey, Step.CHECKING_PIN, now)
    return journey, (fx.VerifyPin(journey.turn),)


def _pin_wrong(journey: Journey, event: ev.PinWrong, now: float) -> Outcome:
    journey = replace(journey, pin_was_wrong=True, last_try_agreed=False)
    return _card_read(journey, ev.CardRead(event.turn, event.tries_left), now)


def _pin_right(journey: Journey, event: ev.PinRight, now: float) -> Outcome:
    journey = go(journey, Step.SIGNING_IN, now, pin_was_wrong=False)
    return journey, (fx.SignIn(journey.turn, journey.language),)


def _risk_last_try(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return go(journey, Step.PIN, now, last_try_agreed=True), (fx.ShufflePad(),)


def begin_change(journey: Journey, now: float) -> Outcome:
    """The card was powered down after sign-in: it is opened again, and asked for the PIN it has."""
    return read_card(replace(journey, wants_new_pin=True, last_try_agreed=False, pin_was_wrong=False), now)


def _back(journey: Journey, event: ev.Event, now: float) -> Outcome:
    """Back to the menu when a PIN is being changed; else the person goes."""
    if not (journey.wants_new_pin and journey.person):
        return leave(journey, now)
    return go(_done(journey), Step.MENU, now), (fx.ClearPin(), fx.CloseCard())


def _done(journey: Journey) -> Journey:
    return replace(journey, wants_new_pin=False, pin_was_wrong=False, last_try_agreed=False, **_FRESH)


def _new_entered(journey: Journey, event: ev.PinEntered, now: float) -> Outcome:
    if event.is_easy:
        return go(journey, Step.NEW_PIN, now, pins_differed=False, new_pin_was_easy=True), (fx.ShufflePad(),)
    return go(journey, Step.NEW_PIN_AGAIN, now, **_FRESH), (fx.KeepPin(NEW), fx.ShufflePad())


def _new_again(journey: Journey, event: ev.Event, now: float) -> Outcome:
    """The first of the two is forgotten, the old one kept."""
    return go(journey, Step.NEW_PIN, now), (fx.ShufflePad(),)


def _repeated(journey: Journey, event: ev.PinEntered, now: float) -> Outcome:
    journey = go(journey, Step.CHANGING_PIN, now)
    return journey, (fx.ChangePin(journey.turn),)


def _differ(journey: Journey, event: ev.PinsDiffer, now: float) -> Outcome:
    return go(journey, Step.NEW_PIN, now, pins_differed=True), (fx.ShufflePad(),)


def _changed(journey: Journey, event: ev.PinChanged, now: float) -> Outcome:
    return go(_done(journey), Step.PIN_CHANGED, now), (fx.ClearPin(), fx.CloseCard(), fx.Chime("done"))


def _to_menu(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return go(journey, Step.MENU, now), ()


def _leave(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return leave(journey, now)


PINS: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.READING_CARD, ev.CardRead): _card_read,
    (Step.LAST_TRY, ev.Next): _risk_last_try,
    (Step.LAST_TRY, ev.Back): _back,
    (Step.PIN, ev.PinEntered): _pin_entered,
    (Step.PIN, ev.Back): _back,
    (Step.CHECKING_PIN, ev.PinRight): _pin_right,
    (Step.CHECKING_PIN, ev.PinWrong): _pin_wrong,
    (Step.NEW_PIN, ev.PinEntered): _new_entered,
    (Step.NEW_PIN, ev.Back): _back,
    (Step.NEW_PIN_AGAIN, ev.PinEntered): _repeated,
    (Step.NEW_PIN_AGAIN, ev.Back): _new_again,
    (Step.CHANGING_PIN, ev.PinsDiffer): _differ,
    (Step.CHANGING_PIN, ev.PinWrong): _pin_wrong,
    (Step.CHANGING_PIN, ev.PinChanged): _changed,
    (Step.PIN_CHANGED, ev.Next): _leave,
    (Step.PIN_CHANGED, ev.Back): _to_menu,
}
