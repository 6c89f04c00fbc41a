"""Another account, a renewed contract, the end of one, a terminal from elsewhere: how long what waits, and what is refused.
No I/O."""

from datetime import date, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

WAITS = timedelta(days=7)
"""From the agreement to another account until money goes there: long enough for whoever was not asked to say so."""
RENEW_FROM = timedelta(days=90)
REMIND = (60, 14)
"""Days before the end of a contract on which its shop is reminded."""
LATE = timedelta(days=3)
"""A night that did not happen is made up for; nobody is told twice (the notice has a key)."""
NOTICE = timedelta(days=14)
"""From a shop's notice to its last day: what is printed on posters can be taken down."""
GRACE = timedelta(days=30)
"""A contract that ran out can still be renewed for so long."""
LONGEST = timedelta(days=366 * 5)


class Change(StrEnum):
    """What is to change."""

    ACCOUNT = "account"
    RENEWAL = "renewal"
    END = "end"
    TERMINAL = "terminal"


class Step(StrEnum):
    """How far it came."""

    ASKED = "asked"
    CHECKED = "checked"
    AGREED = "agreed"
    REFUSED = "refused"
    STOPPED = "stopped"


CHANGE_WORDS: dict[str, str] = {
    Change.ACCOUNT: N_("Another bank account"),
    Change.RENEWAL: N_("Renewal of the contract"),
    Change.END: N_("End of the contract"),
    Change.TERMINAL: N_("A terminal of another shop"),
}
STEP_WORDS: dict[str, tuple[str, str]] = {
    Step.ASKED: (N_("To be checked"), "warning"),
    Step.CHECKED: (N_("Waits for a second person"), "warning"),
    Step.AGREED: (N_("Agreed"), "success"),
    Step.REFUSED: (N_("Not accepted"), "neutral"),
    Step.STOPPED: (N_("Stopped"), "error"),
}


class ChangeOpen(Refusal):
    code = "partner-change-open"
    message = N_("This was asked for already and is not decided yet.")
    next_step = N_("Please wait for the answer, or stop the former request first.")


class ChangeUnknown(Refusal):
    code = "partner-change-unknown"
    status = 404
    message = N_("There is no such request.")
    next_step = N_("Load the page of the shop again.")


class ChangeDecided(Refusal):
    code = "partner-change-decided"
    message = N_("This request was dealt with already.")
    next_step = N_("Load the page again to see how it stands.")


class TerminalGone(Refusal):
    code = "partner-terminal-gone"
    message = N_("The terminal does not stand in that shop any more.")
    next_step = N_("Stop this proposal, and place the terminal once more.")


class NotUnderContract(Refusal):
    code = "partner-not-under-contract"
    message = N_("This shop has no contract that could be changed.")
    next_step = N_("Please ask the city's section for citizen points.")


class TooEarlyToRenew(Refusal):
    code = "partner-too-early-to-renew"
    message = N_("A contract is renewed from %(days)s days before its last day.")
    next_step = N_("You are reminded in time.")


class DayUnclear(Refusal):
    code = "partner-day-unclear"
    status = 422
    message = N_("This day does not fit: it must lie from %(first)s to %(last)s.")
    next_step = N_("Please choose another day.")


class NotSure(Refusal):
    code = "partner-end-not-sure"
    status = 422
    message = N_("Please tick that you know what follows from the end of the contract.")
    next_step = N_("Then press once more.")


def check_renewal_begins(until: date, today: date) -> None:
    """Raises TooEarlyToRenew, NotUnderContract once it is over for good."""
    if today < until - RENEW_FROM:
        raise TooEarlyToRenew(days=RENEW_FROM.days)
    if today > until + GRACE:
        raise NotUnderContract


def check_day(day: date | None, first: date, last: date) -> date:
    """Raises DayUnclear."""
    if day is None or not first <= day <= last:
        raise DayUnclear(first=first.isoformat(), last=last.isoformat())
    return day
