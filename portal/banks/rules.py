"""What a pair of codes means on a day, and what is said where it means nothing (any more). No I/O."""

from dataclasses import dataclass
from datetime import date

from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.core.words import N_

# A full list that lacks more than so many of a hundred open entries known here is a part, or was cut off.
MOST_GONE = 10
LEAST_KNOWN = 20
MOST_STEPS = 20


class ListCutOff(Refusal):
    code = "bank-list-cut-off"
    status = 422
    message = N_("%(gone)s of %(known)s banks and branches known here are not in this file.")
    next_step = N_("Take the whole list. A file of changes alone is taken with --changes.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list; `branch` is empty for a bank itself, `heir` the codes of who took over."""

    bank: str
    branch: str
    name: str
    kana: str
    closed_on: date | None = None
    heir: tuple[str, str] = ("", "")

    @property
    def key(self) -> tuple[str, str]:
        return self.bank, self.branch

    def is_over(self, day: date) -> bool:
        return self.closed_on is not None and self.closed_on <= day


@dataclass(frozen=True, slots=True)
class Named:
    """Bank and branch as the list calls them."""

    bank: str
    branch: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Which of the two codes is wrong, and why."""

    part: str
    refused: TextRefused


def fault_of_bank(bank: Entry | None, heir: Entry | None, day: date) -> Fault | None:
    """What is wrong with a bank's code: nobody's, or of a bank that is no more."""
    if bank is None:
        return Fault("bank", TextRefused("bank-unknown"))
    if not bank.is_over(day):
        return None
    if heir is None:
        return Fault("bank", TextRefused("bank-closed", {"name": bank.name}))
    return Fault("bank", TextRefused("bank-merged", {"name": bank.name, "heir": heir.name, "code": heir.bank}))


def fault_of_branch(branch: Entry | None, heirs: Named | None, day: date) -> Fault | None:
    """What is wrong with a branch's code; *heirs* are bank and branch its accounts went to."""
    if branch is None:
        return Fault("branch", TextRefused("bank-branch-unknown"))
    if not branch.is_over(day):
        return None
    if heirs is None:
        return Fault("branch", TextRefused("bank-branch-closed", {"name": branch.name}))
    facts = {"name": branch.name, "bank": heirs.bank, "branch": heirs.branch, "code": "-".join(branch.heir)}
    return Fault("branch", TextRefused("bank-branch-moved", facts))
