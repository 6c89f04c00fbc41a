"""What the city decides about reservations, without a database: terms, lengths, states, refusals."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

SLOT = timedelta(minutes=30)
HORIZON = timedelta(days=30)
LAST_CALL = timedelta(minutes=30)
# A visit of somebody who calls without a pre-application.
CALLER_MINUTES = 30
# Slots are opened a little beyond the horizon, so that the last day is never half there.
OPENED_AHEAD_DAYS = 32
# Who has not checked in this long after the slot began does not come any more.
GIVEN_UP = timedelta(minutes=60)
# Of each procedure's minutes at the window so many are spent on greeting, looking for the person and checking who
# they are. In one visit that happens once, whatever is done in it.
SET_UP_MINUTES = 5
# What one visit of several procedures may take: two hours is as long as a window can be kept for one person.
LONGEST_MINUTES = 120
# So long a time is held while a form is finished, and once more on request: ten minutes are what the longest form
# takes to be read through; held for longer, times are lost to people who would come.
HELD_FOR = timedelta(minutes=10)
# A held time is for who finishes a form now. Six are a few drafts and a change of mind; more keeps places from others.
HOLDS_A_DAY = 6
# A family with two or three matters at different offices needs three visits at once; more is trade.
PLANNED_AT_ONCE = 3
# Whoever looks for a better time finds it in three moves; more is somebody who watches for one to sell.
CHANGES_A_DAY = 3
# Cancelling is always possible, for a place that nobody comes for is the worst. Whoever did it so often within the
# month reserves by telephone, where a person can ask why.
CANCELS_IN_30_DAYS = 5
CANCELS_COUNT_FOR = timedelta(days=30)


class State(StrEnum):
    BOOKED = "booked"
    CANCELLED = "cancelled"
    ARRIVED = "arrived"
    SERVED = "served"
    NO_SHOW = "no-show"


class Quota(StrEnum):
    """Whose places a visit may use: `kept` places of each slot are for staff alone."""

    PUBLIC = "public"
    STAFF = "staff"


class Part(StrEnum):
    """Where one procedure of a visit stands; OVER: the visit ended without it."""

    PLANNED = "planned"
    DONE = "done"
    OVER = "over"


class EndedBy(StrEnum):
    """Who cancelled a visit: only a person's own cancelling counts against their limit, and withdrawing what it was for,
    because else places could be taken and left without end. APPLICATION: the city refused what it was for."""

    PERSON = "person"
    STAFF = "staff"
    APPLICATION = "application"
    CLOSURE = "closure"


class DayKind(StrEnum):
    CLOSED = "closed"
    EXTRA = "extra"


KIND_WORDS: Mapping[DayKind, str] = {
    DayKind.CLOSED: N_("Closed, though it would be open"),
    DayKind.EXTRA: N_("Open, though it would be closed"),
}


class DayReason(StrEnum):
    """Why a day is unlike others: a word that can be said in every language."""

    DISASTER = "disaster"
    OUTAGE = "outage"
    WORKS = "works"
    TRAINING = "training"
    ELECTION = "election"
    MOVING_SEASON = "moving-season"
    OTHER = "other"


REASON_WORDS: Mapping[DayReason, str] = {
    DayReason.DISASTER: N_("Typhoon, earthquake or another disaster"),
    DayReason.OUTAGE: N_("Systems or electricity out of order"),
    DayReason.WORKS: N_("Works on the building"),
    DayReason.TRAINING: N_("Training of the staff"),
    DayReason.ELECTION: N_("Election"),
    DayReason.MOVING_SEASON: N_("Many people at the turn of the year"),
    DayReason.OTHER: N_("Another reason"),
}


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


class VisitTooLong(Refusal):
    code = "visit-too-long"
    message = N_("This is too much for one visit.")
    next_step = N_("Leave a procedure out and reserve a second visit for it.")


class NoCommonOffice(Refusal):
    code = "no-common-office"
    message = N_("No office handles all of these procedures.")
    next_step = N_("Leave a procedure out and reserve a second visit for it.")


class OfficeCannot(Refusal):
    code = "office-cannot"
    message = N_("This office does not handle one of the procedures.")
    next_step = N_("Choose another office, or leave the procedure out.")


class AlreadyPlanned(Refusal):
    code = "already-planned"
    message = N_("A visit is planned already for one of these applications.")
    next_step = N_("Open the list of your applications to see the visit.")


class MetAnother(Refusal):
    code = "met-another"
    message = N_("You reserved two visits at the same moment.")
    next_step = N_("Open the list of your applications, and reserve again what is missing there.")


class NoTimeAfter(Refusal):
    code = "no-time-after"
    message = N_("The time right after your visit is not free.")
    next_step = N_("Choose another time for all of it. Your visit stays as it is until then.")


class TooManyPlanned(Refusal):
    """Facts: `most`, how many visits may be planned at once."""

    code = "too-many-planned"
    message = N_("You have %(most)s visits planned already; more cannot be reserved here.")
    next_step = N_("Add the procedure to one of your visits, or call the ward office.")


class TooManyChanges(Refusal):
    """Facts: `most`, how many changes a day."""

    code = "too-many-changes"
    message = N_("You changed your visits %(most)s times today; more is not possible.")
    next_step = N_("Your visit stays as it is. Change it tomorrow, or call the ward office.")


class TooManyCancels(Refusal):
    """Facts: `most`, how many cancelled visits within 30 days."""

    code = "too-many-cancels"
    message = N_("You cancelled %(most)s visits within 30 days. New ones are reserved by telephone for now.")
    next_step = N_("Please call the ward office. Visits that are planned stay.")


class HoldOver(Refusal):
    code = "hold-over"
    message = N_("This time is not held for you any more.")
    next_step = N_("Choose a time again. What you typed is kept.")


class HeldOnceMore(Refusal):
    code = "held-once-more"
    message = N_("The time was held longer once already.")
    next_step = N_("Finish the form, or send it later and choose a time then.")


class TooManyHolds(Refusal):
    """Facts: `most`, how many times a day."""

    code = "too-many-holds"
    message = N_("A time was held for you %(most)s times today; more is not possible.")
    next_step = N_("What you typed is kept. Send the form, then reserve a time.")


class DayTaken(Refusal):
    code = "day-taken"
    message = N_("This day is on the list already for one of these offices.")
    next_step = N_("Take the day off the list first.")


class DayUnknown(Refusal):
    code = "office-day"
    status = 422
    message = N_("This day cannot be put on the list.")
    next_step = N_(
        "Close a coming day on which the office opens, or open one on which it is closed, with hours and places."
    )


class NothingKept(Refusal):
    code = "nothing-kept"
    message = N_("No place of this time is kept for staff any more.")
    next_step = N_("Look at the list again.")


class ProcedureMissing(Refusal):
    code = "procedure-missing"
    status = 422
    message = N_("Please choose at least one procedure.")
    next_step = N_("Choose what the person wants to do at the window.")


def visit_minutes(minutes: Sequence[int]) -> int:
    """Minutes of one visit for procedures that take *minutes* each alone: the set-up counts once, as long as the
    longest of theirs. One procedure takes its own minutes; none is a talk of CALLER_MINUTES."""
    if not minutes:
        return CALLER_MINUTES
    set_ups = [min(SET_UP_MINUTES, one) for one in minutes]
    return max(set_ups) + sum(minutes) - sum(set_ups)


def check_length(minutes: int) -> None:
    """Raises VisitTooLong for what no window can be kept free for."""
    if minutes > LONGEST_MINUTES:
        raise VisitTooLong


def common_offices(offers: Iterable[Sequence[str]], offices: Sequence[str]) -> list[str]:
    """Those of *offices* that handle every procedure; an empty offer means all offices do."""
    wanted = [set(offer) for offer in offers if offer]
    return [code for code in offices if all(code in offer for offer in wanted)]


def check_open(starts_at: datetime, now: datetime) -> None:
    """A slot takes bookings from 30 days to 30 minutes before it starts."""
    if not now + LAST_CALL <= starts_at <= now + HORIZON:
        raise SlotClosed


def check_handles(offer: Sequence[str], office: str) -> None:
    """Raises OfficeCannot where *office* is none of those that handle the procedure; an empty offer means all do."""
    if offer and office not in offer:
        raise OfficeCannot


def slots_needed(minutes: int) -> int:
    """How many slots in a row a visit of *minutes* takes."""
    return max(1, -(-minutes // int(SLOT.total_seconds() // 60)))


def within_year(first: tuple[int, int], last: tuple[int, int], day: tuple[int, int]) -> bool:
    """Whether (month, day) lies in a yearly span, also one that passes New Year (12/29–1/3)."""
    if first <= last:
        return first <= day <= last
    return day >= first or day <= last
