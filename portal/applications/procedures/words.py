"""Why a typed text could not be taken, and what to do. What the readers of core refuse is worded in core.wording."""

from collections.abc import Mapping
from typing import NamedTuple

from portal.core import wording
from portal.core.words import N_


class Fault(NamedTuple):
    """Two msgids, what is wrong and what to do (may be ""), and what fills their places; never the typed text."""

    wrong: str
    remedy: str
    facts: dict[str, str | int]


# code → (what is wrong, what to do)
WORDING: Mapping[str, tuple[str, str]] = {
    **wording.WORDING,
    "missing": (N_("Please fill this in."), ""),
    "choose": (N_("Please choose one."), ""),
    "address-outside-city": (
        N_("This address is not in Chiba City."),
        N_("For moves out of the city there is another procedure."),
    ),
    "date-too-late": (N_("This day is too far in the future."), N_("Please check it.")),
    "date-too-early": (N_("This day is too long ago."), N_("Please check it.")),
}


def fault_of(code: str, facts: Mapping[str, str | int] | None = None) -> Fault:
    """The words of *code*; a code nobody wrote words for is told as something to check."""
    wrong, remedy = WORDING.get(code, (N_("Please check what you wrote here."), ""))
    return Fault(wrong, remedy, dict(facts or {}))
