"""Days of offices: those unlike what hours.json says, as staff wrote them down; opening hours and visits of one day."""

from collections.abc import Sequence
from datetime import date, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.reservations import slots
from portal.reservations.hours import opening
from portal.reservations.models import Booking, OfficeDay
from portal.reservations.rules import REASON_WORDS, DayKind, DayReason


def of(session: Session, office: str, day: date) -> OfficeDay | None:
    """What staff wrote about this day of an office."""
    return session.scalars(select(OfficeDay).where(OfficeDay.office == office, OfficeDay.day == day)).one_or_none()


def is_closed(session: Session, office: str, day: date) -> bool:
    """Whether staff closed the office on this day; what hours.json says is not asked."""
    found = of(session, office, day)
    return found is not None and found.kind == DayKind.CLOSED


def hours_on(session: Session, office: str, day: date) -> tuple[time, time] | None:
    """From when to when *office* is open on *day*, by what staff wrote, else by hours.json; None: it is closed."""
    return _hours(office, day, of(session, office, day))


def _hours(office: str, day: date, found: OfficeDay | None) -> tuple[time, time] | None:
    if found is not None:
        return (found.opens, found.closes) if found.kind == DayKind.EXTRA and found.opens and found.closes else None
    usual = opening().offices.get(office)
    return (usual.opens, usual.closes) if usual and opening().is_open(office, day) else None


def hours_from(session: Session, office: str, first: date, count: int) -> list[tuple[date, tuple[time, time] | None]]:
    """The same for *count* days from *first* on, by one look at what staff wrote."""
    days = [first + timedelta(days=ahead) for ahead in range(count)]
    query = select(OfficeDay).where(OfficeDay.office == office, OfficeDay.day.between(days[0], days[-1]))
    written = {one.day: one for one in session.scalars(query)}
    return [(day, _hours(office, day, written.get(day))) for day in days]


def visits_of_day(session: Session, office: str, day: date) -> Sequence[Booking]:
    """Every visit that was ever planned at *office* on *day*, whatever became of it."""
    query = select(Booking).where(Booking.starts_at.between(*slots.day_bounds(day)), Booking.office == office)
    return session.scalars(query.order_by(Booking.starts_at, Booking.id)).all()


def coming(session: Session) -> Sequence[OfficeDay]:
    """All that lie ahead, in order."""
    query = select(OfficeDay).where(OfficeDay.day >= clock.today())
    return session.scalars(query.order_by(OfficeDay.day, OfficeDay.office)).all()


def closed_at(session: Session, office: str) -> dict[date, str]:
    """The days ahead on which staff closed *office*, with the reason (msgid)."""
    closed = [one for one in coming(session) if one.office == office and one.kind == DayKind.CLOSED]
    return {one.day: REASON_WORDS[DayReason(one.reason)] for one in closed}
