"""Slots in the database: opening them ahead, finding free ones, taking and freeing places.

A place is taken by one conditional UPDATE over all slots of the visit: either every one had a place, or none is
taken. Two people never get the same last place, on SQLite and on PostgreSQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.reservations import rules
from portal.reservations.hours import opening
from portal.reservations.models import Slot
from portal.reservations.rules import SlotUnknown

SAME_OFFICE, OTHER_OFFICES = 3, 2


@dataclass(frozen=True, slots=True)
class Free:
    """A time a visit could begin; `left` is how many such visits still fit (0: full)."""

    slot_id: int
    office: str
    starts_at: datetime
    left: int

    @property
    def day(self) -> date:
        return self.starts_at.astimezone(JST).date()


def open_ahead(session: Session, first: date, days: int) -> int:
    """Create the slots of *days* days from *first*; what exists stays. Returns how many are new."""
    new = 0
    for number in range(days):
        day = first + timedelta(days=number)
        rows = [
            {"office": code, "starts_at": start, "capacity": hours.places, "taken": 0}
            for code, hours in opening().offices.items()
            for start in opening().starts(code, day)
        ]
        if rows:
            new += insert_once(session, Slot.__table__, rows)  # type: ignore[arg-type]
    return new


def slot(session: Session, slot_id: int) -> Slot:
    """The slot; SlotUnknown if there is none."""
    found = session.get(Slot, slot_id)
    if found is None:
        raise SlotUnknown
    return found


def times(session: Session, office: str, *, count: int, since: datetime, until: datetime) -> list[Free]:
    """Every time a visit of *count* slots may begin at *office*, full ones too, in order."""
    rows = session.execute(
        select(Slot.id, Slot.starts_at, (Slot.capacity - Slot.taken).label("left"))
        .where(Slot.office == office, Slot.starts_at >= since, Slot.starts_at <= until + rules.SLOT * (count - 1))
        .order_by(Slot.starts_at)
    ).all()
    found = []
    for place, row in enumerate(rows):
        run = rows[place : place + count]
        if row.starts_at <= until and _in_a_row(run, count):
            found.append(Free(row.id, office, row.starts_at, min(one.left for one in run)))
    return found


def _in_a_row(run: Sequence[Any], count: int) -> bool:
    return len(run) == count and run[-1].starts_at == run[0].starts_at + rules.SLOT * (count - 1)


def bookable(session: Session, office: str, count: int) -> list[Free]:
    """Every time at *office* that may be reserved now, full ones too."""
    now = clock.now()
    return times(session, office, count=count, since=now + rules.LAST_CALL, until=now + rules.HORIZON)


def alternatives(session: Session, wanted: Slot, count: int, offices: Sequence[str]) -> list[Free]:
    """The free times nearest to a full one: first at the same office, then at others of *offices*."""
    found = _nearest(bookable(session, wanted.office, count), wanted.starts_at, SAME_OFFICE)
    for office in offices:
        if office != wanted.office and len(found) < SAME_OFFICE + OTHER_OFFICES:
            found += _nearest(bookable(session, office, count), wanted.starts_at, 1)
    return found


def _nearest(free: list[Free], wanted: datetime, limit: int) -> list[Free]:
    able = [one for one in free if one.left > 0]
    return sorted(sorted(able, key=lambda one: abs(one.starts_at - wanted))[:limit], key=lambda one: one.starts_at)


def is_full(session: Session, wanted: Slot, count: int) -> bool:
    """A plain read: most refusals of a rush need no write. It may be out of date; `take` decides."""
    starts = [one.starts_at for one in times_of(session, wanted, count) if one.left > 0]
    return wanted.starts_at not in starts


def times_of(session: Session, wanted: Slot, count: int) -> list[Free]:
    """The one time of *wanted* for a visit of *count* slots, if the office stays open that long."""
    return times(session, wanted.office, count=count, since=wanted.starts_at, until=wanted.starts_at)


def take(session: Session, wanted: Slot, count: int) -> bool:
    """Take a place in every slot of the visit, or in none that counts: False means the caller must refuse."""
    return _move(session, wanted.office, wanted.starts_at, count, 1) == count


def release(session: Session, office: str, starts_at: datetime, count: int) -> None:
    """Give the places of a visit back."""
    _move(session, office, starts_at, count, -1)


def _move(session: Session, office: str, starts_at: datetime, count: int, by: int) -> int:
    wanted = update(Slot).where(
        Slot.office == office, Slot.starts_at >= starts_at, Slot.starts_at < starts_at + rules.SLOT * count
    )
    wanted = wanted.where(Slot.taken < Slot.capacity) if by > 0 else wanted.where(Slot.taken > 0)
    moved = session.execute(wanted.values(taken=Slot.taken + by), execution_options={"synchronize_session": False})
    return int(moved.rowcount)  # type: ignore[attr-defined]


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The first and the last instant of a day in Japan."""
    start = datetime.combine(day, time.min, JST)
    return start, start + timedelta(days=1) - timedelta(microseconds=1)
