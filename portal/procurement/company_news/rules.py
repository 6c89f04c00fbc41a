"""What a body can hear of a company and make of it; the refusal."""

from datetime import timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

# Whose basics a body opened so long ago at most, of that it still works with the old name and address: as long as a task
# of reading holds without being proposed anew.
USED_FOR = timedelta(days=3 * 366)
PAGE = 50


class Kind(StrEnum):
    MOVED = "moved"
    CLOSED = "closed"
    MERGED = "merged"
    UNDONE = "undone"


class Outcome(StrEnum):
    """`OVERTAKEN`: the register said something newer before anybody looked."""

    WAITS = ""
    NOTED = "noted"
    PASSED = "passed"
    OVERTAKEN = "newer"


KIND_WORDS: dict[str, tuple[str, str]] = {
    Kind.MOVED: (N_("Another name or address"), "neutral"),
    Kind.CLOSED: (N_("The corporation was closed"), "warning"),
    Kind.MERGED: (N_("Merged into another company"), "warning"),
    Kind.UNDONE: (N_("The merger was taken back: it goes on"), "neutral"),
}
OUTCOME_WORDS: dict[str, str] = {
    Outcome.NOTED: N_("Seen"),
    Outcome.PASSED: N_("Grades passed on"),
    Outcome.OVERTAKEN: N_("The register has said something newer"),
}


class NewsMoved(Refusal):
    code = "company-news-moved"
    status = 409
    message = N_("Somebody else has settled this already, or the register has said something newer.")
    next_step = N_("Open the list again.")


class NothingToPass(Refusal):
    code = "company-news-nothing-to-pass"
    status = 409
    message = N_("There is no running grade that the successor does not have already.")
    next_step = N_("Enter the grade you mean on the page of grades, or mark this as seen.")
