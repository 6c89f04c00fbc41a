"""What points can be spent on, and what is refused. No I/O."""

from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.points.ledger.rules import AGAIN

GIFTS = (100, 300, 500, 1_000)
"""Points one donates at a time."""

STILL_GOOD = AGAIN
"""A coupon that comes back after its last day can be used for as long again as points can."""


class Kind(StrEnum):
    """A coupon is shown where it is used; a donation goes to a project."""

    COUPON = "coupon"
    DONATION = "donation"


class State(StrEnum):
    """How a coupon stands."""

    OPEN = "open"
    USED = "used"
    RETURNED = "returned"


class CouponClashed(Refusal):
    code = "coupon-clashed"
    message = N_("This coupon was used or given back before it came on record here.")
    next_step = N_("It is on the list of the city’s section for citizen points. You need do nothing more.")


class ClashSettled(Refusal):
    code = "coupon-clash-settled"
    message = N_("This was settled already.")
    next_step = N_("Load the page again to see how it stands.")


class RewardUnknown(Refusal):
    code = "reward-unknown"
    status = 404
    message = N_("This reward is not offered any more.")
    next_step = N_("Please choose another one from the list.")


class RewardGone(Refusal):
    code = "reward-gone"
    message = N_("All of this reward have been given away.")
    next_step = N_("Please choose another one from the list. Your points are untouched.")


class RewardLimit(Refusal):
    code = "reward-limit"
    message = N_("You already have as many of this reward as one person can get: %(most)s.")
    next_step = N_("Please leave some for others. Your points are untouched.")


class RewardRank(Refusal):
    code = "reward-rank"
    status = 403
    message = N_("This reward is for a higher rank than yours.")
    next_step = N_("The page of your points says how many you still need. Your points are untouched.")


class CouponUnknown(Refusal):
    code = "coupon-unknown"
    status = 404
    message = N_("There is no coupon with this number.")
    next_step = N_("Please compare the number once more.")


class CouponUsed(Refusal):
    code = "coupon-used"
    message = N_("This coupon was used already.")
    next_step = N_("A coupon is good for once.")


class CouponEnded(Refusal):
    code = "coupon-ended"
    message = N_("This coupon is not valid any more.")
    next_step = N_("The person can get another one for points.")


class CouponShownAnew(Refusal):
    """Who took it once knows its number, and maybe a code of then: neither says that its holder is there."""

    code = "coupon-shown-anew"
    message = N_("A shop took this coupon back once. Since then its number or an earlier code is not enough.")
    next_step = N_(
        "Please have the person show a new code on the phone, or put the card on the terminal. "
        "Without either, they give the coupon back in the portal and get another one."
    )


class CodeOld(Refusal):
    code = "coupon-code-old"
    message = N_("This code is older than a minute, or no code of this city.")
    next_step = N_("Please ask the person to show a new code, or type in the coupon's number.")


class CouponElsewhere(Refusal):
    code = "coupon-elsewhere"
    message = N_("This coupon pays the fee of a certificate at a kiosk.")
    next_step = N_("It is used there: order the certificate, and choose the coupon when the machine asks how to pay.")


class FeeTooHigh(Refusal):
    code = "fee-too-high-for-points"
    message = N_("Points pay a fee of up to %(most)s yen.")
    next_step = N_("Please pay with coins or notes, or order fewer copies at a time.")


class GiftUnclear(Refusal):
    code = "gift-unclear"
    status = 422
    message = N_("Please choose how many points you want to give.")
    next_step = N_("Choose one of the amounts.")


def is_plain(typed: str) -> bool:
    """Whether it can be a code or a number of ours: no database is asked about anything else."""
    return len(typed) <= 30 and typed.isascii() and typed.isprintable()
