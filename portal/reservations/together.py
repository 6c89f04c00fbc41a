"""Several procedures in one visit: plan them, add one to a visit that is planned, leave one out; and what sending a
form does with the time held for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.events import ApplicationSubmitted
from portal.applications.service import ApplicationSummary
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.events import emit, in_the_same_commit
from portal.reservations import attendance, holding, holds, limits, parts, rules, service, slots
from portal.reservations.events import ProcedureAdded
from portal.reservations.models import Booking, Slot, SlotHold
from portal.reservations.parts import Wanted
from portal.reservations.rules import AlreadyPlanned, BookingOver, NotBookable, NoTimeAfter, Part, State
from portal.reservations.slots import Stay
from portal.residents import service as residents


def plan(session: Session, actor: Actor, application_ids: Sequence[UUID], slot_id: int) -> Booking:
    """Reserve one visit for all of these applications, the first giving it its number. Twice is one booking.

    Raises what booking one raises, and OfficeCannot, VisitTooLong, AlreadyPlanned.
    """
    if known := service.of_application(session, application_ids[0]):
        return service.open_booking(session, known.id, owner=actor.id)
    wanted = check_first(session, actor, application_ids, slot_id)
    slot = slots.slot(session, slot_id)
    minutes = parts.check(wanted, slot.office)
    nth = limits.next_planned(session, service.id_of(actor))
    reference = applications.summary(session, application_ids[0]).reference
    facts = {"application_id": application_ids[0], "reference": reference, "nth": nth}
    booking = service.enter_visit(session, service.id_of(actor), wanted, slot, **facts)
    take(session, slot, rules.slots_needed(minutes), wanted)
    return booking


def check_first(session: Session, actor: Actor, application_ids: Sequence[UUID], slot_id: int) -> list[Wanted]:
    """All refusals of `plan` that need no write; what is wanted, in order."""
    wanted = [parts.of_case(service.to_book(session, actor, one)) for one in dict.fromkeys(application_ids)]
    if parts.planned(session, application_ids):
        raise AlreadyPlanned
    slot = slots.slot(session, slot_id)
    minutes = parts.check(wanted, slot.office)
    rules.check_open(slot.starts_at, clock.now())
    attendance.check_far(session, service.id_of(actor), slot.starts_at)
    limits.next_planned(session, service.id_of(actor))
    if slots.is_full(session, slot, rules.slots_needed(minutes)):
        raise service.full_for(session, slot, wanted)
    return wanted


def take(session: Session, slot: Slot, count: int, wanted: Sequence[Wanted]) -> None:
    """Take the places of a new visit, those held for too long among them; SlotFull with alternatives."""
    if lapsed := holding.lapsed_stays(session, slot.office, slot.starts_at, count):
        taken = slots.exchange(session, lapsed, [Stay(slot.office, slot.starts_at, count)])
    else:
        taken = slots.take(session, slot, count)
    if not taken:
        raise service.full_for(session, slot, wanted)


def candidates(session: Session, actor: Actor, taken: Sequence[UUID]) -> list[ApplicationSummary]:
    """Applications the person may still put into a visit, their own first: sent, not ended, not planned, not *taken*."""
    own = service.id_of(actor)
    people = [own, *residents.ids_of_children(session, own)]
    found = [one for person in people for one in applications.of_resident(session, person) if one.may_be_booked]
    planned = parts.planned(session, [one.id for one in found])
    return [one for one in found if one.id not in planned and one.id not in taken]


@dataclass(frozen=True, slots=True)
class Addition:
    """A planned visit to which an application may be added: how many minutes longer it becomes, whether the time
    after it is free, and if the office handles it at all."""

    booking: Booking
    minutes: int
    is_free: bool
    office_can: bool


def additions(session: Session, actor: Actor, about: ApplicationSummary) -> list[Addition]:
    """The person's planned visits to which the application may be added, the next one first."""
    found = []
    for booking in service.of_resident(session, service.id_of(actor)):
        if booking.state != State.BOOKED or booking.starts_at <= clock.now():
            continue
        whole = [*parts.wanted_in(session, booking.id), parts.of_case(about)]
        minutes = parts.minutes_of(whole)
        if minutes <= rules.LONGEST_MINUTES:
            able = bool(rules.common_offices([one.offices for one in whole], [booking.office]))
            free = able and _is_free_after(session, booking, rules.slots_needed(minutes))
            found.append(Addition(booking, minutes - booking.minutes, free, able))
    return found


