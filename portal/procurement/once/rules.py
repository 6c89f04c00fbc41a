"""Which task of a public body needs which basics, and the refusals."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum

from portal.basics.service import KindOf
from portal.core.errors import Refusal
from portal.core.words import N_

# A read stays open to who opened it for a working day; then it is opened again, with its purpose.
OPEN_FOR = timedelta(hours=12)
LATEST = timedelta(days=180)
LONGEST_GRANT = timedelta(days=3 * 366)
LONGEST_LAW = 120


class Task(StrEnum):
    """What a section does with companies. It reads for a task and nothing else."""

    QUALIFICATION = "qualification"
    CONTRACT = "contract"
    PAYMENT = "payment"
    LICENSING = "licensing"


TASK_WORDS: dict[Task, str] = {
    Task.QUALIFICATION: N_("Examining who may take part in tenders"),
    Task.CONTRACT: N_("Making a contract"),
    Task.PAYMENT: N_("Paying an invoice"),
    Task.LICENSING: N_("Deciding on a licence"),
}
# Not a task of a section: what a company itself sent along with an application.
APPLICATION = "application"
READ_WORDS: Mapping[str, str] = {
    **{str(task): words for task, words in TASK_WORDS.items()},
    APPLICATION: N_("An application your company sent"),
}
NEEDS: Mapping[Task, tuple[KindOf, ...]] = {
    Task.QUALIFICATION: (KindOf.ADDRESS, KindOf.OFFICER, KindOf.CAPITAL, KindOf.ITEMS, KindOf.LICENCE),
    Task.CONTRACT: (KindOf.ADDRESS, KindOf.CONTACT, KindOf.OFFICER, KindOf.INVOICE),
    Task.PAYMENT: (KindOf.CONTACT, KindOf.BANK, KindOf.INVOICE),
    Task.LICENSING: (KindOf.ADDRESS, KindOf.OFFICER, KindOf.ITEMS, KindOf.LICENCE),
}


class GrantState(StrEnum):
    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    DECLINED = "declined"
    ENDED = "ended"


GRANT_WORDS: Mapping[str, tuple[str, str]] = {
    GrantState.PROPOSED: (N_("Waits for a second person"), "warning"),
    GrantState.IN_FORCE: (N_("In force"), "success"),
    GrantState.DECLINED: (N_("Not approved"), "neutral"),
    GrantState.ENDED: (N_("Ended"), "neutral"),
    "over": (N_("Over"), "neutral"),
}


class GrantNotOfBody(Refusal):
    code = "basics-grant-not-of-body"
    status = 422
    message = N_("This section does not belong to your body.")
    next_step = N_("Choose a section of your own body.")


class GrantMoved(Refusal):
    code = "basics-grant-moved"
    message = N_("This task is no longer in this state.")
    next_step = N_("Open the list again.")


class GrantByTheSame(Refusal):
    code = "basics-grant-by-the-same"
    status = 403
    message = N_("You proposed this task yourself.")
    next_step = N_("Another administrator of your body decides on it.")


class NotYourTask(Refusal):
    code = "basics-not-your-task"
    status = 403
    message = N_("Your section has no such task.")
    next_step = N_("Choose one of its tasks, or ask an administrator of your body to propose it.")


class ReadOver(Refusal):
    code = "basics-read-over"
    status = 404
    message = N_("This view of a company is no longer open.")
    next_step = N_("Look for the company again and say what you need its basics for.")


class RequestOver(Refusal):
    code = "basics-request-over"
    status = 404
    message = N_("There is no such request.")
    next_step = N_("Open the list of requests again.")


def check_task(task: str, allowed: Iterable[str]) -> Task:
    """The task, if the section has it; raises NotYourTask."""
    if task not in set(allowed) or task not in set(Task):
        raise NotYourTask
    return Task(task)


def kinds_of(task: str, kinds: Iterable[str] | None) -> tuple[KindOf, ...]:
    """What a read or a request is about; those made before they said so were about all that the task needs."""
    return tuple(map(KindOf, kinds)) if kinds is not None else NEEDS[Task(task)]


def is_sound_period(first: date, last: date, today: date) -> bool:
    """Not over yet, and three years at most: what nobody looks at again grows old."""
    return max(first, today) <= last <= first + LONGEST_GRANT


def is_sound_due(due_on: date, today: date) -> bool:
    """From tomorrow to half a year ahead."""
    return today < due_on <= today + LATEST
