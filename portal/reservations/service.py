"""Reservations: the door of this room."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.events import ApplicationRejected, ApplicationWithdrawn
from portal.applications.service import ApplicationSummary
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.core.events import emit
from portal.reservations import (
    attendance,
    bookings,
    days,
    desk,
    freed,
    holding,
    holds,
    lately,
    limits,
    parts,
    rules,
    slots,
)
from portal.reservations.bookings import (
    arrived,
    check_changeable,
    did_not_come,
    facts_of,
    id_of,
    open_booking,
    served,
    stay_of,
    tell,
    ticket_drawn,
)
from portal.reservations.crowd import days_before, hours_of, opens_on
from portal.reservations.events import BookingCancelled, BookingChanged, BookingMade
from portal.reservations.found import by_reference, cases_of, of_application, of_day, of_resident
from portal.reservations.hours import opening
from portal.reservations.models import Booking, Slot
from portal.reservations.offices import OfficeView, offices, that_handle
from portal.reservations.reminders import still_planned
from portal.reservations.rules import (
    AlreadyPlanned,
    BookingNotFound,
    BookingOver,
    EndedBy,
    NotBookable,
    Part,
    SlotFull,
    State,
)
from portal.reservations.slots import Stay
from portal.residents import service as residents

Free = slots.Free
PartView = parts.PartView
held_for, parts_of, to_bring = holds.of, parts.views, parts.to_bring
hours_on, hours_from, visits_of_day = days.hours_on, days.hours_from, days.visits_of_day
STATE_WORDS, REASON_WORDS, DAYS_AHEAD = rules.STATE_WORDS, rules.REASON_WORDS, rules.HORIZON.days
DayReason = rules.DayReason

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
    "Wish",
    "arrived",
    "book",
    "book_together",
    "bookable",
    "by_reference",
    "cancel",
    "cases_of",
    "change",
    "check_changeable",
    "days_before",
    "did_not_come",
    "facts_of",
    "give_up",
    "hours_of",
    "id_of",
    "look_first",
    "of_application",
    "of_day",
    "of_resident",
    "offices",
    "offices_for",
    "on_application_ended",
    "open_booking",
    "open_slots",
    "opening",
    "opens_on",
    "served",
    "stay_of",
    "still_planned",
    "tell",
    "ticket_drawn",
    "to_book",
]


def offices_for(session: Session, about: ApplicationSummary) -> list[OfficeView]:
    """The offices that handle this application, that of the person's own ward first."""
    ward = residents.look_up(session, about.resident_id, case_ref=about.reference).ward
    return that_handle(session, [about.offices], near=ward)


def to_book(session: Session, actor: Actor, application_id: UUID) -> ApplicationSummary:
    """An application of the person or of a child they guard, if a visit makes sense now; else NotBookable, for
    strangers not found."""
    return check_to_book(session, actor, applications.summary(session, application_id))


def check_to_book(session: Session, actor: Actor, about: ApplicationSummary) -> ApplicationSummary:
    """The same of an application that was opened already."""
    if about.resident_id != actor.id and not residents.guards(session, actor.id, about.resident_id):
        raise applications.ApplicationNotFound
    if not about.may_be_booked:
        raise NotBookable
    return about


def bookable(session: Session, office: str, minutes: int) -> list[Free]:
    """Every time at *office* that may be reserved now for a visit of *minutes*, full ones too (left 0)."""
    return slots.bookable(session, office, rules.slots_needed(minutes))


book_together = desk.book
Wish = desk.Wish


def book(session: Session, actor: Actor, application_id: UUID, slot_id: int) -> Booking:
    """Reserve the visit. Pressed twice it is one booking; raises SlotFull with alternatives, SlotClosed, NotBookable."""
    session.flush()
    unit, wish = audit.unit_of(session), Wish(application_id, slot_id, actor=actor)
    try:
        (outcome,) = desk.book(session, [(unit, wish)])
    except SlotFull as lost:
        outcome = lost
    if isinstance(outcome, SlotFull):
        about = applications.summary(session, application_id)
        raise full_for(session, slots.slot(session, slot_id), [parts.of_case(about)])
    if isinstance(outcome, Refusal):
        raise outcome
    return session.get_one(Booking, outcome)


def look_first(session: Session, actor: Actor, wish: Wish) -> UUID | None:
    """All refusals that need no write, so that a rush for a full slot holds up nobody; the booking's id if there is one."""
    need = desk.check_needs(actor, applications.visit_needs(session, [wish.application_id]).get(wish.application_id))
    if known := parts.planned(session, [wish.application_id]).get(wish.application_id):
        return known
    limits.next_planned(session, need.resident_id)
    times = slots.Times(session, [wish.slot_id])
    rules.check_open(times.slot(wish.slot_id).starts_at, clock.now())
    attendance.check_far(session, need.resident_id, times.slot(wish.slot_id).starts_at)
    times.take(wish.slot_id, rules.slots_needed(need.minutes))
    return None


def enter_visit(
    session: Session, visitor_id: UUID, wanted: Sequence[parts.Wanted], slot: Slot, **facts: Any
) -> Booking:
    """Write a visit down for somebody who comes with *wanted*, with all that follows but the places, which are the
    caller's; *facts* are further columns. Raises AlreadyPlanned."""
    row = desk.new_row(visitor_id, parts.minutes_of(wanted), slot.id, slot.office, slot.starts_at) | facts
    if insert_once(session, Booking.__table__, row) == 0:  # type: ignore[arg-type]
        raise AlreadyPlanned
    booking = open_booking(session, row["id"])
    parts.write(session, booking.id, wanted)
    audit.did(session, Action.CREATE, whose=visitor_id, what="bookings", case_ref=booking.reference)
    tell(session, booking, "booked")
    emit(session, BookingMade(**facts_of(booking)))
    session.flush()
    return booking


