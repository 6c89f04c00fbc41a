"""How many points can be exchanged, how an exchange stands, and what is compared. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

AMOUNTS = (100, 300, 500, 1_000)
MOST_A_MONTH = 3_000
HOLDS = timedelta(days=3)
"""How long points stay set aside for a programme that does not answer."""


STUCK = timedelta(days=1)
"""So long after points were taken the programme has to have said that it has them; then staff see it."""
GIVEN_UP = timedelta(days=30)
"""So long a programme is told to forget a reservation nothing was taken for."""
BY_ITSELF = "portal"
"""Who settled what came right without anybody."""


class State(StrEnum):
    """How an exchange stands: points set aside; taken, the programme to be told; done; not done."""

    ASKED = "asked"
    TAKEN = "taken"
    DONE = "done"
    REFUSED = "refused"
    LAPSED = "lapsed"
    ENDED = "ended"
    RETURNED = "returned"


STATE_WORDS: dict[str, tuple[str, str]] = {
    State.ASKED: (N_("On its way"), "info"),
    State.TAKEN: (N_("On its way"), "info"),
    State.DONE: (N_("Exchanged"), "success"),
    State.REFUSED: (N_("Not possible, your points are back"), "warning"),
    State.LAPSED: (N_("Not possible, your points are back"), "warning"),
    State.ENDED: (N_("Not possible, your points are back"), "warning"),
    State.RETURNED: (N_("Not possible, your points are back"), "warning"),
}


WHY_WORDS: dict[str, str] = {"member-unknown": N_("The programme does not know this member number.")}
"""What the programme answered, where the person can do something about it."""


MASK = "…"


def ending(member: str) -> str:
    """As much of a member number as tells it from another one's own."""
    return f"{MASK}{member[-4:]}"


class Difference(StrEnum):
    """What does not fit between the books here and there."""

    MISSING_THERE = "missing-there"
    MISSING_HERE = "missing-here"
    AMOUNT = "amount"
    STUCK = "stuck"
    REFUSED_THERE = "refused-there"


DECIDABLE = (Difference.STUCK, Difference.REFUSED_THERE, Difference.MISSING_THERE)
"""Points are gone here, and the programme does not say that it has them: somebody finds out and decides."""


class Outcome(StrEnum):
    """What staff found out about such an exchange."""

    NOTED = "noted"
    BACK = "back"
    DONE = "done"


OUTCOME_WORDS: dict[Outcome, str] = {
    Outcome.DONE: N_("The programme has the points"),
    Outcome.BACK: N_("The programme does not have them: give the points back"),
}
"""What can be chosen where points are at stake. Everything else is only noted."""


DIFFERENCE_WORDS: dict[str, str] = {
    Difference.MISSING_THERE: N_("Exchanged here, unknown there"),
    Difference.MISSING_HERE: N_("Exchanged there, unknown here"),
    Difference.AMOUNT: N_("Another amount there"),
    Difference.STUCK: N_("Taken here a day ago, no word from there"),
    Difference.REFUSED_THERE: N_("Taken here, refused there although it was reserved"),
}


class ExchangeClosed(Refusal):
    code = "exchange-closed"
    status = 404
    message = N_("Points cannot be exchanged for private points at the moment.")
    next_step = N_("Please look at the rewards of the city.")


class ExchangeUnclear(Refusal):
    code = "exchange-unclear"
    status = 422
    message = N_("Please choose an amount, and enter your member number: 6 to 20 digits.")
    next_step = N_("The number stands on the card or in the app of the programme.")


class ExchangeUnsure(Refusal):
    code = "exchange-unsure"
    status = 422
    message = N_("Please say that the member number is right.")
    next_step = N_("Compare it with the card or the app, tick the box, and send it again.")


class ExchangeLimit(Refusal):
    code = "exchange-limit"
    message = N_("Up to %(most)s points can be exchanged in a month.")
    next_step = N_("Please wait until next month, or choose a smaller amount. Your points are untouched.")


class DifferenceSettled(Refusal):
    code = "exchange-difference-settled"
    message = N_("This was settled already.")
    next_step = N_("Load the page again to see how it stands.")


class OutcomeNeeded(Refusal):
    code = "exchange-outcome-needed"
    status = 422
    message = N_("Please say whether the programme has the points.")
    next_step = N_("Ask the programme with the number of the exchange, then choose.")


def check_sure(ticked: str) -> None:
    """Points sent to a mistyped number are somebody else's for good. Raises ExchangeUnsure."""
    if ticked != "yes":
        raise ExchangeUnsure


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that does not fit."""

    key: str
    kind: Difference
    here: int
    there: int


def compare(
    here: Mapping[str, int], there: Mapping[str, int], *, due: set[str], known: Mapping[str, int]
) -> list[Found]:
    """What does not fit. *here* and *there* are units by key of the compared day and its neighbours; only keys in *due*
    must be there already, and what is there must be *known* here, whatever the day."""
    found = [Found(key, Difference.MISSING_THERE, here[key], 0) for key in sorted(due - set(there))]
    for key, units in sorted(there.items()):
        if key not in known:
            found.append(Found(key, Difference.MISSING_HERE, 0, units))
        elif known[key] != units:
            found.append(Found(key, Difference.AMOUNT, known[key], units))
    return found
