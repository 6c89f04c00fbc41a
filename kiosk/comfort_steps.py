"""The part of the journey that changes how it is seen and heard, and the screen nobody has touched yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import events as ev
from kiosk.comfort import Comfort
from kiosk.moves import Outcome, go
from kiosk.steps import Journey, Step


def _comfort(journey: Journey, event: ev.ComfortChosen, now: float) -> Outcome:
    if journey.step is Step.ATTRACT:
        journey = go(journey, Step.WELCOME, now)
    if not event.name:
        return replace(journey, choosing_comfort=not journey.choosing_comfort), ()
    comfort = journey.comfort.toggled(event.name)
    # In the dark there is nothing to choose from; the keypad goes on from the question itself.
    return replace(journey, comfort=comfort, choosing_comfort=journey.choosing_comfort and not comfort.ear), ()


def _earphone(journey: Journey, event: ev.EarphoneMoved, now: float) -> Outcome:
    if journey.comfort.ear == event.is_in:
        return journey, ()
    journey = replace(journey, comfort=replace(journey.comfort, ear=event.is_in), choosing_comfort=False)
    return (go(journey, Step.WELCOME, now), ()) if journey.step is Step.ATTRACT else (journey, ())


def attract(journey: Journey, now: float) -> Journey:
    """Nobody is here: the screen that is seen from across the hall."""
    return go(replace(journey, comfort=Comfort(), language="ja"), Step.ATTRACT, now)


COMFORT: dict[type[ev.Event], Callable[[Journey, Any, float], Outcome]] = {
    ev.ComfortChosen: _comfort,
    ev.EarphoneMoved: _earphone,
}
