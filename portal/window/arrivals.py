"""Check-in: from a reservation to a number, once, without gaps or doubles."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import clock
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.text import TextRefused
from portal.reservations import service as reservations
from portal.reservations.service import Booking, BookingNotFound
from portal.staff import service as staff
from portal.window import rules
from portal.window.models import Ticket, TicketCounter
from portal.window.rules import AlreadyServed, BookingGone, Lane, State


@dataclass(frozen=True, slots=True)
class CheckInView:
    """The person's next visit as a kiosk shows it. `procedures` and `why_not` are msgids, `facts` fill the latter's
    places; `office` is the name on the door; `ticket` is the number drawn already."""

    reference: str
    starts_at: datetime
    office: str
    procedures: tuple[str, ...]
    can_check_in: bool
    why_not: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    ticket: str | None = None


def check_in(session: Session, booking: Booking, *, by: str) -> Ticket:
    """Draw a number for this visit; the same visit again gives the same number. *by* is shown to the person.

    Raises check-in-too-early, -too-late, -not-today, -cancelled or already-served.
    """
    if known := ticket_of_booking(session, booking.id):
        return _still_good(known)
    _check_state(booking)
    rules.check_time(booking.starts_at, clock.now())
    if not reservations.arrived(session, booking):
        if known := ticket_of_booking(session, booking.id):
            return known
        _check_state(booking)
        raise BookingGone
    ticket = _draw(session, booking)
    reservations.ticket_drawn(session, booking, ticket.label)
    _tell(session, ticket, by)
    session.flush()
    return ticket


def check_in_by_reference(session: Session, resident_id: UUID, reference: str, *, by_label: str) -> Ticket:
    """The same for a person who is known (a card was read) and one of their own reservations."""
    booking = find(session, reference)
    if booking.resident_id != resident_id:
        raise BookingNotFound
    return check_in(session, booking, by=by_label)


def find(session: Session, reference: str) -> Booking:
    """The newest reservation under a reference number as typed or scanned; BookingNotFound if there is none."""
    try:
        booking = reservations.by_reference(session, reference)
    except TextRefused:
        booking = None
    if booking is None:
        raise BookingNotFound
    return booking


def can_check_in(session: Session, resident_id: UUID) -> CheckInView | None:
    """The person's next visit and whether they may check in now; None without any."""
    now = clock.now()
    planned = [one for one in reservations.of_resident(session, resident_id) if _still_matters(one, now)]
    if not planned:
        return None
    booking = planned[0]
    refusal = None if booking.ticket else _refusal(booking, now)
    return CheckInView(
        reference=booking.reference,
        starts_at=booking.starts_at,
        office=staff.office_name(session, booking.office),
        procedures=_procedures(session, booking),
        can_check_in=refusal is None,
        why_not=refusal.message if refusal else None,
        facts=refusal.facts if refusal else {},
        ticket=booking.ticket or None,
    )


def ticket_of_booking(session: Session, booking_id: UUID) -> Ticket | None:
    """The number drawn for a visit, if there is one."""
    query = select(Ticket).where(Ticket.booking_id == booking_id).execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def _still_matters(booking: Booking, now: datetime) -> bool:
    """A visit of today or later; one of yesterday that nobody closed is over."""
    return _day(booking) >= now.astimezone(JST).date()


def _day(booking: Booking) -> date:
    return booking.starts_at.astimezone(JST).date()


def _refusal(booking: Booking, now: datetime) -> Refusal | None:
    try:
        rules.check_time(booking.starts_at, now)
    except Refusal as refusal:
        return refusal
    return None


def _procedures(session: Session, booking: Booking) -> tuple[str, ...]:
    if booking.application_id is None:
        return ()
    return (applications.summary(session, booking.application_id).title,)


def _still_good(ticket: Ticket) -> Ticket:
    if ticket.state == State.SERVED:
        raise AlreadyServed
    return ticket


def _check_state(booking: Booking) -> None:
    if booking.state == "served":
        raise AlreadyServed
    if booking.state == "cancelled":
        raise BookingGone


def _draw(session: Session, booking: Booking) -> Ticket:
    """The next number of the lane. The counter's row stays locked until the commit: a number that was drawn
    exists, and one that was rolled back was never drawn."""
    lane, day = _lane(session, booking), clock.today()
    key = {"office": booking.office, "day": day, "lane": str(lane)}
    insert_once(session, TicketCounter.__table__, {**key, "last": 0})  # type: ignore[arg-type]
    number = session.execute(
        update(TicketCounter)
        .where(TicketCounter.office == booking.office, TicketCounter.day == day, TicketCounter.lane == str(lane))
        .values(last=TicketCounter.last + 1)
        .returning(TicketCounter.last),
        execution_options={"synchronize_session": False},
    ).scalar_one()
    ticket = Ticket(
        id=new_id(),
        **key,
        booking_id=booking.id,
        application_id=booking.application_id,
        resident_id=booking.resident_id,
        reference=booking.reference,
        number=number,
        label=rules.label(lane, number),
        state=str(State.WAITING),
        drawn_at=clock.now(),
    )
    session.add(ticket)
    return ticket


def _lane(session: Session, booking: Booking) -> Lane:
    """Express for what was checked before the visit."""
    if booking.application_id and applications.summary(session, booking.application_id).is_ready:
        return Lane.EXPRESS
    return Lane.GENERAL


def _tell(session: Session, ticket: Ticket, by: str) -> None:
    if ticket.application_id:
        facts = {"number": ticket.label, "office": staff.office_name(session, ticket.office)}
        applications.add_to_timeline(session, ticket.application_id, "checked-in", facts, actor=by)
