"""What is decided about a company's mailbox beyond what residents' mailboxes know, without a database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.mailbox import service as mailbox

Kind = mailbox.notice_rules.Kind
Deed = mailbox.notice_rules.Deed
Tidying = mailbox.keep_rules.Tidying
DEED_WORDS = mailbox.notice_rules.DEED_WORDS
PAGE_SIZE = 30
MOST_AT_ONCE = 100
# Of all that fit a search, so many at one press: a writer on SQLite waits meanwhile. And so many pages of it are looked
# through for them.
MOST_MATCHING, MOST_PAGES = 500, 10
# A search in words looks through so many notices for one page, and says when there is more behind them.
LOOKED_THROUGH = 6_000
# The newest days first: most pages are full after the first step.
STEPS = tuple(timedelta(days=days) for days in (2, 16, 128, 1_024))
NARROWEST = timedelta(minutes=10)
FILES_AT_ONCE = 3
MOST_FILES_OF_THREAD = 30


class Waits(StrEnum):
    """Whose turn it is in a thread."""

    BODY = "body"
    COMPANY = "company"


class Show(StrEnum):
    """Which notices of a mailbox."""

    ALL = "all"
    UNREAD = "unread"
    TODO = "todo"
    OVERDUE = "overdue"
    ARCHIVED = "archived"


SHOW_WORDS: dict[Show, str] = {
    Show.ALL: N_("All in the mailbox"),
    Show.UNREAD: N_("Unread"),
    Show.TODO: N_("To do"),
    Show.OVERDUE: N_("Overdue"),
    Show.ARCHIVED: N_("What was put away"),
}


class Scope(StrEnum):
    """With which notices of a list the same is done."""

    CHOSEN = "chosen"
    SHOWN = "shown"
    ALL = "all"


SCOPE_WORDS: dict[Scope, str] = {
    Scope.CHOSEN: N_("The marked ones"),
    Scope.SHOWN: N_("All on this page"),
    Scope.ALL: N_("All that were searched for, from this page on"),
}


class ThreadHasFiles(Refusal):
    code = "company-thread-files-full"
    status = 422
    message = N_("There are %(most)s files in these messages already.")
    next_step = N_("Ask the sender for another way to hand in more.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list ended: its last line."""

    sent_at: datetime
    notice_id: UUID
    company_id: UUID

    def __str__(self) -> str:
        return f"{int(self.sent_at.timestamp() * 1_000_000):x}.{self.notice_id.hex}.{self.company_id.hex}"


def read_place(typed: str, zone: Any) -> Place | None:
    """The same from an address; None for anything else."""
    parts = typed[:100].split(".")
    try:
        at, notice, company = parts
        moment = datetime.fromtimestamp(int(at, 16) // 1_000_000, zone) + timedelta(
            microseconds=int(at, 16) % 1_000_000
        )
        return Place(moment, UUID(hex=notice), UUID(hex=company))
    except (ValueError, OverflowError, OSError):
        return None
