"""Which states a tender goes through, when it may be published, who may take part, and the refusals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

# What the city gives at least, by its own decision; a law asks for more with large works only (`tender_days`).
LEAST_BUSINESS_DAYS = 5
QUESTIONS_BEFORE = 2
# Of one company about one tender: how many questions may wait for an answer, and how many there are at most.
MOST_WAITING, MOST_ASKED = 5, 30
# Days before the last one of a grade, licence or certificate on which a company is told.
REMINDERS = (90, 30, 7)


class Category(StrEnum):
    """What is bought; the names are OCDS's procurementCategory."""

    GOODS = "goods"
    WORKS = "works"
    SERVICES = "services"


class Method(StrEnum):
    """How; the names are OCDS's method: 一般競争, 指名競争, 見積合せ, 随意契約."""

    OPEN = "open"
    SELECTIVE = "selective"
    LIMITED = "limited"
    DIRECT = "direct"


class State(StrEnum):
    """Where a tender stands. That it is closed follows from its deadline, so nobody has to press a button at that hour."""

    DRAFT = "draft"
    PLANNED = "planned"
    ACTIVE = "active"
    AWARDED = "awarded"
    UNSUCCESSFUL = "unsuccessful"
    CANCELLED = "cancelled"


CLOSED = "closed"
GRADES = ("A", "B", "C", "D")
CATEGORY_WORDS: dict[str, str] = {
    Category.GOODS: N_("Goods"),
    Category.WORKS: N_("Works (construction)"),
    Category.SERVICES: N_("Services"),
}
METHOD_WORDS: dict[str, str] = {
    Method.OPEN: N_("Open competition"),
    Method.SELECTIVE: N_("Designated competition"),
    Method.LIMITED: N_("Comparison of quotations"),
    Method.DIRECT: N_("Negotiated contract"),
}
STATE_WORDS: dict[str, tuple[str, str]] = {
    State.DRAFT: (N_("Draft"), "neutral"),
    State.PLANNED: (N_("Planned"), "info"),
    State.ACTIVE: (N_("Open for bids"), "success"),
    CLOSED: (N_("Deadline over"), "warning"),
    State.AWARDED: (N_("Awarded"), "info"),
    State.UNSUCCESSFUL: (N_("Without result"), "neutral"),
    State.CANCELLED: (N_("Called off"), "error"),
}
# From → to. An amendment is a change of what is planned or open, not a state.
WAYS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.PLANNED, State.ACTIVE}),
    State.PLANNED: frozenset({State.ACTIVE, State.CANCELLED}),
    State.ACTIVE: frozenset({State.AWARDED, State.UNSUCCESSFUL, State.CANCELLED}),
    # A wrong result is taken back by two people; then it is decided anew, or called off.
    State.AWARDED: frozenset({State.ACTIVE}),
    State.UNSUCCESSFUL: frozenset({State.ACTIVE}),
}
CHANGEABLE = (State.DRAFT, State.PLANNED, State.ACTIVE)
PUBLIC = tuple(state for state in State if state is not State.DRAFT)


class Doubt(StrEnum):
    """What stands out about a winner or a price: no award without a reason that everybody can read."""

    SUSPENDED = "suspended"
    UNGRADED = "ungraded"
    OUTSIDE = "outside"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    ABOVE = "above"
    LOWER = "lower"


DOUBT_WORDS: dict[str, str] = {
    Doubt.SUSPENDED: N_("A suspension of the winner is in force."),
    Doubt.UNGRADED: N_("On the day of the deadline the winner held none of the grades asked for."),
    Doubt.OUTSIDE: N_("The winner is not where the company has to be."),
    Doubt.CLOSED: N_("The winner's company is closed."),
    Doubt.UNKNOWN: N_("The winner has no account here."),
    Doubt.ABOVE: N_("The price is above the estimate."),
    Doubt.LOWER: N_("Another bid is lower."),
}


class SuspensionState(StrEnum):
    """A suspension holds only once a second person has said so."""

    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    LIFTED = "lifted"


