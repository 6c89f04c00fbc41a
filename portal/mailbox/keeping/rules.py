"""What the city decides about a mailbox in order, without a database."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.text import comparable
from portal.core.words import N_

MOST_LABELS = 20
LONGEST_LABEL = 20
LONGEST_QUERY = 60
MOST_TERMS = 5
# So many are taken care of by one press of a button.
MOST_AT_ONCE = 100
# Sorted by due date there are no further pages.
SORTED = 100


class Show(StrEnum):
    ALL = "all"
    UNREAD = "unread"
    TODO = "todo"
    INFORMATION = "information"
    TASK = "task"
    CONFIRMATION = "confirmation"
    REPLY = "reply"
    ARCHIVED = "archived"


SHOW_WORDS: dict[Show, str] = {
    Show.ALL: N_("All in the mailbox"),
    Show.UNREAD: N_("Unread"),
    Show.TODO: N_("To do"),
    Show.INFORMATION: N_("Information"),
    Show.TASK: N_("Something to do"),
    Show.CONFIRMATION: N_("Please confirm"),
    Show.REPLY: N_("Please answer"),
    Show.ARCHIVED: N_("What was put away"),
}


class Order(StrEnum):
    NEWEST = "newest"
    DUE = "due"


class Tidying(StrEnum):
    READ = "read"
    ARCHIVE = "archive"
    RESTORE = "restore"
    LABEL = "label"
    UNLABEL = "unlabel"


class LabelsFull(Refusal):
    code = "labels-full"
    message = N_("No more than %(most)s labels can be kept.")
    next_step = N_("Remove a label you do not use any more.")


class LabelTaken(Refusal):
    code = "label-taken"
    message = N_("There is a label of that name already.")
    next_step = N_("Choose another name.")


class LabelUnknown(Refusal):
    code = "label-unknown"
    status = 404
    message = N_("There is no such label.")
    next_step = N_("Go back and choose a label from the list.")


class TidyingUnknown(Refusal):
    code = "tidying-unknown"
    status = 422
    message = N_("Choose what to do with the notices.")
    next_step = N_("Mark one or more notices, then press one of the buttons.")


def free_numbers(taken: Mapping[int, str], name: str) -> list[int]:
    """The numbers a new label of that *name* may have, lowest first. Raises LabelTaken, LabelsFull."""
    if name in taken.values():
        raise LabelTaken
    free = [number for number in range(1, MOST_LABELS + 1) if number not in taken]
    if not free:
        raise LabelsFull(most=MOST_LABELS)
    return free


def label_number(typed: str) -> int:
    """The number of a label as an address or a button names it; 0 for what is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else 0


def terms(typed: str) -> list[str]:
    """What is searched for: each word must be found."""
    words = unicodedata.normalize("NFKC", typed[:LONGEST_QUERY]).replace("\x00", " ").split()
    return [comparable(word) for word in words[:MOST_TERMS]]
