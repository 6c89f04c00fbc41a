"""One booking: opened, moved from state to state by a conditional UPDATE, and told in the timeline."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.events import emit
from portal.reservations import parts
from portal.reservations.events import VisitKept
from portal.reservations.models import Booking, BookingPart
from portal.reservations.rules import BookingNotFound, BookingOver, Part, State
from portal.reservations.slots import Stay
from portal.staff import service as staff


def open_booking(session: Session, booking_id: UUID, *, owner: UUID | None = None) -> Booking:
    """The booking; with *owner* only if it is theirs: somebody else's looks like none at all."""
    booking = session.get(Booking, booking_id, populate_existing=True)
    if booking is None or (owner is not None and booking.resident_id != owner):
        raise BookingNotFound
    return booking


def check_changeable(booking: Booking, now: datetime) -> None:
    """Raises BookingOver for a visit that began, ended or was cancelled."""
    if booking.state != State.BOOKED or booking.starts_at <= now:
        raise BookingOver


def stay_of(booking: Booking) -> Stay:
    """The places a visit takes."""
    return Stay(booking.office, booking.starts_at, booking.slots, booking.kept)


def try_move(session: Session, booking: Booking, of: set[State], to: State, **values: Any) -> bool:
    """Bring *booking* from one of the states *of* to *to*; False if it was in none of them any more."""
    moved = session.execute(
        update(Booking).where(Booking.id == booking.id, Booking.state.in_(of)).values(state=str(to), **values),
        execution_options={"synchronize_session": False},
    )
    session.refresh(booking)
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return False
    parts.follow(session, booking)
    what = f"bookings(state={to})"
    audit.did(session, Action.CHANGE, whose=booking.resident_id, what=what, case_ref=booking.reference)
    return True


def move(session: Session, booking: Booking, of: set[State], to: State, **values: Any) -> None:
    """The same for whom it has to work; raises BookingOver if somebody ended or moved it a moment before."""
    if not try_move(session, booking, of, to, **values):
        raise BookingOver


def change(session: Session, booking: Booking, **values: Any) -> None:
    """A planned visit stays planned, at another time, of another length: calendars hear of a new revision."""
    values |= {"changed_at": clock.now(), "revision": Booking.revision + 1}
    move(session, booking, {State.BOOKED}, State.BOOKED, **values)


def arrived(session: Session, booking: Booking) -> bool:
    """The person is there: True for exactly one of several check-ins of the same visit."""
    return try_move(session, booking, {State.BOOKED, State.NO_SHOW}, State.ARRIVED, changed_at=clock.now())


def ticket_drawn(session: Session, booking: Booking, ticket: str) -> None:
    """Write the drawn number on the booking, where the person looks for it."""
    booking.ticket = ticket


def served(session: Session, booking: Booking, *, undone: Sequence[UUID] = ()) -> None:
    """The visit is over; the window did what the person came for, except the applications in *undone*: these may be
    planned in another visit."""
    for application_id in undone:
        parts.end(session, booking.id, application_id, Part.OVER)
    move(session, booking, {State.ARRIVED}, State.SERVED, changed_at=clock.now())
    emit(session, VisitKept(**facts_of(booking), by_person=booking.nth is not None))


def did_not_come(session: Session, booking: Booking) -> None:
    """The person was called and did not come, or never checked in."""
    try_move(session, booking, {State.BOOKED, State.ARRIVED}, State.NO_SHOW, changed_at=clock.now())


def id_of(actor: Actor) -> UUID:
    """Whose visits these are; raises BookingNotFound for whoever is nobody in the register."""
    if actor.id is None:
        raise BookingNotFound
    return actor.id


def facts_of(booking: Booking) -> dict[str, Any]:
    """What every event about the visit tells."""
    names = ("application_id", "resident_id", "reference", "office", "starts_at")
    return {"booking_id": booking.id, **{name: getattr(booking, name) for name in names}}


def tell(session: Session, booking: Booking, kind: str, about: Sequence[BookingPart] | None = None) -> None:
    """One line in the timeline that application, booking and visit share, of each of its applications."""
    name = staff.office_name(session, booking.office)
    facts = {"starts_at": booking.starts_at.isoformat(), "office": name}
    for part in parts.of(session, booking.id, Part.PLANNED) if about is None else about:
        if part.application_id:
            applications.add_to_timeline(session, part.application_id, kind, facts)
