"""Whether people came: what bookings say, what staff correct, and what follows from missed visits.

Somebody who missed several visits in a row gets a hint and then, for a while, only the near days: those are easier to
keep. It is never a block: near times, the phone and the waiting list stay open, one kept visit ends it, staff correct it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.among import Among
from portal.core.audit import Action
from portal.core.db import Instant, insert_once
from portal.reservations import slots
from portal.reservations.attendance_rules import (
    AttendanceUnknown,
    Attended,
    TooFarAhead,
    follows_from,
    missed_in_a_row,
)
from portal.reservations.models import Booking
from portal.reservations.rules import BookingNotFound
from portal.reservations.terms import terms
from portal.reservations.waiting_models import Attendance

LOOKED_AT = 50
_BOOKINGS, _CORRECTED = Booking.__table__.c, Attendance.__table__.c
_LATELY = Among(
    select(_CORRECTED.state, _BOOKINGS.state, _BOOKINGS.ticket, _BOOKINGS.starts_at, _BOOKINGS.changed_at)
    .select_from(Booking.__table__.outerjoin(Attendance.__table__, _CORRECTED.booking_id == _BOOKINGS.id))
    .where(_BOOKINGS.starts_at.between(bindparam("since", type_=Instant), bindparam("until", type_=Instant)))
    .order_by(_BOOKINGS.starts_at.desc())
    .limit(LOOKED_AT),
    _BOOKINGS.resident_id,
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One booking of a day as the staff of its office see it; it names nobody."""

    id: UUID
    reference: str
    starts_at: datetime
    attended: Attended
    corrected: bool


@dataclass(frozen=True, slots=True)
class Missed:
    """Visits missed in a row, and until when times can be reserved because of them (None: no limit)."""

    count: int
    until: datetime | None


def missed(session: Session, resident_id: UUID) -> Missed | None:
    """What the person should know about missed visits before reserving; None if there is nothing to say."""
    now, given = clock.now(), terms()
    rows = _LATELY.rows(session, [resident_id], since=now - given.counted, until=now)
    count = missed_in_a_row([_became(*row) for row in rows])
    if count < given.hint_from:
        return None
    return Missed(count, now + timedelta(days=given.days_ahead) if count >= given.limit_from else None)


def check_far(session: Session, resident_id: UUID, starts_at: datetime) -> None:
    """TooFarAhead if missed visits keep this person from reserving so far ahead."""
    known = missed(session, resident_id)
    if known and known.until and starts_at > known.until:
        raise TooFarAhead(days=terms().days_ahead)


def of_day(session: Session, office: str, day: date) -> list[Visit]:
    """All visits of a day at *office*, kept or not, in order of time."""
    since, until = slots.day_bounds(day)
    query = select(Booking, Attendance.state).outerjoin(Attendance, Attendance.booking_id == Booking.id)
    rows = session.execute(
        query.where(Booking.office == office, Booking.starts_at.between(since, until)).order_by(
            Booking.starts_at, Booking.reference
        )
    )
    return [_visit(row) for row in rows]


def _visit(row: Row[Booking, str]) -> Visit:
    booking = row[0]
    became = _became(row[1], booking.state, booking.ticket, booking.starts_at, booking.changed_at)
    return Visit(booking.id, booking.reference, booking.starts_at, became, row[1] is not None)


def _became(corrected: str | None, state: str, ticket: str, starts_at: datetime, changed_at: datetime) -> Attended:
    """What staff corrected it to, or what the booking says by itself."""
    return Attended(corrected) if corrected else follows_from(state, ticket, starts_at, changed_at, terms())


def correct(session: Session, actor: Actor, booking_id: UUID, typed: str) -> Booking:
    """Write down what staff of the visit's own office know better; the last word counts."""
    booking = session.get(Booking, booking_id)
    if booking is None or booking.office != actor.office:
        raise BookingNotFound
    if typed not in _choices():
        raise AttendanceUnknown
    values = {"state": typed, "corrected_by": actor.id, "corrected_at": clock.now()}
    row = {"booking_id": booking.id, "resident_id": booking.resident_id, **values}
    if insert_once(session, Attendance.__table__, row) == 0:  # type: ignore[arg-type]
        known = session.get_one(Attendance, booking.id, with_for_update=True)
        known.state, known.corrected_by, known.corrected_at = typed, actor.id, clock.now()
    else:
        what = f"attendances(state={typed})"
        audit.did(session, Action.CREATE, whose=booking.resident_id, what=what, case_ref=booking.reference)
    return booking


def _choices() -> Sequence[str]:
    return [str(one) for one in Attended]
