"""From which sum on a card alone does not pay, and for how long its holder can agree. No I/O."""

from datetime import timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

WITHIN = timedelta(minutes=5)
"""The person stands at the till meanwhile."""
FRESH = timedelta(minutes=5)
"""So recently somebody must have shown a passkey or the national card to agree to a payment."""
KEPT = timedelta(days=1)


class State(StrEnum):
    """How a payment that waits stands."""

    WAITING = "waiting"
    PAID = "paid"
    REFUSED = "refused"
    LAPSED = "lapsed"


class ConfirmationUnknown(Refusal):
    code = "points-confirmation-unknown"
    status = 404
    message = N_("There is no such payment of yours.")
    next_step = N_("Choose one from the list of payments that wait.")


class ConfirmationOver(Refusal):
    code = "points-confirmation-over"
    message = N_("This payment no longer waits: it was decided, or five minutes have passed.")
    next_step = N_("Ask the shop to begin again if you still want to pay.")


class NotFresh(Refusal):
    code = "points-confirmation-not-fresh"
    status = 403
    message = N_("You confirmed with your passkey or card too long ago for a payment.")
    next_step = N_("Please confirm once more, then agree to the payment.")


def needs_holder(points: int, alone: int, *, today: int = 0) -> bool:
    """Whether the card alone is not enough: *alone* is the most it pays by itself in a day, *today* what it paid so far
    without its holder's word."""
    return today + points > alone
