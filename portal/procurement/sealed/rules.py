"""When a tender may take sealed quotations, which of them wins, and the refusals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.procurement.rules import Category, Method

# Up to which estimate a prefecture or designated city may buy without a tender (地方自治法施行令第167条の2第1項第1号,
# 別表第五, amounts since 2025-04-01): works, purchase of goods, anything else.
MOST_YEN = {Category.WORKS: 4_000_000, Category.GOODS: 3_000_000, Category.SERVICES: 2_000_000}
LEAST_OFFICERS = 2
MOST_OFFICERS = 6
LARGEST_DRAW = 999


@dataclass(frozen=True, slots=True)
class Offer:
    """An opened quotation that counts."""

    number: str
    amount: int
    draw: int
    filed_at: datetime


class NotSmallValue(Refusal):
    code = "sealed-not-small-value"
    status = 422
    message = N_("Sealed quotations are for comparisons of quotations up to %(most)s yen in this category.")
    next_step = N_(
        "Choose “Comparison of quotations” and enter an estimate within the limit, or take bids another way."
    )


class OfficersMissing(Refusal):
    code = "sealed-officers-missing"
    status = 422
    message = N_("Fewer than two officers of your public body have an opening code.")
    next_step = N_("Let two members of staff who may write tenders make their codes first, better three.")


class NotSealed(Refusal):
    code = "sealed-not-sealed"
    status = 404
    message = N_("This tender takes no sealed quotations.")
    next_step = N_("Read on its page how bids are taken.")


class FilingOver(Refusal):
    code = "sealed-filing-over"
    message = N_("Quotations for this tender are no longer taken.")
    next_step = N_("The result will stand on the page of the tender.")


class NotEntitled(Refusal):
    code = "sealed-not-entitled"
    status = 403
    message = N_("Your company does not meet the conditions of this tender today.")
    next_step = N_("Compare its grades and region with what stands on the page of your grades.")


class AlreadyFiled(Refusal):
    code = "sealed-already-filed"
    message = N_("Your company has filed its quotation already. It cannot be changed or withdrawn.")
    next_step = N_("Wait for the opening.")


class CodeMadeTwice(Refusal):
    code = "sealed-code-made-twice"
    message = N_("You have just made a code in another window.")
    next_step = N_("Use the code shown there, or make a new one now.")


class NotYetTime(Refusal):
    code = "sealed-not-yet-time"
    message = N_("The opening time has not come yet.")
    next_step = N_("Come back when the deadline is over.")


class CodeWrong(Refusal):
    code = "sealed-code-wrong"
    status = 422
    message = N_("This is not your opening code for this tender.")
    next_step = N_("Use the code that was yours when the tender was published.")


class SecondOfficerNeeded(Refusal):
    code = "sealed-second-officer"
    message = N_("You have given your code already.")
    next_step = N_("Ask a second officer to sign in and give theirs.")


class LockBroken(Refusal):
    code = "sealed-lock-broken"
    message = N_(
        "The lock of this tender does not open: its stored data or its opening time was changed outside the portal."
    )
    next_step = N_("Tell the auditor, keep the database as it is, and do not open anything by hand.")


class OpeningMoved(Refusal):
    code = "sealed-opening-moved"
    message = N_("Somebody else has gone on with this opening meanwhile.")
    next_step = N_("Open the page again.")


class NotOpened(Refusal):
    code = "sealed-not-opened"
    message = N_("The quotations of this tender have not been opened yet.")
    next_step = N_("Let two officers give their codes first.")


def check_small_value(*, method: str, category: str, estimate: int | None) -> None:
    """Raise NotSmallValue."""
    most = MOST_YEN[Category(category)]
    if method != Method.LIMITED or not estimate or estimate > most:
        raise NotSmallValue(most=most)


def winner(offers: Sequence[Offer], *, most: int | None) -> Offer | None:
    """The lowest within the estimate (予定価格); among equals the draw decides (地方自治法施行令第167条の9, likewise): the
    sum of their draw numbers, divided by how many they are, leaves the place of the winner in the order of filing."""
    within = [offer for offer in offers if most is None or offer.amount <= most]
    if not within:
        return None
    lowest = min(offer.amount for offer in within)
    equal = sorted((offer for offer in within if offer.amount == lowest), key=lambda one: (one.filed_at, one.number))
    return equal[sum(offer.draw for offer in equal) % len(equal)]
