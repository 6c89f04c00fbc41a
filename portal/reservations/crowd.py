"""How many visits are reserved in each hour of a day, and how many an office can take: for the crowd forecast."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.reservations import slots
from portal.reservations.hours import opening
from portal.reservations.models import Booking, Slot
from portal.reservations.rules import State

COMING = (State.BOOKED, State.ARRIVED, State.SERVED)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of an office's day, in Japan: visits that begin in it, and how many could."""

    hour: int
    visits: int
    places: int


def opens_on(office: str, day: date) -> bool:
    """Whether *office* opens on *day*, as its hours say."""
    return opening().is_open(office, day)


def hours_of(session: Session, office: str, day: date) -> list[Hour]:
    """The opening hours of *office* on *day*, in order; none when it is closed."""
    hours = sorted({start.hour for start in opening().starts(office, day)})
    since, until = slots.day_bounds(day)
    planned = select(Booking.starts_at).where(Booking.office == office, Booking.starts_at.between(since, until))
    visits = Counter(at.astimezone(JST).hour for at in session.scalars(planned.where(Booking.state.in_(COMING))))
    open_slots = select(Slot.starts_at, Slot.capacity).where(
        Slot.office == office, Slot.starts_at.between(since, until)
    )
    places: Counter[int] = Counter()
    for row in session.execute(open_slots):
        places[row.starts_at.astimezone(JST).hour] += row.capacity
    return [Hour(hour, visits[hour], places[hour]) for hour in hours]


def days_before(office: str, day: date, count: int) -> list[date]:
    """The last *count* days of the same weekday on which *office* was open, looking back at most twice as far."""
    past = [date.fromordinal(day.toordinal() - 7 * weeks) for weeks in range(1, 2 * count + 1)]
    return [one for one in past if opening().is_open(office, one)][:count]
