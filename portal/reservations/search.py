"""The first free time at any office near, for residents and for staff who help a caller."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.clock import JST
from portal.core.words import N_
from portal.reservations import holds, rules, slots
from portal.reservations.models import Slot
from portal.reservations.rules import Quota
from portal.reservations.slots import Free


class PartOfDay(StrEnum):
    """Times of day; a visit belongs to the one in which it begins."""

    ANY = "any"
    MORNING = "morning"
    MIDDAY = "midday"
    AFTERNOON = "afternoon"


PART_WORDS = {
    PartOfDay.ANY: N_("Any time of day"),
    PartOfDay.MORNING: N_("Morning (until 12:00)"),
    PartOfDay.MIDDAY: N_("Midday (12:00 to 14:00)"),
    PartOfDay.AFTERNOON: N_("Afternoon (from 14:00)"),
}
HOURS = {
    PartOfDay.ANY: range(24),
    PartOfDay.MORNING: range(12),
    PartOfDay.MIDDAY: range(12, 14),
    PartOfDay.AFTERNOON: range(14, 24),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which times would do: at *offices* (codes, the nearest first), *minutes* long, in a part of the day, on one
    weekday (1 Monday … 7 Sunday, 0 any), *days* from today on at the earliest."""

    offices: Sequence[str]
    minutes: int
    part: PartOfDay = PartOfDay.ANY
    weekday: int = 0
    days: int = 0

    def fits(self, free: Free) -> bool:
        """Whether the time lies in the wished part of a wished day."""
        local = free.starts_at.astimezone(JST)
        return local.hour in HOURS[self.part] and self.weekday in (0, local.isoweekday())


@dataclass(frozen=True, slots=True)
class Found:
    """The very first time, the first ones of the other offices (nearest first), and those that come next anywhere."""

    first: Free | None
    elsewhere: Sequence[Free]
    following: Sequence[Free]


FOLLOWING = 6


def first_free(session: Session, wish: Wish, quota: Quota = Quota.PUBLIC) -> Found:
    """Free times that fit the wish; of two at the same moment the nearer office comes first."""
    near = {office: place for place, office in enumerate(wish.offices)}
    able = [one for one in _free(session, wish, quota) if wish.fits(one)]
    able.sort(key=lambda one: (one.starts_at, near[one.office]))
    if not able:
        return Found(None, (), ())
    first, rest = able[0], able[1:]
    by_office: dict[str, Free] = {}
    for one in rest:
        if one.office != first.office:
            by_office.setdefault(one.office, one)
    elsewhere = sorted(by_office.values(), key=lambda one: near[one.office])
    return Found(first, elsewhere, [one for one in rest if one not in elsewhere][:FOLLOWING])


def _free(session: Session, wish: Wish, quota: Quota) -> list[Free]:
    """Every time of the wished offices that has a place, by one query over all of them."""
    now, count = clock.now(), rules.slots_needed(wish.minutes)
    since, until = now + max(rules.LAST_CALL, timedelta(days=wish.days)), now + rules.HORIZON
    if wish.days:
        since = slots.day_bounds(since.astimezone(JST).date())[0]
    rows = session.execute(
        select(Slot.id, Slot.office, Slot.starts_at, slots.left_for(Quota.PUBLIC).label("free"), Slot.kept)
        .where(Slot.office.in_(wish.offices), Slot.starts_at >= since, Slot.starts_at <= until, Slot.capacity > 0)
        .order_by(Slot.office, Slot.starts_at)
    ).all()
    lapsed = holds.lapsed(session, wish.offices, since) if any(row.free <= 0 for row in rows) else {}
    found = []
    for place, row in enumerate(rows):
        run = rows[place : place + count]
        if slots.in_a_row(run, count) and run[-1].office == row.office:
            free = max(0, min(one.free + lapsed.get((one.office, one.starts_at), 0) for one in run))
            kept = min(one.kept for one in run) if quota is Quota.STAFF else 0
            if free + kept > 0:
                found.append(Free(row.id, row.office, row.starts_at, free + kept, kept))
    return found
