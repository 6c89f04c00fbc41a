"""Visits looked up: by application, person, reference number and day."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core.reference import read_reference
from portal.reservations import parts, rules, slots
from portal.reservations.models import Booking
from portal.reservations.rules import State


def of_application(session: Session, application_id: UUID) -> Booking | None:
    """The visit that is planned or under way for this application."""
    return parts.planned_visit(session, application_id)


def of_resident(session: Session, resident_id: UUID) -> list[Booking]:
    """The person's visits that are planned or under way, the next one first."""
    query = select(Booking).where(Booking.resident_id == resident_id, Booking.state.in_(rules.ACTIVE))
    return list(session.scalars(query.order_by(Booking.starts_at)))


def by_reference(session: Session, typed: str) -> Booking | None:
    """The newest visit under a reference number as typed or scanned, its own or that of an application done in it;
    TextRefused if it is no such number."""
    query = select(Booking).where(Booking.reference == read_reference(typed)).order_by(Booking.made_at.desc())
    own = session.scalars(query.limit(1)).first()
    if own is not None and own.state in rules.ACTIVE:
        return own
    about = applications.find_by_reference(session, typed)
    return (parts.newest_visit(session, about.id) if about else None) or own


def of_day(session: Session, office: str, day: date) -> Sequence[Booking]:
    """Visits still expected at *office* on *day*, in order of time."""
    since, until = slots.day_bounds(day)
    query = select(Booking).where(
        Booking.state == State.BOOKED, Booking.starts_at.between(since, until), Booking.office == office
    )
    return session.scalars(query.order_by(Booking.starts_at)).all()


def cases_of(session: Session, booking: Booking) -> list[ApplicationSummary]:
    """The applications of a visit, in the order of the window."""
    return [view.about for view in parts.views(session, booking.id) if view.about]