def change(session: Session, actor: Actor, booking_id: UUID, slot_id: int, *, adding: UUID | None = None) -> Booking:
    """Move the visit to another time or office; the old place is kept until the new one is sure. *adding* is a
    further application for it. Raises SlotFull with alternatives, TooManyChanges, OfficeCannot, VisitTooLong."""
    open_booking(session, booking_id, owner=actor.id)
    limits.lock_planned(session, id_of(actor))
    booking = open_booking(session, booking_id, owner=actor.id)
    wanted = slots.slot(session, slot_id)
    if adding is None and booking.state == State.BOOKED and booking.slot_id == wanted.id:
        return booking
    check_changeable(booking, clock.now())
    attendance.check_far(session, booking.resident_id, wanted.starts_at)
    more = [parts.of_case(to_book(session, actor, adding))] if adding else []
    moves: dict[str, Any] = {}
    if not days.is_closed(session, booking.office, booking.day):
        moves = {"moves": limits.moves_with_this(session, booking), "moved_on": clock.today()}
    return move_visit(session, booking, wanted, more, **moves)


def move_visit(
    session: Session,
    booking: Booking,
    slot: Slot,
    more: Sequence[parts.Wanted] = (),
    *,
    kept: bool = False,
    **facts: Any,
) -> Booking:
    """Put a planned visit to *slot*, with *more* procedures; its places change hands with it."""
    rules.check_open(slot.starts_at, clock.now())
    whole = [*parts.wanted_in(session, booking.id), *more]
    minutes = parts.check(whole, slot.office)
    old, count = stay_of(booking), rules.slots_needed(minutes)
    new = Stay(slot.office, slot.starts_at, count, kept)
    where = {"slot_id": slot.id, "office": slot.office, "starts_at": slot.starts_at}
    bookings.change(session, booking, **where, minutes=minutes, slots=count, kept=kept, **facts)
    parts.write(session, booking.id, more)
    tell(session, booking, "booking-changed")
    emit(session, BookingChanged(**facts_of(booking)))
    session.flush()
    lapsed = [] if kept else holding.lapsed_stays(session, new.office, new.starts_at, count)
    if not freed.exchange(session, old, new, lapsed):
        raise full_for(session, slot, whole)
    return booking


def cancel(session: Session, booking_id: UUID, *, owner: UUID | None = None, by: EndedBy = EndedBy.PERSON) -> Booking:
    """Cancel the visit; a second time changes nothing. Its place goes to who waits, or back to the public (see freed)."""
    booking = open_booking(session, booking_id, owner=owner)
    if booking.state == State.CANCELLED:
        return booking
    check_changeable(booking, clock.now())
    return end_visit(session, booking, by)


def end_visit(session: Session, booking: Booking, by: EndedBy) -> Booking:
    """Cancel a planned visit, whoever ends it and why; raises BookingOver."""
    told = parts.of(session, booking.id, Part.PLANNED)
    values = {"changed_at": clock.now(), "ended_by": str(by), "revision": Booking.revision + 1}
    bookings.move(session, booking, {State.BOOKED}, State.CANCELLED, **values)
    freed.give_back(session, stay_of(booking))
    tell(session, booking, "booking-cancelled", told)
    emit(session, BookingCancelled(**facts_of(booking)))
    return booking


def leave_out(session: Session, booking: Booking, application_id: UUID) -> None:
    """One procedure less in a planned visit of several: it becomes shorter, the places after it are free again."""
    session.refresh(booking, with_for_update=True)
    old = stay_of(booking)
    if not parts.end(session, booking.id, application_id, None):
        return
    rest = parts.wanted_in(session, booking.id)
    minutes = parts.minutes_of(rest)
    values = {"application_id": parts.first_case(rest), "minutes": minutes, "slots": rules.slots_needed(minutes)}
    bookings.change(session, booking, **values)
    freed.exchange(session, old, stay_of(booking))


def grow(session: Session, booking: Booking, minutes: int) -> bool:
    """The visit lasts *minutes* from now on; its places are the caller's. False if it is not planned any more."""
    values = {"minutes": minutes, "slots": rules.slots_needed(minutes), "changed_at": clock.now()}
    values |= {"revision": Booking.revision + 1}
    return bookings.try_move(session, booking, {State.BOOKED}, State.BOOKED, **values)


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
    """Nothing is left to visit for: the place goes to somebody else. Other procedures of the visit stay planned."""
    booking = of_application(session, event.application_id)
    if booking is None or booking.state != State.BOOKED:
        return
    if len(parts.of(session, booking.id, Part.PLANNED)) > 1:
        leave_out(session, booking, event.application_id)
    else:
        end_visit(session, booking, EndedBy.PERSON if isinstance(event, ApplicationWithdrawn) else EndedBy.APPLICATION)


def full_for(session: Session, slot: Slot, wanted: Sequence[parts.Wanted]) -> SlotFull:
    """The refusal of a time without a place, with the next free times at offices that handle all of *wanted*."""
    codes = [one.code for one in that_handle(session, [one.offices for one in wanted])]
    return full_at(session, slot, parts.minutes_of(wanted), codes)


def full_at(session: Session, slot: Slot, minutes: int, offices: Sequence[str]) -> SlotFull:
    """The same for a visit of *minutes*, whose offices (codes) are known."""
    return SlotFull(alternatives=lately.alternatives(session, slot, rules.slots_needed(minutes), offices))
