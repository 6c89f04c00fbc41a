"""What the city decides about the waiting list, without a database: wishes, times of day, when to offer, refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntFlag, StrEnum

from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.reservations import rules
from portal.reservations.terms import Terms

MOST_NOTICE_DAYS = 7


class PartOfDay(IntFlag):
    """Times of day somebody can come; a visit belongs to the one in which it begins."""

    MORNING = 1
    MIDDAY = 2
    AFTERNOON = 4


PART_WORDS: Mapping[PartOfDay, str] = {
    PartOfDay.MORNING: N_("Morning (until 12:00)"),
    PartOfDay.MIDDAY: N_("Midday (12:00 to 14:00)"),
    PartOfDay.AFTERNOON: N_("Afternoon (from 14:00)"),
}


class EntryState(StrEnum):
    WAITING = "waiting"
    BOOKED = "booked"
    LEFT = "left"
    ENDED = "ended"


class Why(StrEnum):
    """Why somebody waits no longer without having left."""

    OVER = "over"
    UNANSWERED = "unanswered"
    NO_NEED = "no-need"


class PlaceState(StrEnum):
    FREE = "free"
    OFFERED = "offered"
    BOOKED = "booked"
    RETURNED = "returned"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


ENTRY_WORDS: Mapping[EntryState, str] = {
    EntryState.WAITING: N_("On the waiting list"),
    EntryState.BOOKED: N_("Reserved from the waiting list"),
    EntryState.LEFT: N_("You left the waiting list"),
    EntryState.ENDED: N_("The wait is over"),
}
WHY_WORDS: Mapping[Why, str] = {
    Why.OVER: N_("No place that fits was freed in time."),
    Why.UNANSWERED: N_("Several places were offered to you and not answered."),
    Why.NO_NEED: N_("A visit is reserved already, or the application needs none any more."),
}


class WishNotPossible(Refusal):
    code = "wish-not-possible"
    status = 422
    message = N_("Nobody could fulfil this wish.")
    next_step = N_("Choose an office, a time of day, and days within the next 30 days.")


class TimesStillFree(Refusal):
    """Facts: `free`, the first of them (slots.Free)."""

    code = "times-still-free"
    message = N_("There are free times that fit your wish.")
    next_step = N_("You need not wait: reserve one of them now.")


class OfferOver(Refusal):
    code = "offer-over"
    message = N_("This place is not kept for you any more.")
    next_step = N_("You are still on the waiting list: we offer you the next place that fits.")


class EntryNotFound(Refusal):
    code = "waiting-entry-not-found"
    status = 404
    message = N_("There is no such entry on the waiting list.")
    next_step = N_("Open the list of your applications.")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which place would do: one of *offices* (codes), a day in the span, beginning in one of *parts*; to be told
    *notice_days* days before at the latest (0: on the same day)."""

    offices: tuple[str, ...]
    first_day: date
    last_day: date
    parts: PartOfDay
    notice_days: int = 0

    def fits(self, office: str, starts_at: datetime, today: date) -> bool:
        """Whether a place at *office* would do, told today."""
        local = starts_at.astimezone(JST)
        return (
            office in self.offices
            and self.first_day <= local.date() <= self.last_day
            and bool(self.parts & part_of(starts_at))
            and self.notice_days <= (local.date() - today).days
        )


def check_wish(wish: Wish, offices: list[str], now: datetime) -> None:
    """Offices that handle the application, a day within reach of a notice, at least one time of day."""
    today = now.astimezone(JST).date()
    horizon = (now + rules.HORIZON).astimezone(JST).date()
    days = wish.first_day <= wish.last_day <= horizon and today + timedelta(days=wish.notice_days) <= wish.last_day
    known = bool(wish.offices) and set(wish.offices) <= set(offices)
    if not (days and known and wish.parts and 0 <= wish.notice_days <= MOST_NOTICE_DAYS):
        raise WishNotPossible


def part_of(starts_at: datetime) -> PartOfDay:
    """The time of day in which a visit begins."""
    hour = starts_at.astimezone(JST).hour
    return PartOfDay.MORNING if hour < 12 else PartOfDay.MIDDAY if hour < 14 else PartOfDay.AFTERNOON


def last_offer(starts_at: datetime, terms: Terms) -> datetime:
    """Until when a place may still be offered: afterwards an accepted one could not be reserved any more."""
    return starts_at - rules.LAST_CALL - terms.offer


def next_offer(now: datetime, terms: Terms) -> datetime:
    """When the next offer may be made: *now*, or the next morning if its whole time would not lie in waking hours."""
    local = now.astimezone(JST)
    first, last = (datetime.combine(local.date(), at, JST) for at in terms.awake)
    if local < first:
        return first
    return now if local + terms.offer <= last else first + timedelta(days=1)


def returns_at(starts_at: datetime, now: datetime, terms: Terms, drawn: int) -> datetime:
    """When a freed place is public again if nobody waits: after *drawn* seconds, at once when the visit is near.

    Who trades a place cancels it and hopes that the buyer is quickest: against a delay nobody knows that is a gamble.
    A place of the next 24 hours is hardly traded, but easily lost: each minute counts for somebody who needs it today.
    """
    return now if starts_at - now <= terms.at_once else now + timedelta(seconds=drawn)


def at_time(day: date, at: time) -> datetime:
    """That time of day in Japan."""
    return datetime.combine(day, at, JST)
