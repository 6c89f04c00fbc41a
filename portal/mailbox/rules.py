"""What the city decides about notices, without a database."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from portal.core.errors import Refusal
from portal.core.words import N_

LONGEST_TITLE = 100
LONGEST_BODY = 5_000
# One transaction's share of a delivery: writers on SQLite wait at most for one chunk.
CHUNK = 50_000


# Answers to choose from: they stand below each other on a telephone.
FEWEST_CHOICES = 2
MOST_CHOICES = 10
LONGEST_CHOICE = 60


class Kind(StrEnum):
    """NAV's best idea: say whether somebody only informs or asks for something."""

    INFORMATION = "information"
    TASK = "task"
    CONFIRMATION = "confirmation"
    REPLY = "reply"


class Strength(IntEnum):
    """How strongly somebody must be signed in to see the text (the numbers of core.actor.Actor.assurance)."""

    PASSWORD = 1
    PASSKEY_OR_CARD = 2
    NATIONAL_CARD = 3


# A notice in this state stays in mailboxes, its text does not.
WITHDRAWN = "withdrawn"
WITHDRAWN_WORDS = N_("Withdrawn by the section")
HIDDEN_TITLE = N_("Shown after a stronger sign-in")


class Deed(StrEnum):
    """What somebody did with a notice, as its course tells it."""

    FETCHED = "fetched"
    READ = "read"
    CONFIRMED = "confirmed"
    ANSWERED = "answered"
    CHANGED = "changed"
    DONE = "done"
    UNDONE = "undone"
    FILE = "file"
    SAVED = "saved"
    KEPT = "kept"


DEED_WORDS: dict[Deed, str] = {
    Deed.FETCHED: N_("Opened without its text"),
    Deed.READ: N_("Read"),
    Deed.CONFIRMED: N_("Confirmed"),
    Deed.ANSWERED: N_("Answered: %(choice)s"),
    Deed.CHANGED: N_("Answer changed: %(choice)s"),
    Deed.DONE: N_("Called done"),
    Deed.UNDONE: N_("Called not done after all"),
    Deed.FILE: N_("File fetched: %(name)s"),
    Deed.SAVED: N_("Saved with its course"),
    Deed.KEPT: N_("Kept on a device"),
}


class State(StrEnum):
    """A section's notice on its way; what the system or a machine says is sent at once. A withdrawn one stays on its
    readers' lists, without its text."""

    DRAFT = "draft"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


KIND_WORDS: dict[Kind, str] = {
    Kind.INFORMATION: N_("Information"),
    Kind.TASK: N_("Something to do"),
    Kind.CONFIRMATION: N_("Please confirm"),
    Kind.REPLY: N_("Please answer"),
}
SETTLED_WORDS: dict[Kind, str] = {
    Kind.TASK: N_("Done"),
    Kind.CONFIRMATION: N_("Confirmed"),
    Kind.REPLY: N_("Answered"),
}
OVERDUE_WORDS = N_("Overdue")
STATE_WORDS: dict[State, str] = {
    State.DRAFT: N_("Draft"),
    State.WAITING: N_("Waits for approval"),
    State.SCHEDULED: N_("Scheduled"),
    State.SENDING: N_("Being delivered"),
    State.SENT: N_("Delivered"),
    State.WITHDRAWN: N_("Withdrawn by the section"),
}


class NoticeUnknown(Refusal):
    code = "notice-unknown"
    status = 404
    message = N_("There is no such notice in your mailbox.")
    next_step = N_("Go back to the mailbox and choose a notice from the list.")


class NoticeWithdrawn(Refusal):
    code = "notice-withdrawn"
    status = 410
    message = N_("The section has withdrawn this notice. Its text is not there any more.")
    next_step = N_("You need not do anything. Ask the section if you have a question.")


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


class ChoicesIncomplete(Refusal):
    code = "notice-choices-incomplete"
    status = 422
    message = N_("A notice that asks for an answer needs two to ten answers to choose from, each in Japanese.")
    next_step = N_("Write each answer in at most 60 characters, and none of them twice.")


class DueDatePassed(Refusal):
    code = "due-date-passed"
    status = 422
    message = N_("The due date is already past.")
    next_step = N_("Choose today or a later day.")


MOST_DAYS_TO_DO = 3_653
"""Ten years: no slip of a finger, and reminders after it are days of a calendar still."""


class DueDateFar(DueDatePassed):
    """Wrong in the other direction; said at the same places."""

    code = "due-date-far"
    message = N_("The due date is more than ten years ahead.")
    next_step = N_("Choose an earlier day.")


def check_due(kind: Kind, due_on: date | None, today: date) -> None:
    """The due date of what asks for something lies today or within ten years; information needs none."""
    if kind is Kind.INFORMATION or due_on is None:
        return
    if due_on < today:
        raise DueDatePassed
    if due_on > today + timedelta(days=MOST_DAYS_TO_DO):
        raise DueDateFar


def answer_terms(
    options: Sequence[Mapping[str, str]] = (), *, changeable: bool = True, text: bool = False, thread: bool = False
) -> dict[str, Any]:
    """What `Notice.choices` says, in its only shape: `options` are the answers to choose from, each {language: words};
    until the due date the answer may be changed (`changeable`); words of one's own may be added (`text`); and whoever
    has it may write to the section about it (`thread`, of any kind of notice)."""
    return {"options": [dict(option) for option in options], "changeable": changeable, "text": text, "thread": thread}


def check_choices(kind: Kind, choices: Mapping[str, Any]) -> None:
    """Who is asked to choose has something to choose from; who is not asked gets no choices."""
    options = choices.get("options", [])
    if kind is not Kind.REPLY:
        if options:
            raise ChoicesIncomplete
        return
    japanese = [option.get("ja", "").strip() for option in options]
    fits = FEWEST_CHOICES <= len(options) <= MOST_CHOICES and all(japanese) and len(set(japanese)) == len(japanese)
    if not fits or any(len(words) > LONGEST_CHOICE for option in options for words in option.values()):
        raise ChoicesIncomplete
