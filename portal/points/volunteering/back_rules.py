"""When hours that were paid can be taken back, by whom, and from which sum on a second person decides. No I/O."""

from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.points.volunteering.rules import Place

HOST_WITHIN = timedelta(days=14)
"""An organisation puts its own mistake right so long after it approved."""
CITY_WITHIN = timedelta(days=365)
"""Shorter than points last: nothing of what is taken back can have run out."""
ALONE = 1_000
"""Up to so many points one person takes back; more is decided by a second one, of the city."""


class State(StrEnum):
    """How taking back stands."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class NothingPaid(Refusal):
    code = "volunteer-nothing-paid"
    message = N_("No points were paid for this, or they were taken back already.")
    next_step = N_("Load the page again to see how it stands.")


class BackTooLate(Refusal):
    code = "volunteer-back-too-late"
    message = N_("An organisation takes back its own approval within %(days)s days.")
    next_step = N_("Please ask the city's section for volunteering: it can still do so.")


class BackOver(Refusal):
    code = "volunteer-back-over"
    message = N_("What was approved more than a year ago is not taken back any more.")
    next_step = N_("Please settle it with the person in another way.")


class BackWaiting(Refusal):
    code = "volunteer-back-waiting"
    message = N_("Somebody asked to take this back already; it waits for a second person.")
    next_step = N_("The city's section for volunteering decides on its page.")


class NotFewer(Refusal):
    code = "volunteer-not-fewer"
    status = 422
    message = N_("Taking back leaves fewer minutes than the %(minutes)s that were approved.")
    next_step = N_("Enter how many minutes count instead, 0 for none.")


class OwnBack(Refusal):
    code = "volunteer-own-back"
    status = 403
    message = N_("Whoever asked to take points back does not decide on it.")
    next_step = N_("Please leave it to a colleague.")


def needs_second(points: int) -> bool:
    """Whether a second person decides."""
    return points > ALONE


def is_in_time(
    state: str, minutes: int | None, settled_at: datetime | None, now: datetime, *, within: timedelta
) -> bool:
    """Hours that were approved, and not too long ago."""
    return bool(state == Place.SETTLED and minutes and settled_at and now <= settled_at + within)


def check_city(settled_at: datetime | None, now: datetime) -> None:
    """Raises BackOver."""
    if settled_at is None or now > settled_at + CITY_WITHIN:
        raise BackOver


def check_host(settled_at: datetime | None, now: datetime) -> None:
    """Raises BackTooLate."""
    if settled_at is None or now > settled_at + HOST_WITHIN:
        raise BackTooLate(days=HOST_WITHIN.days)


def check_minutes(minutes: int, approved: int) -> None:
    """Raises NotFewer."""
    if not 0 <= minutes < approved:
        raise NotFewer(minutes=approved)
