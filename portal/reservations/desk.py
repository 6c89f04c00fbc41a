"""Many want a visit at the same moment: the wishes of one transaction, written together.

A booking by itself is nine statements; sixty-four together are nine as well. Rows are written in one order everywhere
(bookings, what is told, slots by office and time, records), so two processes wait for each other at most, and the
slots, wanted by everybody in a rush, are held for as short as can be.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, select, update
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.service import VisitNeeds
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, Entry, Unit
from portal.core.errors import Refusal
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.work import WorkMissing, spend, spent
from portal.core.writing import Changes, NewRows
from portal.reservations import holding, limits, parts, rules, slots
from portal.reservations.events import BookingMade
from portal.reservations.models import Booking, Slot
from portal.reservations.rules import BookingNotFound, MetAnother, NotBookable, Quota, SlotFull, State
from portal.staff import service as staff

BOOKINGS, SLOTS = Booking.__table__.c, Slot.__table__.c


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit for this application, beginning with this slot; `work` is the task it spends ("": none, core.work),
    `actor` who wishes, if it is not the unit's own (a command that loads a demo)."""

    application_id: UUID
    slot_id: int
    work: str = ""
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class _Visit:
    """What will be written for one wish."""

    unit: Unit
    row: dict[str, Any]
    part: parts.Wanted
    slots: Sequence[Any]
    work: str


def book(session: Session, asked: Sequence[tuple[Unit, Wish]]) -> list[UUID | Refusal]:
    """The id of each wish's booking, or why there is none, in the order asked: who came first is served first.

    Raises SlotFull or MetAnother, which undo all of them, if a place or an application was taken by another process
    since this transaction read: each is then asked for again alone (core.gathering).
    """
    needs = applications.visit_needs(session, [wish.application_id for _, wish in asked])
    known = parts.planned(session, [wish.application_id for _, wish in asked])
    planned = limits.Planned(session, [need.resident_id for need in needs.values()])
    times = slots.Times(session, [wish.slot_id for _, wish in asked])
    used = set(spent(session, [wish.work for _, wish in asked if wish.work]))
    visits: dict[UUID, _Visit] = {}
    outcome: list[UUID | Refusal] = []
    for unit, wish in asked:
        try:
            need = check_needs(wish.actor or unit.actor, needs.get(wish.application_id))
            if (booking_id := known.get(wish.application_id)) is None:
                if wish.work in used:
                    raise WorkMissing
                visit = _visit(unit, need, times, wish)
                visit.row["nth"] = planned.add(need.resident_id)
                used |= {wish.work} - {""}
                booking_id = known[wish.application_id] = visit.row["id"]
                visits[booking_id] = visit
            outcome.append(booking_id)
        except Refusal as refusal:
            outcome.append(refusal)
    instead = _write(session, visits, times)
    return [instead.get(one, one) if isinstance(one, UUID) else one for one in outcome]


def check_needs(actor: Actor, need: VisitNeeds | None) -> VisitNeeds:
    """The person's own application, if a visit makes sense now; else NotBookable, for strangers not found."""
    if need is None or need.resident_id != actor.id:
        raise BookingNotFound
    if not need.may_be_booked:
        raise NotBookable
    return need


