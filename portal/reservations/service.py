"""Reservations: the door of this room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.events import ApplicationRejected, ApplicationWithdrawn
from portal.applications.service import ApplicationSummary
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.reference import new_reference, read_reference
from portal.reservations import rules, slots
from portal.reservations.events import BookingCancelled, BookingChanged, BookingMade
from portal.reservations.hours import opening
from portal.reservations.models import Booking, Slot
from portal.reservations.rules import BookingNotFound, BookingOver, NotBookable, SlotFull, State
from portal.residents import service as residents
from portal.staff import service as staff

Free = slots.Free
STATE_WORDS = rules.STATE_WORDS

__all__ = [
    "STATE_WORDS",
    "Booking",
    "BookingNotFound",
    "BookingOver",
    "Free",
    "NotBookable",
    "OfficeView",
    "SlotFull",
    "State",
    "arrived",
    "book",
    "book_for_caller",
    "bookable",
    "by_reference",
    "cancel",
    "change",
    "did_not_come",
    "give_up",
    "look_first",
    "of_application",
    "of_day",
    "of_resident",
    "offices",
    "offices_for",
    "on_application_ended",
    "open_booking",
    "open_slots",
    "served",
    "ticket_drawn",
    "to_book",
]


@dataclass(frozen=True, slots=True)
class OfficeView:
    """An office that takes reservations: its code and its name on the door."""

    code: str
    name: str
    ward: str


def offices(session: Session, *, near: str = "") -> list[OfficeView]:
    """Offices that take reservations, in the customary order; the one of the ward *near* comes first."""
    known = [
        OfficeView(one.code, one.name, one.ward) for one in staff.offices(session) if one.code in opening().offices
    ]
    return sorted(known, key=lambda one: one.ward != near)


def offices_for(session: Session, about: ApplicationSummary) -> list[OfficeView]:
    """The offices that handle this application, that of the person's own ward first."""
    ward = residents.look_up(session, about.resident_id, case_ref=about.reference).ward
    return [one for one in offices(session, near=ward) if not about.offices or one.code in about.offices]


def to_book(session: Session, actor: Actor, application_id: UUID) -> ApplicationSummary:
    """The person's own application, if a visit makes sense now; else NotBookable, for strangers not found."""
    about = applications.summary(session, application_id)
    if about.resident_id != actor.id:
        raise BookingNotFound
    if not about.may_be_booked:
        raise NotBookable
    return about


def bookable(session: Session, office: str, minutes: int) -> list[Free]:
    """Every time at *office* that may be reserved now for a visit of *minutes*, full ones too (left 0)."""
    return slots.bookable(session, office, rules.slots_needed(minutes))


def book(session: Session, actor: Actor, application_id: UUID, slot_id: int) -> Booking:
    """Reserve the visit. Pressed twice it is one booking; raises SlotFull with alternatives, SlotClosed, NotBookable.

    The slot's row, wanted by everybody in a rush, is locked last and thus for as short as can be.
    """
    if known := look_first(session, actor, application_id, slot_id):
        return known
    about = applications.summary(session, application_id)
    wanted, count = slots.slot(session, slot_id), rules.slots_needed(about.minutes)
    booking_id = new_id()
    row = _row(booking_id, wanted, about.resident_id, about.minutes)
    row |= {"application_id": application_id, "reference": about.reference}
    if insert_once(session, Booking.__table__, row) == 0:  # type: ignore[arg-type]
        return _needed(of_application(session, application_id))
    booking = _needed(session.get(Booking, booking_id))
    audit.did(session, Action.CREATE, whose=about.resident_id, what="bookings", case_ref=about.reference)
    _tell(session, booking, "booked")
    emit(session, BookingMade(**_facts(booking)))
    session.flush()
    if not slots.take(session, wanted, count):
        raise _full(session, wanted, count, about)
    return booking


def look_first(session: Session, actor: Actor, application_id: UUID, slot_id: int) -> Booking | None:
    """All refusals that need no write, so that a rush for a full slot holds up nobody; the booking if there is one."""
    about = to_book(session, actor, application_id)
    if known := of_application(session, application_id):
        return known
    wanted, count = slots.slot(session, slot_id), rules.slots_needed(about.minutes)
    rules.check_open(wanted.starts_at, clock.now())
    if slots.is_full(session, wanted, count):
        raise _full(session, wanted, count, about)
    return None


