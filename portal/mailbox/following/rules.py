"""On which days a notice is followed up, without a database."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.mailbox.rules import Kind

FOLLOW = "follow"
"""Where a notice's choices keep its follow-ups: {"before": 3, "paper": 14, "law": "…"}, only what is wanted."""
LONGEST_LAW = 120


class Step(StrEnum):
    """What is done later. The first two are for what asks for something, by its due date; the others count from the
    day it was sent."""

    BEFORE = "before"
    AFTER = "after"
    UNREAD = "unread"
    PAPER = "paper"


# The days a section may choose; 0 for paper: at once and to everybody, because a law asks for paper.
DAYS: dict[Step, tuple[int, ...]] = {
    Step.BEFORE: (1, 3, 7, 14),
    Step.AFTER: (1, 3, 7, 14),
    Step.UNREAD: (3, 7, 14),
    Step.PAPER: (0, 3, 7, 14, 30),
}
BY_LAW = 0


class LawMissing(Refusal):
    code = "paper-law-missing"
    status = 422
    message = N_("Letters to everybody need the law that asks for paper.")
    next_step = N_("Name the law and its article, or choose a number of days.")


def terms(days: Mapping[Step, int | None], *, law: str = "") -> dict[str, Any]:
    """What a notice's choices keep; {} where nothing follows. LawMissing where paper for all names no law."""
    wanted: dict[str, Any] = {str(step): number for step, number in days.items() if number is not None}
    if wanted.get(Step.PAPER) == BY_LAW:
        if not law.strip():
            raise LawMissing
        wanted["law"] = law.strip()[:LONGEST_LAW]
    return wanted


def of(choices: Mapping[str, Any]) -> dict[Step, int]:
    """The wanted steps with their days."""
    kept = choices.get(FOLLOW, {})
    return {step: kept[step] for step in Step if isinstance(kept.get(step), int)}


def law_of(choices: Mapping[str, Any]) -> str:
    return str(choices.get(FOLLOW, {}).get("law", ""))


def section_of(choices: Mapping[str, Any]) -> UUID | None:
    """Who prints the letters of a notice no clerk wrote: the section its system named."""
    named = choices.get(FOLLOW, {}).get("section")
    return UUID(named) if named else None


def plan(wanted: Mapping[Step, int], *, kind: Kind, sent_on: date, due_on: date | None) -> dict[Step, date]:
    """On which day each step is taken. What would lie before the sending, or on its day, is left out: who has just been
    told is not reminded. Without a due date, or where nothing is asked, there is nothing to remind of by date."""
    found = {}
    for step, days in wanted.items():
        if step in (Step.BEFORE, Step.AFTER):
            if due_on is None or kind is Kind.INFORMATION:
                continue
            on = due_on - timedelta(days=days) if step is Step.BEFORE else due_on + timedelta(days=days)
        else:
            on = sent_on + timedelta(days=days)
        if on > sent_on or (step is Step.PAPER and days == BY_LAW):
            found[step] = on
    return found


def is_over(step: Step, due_on: date | None, today: date) -> bool:
    """Whether a step that was late is of no use any more: nobody is told that a day is near that has passed."""
    return step is Step.BEFORE and due_on is not None and today > due_on
