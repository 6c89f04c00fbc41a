"""What is decided about letters with certificates. Pure; refusals say what next."""

from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

MOST = 50
"""Letters of one batch: one person folds so many in half an hour, and the file is drawn in a few seconds."""


class State(StrEnum):
    PRINTED = "printed"
    POSTED = "posted"


STATE_WORDS: dict[str, str] = {State.PRINTED: N_("Printed, not posted yet"), State.POSTED: N_("Posted")}


class NothingToPost(Refusal):
    code = "certificate-post-nothing"
    status = 409
    message = N_("No certificate waits for the post.")
    next_step = N_("Perhaps a colleague has just printed them: look at the list.")


class BatchUnknown(Refusal):
    code = "certificate-batch-unknown"
    status = 404
    message = N_("There is no such batch.")
    next_step = N_("Go back to the list.")


class BatchPosted(Refusal):
    code = "certificate-batch-posted"
    status = 409
    message = N_("This batch is posted already.")
    next_step = N_("Post nothing again. Look at the list.")


class LetterUnknown(Refusal):
    code = "certificate-letter-unknown"
    status = 422
    message = N_("No posted letter has this number.")
    next_step = N_("It stands at the top right of the letter, behind the hyphen.")
