"""Check-in: from a reservation to a number, once, without gaps or doubles."""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications.service import WindowKind
from portal.core import clock
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.text import TextRefused
from portal.reservations import service as reservations
from portal.reservations.service import Booking, BookingNotFound
from portal.staff import service as staff
from portal.window import kinds, numbers, rules, visits
from portal.window.models import Ticket
from portal.window.moves import hold, next_number
from portal.window.rules import AlreadyServed, BookingGone, How, Lane, State


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


def check_in(session: Session, booking: Booking, *, by: str, how: How = How.RECEPTION, language: str = "ja") -> Ticket:
    """Draw a number for this visit; the same visit again gives the same number. *by* is shown to the person.

    Raises check-in-too-early, -too-late, -not-today, -cancelled, already-served or not-back-in-time.
    """
    if known := ticket_of_booking(session, booking.id):
        return _still_good(session, known)
    check_state(booking)
    rules.check_time(booking.starts_at, clock.now())
    if not reservations.arrived(session, booking):
        if known := ticket_of_booking(session, booking.id):
            return known
        check_state(booking)
        raise BookingGone
    ticket = _draw(session, booking, how=how, language=language)
    reservations.ticket_drawn(session, booking, ticket.label)
    visits.tell(session, ticket, "checked-in", actor=by)
    session.flush()
    return ticket


def check_in_at_machine(
    session: Session, office: str, reference: str, *, resident_id: UUID | None, by_label: str, language: str
) -> Ticket:
    """The same at a machine of *office*, which calls only its own numbers. *resident_id*: whose card was read, and whose
    reservation it must be; None when only the code of the reservation was shown. Then the number is drawn and nothing
    is told: who the person is, the window looks at.

    Raises booking-not-found, other-office, and what `check_in` raises.
    """
    booking = find(session, reference)
    if resident_id is not None and booking.resident_id != resident_id:
        raise BookingNotFound
    rules.check_office(booking.office, office, staff.office_name(session, booking.office))
    return check_in(session, booking, by=by_label, how=How.KIOSK, language=language)


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
    booking, now = next_visit(session, resident_id), clock.now()
    if booking is None:
        return None
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


def next_visit(session: Session, resident_id: UUID) -> Booking | None:
    """The person's next reservation, of today or later."""
    now = clock.now()
    planned = (one for one in reservations.of_resident(session, resident_id) if _still_matters(one, now))
    return next(planned, None)


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
    return visits.titles(session, booking.id)


def _still_good(session: Session, ticket: Ticket) -> Ticket:
    """The number of an earlier check-in; who missed the call is back in the queue, within the time for that."""
    if ticket.state == State.SERVED:
        raise AlreadyServed
    return numbers.back_in_queue(session, ticket) if ticket.state == State.NO_SHOW else ticket


def check_state(booking: Booking) -> None:
    if booking.state == "served":
        raise AlreadyServed
    if booking.state == "cancelled":
        raise BookingGone


def _draw(session: Session, booking: Booking, *, how: How, language: str) -> Ticket:
    """The next number: of the express window for what was checked before the visit, else of the kind of window,
    where reserved visits have numbers of their own (from 501), so that nobody sees A014 called before A003."""
    lane, kind = visits.lane_and_kind(session, booking)
    letter = kinds.here(booking.office)[WindowKind(kind)].letter
    series, first = (str(lane), 1) if lane is Lane.EXPRESS else (f"{letter} reserved", rules.RESERVED_FROM + 1)
    hold(session, booking.office, series, first=first)
    number = next_number(session, booking.office, series, last=rules.LAST_ONLINE)
    if number is None:
        raise rules.NumbersGone
    ticket = Ticket(
        id=new_id(),
        office=booking.office,
        day=clock.today(),
        kind=kind,
        token=secrets.token_urlsafe(32),
        how=str(how),
        language=language,
        lane=str(lane),
        assisted=visits.is_assisted(session, booking),
        starts_at=booking.starts_at,
        booking_id=booking.id,
        application_id=booking.application_id,
        resident_id=booking.resident_id,
        reference=booking.reference,
        number=number,
        label=rules.label(letter, lane, number),
        state=str(State.WAITING),
        drawn_at=clock.now(),
    )
    session.add(ticket)
    session.flush()
    return ticket
