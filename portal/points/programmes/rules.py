"""How terms of a programme are proposed and decided, and what an act brings under them. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.points.ledger.rules import Reason

HOUR = 60
MOST_POINTS = 10_000
MOST_BUDGET = 1_000_000_000


E_SERVICE_UNITS = frozenset({"act", "promised"})
"""For visits reserved online by the time, for applications by what their procedure promises."""


class Unit(StrEnum):
    """What is counted: times, minutes told as hours, whole thousands of steps in a day, or points that a procedure
    promises (then 1 is as many as it says)."""

    ACT = "act"
    HOUR = "hour"
    STEPS = "steps"
    PROMISED = "promised"


class State(StrEnum):
    """How terms stand."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


UNIT_WORDS: dict[str, str] = {
    Unit.ACT: N_("for each time"),
    Unit.HOUR: N_("for each hour"),
    Unit.STEPS: N_("for each 1,000 steps of a day"),
    Unit.PROMISED: N_("for each point an application promises"),
}
STATE_WORDS: dict[str, tuple[str, str]] = {
    State.PROPOSED: (N_("Waits for a second person"), "warning"),
    State.APPROVED: (N_("Approved"), "success"),
    State.REFUSED: (N_("Not approved"), "neutral"),
}
KINDS: dict[str, str] = {
    Reason.VOLUNTEERING: N_("Volunteering"),
    Reason.HEALTH: N_("Health"),
    Reason.EVENT: N_("Events of the city"),
    Reason.E_SERVICE: N_("Online services"),
}
"""What programmes are for, by the reason the resident reads in the history of their points."""


class ProgrammeUnknown(Refusal):
    code = "points-programme-unknown"
    status = 404
    message = N_("There is no such programme.")
    next_step = N_("Please choose one from the list.")


class ProgrammeExists(Refusal):
    code = "points-programme-exists"
    status = 422
    message = N_("There is a programme with this code already.")
    next_step = N_("Please choose another code.")


class TermsWaiting(Refusal):
    code = "points-terms-waiting"
    message = N_("Other terms of this programme still wait for a decision.")
    next_step = N_("Please have them decided first.")


class TermsTooEarly(Refusal):
    code = "points-terms-too-early"
    status = 422
    message = N_("New terms begin tomorrow at the earliest: what was done until today keeps the terms of its day.")
    next_step = N_("Please choose a later first day.")


class TermsDecided(Refusal):
    code = "points-terms-decided"
    message = N_("These terms were decided on already.")
    next_step = N_("There is nothing more to do.")


class OwnTerms(Refusal):
    code = "points-own-terms"
    status = 403
    message = N_("Nobody decides on what they proposed themselves.")
    next_step = N_("Please ask another member of staff.")


class AnswerNeeded(Refusal):
    code = "points-answer-needed"
    status = 422
    message = N_("Please say why.")
    next_step = N_("A sentence is enough; it is kept with the decision.")


class BudgetGivenAway(Refusal):
    code = "points-budget-given-away"
    message = N_("More than this budget was given to people already.")
    next_step = N_("Please propose a higher budget.")


class NoTerms(Refusal):
    code = "points-no-terms"
    message = N_("This programme gave no points on that day.")
    next_step = N_("Please ask the section that runs the programme.")


@dataclass(frozen=True, slots=True)
class Caps:
    """The most points one person gets in a day, a month, and from the programme in all; None: as many as come."""

    day: int | None = None
    month: int | None = None
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Had:
    """What the person got already on the same day, in the same month, and in all."""

    day: int = 0
    month: int = 0
    person: int = 0


def worth(unit: str, points: int, quantity: int) -> int:
    """What *quantity* (minutes, times, thousands of steps) brings: begun hours count by the minute, parts of a point not."""
    return points * quantity // HOUR if unit == Unit.HOUR else points * quantity


def within(asked: int, caps: Caps, had: Had) -> int:
    """How much of *asked* the caps leave."""
    left = (
        cap - got
        for cap, got in ((caps.day, had.day), (caps.month, had.month), (caps.person, had.person))
        if cap is not None
    )
    return max(0, min(asked, *left)) if (caps.day, caps.month, caps.person) != (None, None, None) else asked


def check_beginning(begins_on: date, today: date, *, is_first: bool) -> None:
    """New terms must not touch days that are over or running: grants of those days keep what they were promised."""
    if not is_first and begins_on <= today:
        raise TermsTooEarly


def version_on(terms: Iterable[tuple[int, date, date]], day: date) -> int | None:
    """Of approved (version, first day, last day): the newest that has begun by *day*; None when it has ended."""
    begun = [one for one in terms if one[1] <= day]
    version, _begins, ends = max(begun, default=(0, day, date.min))
    return version if ends >= day else None
