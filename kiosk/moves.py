"""The few ways in which a journey moves on: to a step, home, out, or to something that must be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk.comfort import Comfort
from kiosk.steps import Journey, Notice, Step

Outcome = tuple[Journey, tuple[fx.Effect, ...]]


def goodbye(journey: Journey) -> tuple[fx.Effect, ...]:
    """Wipe what the person typed, power the card down, end the session at the portal."""
    ended = (fx.EndSession(journey.person.session),) if journey.person else ()
    return (fx.ClearPin(), fx.CloseCard(), *ended)


def go(journey: Journey, step: Step, now: float, **facts: Any) -> Journey:
    """On to `step`. The turn counts up, so that answers meant for an earlier screen are dropped."""
    moved: dict[str, Any] = {"step": step, "turn": journey.turn + 1, "entered_at": now, "touched_at": now}
    return replace(journey, **moved, alarms=0, choosing_comfort=False, **facts)


def start_afresh(journey: Journey, step: Step, now: float, *, language: str | None = None) -> Journey:
    """A new journey that knows nothing of the person before, only the machine's own state."""
    return Journey(
        step=step,
        language=language or journey.language,
        turn=journey.turn + 1,
        entered_at=now,
        touched_at=now,
        card_in=journey.card_in,
        health=journey.health,
        comfort=journey.comfort,
    )


def home(journey: Journey, now: float) -> Journey:
    """The first screen, or the out-of-service screen while something needed is gone."""
    step = Step.WELCOME if journey.health.in_service else Step.OUT_OF_SERVICE
    return replace(start_afresh(journey, step, now, language="ja"), comfort=Comfort())


def leave(journey: Journey, now: float) -> Outcome:
    """The person goes, without any charge; a card still on the reader must be taken first."""
    if journey.card_in:
        return start_afresh(journey, Step.TAKE_CARD, now), goodbye(journey)
    return home(journey, now), goodbye(journey)


def abort(journey: Journey, now: float) -> Outcome:
    """The card was pulled or swapped: everything is wiped, nothing is charged."""
    wiped = start_afresh(journey, Step.NOTICE, now)
    return replace(wiped, notice=Notice("card-removed", then=Step.INSERT_CARD)), goodbye(journey)


def refuse(
    journey: Journey,
    now: float,
    code: str,
    *,
    words: tuple[str, str, str] = ("", "", ""),
    then: Step = Step.TAKE_CARD,
    reference: str = "",
) -> Outcome:
    """Show why it does not go on. The person's facts stay only when the menu comes next."""
    moved = go(journey, Step.NOTICE, now) if then is Step.MENU else start_afresh(journey, Step.NOTICE, now)
    notice = Notice(code, *words, then=then, reference=reference)
    return replace(moved, notice=notice), () if then is Step.MENU else goodbye(journey)


def read_card(journey: Journey, now: float) -> Outcome:
    journey = go(journey, Step.READING_CARD, now)
    return journey, (fx.OpenCard(journey.turn),)