def active(session: Session, application_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The id of the visit planned or under way, by application."""
    query = select(BOOKINGS.application_id, BOOKINGS.id).where(
        BOOKINGS.application_id.in_(application_ids), BOOKINGS.state.in_(sorted(rules.ACTIVE))
    )
    return {row.application_id: row.id for row in session.connection().execute(query)}


def _visit(unit: Unit, need: VisitNeeds, times: slots.Times, wish: Wish) -> _Visit:
    wanted = times.slot(wish.slot_id)
    rules.check_open(wanted.starts_at, clock.now())
    rules.check_handles(need.offices, wanted.office)
    taken = times.take(wish.slot_id, rules.slots_needed(need.minutes))
    row = new_row(need.resident_id, need.minutes, wanted.id, wanted.office, wanted.starts_at)
    part = parts.Wanted(need.resident_id, need.procedure, need.minutes, need.offices, need.application_id)
    row |= {"application_id": need.application_id, "reference": need.reference}
    return _Visit(unit, row, part, taken, wish.work)


def new_row(resident_id: UUID, minutes: int, slot_id: int, office: str, starts_at: datetime) -> dict[str, Any]:
    """A row of bookings as it begins, without application and reference."""
    now = clock.now()
    return {
        "id": new_id(),
        "resident_id": resident_id,
        "slot_id": slot_id,
        "office": office,
        "starts_at": starts_at,
        "slots": rules.slots_needed(minutes),
        "minutes": minutes,
        "state": str(State.BOOKED),
        "ticket": "",
        "made_at": now,
        "changed_at": now,
        "kept": False,
        "nth": None,
        "moves": 0,
        "moved_on": None,
        "ended_by": "",
        "revision": 0,
    }


def _write(session: Session, visits: dict[UUID, _Visit], times: slots.Times) -> dict[UUID, UUID]:
    """Write *visits*. Returns, for those another process booked meanwhile, the id of the booking there is now."""
    if not visits:
        return {}
    # Sorted: two processes that book for the same applications meet at the first, not crosswise.
    wanted = sorted((visit.row for visit in visits.values()), key=lambda row: str(row["application_id"]))
    instead = {}
    if _ADD.many(session, wanted) < len(wanted):
        there = active(session, [row["application_id"] for row in wanted])
        if len(there) < len(wanted):  # a person's other visit took the same number of theirs: counted anew alone
            raise MetAnother
        instead = {row["id"]: there[row["application_id"]] for row in wanted}
        instead = {own: found for own, found in instead.items() if own != found}
    new = [visit for id, visit in visits.items() if id not in instead]
    if not parts.write_first(session, {visit.row["id"]: visit.part for visit in new}):
        raise MetAnother
    _tell(session, new)
    spend(session, [visit.work for visit in new if visit.work])
    if times.counts_lapsed:
        lapsed = [stay for visit in new for stay in holding.lapsed_stays(session, *_run_of(visit))]
        slots.exchange(session, lapsed, [])
    take(session, [slot for visit in new for slot in visit.slots])
    return instead


def _run_of(visit: _Visit) -> tuple[str, datetime, int]:
    return visit.row["office"], visit.row["starts_at"], visit.row["slots"]


def _tell(session: Session, visits: Sequence[_Visit]) -> None:
    """Timeline, event and record of each booking."""
    names = staff.office_names(session, {visit.row["office"] for visit in visits})
    lines, facts = [], []
    for visit in visits:
        row, unit = visit.row, visit.unit
        about = {"starts_at": row["starts_at"].isoformat(), "office": names[row["office"]]}
        lines.append((row["application_id"], about))
        facts.append(BookingMade(booking_id=row["id"], **{name: row[name] for name in _FACTS}))
        for action, what in ((Action.CREATE, "bookings"), (Action.CHANGE, applications.LINES_WHAT)):
            unit.note(Entry(action, row["resident_id"], what, row["reference"]))
    applications.add_lines(session, "booked", lines)
    emit(session, *facts)


_FACTS = ("application_id", "resident_id", "reference", "office", "starts_at")
_ADD = NewRows(Booking.__table__, once=True)
_TAKE = Changes(
    update(Slot.__table__)  # type: ignore[arg-type]
    .where(SLOTS.id == bindparam("slot"), slots.left_for(Quota.PUBLIC) >= bindparam("wanted", type_=Integer))
    .values(taken=SLOTS.taken + bindparam("wanted", type_=Integer))
)


def take(session: Session, wanted: Sequence[Any]) -> None:
    """Take a place in each slot (id, office, starts_at) of *wanted*, one for each time it is named.

    In the order everybody takes them in: by office and time. SlotFull if one has too few.
    """
    places = Counter(slot.id for slot in wanted)
    ordered = sorted({(slot.office, slot.starts_at, slot.id) for slot in wanted})
    rows = [{"slot": slot_id, "wanted": places[slot_id]} for _, _, slot_id in ordered]
    if _TAKE.many(session, rows) != len(rows):
        raise SlotFull
