"""What the city decides about reservations, without a database: terms, lengths, states, refusals."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

SLOT = timedelta(minutes=30)
HORIZON = timedelta(days=30)
LAST_CALL = timedelta(minutes=30)
# Slots are opened a little beyond the horizon, so that the last day is never half there.
OPENED_AHEAD_DAYS = 32
# Who has not checked in this long after the slot began does not come any more.
GIVEN_UP = timedelta(minutes=60)


class State(StrEnum):
    BOOKED = "booked"
    CANCELLED = "cancelled"
    ARRIVED = "arrived"
    SERVED = "served"
    NO_SHOW = "no-show"


ACTIVE = frozenset({State.BOOKED, State.ARRIVED})

STATE_WORDS: Mapping[State, str] = {
    State.BOOKED: N_("Reserved"),
    State.CANCELLED: N_("Cancelled"),
    State.ARRIVED: N_("Checked in"),
    State.SERVED: N_("Visit done"),
    State.NO_SHOW: N_("Not visited"),
}
STATE_TONES: Mapping[State, str] = {
    State.BOOKED: "info",
    State.CANCELLED: "neutral",
    State.ARRIVED: "success",
    State.SERVED: "success",
    State.NO_SHOW: "warning",
}


class SlotClosed(Refusal):
    code = "slot-closed"
    status = 422
    message = N_("This time cannot be reserved.")
    next_step = N_("Choose a time from 30 minutes from now to 30 days from now.")


class SlotFull(Refusal):
    """Facts: `alternatives`, the next free times (service.Free), for the page that asked."""

    code = "slot-full"
    message = N_("The last place at this time was just taken.")
    next_step = N_("Choose another time. The next free ones are shown first.")


class SlotUnknown(Refusal):
    code = "slot-unknown"
    status = 422
    message = N_("Please choose a time.")
    next_step = N_("Choose one of the times that have free places.")


class NotBookable(Refusal):
    code = "application-not-bookable"
    message = N_("No visit can be reserved for this application.")
    next_step = N_("Open the application to see where it stands.")


class BookingNotFound(Refusal):
    code = "booking-not-found"
    status = 404
    message = N_("There is no such reservation.")
    next_step = N_("Check the reference number, or open the list of your applications.")


class BookingOver(Refusal):
    code = "booking-over"
    message = N_("This reservation cannot be changed any more.")
    next_step = N_("If you cannot come, please call the ward office.")


def check_open(starts_at: datetime, now: datetime) -> None:
    """A slot takes bookings from 30 days to 30 minutes before it starts."""
    if not now + LAST_CALL <= starts_at <= now + HORIZON:
        raise SlotClosed


def slots_needed(minutes: int) -> int:
    """How many slots in a row a visit of *minutes* takes."""
    return max(1, -(-minutes // int(SLOT.total_seconds() // 60)))


def within_year(first: tuple[int, int], last: tuple[int, int], day: tuple[int, int]) -> bool:
    """Whether (month, day) lies in a yearly span, also one that passes New Year (12/29–1/3)."""
    if first <= last:
        return first <= day <= last
    return day >= first or day <= last
