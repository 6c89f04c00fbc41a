"""What a number's steps mean for the reserved visit and its applications; for a walk-in, nothing."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core.actor import Actor
from portal.reservations import service as reservations
from portal.reservations.service import Booking
from portal.staff import service as staff
from portal.window import kinds
from portal.window.models import Ticket, TicketApplication
from portal.window.rules import Lane


def cases(session: Session, booking: Booking) -> list[ApplicationSummary]:
    """The applications one visit is for, in the order of the window."""
    return reservations.cases_of(session, booking)


def cases_of(session: Session, ticket: Ticket) -> list[ApplicationSummary]:
    """The applications behind a number: of its visit, and what the office filled in with the person since."""
    planned = cases(session, _booking(session, ticket)) if ticket.booking_id else []
    return [*planned, *added_to(session, ticket)]


def added_to(session: Session, ticket: Ticket) -> list[ApplicationSummary]:
    """What the office filled in with the person and added to the number, in that order."""
    query = select(TicketApplication.application_id).where(TicketApplication.ticket_id == ticket.id)
    return [applications.summary(session, id) for id in session.scalars(query.order_by(TicketApplication.at))]


def lane_and_kind(session: Session, booking: Booking) -> tuple[Lane, str]:
    """Express when all of it was checked before the visit; the kind of window of the first application, or of the
    first window of all where this office has no such one."""
    parts = reservations.parts_of(session, booking.id)
    is_ready = parts and all(one.about and one.about.is_ready for one in parts)
    kind = next((one.about.window for one in parts if one.about), str(kinds.CALLER))
    here = kind in set(kinds.here(booking.office))
    return Lane.EXPRESS if is_ready else Lane.GENERAL, kind if here else str(kinds.CALLER)


def is_assisted(session: Session, booking: Booking) -> bool:
    """Whether the office filled in any of it with the person."""
    return any(case.channel == "assisted" for case in cases(session, booking))


def _booking(session: Session, ticket: Ticket) -> Booking:
    assert ticket.booking_id
    return reservations.open_booking(session, ticket.booking_id)


def did_not_come(session: Session, ticket: Ticket) -> None:
    """Called and not there, gone home, or forgotten at the end of the day."""
    if ticket.booking_id:
        reservations.did_not_come(session, _booking(session, ticket))


def arrived_again(session: Session, ticket: Ticket) -> None:
    """There after all."""
    if ticket.booking_id:
        reservations.arrived(session, _booking(session, ticket))


def titles(session: Session, booking_id: UUID | None) -> tuple[str, ...]:
    """What the visit is about, also procedures without an application (msgids); nothing for a walk-in."""
    return tuple(one.title for one in reservations.parts_of(session, booking_id)) if booking_id else ()


def titles_of(session: Session, ticket: Ticket) -> tuple[str, ...]:
    """The same of a number, with what the office filled in with the person."""
    return (*titles(session, ticket.booking_id), *(case.title for case in added_to(session, ticket)))


def completed(session: Session, ticket: Ticket, actor: Actor, done: Sequence[UUID] | None) -> None:
    """The applications in *done* (None: all of the visit) are completed; the others stay open for another visit."""
    ours = [case.id for case in cases_of(session, ticket) if case.may_be_booked]
    finished = [id for id in ours if done is None or id in done]
    for application_id in finished:
        applications.complete(session, application_id, actor)
    if ticket.booking_id:
        booking = _booking(session, ticket)
        planned = [case.id for case in cases(session, booking)]
        reservations.served(session, booking, undone=[id for id in ours if id in planned and id not in finished])


def tell(session: Session, ticket: Ticket, kind: str, *, actor: str = "", **facts: object) -> None:
    """A line in the timeline that application, booking and visit share."""
    said = {"number": ticket.label, "office": staff.office_name(session, ticket.office), **facts}
    for case in cases_of(session, ticket):
        applications.add_to_timeline(session, case.id, kind, said, actor=actor)


def references(session: Session, booking: Booking) -> list[str]:
    """Every reference number whose slip leads to a visit: its own and those of its applications."""
    return list(dict.fromkeys([booking.reference, *(case.reference for case in cases(session, booking))]))
