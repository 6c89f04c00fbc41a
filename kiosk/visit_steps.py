"""The part of the journey that begins with the scanner. The code of a reservation is the check-in; one from a sheet of
points is entered as soon as there is a card (`code_steps`).

Without a card nobody is named; the answer is a number, as for whoever draws one. With a card on the reader the code must be
that of the person's own next visit; any other is left alone, so that nothing of one person is done in another's name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.code_steps import TAKES_CODES, code_in, enter, wait_for_card
from kiosk.moves import Outcome, go, leave, start_afresh
from kiosk.steps import Journey, Person, Step

FREE_TO_SCAN = frozenset(
    {Step.ATTRACT, Step.WELCOME, Step.GUIDE, Step.INSERT_CARD, Step.NUMBER_KIND, Step.NUMBER, Step.THANKS}
)
WITH_CARD = frozenset({Step.MENU, Step.RESERVATION})


def scanned(journey: Journey, event: ev.CodeScanned, now: float) -> Outcome:
    """A code was read; whoever scans twice has asked once."""
    paper = code_in(event.code)
    if journey.step in FREE_TO_SCAN and journey.health.in_service:
        if journey.step in (Step.THANKS, Step.NUMBER):
            journey = start_afresh(journey, Step.WELCOME, now)
        if paper:
            return wait_for_card(journey, paper, now)
        journey = go(journey, Step.FINDING_VISIT, now, drawn=None)
        return journey, (fx.CheckInByCode(journey.turn, journey.language, event.code),)
    if paper and journey.step in TAKES_CODES:
        return enter(journey, paper, now)
    if journey.step in WITH_CARD and journey.person:
        return _own(journey, journey.person, event.code, now)
    return journey, ()


def _own(journey: Journey, person: Person, code: str, now: float) -> Outcome:
    booked = person.reservation
    if booked and _plain(booked.reference) == _plain(code):
        if booked.can_check_in and not booked.ticket:
            return check_in(journey, now)
        return go(journey, Step.RESERVATION, now), ()
    return journey, (fx.Chime("attention"),)


def _plain(reference: str) -> str:
    return "".join(sign for sign in reference.upper() if sign.isalnum())


def check_in(journey: Journey, now: float) -> Outcome:
    """The person's own visit, if it can be begun now."""
    person = journey.person
    reservation = person.reservation if person else None
    if not person or not reservation or not reservation.can_check_in or reservation.ticket:
        return journey, ()
    journey = go(journey, Step.CHECKING_IN, now)
    return journey, (fx.CheckIn(journey.turn, person.session, journey.language, reservation.reference),)


def _check_in(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return check_in(journey, now)


def _found(journey: Journey, event: ev.NumberDrawn, now: float) -> Outcome:
    return go(journey, Step.NUMBER, now, drawn=event.drawn), (fx.Chime("done"),)


def _leave(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return leave(journey, now)


def _to_menu(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return go(journey, Step.MENU, now), ()


VISITS: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.FINDING_VISIT, ev.NumberDrawn): _found,
    (Step.RESERVATION, ev.Next): _check_in,
    (Step.RESERVATION, ev.Back): _to_menu,
    (Step.CHECKED_IN, ev.Next): _leave,
    (Step.CHECKED_IN, ev.Back): _to_menu,
}
