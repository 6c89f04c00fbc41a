"""What the times of an office were like a moment ago: for the thousands who are told at nine that theirs is gone.

Working out a month of times for each of them takes ten times as long as the refusal itself. What is offered instead may
be a second old, as it is on any page by the time it is read; the booking itself never looks here.
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.core import clock
from portal.reservations import rules, slots
from portal.reservations.models import Slot
from portal.reservations.slots import Free

FRESH = 1.0
"""Seconds."""
SAME_OFFICE, OTHER_OFFICES = 3, 2
AROUND = timedelta(days=2)
Key = tuple[str, int, date, datetime]

_known: WeakKeyDictionary[Engine, dict[Key, tuple[float, list[Free]]]] = WeakKeyDictionary()
_looking = threading.Lock()


def free(session: Session, office: str, count: int, near: datetime) -> list[Free]:
    """Times at *office* with a place for a visit of *count* slots, as of at most a second ago, in order: those within two
    days of *near*, or all where these are too few."""
    day = near.astimezone(clock.JST).date()
    engine, key = session.get_bind().engine, (office, count, day, clock.now().replace(second=0, microsecond=0))
    if (found := _fresh(engine, key)) is None:
        with _looking:  # one looks for all: when a slot has just sold out, dozens ask in the same instant
            if (found := _fresh(engine, key)) is None:
                found = _look(session, office, count, near)
                # Others read meanwhile: a new dictionary, and nothing stale in it.
                kept = {other: it for other, it in _known.get(engine, {}).items() if _fresh(engine, other) is not None}
                _known[engine] = kept | {key: (time.monotonic(), found)}
    return found


def _look(session: Session, office: str, count: int, near: datetime) -> list[Free]:
    first, last = clock.now() + rules.LAST_CALL, clock.now() + rules.HORIZON
    since, until = max(first, near - AROUND), min(last, near + AROUND)
    found = [one for one in slots.times(session, office, count=count, since=since, until=until) if one.left > 0]
    if len(found) <= SAME_OFFICE:
        found = [one for one in slots.times(session, office, count=count, since=first, until=last) if one.left > 0]
    return found


def _fresh(engine: Engine, key: Key) -> list[Free] | None:
    at, found = _known.get(engine, {}).get(key, (-FRESH, None))
    return found if time.monotonic() - at < FRESH else None


def alternatives(session: Session, wanted: Slot, count: int, offices: Sequence[str]) -> list[Free]:
    """The free times nearest to a full one: first at the same office, then at others of *offices*."""
    found = _nearest(free(session, wanted.office, count, wanted.starts_at), wanted, SAME_OFFICE)
    for office in offices:
        if office != wanted.office and len(found) < SAME_OFFICE + OTHER_OFFICES:
            found += _nearest(free(session, office, count, wanted.starts_at), wanted, 1)
    return found


def _nearest(able: Sequence[Free], wanted: Slot, limit: int) -> list[Free]:
    """In order of time, those on both sides of *wanted* that are nearest to it, itself not among them."""
    place = bisect_left(able, wanted.starts_at, key=lambda one: one.starts_at)
    around = [one for one in able[max(0, place - limit) : place + limit + 1] if one.slot_id != wanted.id]
    nearest = sorted(around, key=lambda one: abs(one.starts_at - wanted.starts_at))[:limit]
    return sorted(nearest, key=lambda one: one.starts_at)
