"""The part of the journey that needs no card: a number for a window, by what the visit is about.

Nothing of a person is in it, so a card that comes or goes meanwhile changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.moves import Outcome, go, leave
from kiosk.steps import OFFERS_SHOWN, Journey, Step

WITHOUT_CARD = frozenset({Step.LOADING_OFFERS, Step.NUMBER_KIND, Step.DRAWING_NUMBER, Step.NUMBER, Step.FINDING_VISIT})
MORE = "more"


def choose_on_guide(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    """A number instead of the card."""
    if event.value != "number":
        return journey, ()
    journey = go(journey, Step.LOADING_OFFERS, now, offers=(), offers_from=0)
    return journey, (fx.LoadOffers(journey.turn, journey.language),)


def _offers_loaded(journey: Journey, event: ev.OffersLoaded, now: float) -> Outcome:
    return go(journey, Step.NUMBER_KIND, now, offers=event.offers), ()


def _offers_translated(journey: Journey, event: ev.OffersLoaded, now: float) -> Outcome:
    """The language was changed meanwhile."""
    return replace(journey, offers=event.offers), ()


def _choose_kind(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    if event.value == MORE and journey.offers_from + OFFERS_SHOWN < len(journey.offers):
        return go(journey, Step.NUMBER_KIND, now, offers_from=journey.offers_from + OFFERS_SHOWN), ()
    offer = next((one for one in journey.offers if one.kind == event.value and one.why_not is None), None)
    if offer is None:
        return journey, ()
    journey = go(journey, Step.DRAWING_NUMBER, now)
    return journey, (fx.DrawNumber(journey.turn, journey.language, offer.kind),)


def _back(journey: Journey, event: ev.Event, now: float) -> Outcome:
    if journey.offers_from:
        return go(journey, Step.NUMBER_KIND, now, offers_from=journey.offers_from - OFFERS_SHOWN), ()
    return go(journey, Step.GUIDE, now), ()


def _drawn(journey: Journey, event: ev.NumberDrawn, now: float) -> Outcome:
    return go(journey, Step.NUMBER, now, drawn=event.drawn), (fx.Chime("done"),)


def _finish(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return leave(journey, now)


NUMBERS: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.GUIDE, ev.Chosen): choose_on_guide,
    (Step.LOADING_OFFERS, ev.OffersLoaded): _offers_loaded,
    (Step.NUMBER_KIND, ev.OffersLoaded): _offers_translated,
    (Step.NUMBER_KIND, ev.Chosen): _choose_kind,
    (Step.NUMBER_KIND, ev.Back): _back,
    (Step.DRAWING_NUMBER, ev.NumberDrawn): _drawn,
    (Step.NUMBER, ev.Next): _finish,
}
