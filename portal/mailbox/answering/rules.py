"""What the city decides about answers and messages, without a database."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.mailbox.rules import Deed, Kind

LONGEST_WORDS = 1_000
LONGEST_MESSAGE = 1_000
# So many messages may wait for the section at once, and so many may a thread hold in all.
MOST_WAITING = 3
MOST_MESSAGES = 60


class Waits(StrEnum):
    """Whose turn it is in a thread."""

    SECTION = "section"
    RESIDENT = "resident"


class NothingAsked(Refusal):
    code = "notice-asks-nothing"
    message = N_("This notice asks for no answer.")
    next_step = N_("Go back to the notice.")


class ChoiceMissing(Refusal):
    code = "notice-choice-missing"
    status = 422
    message = N_("Choose one of the answers.")
    next_step = N_("Then press the button again.")


class AnswerFixed(Refusal):
    code = "notice-answer-fixed"
    message = N_("Your answer was sent and cannot be changed any more.")
    next_step = N_("If it has to be changed, please ask the section.")


class AnswersClosed(Refusal):
    code = "notice-answers-closed"
    message = N_("The day until which answers were taken has passed.")
    next_step = N_("Please ask the section whether it still takes your answer.")


class NoMessages(Refusal):
    code = "notice-takes-no-messages"
    message = N_("The section takes no messages about this notice here.")
    next_step = N_("Please call the section or come to its window.")


class ThreadClosed(Refusal):
    code = "thread-closed"
    message = N_("The section has closed these messages.")
    next_step = N_("Please call the section if something is still open.")


class MessagesWait(Refusal):
    code = "thread-messages-wait"
    message = N_("%(most)s messages of yours wait for an answer already.")
    next_step = N_("Please wait until the section has answered.")


class ThreadFull(Refusal):
    code = "thread-full"
    message = N_("There are too many messages about this notice.")
    next_step = N_("Please call the section or come to its window.")


class MessageCrossed(Refusal):
    code = "thread-message-crossed"
    message = N_("Another message came in while you were reading.")
    next_step = N_("Read it below. What you typed is still there.")


class ThreadUnknown(Refusal):
    code = "thread-unknown"
    status = 404
    message = N_("There are no such messages.")
    next_step = N_("Go back to the list and choose from there.")


class RemindedToday(Refusal):
    code = "notice-reminded-today"
    message = N_("A reminder was sent today already.")
    next_step = N_("Send the next one tomorrow at the earliest.")


class NobodyToRemind(Refusal):
    code = "notice-nobody-to-remind"
    message = N_("Nobody has to be reminded: everybody did what was asked.")
    next_step = N_("Look at the answers.")


def check_answer(kind: Kind, choices: Mapping[str, Any], choice: int | None) -> Deed:
    """What answering this kind of notice with *choice* is called in its course."""
    if kind is Kind.INFORMATION:
        raise NothingAsked
    if kind is Kind.REPLY:
        if choice is None or not 0 <= choice < len(choices.get("options", [])):
            raise ChoiceMissing
        return Deed.ANSWERED
    return Deed.CONFIRMED if kind is Kind.CONFIRMATION else Deed.DONE


def may_change(
    kind: Kind, choices: Mapping[str, Any], *, settled_at: datetime | None, due_on: date | None, today: date
) -> bool:
    """Whether an answer may (still) be given: an open one until the due date, a given one where the sender allows it;
    what is only confirmed or called done also afterwards, and once confirmed it stays so."""
    if kind is Kind.REPLY:
        in_time = due_on is None or today <= due_on
        return in_time and (settled_at is None or bool(choices.get("changeable")))
    return settled_at is None or kind is Kind.TASK


def spoken(option: Mapping[str, str], languages: Sequence[str]) -> str:
    """An answer to choose from, in the best of the reader's *languages*."""
    return next((option[code] for code in languages if option.get(code)), option.get("ja", ""))
