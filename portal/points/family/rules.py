"""Who may pass points on to whom, and how many. No I/O.

Recognition stays with who earned it (ranks count points earned), and points are no money: so within one household only,
up to a cap, and not on to a third person in the same month.
"""

from portal.core.errors import Refusal
from portal.core.words import N_

AMOUNTS = (100, 200, 300, 500)
MOST_A_MONTH = 1_000


class NotFamily(Refusal):
    code = "points-not-family"
    status = 404
    message = N_("Points can be passed on only to people of your own household.")
    next_step = N_("Choose somebody from the list. Who moved in with you stands there once the move is registered.")


class FamilyAmount(Refusal):
    code = "points-family-amount"
    status = 422
    message = N_("Please choose a person and an amount.")
    next_step = N_("Tick one person and one of the amounts, then press once more.")


class FamilyLimit(Refusal):
    code = "points-family-limit"
    message = N_("Up to %(most)s points can be passed on in a month.")
    next_step = N_(
        "You can still pass on %(left)s points this month, and again from next month. Your points are untouched."
    )


class PassedOnBefore(Refusal):
    code = "points-passed-on-before"
    message = N_("You got points from your family this month, so you cannot pass any on.")
    next_step = N_(
        "You can pass points on again from next month. Your points are untouched; rewards are open to you now."
    )


def check(*, received: int, given: int, amount: int) -> None:
    """By what somebody received and gave this month. Raises PassedOnBefore, FamilyLimit."""
    if received:
        raise PassedOnBefore
    if given + amount > MOST_A_MONTH:
        raise FamilyLimit(most=MOST_A_MONTH, left=max(0, MOST_A_MONTH - given))