def _is_free_after(session: Session, booking: Booking, count: int) -> bool:
    if count <= booking.slots:
        return True
    after = booking.starts_at + rules.SLOT * booking.slots
    times = slots.times(session, booking.office, count=count - booking.slots, since=after, until=after)
    return any(one.left > 0 for one in times)


def add(session: Session, actor: Actor, booking_id: UUID, application_id: UUID) -> Booking:
    """Do this application in the visit too; it ends later if it must. Twice changes nothing.

    Raises NoTimeAfter if the time after it is taken, OfficeCannot, VisitTooLong, AlreadyPlanned, BookingOver.
    """
    booking = service.open_booking(session, booking_id, owner=actor.id)
    session.refresh(booking, with_for_update=True)
    wanted = parts.of_case(service.to_book(session, actor, application_id))
    known = parts.planned(session, [application_id]).get(application_id)
    if known == booking.id:
        return booking
    if known:
        raise AlreadyPlanned
    service.check_changeable(booking, clock.now())
    minutes = parts.check([*parts.wanted_in(session, booking.id), wanted], booking.office)
    old = service.stay_of(booking)
    if not service.grow(session, booking, minutes):
        raise BookingOver
    parts.write(session, booking.id, [wanted])
    _tell_added(session, booking, wanted)
    if not _extend(session, booking, old):
        raise NoTimeAfter
    return booking


def _extend(session: Session, booking: Booking, old: Stay) -> bool:
    """Take what the visit needs after its old end."""
    extra, after = booking.slots - old.count, old.starts_at + rules.SLOT * old.count
    if extra <= 0:
        return True
    lapsed = [] if booking.kept else holding.lapsed_stays(session, booking.office, after, extra)
    return slots.exchange(session, lapsed, [Stay(booking.office, after, extra, booking.kept)])


def _tell_added(session: Session, booking: Booking, wanted: Wanted) -> None:
    service.tell(session, booking, "booked", parts.of(session, booking.id, Part.PLANNED)[-1:])
    emit(session, ProcedureAdded(**service.facts_of(booking)))
    audit.did(session, Action.CREATE, whose=wanted.resident_id, what="booking_parts", case_ref=booking.reference)


def leave_out(session: Session, actor: Actor, booking_id: UUID, application_id: UUID) -> Booking:
    """Not this procedure in the visit; the last one is not left out but the visit cancelled. Twice changes nothing."""
    booking = service.open_booking(session, booking_id, owner=actor.id)
    service.check_changeable(booking, clock.now())
    planned = [part.application_id for part in parts.of(session, booking.id, Part.PLANNED)]
    if application_id not in planned:
        return booking
    if len(planned) == 1:
        raise NotBookable
    service.leave_out(session, booking, application_id)
    return booking


@in_the_same_commit
def on_application_submitted(session: Session, event: ApplicationSubmitted) -> None:
    """The form is sent: the time held for it becomes the visit, in the same commit. A time that lapsed is lost, and
    one too short for the last answers is given up if it cannot grow: the person then chooses another."""
    hold = session.get(SlotHold, event.resident_id, populate_existing=True)
    if hold is None or hold.application_id != event.application_id or hold.expires_at <= clock.now():
        return
    stay = holding.stay_of(hold)
    if not holds.end(session, hold):
        return
    about = applications.summary(session, event.application_id)
    wanted = [parts.of_case(about)]
    whole = Stay(stay.office, stay.starts_at, rules.slots_needed(parts.minutes_of(wanted)))
    unit = audit.unit_of(session)
    recorded = dict(unit.entries)
    try:
        with session.begin_nested():
            _enter_held(session, about, stay, whole)
    except HeldNoMore:
        unit.entries = recorded
        slots.exchange(session, [stay], [])


class HeldNoMore(Exception):
    """The held time cannot become the visit."""


def _enter_held(session: Session, about: ApplicationSummary, stay: Stay, whole: Stay) -> None:
    slot = next(iter(slots.of_stay(session, stay)), None)
    if slot is None or not about.may_be_booked:
        raise HeldNoMore
    try:
        nth = limits.next_planned(session, about.resident_id)
        facts = {"application_id": about.id, "reference": about.reference, "nth": nth}
        service.enter_visit(session, about.resident_id, [parts.of_case(about)], slot, **facts)
    except (AlreadyPlanned, rules.TooManyPlanned, rules.TooManyCancels):
        raise HeldNoMore from None
    if whole != stay and not slots.exchange(session, [stay], [whole]):
        raise HeldNoMore
