"""Closing an office on a day, opening it on another one, and the visits that need a new time because of it.

A closed day has no places: nobody needs to ask about closures when taking one. Visits planned on it stay planned, so
that their people can move them; who did not is told once more when the day comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.events import emit
from portal.reservations import days, freed, rules, service, slots
from portal.reservations.events import OfficeClosed, OfficeOpensAfterAll
from portal.reservations.hours import opening, slots_between
from portal.reservations.models import Booking, OfficeDay, Slot, SlotHold
from portal.reservations.rules import DayKind, DayReason, DayTaken, DayUnknown, EndedBy, State

NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class DayWords:
    """Why a day is unlike others, and what staff add to it for everybody to read."""

    reason: DayReason
    note: str = ""


def close(session: Session, actor: Actor, offices: Sequence[str], day: date, words: DayWords) -> int:
    """Close *offices* on *day*; returns how many visits need another time. Raises DayUnknown, DayTaken."""
    _check_ahead(day)
    open_there = [code for code in offices if opening().is_open(code, day)]
    if not open_there:
        raise DayUnknown
    for code in open_there:
        _write(session, actor, code, day, DayKind.CLOSED, words)
    return sum(_shut(session, code, day, words) for code in open_there)


def open_extra(
    session: Session, actor: Actor, offices: Sequence[str], day: date, hours: tuple[time, time, int], words: DayWords
) -> None:
    """Open *offices* on a day on which they are closed; *hours* are from, until and places a slot."""
    _check_ahead(day)
    opens, closes, places = hours
    starts = list(slots_between(day, opens, closes))
    shut = [code for code in offices if code in opening().offices and not opening().is_open(code, day)]
    if not shut or not starts or places < 1:
        raise DayUnknown
    for code in shut:
        _write(session, actor, code, day, DayKind.EXTRA, words, opens=opens, closes=closes, places=places)
        slots.open_day(session, code, starts, places=places)


def take_off(session: Session, actor: Actor, day_id: int) -> None:
    """Call it off: a closed day is open again and its visits stand; an extra day is closed, its people are told."""
    if day_id not in [one.id for one in days.coming(session)]:
        return
    found = session.get_one(OfficeDay, day_id, with_for_update=True, populate_existing=True)
    office, day, words = found.office, found.day, DayWords(DayReason(found.reason), found.note)
    audit.did(session, Action.CHANGE, whose=None, what="office_days", case_ref=f"{office} {day.isoformat()}")
    if found.kind == DayKind.EXTRA:
        found.kind, found.made_by, found.made_at = str(DayKind.CLOSED), actor.id, clock.now()
        _shut(session, office, day, words)
        return
    was_extra = (found.opens, found.closes, found.places) if found.opens and found.closes else None
    if was_extra:
        found.kind = str(DayKind.EXTRA)
    else:
        session.delete(found)
    session.flush()
    _open_again(session, office, day, was_extra)


def to_rebook(session: Session, office: str = "") -> Sequence[Booking]:
    """Planned visits on days that were closed, of *office* or everywhere, in order of time."""
    closed = [one for one in days.coming(session) if one.kind == DayKind.CLOSED and office in ("", one.office)]
    spans = [(Booking.office == one.office) & Booking.starts_at.between(*slots.day_bounds(one.day)) for one in closed]
    query = select(Booking).where(Booking.state == State.BOOKED, or_(false(), *spans))
    return session.scalars(query.order_by(Booking.starts_at, Booking.office)).all()


def end_closed(session: Session, _payload: dict[str, Any]) -> None:
    """Visits nobody moved away from a closed day end when their time comes: nobody stands at a closed door untold
    (worker, every 10 min)."""
    soon = clock.now() + rules.LAST_CALL
    for booking in to_rebook(session):
        if booking.starts_at <= soon:
            service.end_visit(session, booking, EndedBy.CLOSURE)


def _check_ahead(day: date) -> None:
    if not clock.today() <= day:
        raise DayUnknown


def _write(
    session: Session, actor: Actor, office: str, day: date, kind: DayKind, words: DayWords, **hours: Any
) -> None:
    row = {"office": office, "day": day, "kind": str(kind), "reason": str(words.reason), "note": words.note}
    row |= {"opens": None, "closes": None, "places": 0, "made_by": actor.id, "made_at": clock.now()} | hours
    if insert_once(session, OfficeDay.__table__, row) == 0:  # type: ignore[arg-type]
        raise DayTaken
    audit.did(session, Action.CREATE, whose=None, what="office_days", case_ref=f"{office} {day.isoformat()}")


def _shut(session: Session, office: str, day: date, words: DayWords) -> int:
    """No place is left on this day, held ones neither; everybody who planned to come is told."""
    of_day = slots.day_bounds(day)
    gone = delete(SlotHold).where(SlotHold.office == office, SlotHold.starts_at.between(*of_day))
    session.execute(gone, execution_options=NO_SYNC)
    none = update(Slot).where(Slot.office == office, Slot.starts_at.between(*of_day))
    session.execute(none.values(capacity=0, taken=0, kept=0), execution_options=NO_SYNC)
    freed.drop(session, office, of_day)
    planned = service.of_day(session, office, day)
    why: dict[str, Any] = {"reason": str(words.reason), "note": words.note}
    emit(session, *(OfficeClosed(**service.facts_of(one), **why) for one in planned))
    return len(planned)


def _open_again(session: Session, office: str, day: date, extra: tuple[time, time, int] | None) -> None:
    """The places are back, less those of the visits that stayed planned."""
    hours = opening().offices[office]
    places, kept = (extra[2], 0) if extra else (hours.places, hours.kept)
    starts = list(slots_between(day, *extra[:2])) if extra else list(opening().starts(office, day))
    slots.open_day(session, office, starts, places=extra[2] if extra else None)
    of_day = slots.day_bounds(day)
    every = update(Slot).where(Slot.office == office, Slot.starts_at.between(*of_day))
    session.execute(every.values(capacity=places, taken=0, kept=kept), execution_options=NO_SYNC)
    planned = service.of_day(session, office, day)
    for booking in planned:
        slots.exchange(session, [], [service.stay_of(booking)])
    emit(session, *(OfficeOpensAfterAll(**service.facts_of(one)) for one in planned))


def kept_of_day(session: Session, office: str, day: date) -> Sequence[Slot]:
    """The slots of one day, for staff who give places kept for them to the public."""
    query = select(Slot).where(Slot.office == office, Slot.starts_at.between(*slots.day_bounds(day)), Slot.capacity > 0)
    return session.scalars(query.order_by(Slot.starts_at)).all()


def open_day_near(session: Session, office: str, day: date, step: int) -> date | None:
    """The next day (*step* 1) or the one before (-1) on which the office has places, from today on."""
    since, until = slots.day_bounds(day)
    beyond = Slot.starts_at > until if step > 0 else Slot.starts_at < since
    order = Slot.starts_at if step > 0 else Slot.starts_at.desc()
    query = select(Slot.starts_at).where(Slot.office == office, Slot.capacity > 0, beyond).order_by(order).limit(1)
    found = session.scalar(query)
    near = found.astimezone(clock.JST).date() if found else None
    return near if near and near >= clock.today() else None


def give_to_public(session: Session, office: str, slot_id: int) -> None:
    """One place kept for staff is everybody's now; raises NothingKept."""
    slot = slots.slot(session, slot_id)
    if slot.office != office or not slots.give_to_public(session, slot_id):
        raise rules.NothingKept
    audit.did(session, Action.CHANGE, whose=None, what="slots", case_ref=f"{office} {slot.starts_at.isoformat()}")


def give_day_to_public(session: Session, office: str, day: date) -> int:
    """All that is kept on one day is everybody's; returns how many places."""
    of_day = (Slot.office == office, Slot.starts_at.between(*slots.day_bounds(day)))
    kept = session.scalar(select(func.coalesce(func.sum(Slot.kept), 0)).where(*of_day)) or 0
    session.execute(update(Slot).where(*of_day).values(kept=0), execution_options=NO_SYNC)
    audit.did(session, Action.CHANGE, whose=None, what="slots", case_ref=f"{office} {day.isoformat()}")
    return int(kept)