SUSPENSION_WORDS: dict[str, tuple[str, str]] = {
    SuspensionState.PROPOSED: (N_("Waits for a second person"), "warning"),
    SuspensionState.IN_FORCE: (N_("In force"), "error"),
    SuspensionState.LIFTED: (N_("Lifted"), "neutral"),
}


class NoAgency(Refusal):
    code = "procurement-no-agency"
    status = 403
    message = N_("Your section belongs to no public body that buys here.")
    next_step = N_("Ask the operator to add it.")


class TenderMoved(Refusal):
    code = "tender-moved"
    status = 409
    message = N_("Somebody else has changed this tender meanwhile, or it is no longer in this state.")
    next_step = N_("Open it again and look at what changed.")


class TooShort(Refusal):
    code = "tender-too-short"
    status = 422
    message = N_("The deadline is too near: companies need %(days)s business days at least.")
    next_step = N_("Choose %(first)s or a later day.")


class QuestionsTooLate(Refusal):
    code = "tender-questions-too-late"
    status = 422
    message = N_("Questions have to end two business days before the deadline at least.")
    next_step = N_("Choose %(last)s or an earlier day.")


class NotYetClosed(Refusal):
    code = "tender-not-closed"
    status = 409
    message = N_("The deadline of this tender is not over yet.")
    next_step = N_("Enter the result after the deadline.")


class QuestionsOver(Refusal):
    code = "tender-questions-over"
    status = 409
    message = N_("Questions about this tender are no longer taken.")
    next_step = N_("Read the answers on the page of the tender.")


class TooManyQuestions(Refusal):
    code = "tender-too-many-questions"
    status = 409
    message = N_("Your company has asked enough about this tender for now.")
    next_step = N_("Wait for the answers; %(waiting)s questions may wait, %(most)s are taken in all.")


class WinnerMissing(Refusal):
    code = "tender-winner-missing"
    status = 422
    message = N_("The winner is not among the bids.")
    next_step = N_("Write the winner's number as it stands in its line.")


class WinnerDoubtful(Refusal):
    """`details` names each doubt."""

    code = "tender-winner-doubtful"
    status = 422
    message = N_("Something about the winner or the price stands out.")
    next_step = N_("Look at it. If the award is right all the same, write why; everybody can read it.")


class SuspensionNotYours(Refusal):
    code = "suspension-same-person"
    status = 403
    message = N_("Whoever proposed a suspension cannot put it in force.")
    next_step = N_("Ask a colleague who may approve suspensions.")


class LiftNotYours(Refusal):
    code = "suspension-lift-same-person"
    status = 403
    message = N_("Whoever proposed to lift a suspension cannot lift it.")
    next_step = N_("Ask a colleague who may decide on suspensions.")


class SuspensionMoved(Refusal):
    code = "suspension-moved"
    status = 409
    message = N_("This suspension is no longer in this state.")
    next_step = N_("Open the list again.")


class SuspensionUnknown(Refusal):
    code = "suspension-unknown"
    status = 404
    message = N_("Your body has no suspension with this number.")
    next_step = N_("Check the number.")


class CompanyUnknown(Refusal):
    code = "procurement-company-unknown"
    status = 422
    message = N_("No company with this number has an account here.")
    next_step = N_("Check the number.")


def step_due(valid_until: date, today: date) -> int:
    """How many of the reminders are due: 1 from ninety days before, 3 from seven; 0 when none is, or the day is past."""
    left = (valid_until - today).days
    return sum(left <= days for days in REMINDERS) if left >= 0 else 0


def horizon(today: date) -> date:
    """The last day anybody is to be reminded of today."""
    return today + timedelta(days=max(REMINDERS))


def shown_state(state: str, submissions_until: datetime, now: datetime) -> str:
    """The state people see: an open tender whose deadline is over is closed."""
    return CLOSED if state == State.ACTIVE and submissions_until <= now else state


@dataclass(frozen=True, slots=True)
class BidLine:
    """One bid as the section typed it: number of the bidder and yen."""

    number: str
    amount: int


def sort_bids(bids: Iterable[BidLine]) -> list[BidLine]:
    """The lowest first."""
    return sorted(bids, key=lambda bid: (bid.amount, bid.number))
