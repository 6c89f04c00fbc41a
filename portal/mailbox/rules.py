"""What the city decides about notices, without a database."""

from datetime import date
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

LONGEST_TITLE = 100
LONGEST_BODY = 5_000
# Below this many recipients an attribute could single somebody out (small-number guard); the clerk is told.
SMALL_NUMBER = 5
# One transaction's share of a delivery: writers on SQLite wait at most for one chunk.
CHUNK = 50_000


# How many recipients one call of a sending system may name.
MOST_NAMED = 1_000


class Kind(StrEnum):
    """NAV's best idea: say whether somebody only informs or asks for something."""

    INFORMATION = "information"
    TASK = "task"


class State(StrEnum):
    DRAFT = "draft"
    SENDING = "sending"
    SENT = "sent"


KIND_WORDS: dict[Kind, str] = {
    Kind.INFORMATION: N_("Information"),
    Kind.TASK: N_("Something to do"),
}
STATE_WORDS: dict[State, str] = {
    State.DRAFT: N_("Draft"),
    State.SENDING: N_("Being delivered"),
    State.SENT: N_("Delivered"),
}


class NoticeUnknown(Refusal):
    code = "notice-unknown"
    status = 404
    message = N_("There is no such notice in your mailbox.")
    next_step = N_("Go back to the mailbox and choose a notice from the list.")


class AlreadySent(Refusal):
    code = "notice-already-sent"
    message = N_("This notice was sent already.")
    next_step = N_("Look at its page to see who has read it, or write a new one.")


class NobodyReached(Refusal):
    code = "notice-reaches-nobody"
    status = 422
    message = N_("Nobody fits these conditions, so nothing was sent.")
    next_step = N_("Change the conditions and look at the number again.")


class JapaneseMissing(Refusal):
    code = "notice-japanese-missing"
    status = 422
    message = N_("A notice needs a Japanese text.")
    next_step = N_("Add a title and a text under ja.")


class ProcedureUnknown(Refusal):
    code = "procedure-not-offered"
    status = 422
    message = N_("There is no procedure of that name.")
    next_step = N_("Leave it empty, or use a name from the list of procedures.")


class DueDatePassed(Refusal):
    code = "due-date-passed"
    status = 422
    message = N_("The due date is already past.")
    next_step = N_("Choose today or a later day.")


def check_due(kind: Kind, due_on: date | None, today: date) -> None:
    """A task's due date lies today or later; information needs none."""
    if kind is Kind.TASK and due_on is not None and due_on < today:
        raise DueDatePassed
