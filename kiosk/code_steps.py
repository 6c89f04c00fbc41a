"""The part of the journey about a code from paper: scanned or typed, its points are those of whoever's card is there.

Scanned before there is a card, it waits in the journey and goes with it. The portal alone knows what a code is worth; what
it says no to can be typed anew, and a code that was entered already gives nothing a second time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.moves import Outcome, go, leave, read_card, refuse
from kiosk.point_facts import PaperCode
from kiosk.points_steps import PAPER_CODE, unclear
from kiosk.steps import Journey, Step

SIGNS = "0123456789ACDEFGHJKMNPQRTUVWXYZ"
LENGTH = 12
IN_A_ROW = 8
ROWS = tuple(SIGNS[start : start + IN_A_ROW] for start in range(0, len(SIGNS), IN_A_ROW))
"""The keys of the screen; by keypad one chooses the row, then the sign in it."""
SIGN, ROW, ERASE = "sign:", "row:", "erase"
TAKES_CODES = frozenset({Step.MENU, Step.POINTS, Step.PAPER_CODE, Step.CODE_ENTERED})

# The square beside a code is the address of the page for it on a phone, with the code behind the #.
_ADDRESS = re.compile(r"https?://[!-~]+/points/codes#([0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4})")


def code_in(line: str) -> str:
    """The code in what the scanner read; "" when it is something else."""
    found = _ADDRESS.fullmatch(line.strip())
    return grouped(found[1].replace("-", "").upper()) if found else ""


def grouped(signs: str) -> str:
    """As it stands on the sheet: 7K3M-9QXA-42HT."""
    return "-".join(signs[start : start + 4] for start in range(0, len(signs), 4))


def wait_for_card(journey: Journey, code: str, now: float) -> Outcome:
    """Nobody's card is there yet: the points go to whoever's comes, so the screen says so and asks for it."""
    journey = replace(journey, paper=PaperCode(waiting=code))
    return read_card(journey, now) if journey.card_in else (go(journey, Step.INSERT_CARD, now), ())


def enter(journey: Journey, code: str, now: float) -> Outcome:
    """Ask the portal for the points of a code."""
    if journey.person is None:
        return leave(journey, now)
    paper = PaperCode(typed=code.replace("-", ""))
    journey = go(journey, Step.ENTERING_CODE, now, paper=paper)
    return journey, (fx.EnterCode(journey.turn, journey.person.session, journey.language, code),)  # type: ignore[union-attr]


def _key(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    """One key of the screen. The turn stays, so that no sign of a quick hand is lost."""
    paper, value = journey.paper, event.value
    if value == ERASE:
        typed = paper.typed if paper.row is not None else paper.typed[:-1]
        return replace(journey, paper=PaperCode(typed=typed)), ()
    if value.startswith(SIGN) and value[len(SIGN) :] in tuple(SIGNS) and len(paper.typed) < LENGTH:
        return replace(journey, paper=PaperCode(typed=paper.typed + value[len(SIGN) :])), ()
    if value in tuple(f"{ROW}{number}" for number in range(len(ROWS))):
        return replace(journey, paper=PaperCode(typed=paper.typed, row=int(value[len(ROW) :]))), ()
    return journey, ()


def _done(journey: Journey, event: ev.Event, now: float) -> Outcome:
    if len(journey.paper.typed) < LENGTH:
        return replace(journey, paper=PaperCode(typed=journey.paper.typed, too_few=True)), ()
    return enter(journey, grouped(journey.paper.typed), now)


def _entered(journey: Journey, event: ev.CodeEntered, now: float) -> Outcome:
    person = replace(journey.person, points=event.balance) if journey.person else None
    paper = PaperCode(given=event.points)
    return go(journey, Step.CODE_ENTERED, now, paper=paper, person=person, account=None), (fx.Chime("done"),)


def _refused(journey: Journey, event: ev.Refused, now: float) -> Outcome:
    """In the portal's words above the keys, so that a slip of the finger costs no more than another try."""
    if event.code == "portal-unreachable":
        return unclear(journey, now)
    if event.code == "session-expired" or not event.title:
        words = (event.title, event.detail, event.next_step)
        return refuse(journey, now, event.code, words=words)
    paper = replace(journey.paper, why_not=(event.title, event.next_step))
    return go(journey, Step.PAPER_CODE, now, paper=paper), (fx.Chime("attention"),)


def _another(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    return (go(journey, Step.PAPER_CODE, now, paper=PaperCode()), ()) if event.value == PAPER_CODE else (journey, ())


def _back(journey: Journey, event: ev.Event, now: float) -> Outcome:
    """To the points, where they are still at hand."""
    return go(journey, Step.POINTS if journey.account else Step.MENU, now, paper=PaperCode()), ()


def _leave(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return leave(journey, now)


def _to_guide(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return go(journey, Step.GUIDE, now, paper=PaperCode()), ()


CODES: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.INSERT_CARD, ev.Back): _to_guide,
    (Step.PAPER_CODE, ev.Chosen): _key,
    (Step.PAPER_CODE, ev.Next): _done,
    (Step.PAPER_CODE, ev.Back): _back,
    (Step.ENTERING_CODE, ev.CodeEntered): _entered,
    (Step.ENTERING_CODE, ev.Refused): _refused,
    (Step.CODE_ENTERED, ev.Chosen): _another,
    (Step.CODE_ENTERED, ev.Next): _leave,
    (Step.CODE_ENTERED, ev.Back): _back,
}
