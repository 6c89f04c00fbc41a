"""How long a machine may act for a person, and what it is told when it may not."""

from datetime import datetime, timedelta

from portal.core.errors import Refusal
from portal.core.words import N_

# The person stands before the machine: five minutes without a touch means they have left.
LIFE = timedelta(minutes=5)


class SessionExpired(Refusal):
    code = "session-expired"
    status = 410
    message = N_("This use of the machine has ended.")
    next_step = N_("Please start again from the first screen.")


class CardNeeded(Refusal):
    code = "card-needed"
    status = 403
    message = N_("The card has not been read yet.")
    next_step = N_("Please put your card on the reader.")


class CardNotReadable(Refusal):
    code = "card-not-readable"
    status = 422
    message = N_("What the card answered could not be understood.")
    next_step = N_("Please take the card off, put it on again, or ask a member of staff.")


class CardStopped(Refusal):
    code = "card-stopped"
    status = 403
    message = N_("This card is stopped.")
    next_step = N_("The window opens it again or makes a new one. Please bring proof of who you are.")


def is_alive(seen_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Whether a session may still act."""
    return ended_at is None and seen_at <= now < seen_at + LIFE