def book_for_caller(session: Session, resident_id: UUID, slot_id: int) -> Booking:
    """A visit without a pre-application, e.g. for somebody who calls by phone; it gets a reference of its own."""
    wanted = slots.slot(session, slot_id)
    rules.check_open(wanted.starts_at, clock.now())
    booking = Booking(**_row(new_id(), wanted, resident_id, rules.CALLER_MINUTES), reference=new_reference())
    session.add(booking)
    session.flush()
    emit(session, BookingMade(**_facts(booking)))
    if not slots.take(session, wanted, booking.slots):
        raise SlotFull(alternatives=slots.alternatives(session, wanted, booking.slots, [wanted.office]))
    return booking


def _row(booking_id: UUID, wanted: Slot, resident_id: UUID, minutes: int) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": booking_id,
        "resident_id": resident_id,
        "slot_id": wanted.id,
        "office": wanted.office,
        "starts_at": wanted.starts_at,
        "slots": rules.slots_needed(minutes),
        "minutes": minutes,
        "state": str(State.BOOKED),
        "ticket": "",
        "made_at": now,
        "changed_at": now,
    }


def change(session: Session, actor: Actor, booking_id: UUID, slot_id: int) -> Booking:
    """Move the visit to another time or office; the old place is kept until the new one is sure."""
    booking = open_booking(session, booking_id, owner=actor.id)
    wanted = slots.slot(session, slot_id)
    if booking.state == State.BOOKED and booking.slot_id == wanted.id:
        return booking
    now = clock.now()
    _check_changeable(booking, now)
    rules.check_open(wanted.starts_at, now)
    old_office, old_start = booking.office, booking.starts_at
    _move(
        session,
        booking,
        {State.BOOKED},
        State.BOOKED,
        slot_id=wanted.id,
        office=wanted.office,
        starts_at=wanted.starts_at,
        changed_at=now,
    )
    _swap(session, booking, (old_office, old_start), wanted)
    _tell(session, booking, "booking-changed")
    emit(session, BookingChanged(**_facts(booking)))
    return booking


def _swap(session: Session, booking: Booking, old: tuple[str, datetime], wanted: Slot) -> None:
    """Two people changing places with each other lock the slots in the same order, so neither waits for ever."""
    new = (wanted.office, wanted.starts_at)
    for place in sorted([old, new]):
        if place == old:
            slots.release(session, *old, booking.slots)
        elif not slots.take(session, wanted, booking.slots):
            raise _full(session, wanted, booking.slots, _about(session, booking))


def cancel(session: Session, booking_id: UUID, *, owner: UUID | None = None) -> Booking:
    """Cancel the visit; a second time changes nothing. The place is free again at once."""
    booking = open_booking(session, booking_id, owner=owner)
    if booking.state == State.CANCELLED:
        return booking
    _check_changeable(booking, clock.now())
    return _cancel(session, booking)


def _cancel(session: Session, booking: Booking) -> Booking:
    _move(session, booking, {State.BOOKED}, State.CANCELLED, changed_at=clock.now())
    slots.release(session, booking.office, booking.starts_at, booking.slots)
    _tell(session, booking, "booking-cancelled")
    emit(session, BookingCancelled(**_facts(booking)))
    return booking


def _check_changeable(booking: Booking, now: datetime) -> None:
    if booking.state != State.BOOKED or booking.starts_at <= now:
        raise BookingOver


def open_booking(session: Session, booking_id: UUID, *, owner: UUID | None = None) -> Booking:
    """The booking; with *owner* only if it is theirs: somebody else's looks like none at all."""
    booking = session.get(Booking, booking_id, populate_existing=True)
    if booking is None or (owner is not None and booking.resident_id != owner):
        raise BookingNotFound
    return booking


def of_application(session: Session, application_id: UUID) -> Booking | None:
    """The visit that is planned or under way for this application."""
    query = select(Booking).where(Booking.application_id == application_id, Booking.state.in_(rules.ACTIVE))
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def of_resident(session: Session, resident_id: UUID) -> list[Booking]:
    """The person's visits that are planned or under way, the next one first."""
    query = select(Booking).where(Booking.resident_id == resident_id, Booking.state.in_(rules.ACTIVE))
    return list(session.scalars(query.order_by(Booking.starts_at)))


