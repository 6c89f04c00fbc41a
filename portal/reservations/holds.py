"""Places held while a form is finished: the rows, and when they hold nothing any more.

A held place counts in `Slot.taken` like any other, so that taking one asks nothing about holds. What is past its time
is free all the same: readers count it as free (`lapsed`), and whoever wants such a place takes it back first
(`end_lapsed`); the worker only does it earlier. A row is ended by one conditional DELETE: exactly one of sending the
form, letting go and lapsing gets it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.among import Among
from portal.core.audit import Action
from portal.core.db import Instant
from portal.reservations import rules
from portal.reservations.models import SlotHold

NO_SYNC = {"synchronize_session": False}
LONGEST = rules.slots_needed(rules.LONGEST_MINUTES)
_HOLDS = SlotHold.__table__.c
_LAPSED = Among(
    select(_HOLDS.office, _HOLDS.starts_at, _HOLDS.slots).where(
        _HOLDS.expires_at <= bindparam("now", type_=Instant), _HOLDS.starts_at > bindparam("since", type_=Instant)
    ),
    _HOLDS.office,
)


def of(session: Session, resident_id: UUID) -> SlotHold | None:
    """What is held for this person now; a hold past its time is none."""
    query = select(SlotHold).where(SlotHold.resident_id == resident_id, SlotHold.expires_at > clock.now())
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def extend(session: Session, resident_id: UUID) -> bool:
    """Hold it as long once more, once; False if it lapsed or was extended already."""
    now = clock.now()
    mine = update(SlotHold).where(SlotHold.resident_id == resident_id, SlotHold.expires_at > now, ~SlotHold.extended)
    return _count(session, mine.values(expires_at=now + rules.HELD_FOR, extended=True)) == 1


def end(session: Session, hold: SlotHold) -> bool:
    """Delete the row if it is still the same: True for exactly one of several who try. An extended one is not the
    same: it lapses later."""
    same = (SlotHold.resident_id == hold.resident_id, SlotHold.expires_at == hold.expires_at)
    if _count(session, delete(SlotHold).where(*same, SlotHold.held_at == hold.held_at)) == 0:
        return False
    audit.did(session, Action.DELETE, whose=hold.resident_id, what="slot_holds")
    session.expunge(hold)
    return True


def lapsed(session: Session, offices: Sequence[str], since: datetime) -> Counter[tuple[str, datetime]]:
    """How many places of each (office, start of a slot) are held by holds past their time."""
    found: Counter[tuple[str, datetime]] = Counter()
    for office, starts_at, count in _LAPSED.rows(session, offices, now=clock.now(), since=since - rules.SLOT * LONGEST):
        found.update((office, starts_at + rules.SLOT * number) for number in range(count))
    return found


def end_lapsed(session: Session, office: str, starts_at: datetime, count: int) -> list[SlotHold]:
    """End holds past their time on any of *count* slots from *starts_at* on; whoever gets them gives the places back."""
    until = starts_at + rules.SLOT * count
    near = SlotHold.starts_at > starts_at - rules.SLOT * LONGEST, SlotHold.starts_at < until
    found = _locked(session, SlotHold.office == office, *near)
    return [hold for hold in found if hold.starts_at + rules.SLOT * hold.slots > starts_at and end(session, hold)]


def end_some_lapsed(session: Session, limit: int) -> list[SlotHold]:
    """The same anywhere, for the worker."""
    return [hold for hold in _locked(session)[:limit] if end(session, hold)]


def _locked(session: Session, *conditions: ColumnElement[bool]) -> Sequence[SlotHold]:
    """Holds past their time that nobody else is ending: whoever waited for a hold while holding slots would be waited
    for in turn."""
    query = select(SlotHold).where(SlotHold.expires_at <= clock.now(), *conditions)
    return session.scalars(query.order_by(SlotHold.resident_id).with_for_update(skip_locked=True)).all()


def _count(session: Session, statement: Any) -> int:
    return int(session.execute(statement, execution_options=NO_SYNC).rowcount)  # type: ignore[attr-defined]
