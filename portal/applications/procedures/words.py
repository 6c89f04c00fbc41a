"""Why a typed text could not be taken, and what to do. What the readers of core refuse is worded in core.wording."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from portal.core import wording
from portal.core.words import N_

Facts = dict[str, str | int | date]


class Fault(NamedTuple):
    """Two msgids, what is wrong and what to do (may be ""), and what fills their places; never the typed text."""

    wrong: str
    remedy: str
    facts: Facts


# code → (what is wrong, what to do)
WORDING: Mapping[str, tuple[str, str]] = {
    **wording.WORDING,
    "missing": (N_("Please fill this in."), ""),
    "attachment-missing": (N_("Please add at least one photo or file."), ""),
    "choose": (N_("Please choose one."), ""),
    "rows-too-few": (N_("At least %(count)s must be entered here."), ""),
    "address-outside-city": (
        N_("This address is not in Chiba City."),
        N_("For moves out of the city there is another procedure."),
    ),
    "date-too-late": (N_("This day is too late."), N_("Please write %(day)s or a day before it.")),
    "date-too-early": (N_("This day is too early."), N_("Please write %(day)s or a day after it.")),
}


def fault_of(code: str, facts: Mapping[str, str | int | date] | None = None) -> Fault:
    """The words of *code*; a code nobody wrote words for is told as something to check."""
    wrong, remedy = WORDING.get(code, (N_("Please check what you wrote here."), ""))
    return Fault(wrong, remedy, dict(facts or {}))