def by_reference(session: Session, typed: str) -> Booking | None:
    """The newest visit under a reference number as typed or scanned; TextRefused if it is no such number."""
    query = select(Booking).where(Booking.reference == read_reference(typed)).order_by(Booking.made_at.desc())
    return session.scalars(query.limit(1)).first()


def of_day(session: Session, office: str, day: date) -> Sequence[Booking]:
    """Visits still expected at *office* on *day*, in order of time."""
    since, until = slots.day_bounds(day)
    query = select(Booking).where(
        Booking.state == State.BOOKED, Booking.starts_at.between(since, until), Booking.office == office
    )
    return session.scalars(query.order_by(Booking.starts_at)).all()


def arrived(session: Session, booking: Booking) -> bool:
    """The person is there: True for exactly one of several check-ins of the same visit."""
    return _try_move(session, booking, {State.BOOKED, State.NO_SHOW}, State.ARRIVED, changed_at=clock.now())


def ticket_drawn(session: Session, booking: Booking, ticket: str) -> None:
    """Write the drawn number on the booking, where the person looks for it."""
    booking.ticket = ticket


def served(session: Session, booking: Booking) -> None:
    """The visit is over; the window did what the person came for."""
    _move(session, booking, {State.ARRIVED}, State.SERVED, changed_at=clock.now())


def did_not_come(session: Session, booking: Booking) -> None:
    """The person was called and did not come, or never checked in."""
    _try_move(session, booking, {State.BOOKED, State.ARRIVED}, State.NO_SHOW, changed_at=clock.now())


def open_slots(session: Session, _payload: dict[str, Any]) -> None:
    """Open the slots of the coming days (worker, hourly)."""
    slots.open_ahead(session, clock.today(), rules.OPENED_AHEAD_DAYS)


def give_up(session: Session, _payload: dict[str, Any]) -> None:
    """Visits whose time passed without a check-in are over, so that another can be reserved (worker, every 10 min)."""
    limit = clock.now() - rules.GIVEN_UP
    query = select(Booking).where(Booking.state == State.BOOKED, Booking.starts_at < limit).limit(500)
    for booking in session.scalars(query):
        did_not_come(session, booking)


def on_application_ended(session: Session, event: ApplicationWithdrawn | ApplicationRejected) -> None:
    """Nothing is left to visit for: the place goes to somebody else."""
    booking = of_application(session, event.application_id)
    if booking is not None and booking.state == State.BOOKED:
        _cancel(session, booking)


def _move(session: Session, booking: Booking, of: set[State], to: State, **values: Any) -> None:
    if not _try_move(session, booking, of, to, **values):
        raise BookingOver


def _try_move(session: Session, booking: Booking, of: set[State], to: State, **values: Any) -> bool:
    """Bring *booking* from one of the states *of* to *to*; False if it was in none of them any more."""
    moved = session.execute(
        update(Booking).where(Booking.id == booking.id, Booking.state.in_(of)).values(state=str(to), **values),
        execution_options={"synchronize_session": False},
    )
    session.refresh(booking)
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return False
    what = f"bookings(state={to})"
    audit.did(session, Action.CHANGE, whose=booking.resident_id, what=what, case_ref=booking.reference)
    return True


def _full(session: Session, wanted: Slot, count: int, about: ApplicationSummary | None) -> SlotFull:
    codes = [one.code for one in offices(session)]
    if about is not None and about.offices:
        codes = [code for code in codes if code in about.offices]
    return SlotFull(alternatives=slots.alternatives(session, wanted, count, codes))


def _about(session: Session, booking: Booking) -> ApplicationSummary | None:
    return applications.summary(session, booking.application_id) if booking.application_id else None


def _needed(booking: Booking | None) -> Booking:
    if booking is None:
        raise BookingNotFound
    return booking


def _facts(booking: Booking) -> dict[str, Any]:
    names = ("application_id", "resident_id", "reference", "office", "starts_at")
    return {"booking_id": booking.id, **{name: getattr(booking, name) for name in names}}


def _tell(session: Session, booking: Booking, kind: str) -> None:
    """One line in the timeline that application, booking and visit share."""
    if booking.application_id is None:
        return
    name = staff.office_name(session, booking.office)
    facts = {"starts_at": booking.starts_at.isoformat(), "office": name}
    applications.add_to_timeline(session, booking.application_id, kind, facts)
