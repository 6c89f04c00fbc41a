"""How a gift to many stands, and what it may not be. No I/O."""

from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

MOST_POINTS = 10_000
FEWEST = 100
"""What a gift took from the budget tells exactly how many people conditions chose: of fewer than so many it would say
more than counting does (decision 0081)."""
CHUNK = 10_000
"""Residents a transaction goes past. Who earns from the same programme meanwhile waits for one chunk at most."""


class State(StrEnum):
    """How a gift stands."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    GIVING = "giving"
    STOPPED = "stopped"
    GIVEN = "given"


STATE_WORDS: dict[str, tuple[str, str]] = {
    State.PROPOSED: (N_("Waits for a second person"), "warning"),
    State.REFUSED: (N_("Not approved"), "neutral"),
    State.GIVING: (N_("Is being given"), "info"),
    State.STOPPED: (N_("Stopped: the budget is spent"), "error"),
    State.GIVEN: (N_("All points given"), "success"),
}


class GiftUnknown(Refusal):
    code = "points-gift-unknown"
    status = 404
    message = N_("There is no such gift.")
    next_step = N_("Please choose one from the list.")


class GiftForTooFew(Refusal):
    code = "points-gift-too-few"
    status = 422
    message = N_("These conditions choose fewer than %(fewest)s people.")
    next_step = N_("Please widen them, or give the points at the window.")


class GiftTooDear(Refusal):
    code = "points-gift-too-dear"
    status = 422
    message = N_("This takes about %(needed)s points, and the programme has %(left)s left.")
    next_step = N_("Please choose fewer points, or have a higher budget approved first.")


class GiftDecided(Refusal):
    code = "points-gift-decided"
    message = N_("This gift was decided on already.")
    next_step = N_("There is nothing more to do.")


class OwnGift(Refusal):
    code = "points-own-gift"
    status = 403
    message = N_("Nobody decides on what they proposed themselves.")
    next_step = N_("Please ask another member of staff.")
