"""Visits staff reserve, move and cancel for a caller: also on places kept for staff, also without an application.

A caller's limits are for the member of staff to judge; the record names the member of staff and whose visit it is.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import clock
from portal.core.reference import new_reference
from portal.reservations import parts, rules, service, slots, together
from portal.reservations.models import Booking, Slot
from portal.reservations.parts import Wanted
from portal.reservations.rules import EndedBy, ProcedureMissing
from portal.reservations.slots import Stay


def wanted_of(
    session: Session, resident_id: UUID, names: Sequence[str], application_ids: Sequence[UUID]
) -> list[Wanted]:
    """What the caller wants to do: procedures from the catalogue by name, and applications of theirs.

    Raises ProcedureMissing without any, or for one that is not offered; AlreadyPlanned.
    """
    cases = [applications.summary(session, one) for one in dict.fromkeys(application_ids)]
    if any(case.resident_id != resident_id or not case.may_be_booked for case in cases):
        raise ProcedureMissing
    if parts.planned(session, [case.id for case in cases]):
        raise rules.AlreadyPlanned
    offers = [applications.for_visit(name) for name in dict.fromkeys(names)]
    found = [parts.of_case(case) for case in cases]
    for offer in offers:
        if offer is None:
            raise ProcedureMissing
        found.append(Wanted(resident_id, offer.name, offer.minutes, offer.offices))
    if not found:
        raise ProcedureMissing
    return found


def book(session: Session, resident_id: UUID, wanted: Sequence[Wanted], slot_id: int) -> Booking:
    """Reserve for a caller: on a place kept for staff if there is one, or else on one of everybody's.

    The number read out to them is that of their application, or a new one.
    """
    slot = slots.slot(session, slot_id)
    rules.check_open(slot.starts_at, clock.now())
    count = rules.slots_needed(parts.check(wanted, slot.office))
    kept = _is_kept(session, slot, count, wanted)
    case_id = parts.first_case(wanted)
    reference = applications.summary(session, case_id).reference if case_id else new_reference()
    facts = {"application_id": case_id, "reference": reference, "nth": None, "kept": kept}
    booking = service.enter_visit(session, resident_id, wanted, slot, **facts)
    if not kept:
        together.take(session, slot, count, wanted)
    elif not slots.exchange(session, [], [Stay(slot.office, slot.starts_at, count, kept=True)]):
        raise service.full_for(session, slot, wanted)
    return booking


def _is_kept(session: Session, slot: Slot, count: int, wanted: Sequence[Wanted]) -> bool:
    """Whether the whole visit fits on places kept for staff; SlotFull if neither these nor others are free."""
    times = slots.times_of(session, slot, count, quota=rules.Quota.STAFF)
    found = next((one for one in times if one.left > 0), None)
    if found is None:
        raise service.full_for(session, slot, wanted)
    return found.kept > 0


def change(session: Session, booking_id: UUID, slot_id: int) -> Booking:
    """Move a caller's visit; raises SlotFull, OfficeCannot, BookingOver."""
    booking = service.open_booking(session, booking_id)
    session.refresh(booking, with_for_update=True)
    slot = slots.slot(session, slot_id)
    if booking.slot_id == slot.id and booking.state == rules.State.BOOKED:
        return booking
    service.check_changeable(booking, clock.now())
    whole = parts.wanted_in(session, booking.id)
    kept = _is_kept(session, slot, rules.slots_needed(parts.minutes_of(whole)), whole)
    return service.move_visit(session, booking, slot, kept=kept)


def cancel(session: Session, booking_id: UUID) -> Booking:
    """Cancel a caller's visit: it does not count against what people may cancel themselves."""
    return service.cancel(session, booking_id, by=EndedBy.STAFF)
