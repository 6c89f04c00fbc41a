"""What the city decides about composing notices, without a database: what is refused, and who else must agree."""

from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

LONGEST_NAME = 80
LONGEST_REASON = 500
# A list that a person can still look through; larger ones come by the API.
MOST_ROWS = 20_000
ROWS_SHOWN = 50
MOST_VALUE = 200
# As far ahead as a clerk knows what will be true.
LATEST_START = timedelta(days=180)
# A text only for a strong sign-in, or to people whom something sensitive was chosen by, is looked at by two.
SENSITIVE_STRENGTH = 2
MOST_EXPORTED = 5_000


class Done(StrEnum):
    """What somebody did with a notice."""

    CREATED = "created"
    CHANGED = "changed"
    ASKED = "asked"
    APPROVED = "approved"
    SENT_BACK = "sent-back"
    TAKEN_BACK = "taken-back"
    SCHEDULED = "scheduled"
    SENT = "sent"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"


DONE_WORDS: dict[Done, str] = {
    Done.CREATED: N_("Begun"),
    Done.CHANGED: N_("Worked on"),
    Done.ASKED: N_("Sent for approval"),
    Done.APPROVED: N_("Approved"),
    Done.SENT_BACK: N_("Sent back"),
    Done.TAKEN_BACK: N_("Taken back to change it"),
    Done.SCHEDULED: N_("Scheduled"),
    Done.SENT: N_("Sent"),
    Done.STOPPED: N_("Not sent at its time"),
    Done.WITHDRAWN: N_("Withdrawn by the section"),
    Done.CORRECTED: N_("Corrected by another notice"),
}


class TypedOver(Refusal):
    code = "notice-typed-over"
    status = 409
    message = N_("A colleague changed this meanwhile.")
    next_step = N_("Compare the two, take over what you need, and save again.")


class NotADraft(Refusal):
    code = "notice-not-a-draft"
    status = 409
    message = N_("This notice cannot be changed as it stands now.")
    next_step = N_("Look at its page: take it back to change it, or correct it with a new notice.")


class NotComplete(Refusal):
    code = "notice-not-complete"
    status = 422
    message = N_("This notice is not complete yet.")
    next_step = N_("Open it, fill in what is marked, and save it.")


class NotAsSeen(Refusal):
    code = "notice-not-as-seen"
    status = 409
    message = N_("This notice is no longer as you saw it.")
    next_step = N_("Look at it again before you decide.")


class SecondPersonNeeded(Refusal):
    code = "notice-second-person-needed"
    status = 403
    message = N_("Who wrote a notice or asked for its approval cannot approve it.")
    next_step = N_("Ask another person of your section.")


class NotNow(Refusal):
    code = "notice-not-now"
    status = 409
    message = N_("That is not possible as the notice stands now.")
    next_step = N_("Look at its page to see what happened meanwhile.")


class StartImpossible(Refusal):
    code = "notice-start-impossible"
    status = 422
    message = N_("This time is past, or more than half a year ahead.")
    next_step = N_("Choose a day and a time within the next six months.")


class ReasonMissing(Refusal):
    code = "notice-reason-missing"
    status = 422
    message = N_("Please say why.")
    next_step = N_("Write one sentence in the field.")


class TemplateUnknown(Refusal):
    code = "notice-template-unknown"
    status = 404
    message = N_("Your section has no such template.")
    next_step = N_("Choose one from the list of templates.")


class TooManyToExport(Refusal):
    code = "notice-export-too-long"
    status = 422
    message = N_("These are too many people for one file.")
    next_step = N_("Use the figures of the notice: they tell of all without naming anybody.")


def needs_approval(*, people: int, strength: int, sensitive: bool, over: int) -> bool:
    """Four eyes: for more than *over* people, for a text behind a strong sign-in, for a sensitive choice of people."""
    return people > over or strength >= SENSITIVE_STRENGTH or sensitive


def check_start(start: datetime | None, now: datetime) -> None:
    """At once (None), or at a time ahead within half a year."""
    if start is not None and not now < start <= now + LATEST_START:
        raise StartImpossible


def check_reason(words: str) -> str:
    """*words* without blanks around them; who takes something back says why."""
    said = words.strip()[:LONGEST_REASON]
    if not said:
        raise ReasonMissing
    return said
