"""What the city decides about letters on paper, without a database."""

from datetime import timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

# One file for the printer: a second or two of drawing, and what one tray holds.
PART = 100
# How long it is known which letters were posted: a year, as for other records of delivery.
KEPT = timedelta(days=365)
MOST_TAKEN_OUT = 50


class State(StrEnum):
    GATHERING = "gathering"
    READY = "ready"
    PRINTED = "printed"
    POSTED = "posted"
    NEEDLESS = "needless"


STATE_WORDS: dict[State, str] = {
    State.GATHERING: N_("Being put together"),
    State.READY: N_("To be printed"),
    State.PRINTED: N_("Printed, to be posted"),
    State.POSTED: N_("Posted"),
    State.NEEDLESS: N_("Not needed: everybody had read it"),
}


class BatchUnknown(Refusal):
    code = "letters-unknown"
    status = 404
    message = N_("Your section has no such letters.")
    next_step = N_("Go back to the list of letters.")


class BatchMovedOn(Refusal):
    code = "letters-moved-on"
    message = N_("These letters are no longer as you saw them.")
    next_step = N_("Look at their page again: a colleague may have printed or posted them.")


class LettersToPull(Refusal):
    code = "letters-to-pull"
    message = N_("Some of these letters must not go out as they are: the register has changed since they were printed.")
    next_step = N_("Take out the numbers named here, replace the sheets that were made again, and say so below.")


class LetterUnknown(Refusal):
    code = "letter-number-unknown"
    status = 422
    message = N_("There is no letter of this number here.")
    next_step = N_("Read the number at the top right of the letter once more.")
