"""Slots in the database: opening them ahead, finding free ones, taking and freeing places.

A place is taken by one conditional UPDATE over all slots of the visit: either every one had a place, or none is
taken. Two people never get the same last place, on SQLite and on PostgreSQL. Some places of a slot may be kept for
staff (`kept`): the public finds the slot full before the city does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Update, and_, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.among import Among
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.reservations import holds, rules
from portal.reservations.hours import opening
from portal.reservations.models import OfficeDay, Slot
from portal.reservations.rules import DayKind, Quota, SlotFull, SlotUnknown


@dataclass(frozen=True, slots=True)
class Free:
    """A time a visit could begin; `left` is how many such visits still fit (0: full), `kept` how many of them on
    places kept for staff."""

    slot_id: int
    office: str
    starts_at: datetime
    left: int
    kept: int = 0

    @property
    def day(self) -> date:
        return self.starts_at.astimezone(JST).date()


def open_ahead(session: Session, first: date, days: int) -> int:
    """Create the slots of *days* days from *first*; what exists stays. Returns how many are new."""
    closed = session.execute(select(OfficeDay.office, OfficeDay.day).where(OfficeDay.kind == DayKind.CLOSED)).all()
    shut = {(row.office, row.day) for row in closed}
    new = 0
    for number in range(days):
        day = first + timedelta(days=number)
        for code in opening().offices:
            if (code, day) not in shut:
                new += open_day(session, code, opening().starts(code, day))
    return new


def open_day(session: Session, office: str, starts: Iterable[datetime], *, places: int | None = None) -> int:
    """Create the slots of *office* that begin at *starts*, with the places its hours say or exactly *places*; what
    exists stays. Returns how many are new."""
    hours = opening().offices[office]
    capacity, kept = (hours.places, hours.kept) if places is None else (places, 0)
    rows = [{"office": office, "starts_at": start, "capacity": capacity, "taken": 0, "kept": kept} for start in starts]
    return insert_once(session, Slot.__table__, rows) if rows else 0  # type: ignore[arg-type]


def slot(session: Session, slot_id: int) -> Slot:
    """The slot; SlotUnknown if there is none."""
    found = session.get(Slot, slot_id)
    if found is None:
        raise SlotUnknown
    return found


def of_stay(session: Session, stay: "Stay") -> Sequence[Slot]:
    """The slots of a stay, in order."""
    query = select(Slot).where(_in_visit(stay.office, stay.starts_at, stay.count))
    return session.scalars(query.order_by(Slot.starts_at)).all()


def left_for(quota: Quota) -> ColumnElement[int]:
    """Places of a slot that *quota* may still take."""
    free = Slot.capacity - Slot.taken
    return free - Slot.kept if quota is Quota.PUBLIC else free


def times(
    session: Session, office: str, *, count: int, since: datetime, until: datetime, quota: Quota = Quota.PUBLIC
) -> list[Free]:
    """Every time a visit of *count* slots may begin at *office*, full ones too, in order."""
    rows = session.execute(
        select(Slot.id, Slot.starts_at, left_for(Quota.PUBLIC).label("free"), Slot.kept)
        .where(Slot.office == office, Slot.starts_at >= since, Slot.starts_at <= until + rules.SLOT * (count - 1))
        .where(Slot.capacity > 0)
        .order_by(Slot.starts_at)
    ).all()
    lapsed = holds.lapsed(session, [office], since) if any(row.free <= 0 for row in rows) else {}
    found = []
    for place, row in enumerate(rows):
        run = rows[place : place + count]
        if row.starts_at <= until and in_a_row(run, count):
            free = max(0, min(one.free + lapsed.get((office, one.starts_at), 0) for one in run))
            kept = min(one.kept for one in run) if quota is Quota.STAFF else 0
            found.append(Free(row.id, office, row.starts_at, free + kept, kept))
    return found


def in_a_row(run: Sequence[Any], count: int) -> bool:
    """Whether these are *count* slots without a gap."""
    return len(run) == count and run[-1].starts_at == run[0].starts_at + rules.SLOT * (count - 1)


def bookable(session: Session, office: str, count: int) -> list[Free]:
    """Every time at *office* that may be reserved now, full ones too."""
    now = clock.now()
    return times(session, office, count=count, since=now + rules.LAST_CALL, until=now + rules.HORIZON)


def is_full(session: Session, wanted: Slot, count: int) -> bool:
    """A plain read: most refusals of a rush need no write. It may be out of date; taking decides."""
    return not any(one.left > 0 for one in times_of(session, wanted, count))


def times_of(session: Session, wanted: Slot, count: int, *, quota: Quota = Quota.PUBLIC) -> list[Free]:
    """The one time of *wanted* for a visit of *count* slots, if the office stays open that long."""
    start = wanted.starts_at
    return times(session, wanted.office, count=count, since=start, until=start, quota=quota)


class SlotLeft(NamedTuple):
    """A slot and how many places the public may still take."""

    id: int
    office: str
    starts_at: datetime
    left: int


class Times:
    """The slots many people wish for at once, read together; places given away are counted here before they are written."""

    def __init__(self, session: Session, slot_ids: Sequence[int]) -> None:
        self._session = session
        self._slots = {row[0]: SlotLeft(*row) for row in _NAMED.rows(session, set(slot_ids))}
        self._left = {row.id: row.left for row in self._slots.values()}
        self._runs: dict[tuple[int, int], list[SlotLeft]] = {}
        self.counts_lapsed = False

    def slot(self, slot_id: int) -> SlotLeft:
        """The slot's id, office and starts_at; SlotUnknown if there is none."""
        if slot_id not in self._slots:
            raise SlotUnknown
        return self._slots[slot_id]

    def take(self, slot_id: int, count: int) -> list[SlotLeft]:
        """The slots of a visit of *count* from *slot_id* on, one place less in each; SlotFull if one has none."""
        run = self._run(slot_id, count)
        if any(self._left[row.id] <= 0 for row in run) and not self.counts_lapsed:
            self._count_lapsed(run)
        if not in_a_row(run, count) or any(self._left[row.id] <= 0 for row in run):
            raise SlotFull
        for row in run:
            self._left[row.id] -= 1
        return run

    def _count_lapsed(self, run: Sequence[SlotLeft]) -> None:
        """Places held for too long are free: whoever takes one gives them back first."""
        lapsed = holds.lapsed(self._session, [run[0].office], run[0].starts_at)
        for row in run:
            self._left[row.id] += lapsed[row.office, row.starts_at]
            self.counts_lapsed |= bool(lapsed[row.office, row.starts_at])

    def _run(self, slot_id: int, count: int) -> list[SlotLeft]:
        first = self._slots[slot_id]
        if count == 1:
            return [first]
        if (slot_id, count) not in self._runs:
            run = self._read(_in_visit(first.office, first.starts_at, count))
            self._left = {row.id: row.left for row in run} | self._left
            self._runs[slot_id, count] = run
        return self._runs[slot_id, count]

    def _read(self, which: ColumnElement[bool]) -> list[SlotLeft]:
        wanted = select(*_OF_SLOT).where(which).order_by(Slot.starts_at)
        return [SlotLeft(*row) for row in self._session.connection().execute(wanted)]


