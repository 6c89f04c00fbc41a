"""What a partner shop may do, and when. No I/O."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.core.business_days import is_business_day
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.words import N_

YEN_PER_POINT = 1
TAKE_BACK = timedelta(days=7)
PAYS_AFTER = timedelta(days=7)
CLOSES_ON = 8
"""The day of the next month on which a month is settled: nothing of it can be taken back any more."""
MOST_BY_TOUCH = 3_000
MOST_BY_TOUCH_A_DAY = 5_000
"""Points a card alone can pay, without a PIN: what a lost card can cost before its holder stops it."""
CHALLENGE_BYTES = 8
"""As long as the host's challenge of SCP03; random, and never given twice."""
CHALLENGE_LIFE = timedelta(minutes=1)
"""For the card's answer and the payment; the card lies on the reader meanwhile."""


class State(StrEnum):
    """How a partner stands."""

    APPLIED = "applied"
    CHECKED = "checked"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    ENDED = "ended"


STATE_WORDS: dict[str, tuple[str, str]] = {
    State.APPLIED: (N_("To be checked"), "warning"),
    State.CHECKED: (N_("Waits for a second person"), "warning"),
    State.ACTIVE: (N_("Takes points"), "success"),
    State.SUSPENDED: (N_("Suspended"), "error"),
    State.REFUSED: (N_("Not accepted"), "neutral"),
    State.ENDED: (N_("Contract over, everything paid"), "neutral"),
}
TO_COME = (N_("Contract not begun yet"), "info")
TURNED_DOWN = (N_("Not approved"), "neutral")
"""What colleagues read; who asked for it reads that the city could not accept it."""


def state_words(state: str, first: date | None, today: date) -> tuple[str, str]:
    """What a shop is now; one whose contract begins later takes nothing yet."""
    return TO_COME if state == State.ACTIVE and first and first > today else STATE_WORDS[state]


class Way(StrEnum):
    """How a shop got points."""

    CARD = "card"
    COUPON = "coupon"


WAY_WORDS: dict[str, str] = {Way.CARD: N_("City card"), Way.COUPON: N_("Coupon")}


class PartnerUnknown(Refusal):
    code = "partner-unknown"
    status = 404
    message = N_("There is no such shop, or you do not act for it.")
    next_step = N_("Choose one from the list of your shops.")


class PartnerClosed(Refusal):
    code = "partner-closed"
    message = N_("This shop takes no points at the moment.")
    next_step = N_("Please ask the city's section for citizen points.")


class SecondPersonNeeded(Refusal):
    code = "partner-second-person"
    message = N_("Whoever checked this does not decide on it.")
    next_step = N_("Please leave it to a colleague.")


class PartnerDecided(Refusal):
    code = "partner-decided"
    message = N_("This was decided already.")
    next_step = N_("Load the page again to see how it stands.")


class ChecksOpen(Refusal):
    code = "partner-checks-open"
    status = 422
    message = N_("Not everything was checked yet.")
    next_step = N_("Tick each line once you have seen it yourself.")


class ContractUnclear(Refusal):
    code = "partner-contract-unclear"
    status = 422
    message = N_("The contract needs a first and a last day after it.")
    next_step = N_("Please enter both days.")


class NoSuchTerminal(Refusal):
    code = "partner-no-such-terminal"
    status = 404
    message = N_("There is no such machine.")
    next_step = N_("Check the ID in the list of machines.")


class TerminalNotOurs(Refusal):
    code = "partner-terminal-unknown"
    status = 403
    message = N_("This terminal stands in no shop that takes points.")
    next_step = N_("The city's section for citizen points assigns terminals to shops.")


class CardUnknown(Refusal):
    code = "points-card-unknown"
    status = 404
    message = N_("This card cannot pay with points.")
    next_step = N_("The holder can use points with the card from a window on, or show a coupon.")


class CardCannotPay(Refusal):
    """Never says how many there are: the balance is not the shop's business."""

    code = "points-card-cannot-pay"
    message = N_("There are not enough points for this.")
    next_step = N_("Please ask for another way of paying.")


class TouchLimit(Refusal):
    code = "points-touch-limit"
    message = N_("A card alone pays up to %(once)s points at once and %(daily)s a day.")
    next_step = N_("For more, the holder gets a coupon in the portal.")


class CardNotProved(Refusal):
    code = "points-card-not-proved"
    status = 403
    message = N_("The card did not prove that it is there for this payment.")
    next_step = N_("Please have the card put on the reader once more. If it goes on, its holder goes to a window.")


class CardNotChecked(Refusal):
    code = "points-card-not-checked"
    status = 503
    message = N_("Cards cannot be checked for payments at the moment.")
    next_step = N_("Please take a coupon, or ask for another way of paying.")


class ChallengeOver(Refusal):
    code = "points-challenge-over"
    status = 409
    message = N_("The card answered too late, or for another payment. Nothing was paid.")
    next_step = N_("Please have the card put on the reader once more.")


class OwnShop(Refusal):
    """Points would become the payer's own money."""

    code = "points-own-shop"
    status = 403
    message = N_("Who acts for a shop does not pay there with citizen points.")
    next_step = N_("Please use your points in another shop, or for a service of the city.")


class CouponNotHere(Refusal):
    code = "coupon-not-here"
    message = N_("This coupon is not for shops of this kind. It is still good.")
    next_step = N_("The coupon says where it is taken.")


class SaleUnknown(Refusal):
    code = "points-sale-unknown"
    status = 404
    message = N_("There is no such payment in this shop.")
    next_step = N_("Please compare the number once more.")


class SaleFinal(Refusal):
    code = "points-sale-final"
    message = N_("This can no longer be taken back: a week has passed, or it was taken back already.")
    next_step = N_("Please settle it with the person in another way.")


class StatementUnknown(Refusal):
    code = "points-statement-unknown"
    status = 404
    message = N_("There is no such statement.")
    next_step = N_("Choose one from the list.")


class NotPaidOut(Refusal):
    code = "points-not-paid-out"
    message = N_("This statement was not paid yet, so no money can have come back.")
    next_step = N_("Load the page again to see how it stands.")


class NothingToPay(Refusal):
    code = "points-nothing-to-pay"
    message = N_("No statement of this month is approved for payment by somebody else.")
    next_step = N_("A second person approves statements before the bank's file is made.")


def takes_points(state: str, first: date | None, last: date | None, today: date) -> bool:
    """Within its contract and not suspended."""
    return state == State.ACTIVE and first is not None and last is not None and first <= today <= last


def takes_coupon(group: str, taken_by: str) -> bool:
    """A coupon is money only where the city said so: with partners of its own group."""
    return bool(group) and group == taken_by


def may_take_back(at: datetime, now: datetime) -> bool:
    return now <= at + TAKE_BACK


def settled_before(today: date) -> date:
    """Months before this one (its first day) are settled: everything of them is beyond taking back."""
    first = today.replace(day=1)
    return first if today.day >= CLOSES_ON else (first - timedelta(days=1)).replace(day=1)


def pay_day(today: date) -> date:
    """The first day banks work that is a week away or more."""
    day = today + PAYS_AFTER
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def month_span(first: date) -> tuple[datetime, datetime]:
    """The month's beginning and end, in Japan."""
    after = (first + timedelta(days=32)).replace(day=1)
    return (datetime(first.year, first.month, 1, tzinfo=JST), datetime(after.year, after.month, 1, tzinfo=JST))


def a_year_ago(today: date) -> date:
    """The first of the month a year before."""
    return today.replace(year=today.year - 1, day=1)