_OF_SLOT = (Slot.id, Slot.office, Slot.starts_at, left_for(Quota.PUBLIC).label("left"))
_NAMED = Among(select(*_OF_SLOT), Slot.__table__.c.id)


def take(session: Session, wanted: Slot, count: int) -> bool:
    """Take a place in each of *count* slots from *wanted* on; False if one had none: the caller must then refuse.

    The last statement of its transaction: everybody in a rush waits for this row.
    """
    return take_run(session, wanted.office, wanted.starts_at, count)


def take_run(session: Session, office: str, starts_at: datetime, count: int, *, kept: bool = False) -> bool:
    """The same for any run of slots; *kept* takes the places kept for staff, which are then kept no longer."""
    free = update(Slot).where(_in_visit(office, starts_at, count))
    if kept:
        moved = free.where(Slot.kept > 0, Slot.taken < Slot.capacity).values(taken=Slot.taken + 1, kept=Slot.kept - 1)
    else:
        moved = free.where(left_for(Quota.PUBLIC) > 0).values(taken=Slot.taken + 1)
    return _count(session, moved) == count


def release(session: Session, office: str, starts_at: datetime, count: int, *, kept: bool = False) -> None:
    """Give the places of a visit back, *kept* ones to the staff."""
    used = update(Slot).where(_in_visit(office, starts_at, count), Slot.taken > 0)
    _count(session, used.values(taken=Slot.taken - 1, kept=Slot.kept + int(kept)))


def give_to_public(session: Session, slot_id: int) -> bool:
    """One place of the slot is not kept for staff any more; False if none was."""
    return _count(session, update(Slot).where(Slot.id == slot_id, Slot.kept > 0).values(kept=Slot.kept - 1)) == 1


@dataclass(frozen=True, slots=True)
class Stay:
    """The places one visit or hold takes: *count* slots in a row."""

    office: str
    starts_at: datetime
    count: int
    kept: bool = False

    @property
    def starts(self) -> list[datetime]:
        return [self.starts_at + rules.SLOT * number for number in range(self.count)]


def exchange(session: Session, give: Sequence[Stay], take: Sequence[Stay]) -> bool:
    """Give the places of some stays back and take those of others; False if one had none: refuse then.

    Slot by slot in one order, giving before taking: two people who change places with each other never wait for ever,
    and a stay may move onto places it has already.
    """
    steps = [(stay.office, start, 0, stay.kept) for stay in give for start in stay.starts]
    steps += [(stay.office, start, 1, stay.kept) for stay in take for start in stay.starts]
    for office, start, takes, kept in sorted(steps):
        if not takes:
            release(session, office, start, 1, kept=kept)
        elif not take_run(session, office, start, 1, kept=kept):
            return False
    return True


def _in_visit(office: str, starts_at: datetime, count: int) -> ColumnElement[bool]:
    return and_(Slot.office == office, Slot.starts_at >= starts_at, Slot.starts_at < starts_at + rules.SLOT * count)


def _count(session: Session, moved: Update) -> int:
    found = session.execute(moved, execution_options={"synchronize_session": False})
    return int(found.rowcount)  # type: ignore[attr-defined]


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The first and the last instant of a day in Japan."""
    start = datetime.combine(day, time.min, JST)
    return start, start + timedelta(days=1) - timedelta(microseconds=1)
