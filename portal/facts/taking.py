"""Rows of a section's system on their way into the table: in batches, without touching equal rows."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from portal.core import audit, clock, outbox
from portal.core.audit import Action
from portal.facts import catalogue
from portal.facts.models import Fact

# SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
BATCH = 2_000
_TABLE = cast(Table, Fact.__table__)
_MARKS = ("whose", "named", "begins", "said", "last")
_ONE = (
    _TABLE.c.resident_id == bindparam("whose"),
    _TABLE.c.name == bindparam("named"),
    _TABLE.c.since == bindparam("begins"),
)
FORGET = "facts.forget-old"


class FactRow(NamedTuple):
    """One fact as a section's system tells it; `value` as the catalogue writes it, `until` the last day."""

    resident_id: UUID
    name: str
    value: str
    since: date
    until: date | None = None


class Taken(NamedTuple):
    """How many rows were new, changed, or equal to what was there."""

    new: int = 0
    changed: int = 0
    same: int = 0

    def plus(self, other: "Taken") -> "Taken":
        return Taken(*(mine + its for mine, its in zip(self, other, strict=True)))


Key = tuple[UUID, str, date]
State = tuple[str, date | None]
"""What a row says beside its key: value, last day."""


def take(session: Session, rows: Iterable[FactRow], *, source: str) -> Taken:
    """Bring a section's rows in; the same again change nothing. At most BATCH rows, each of a person, name and day once.

    Of facts that are one at a time (an insurance, a care level) the newer ends the older the day before. Each person
    finds the change on record.
    """
    batch = {(row.resident_id, row.name, row.since): (row.value, row.until) for row in rows}
    known = _known(session, {key[0] for key in batch})
    wanted = _one_at_a_time(known | batch)
    new = [key for key in batch if key not in known]
    changed = [key for key in known if wanted[key] != known[key]]
    if new:
        session.execute(insert(_TABLE), [_named(key, wanted[key]) | {"source": source} for key in new])
    if changed:
        values = {"value": bindparam("said"), "until": bindparam("last"), "source": source}
        statement = update(_TABLE).where(*_ONE).values(values)
        marks = [dict(zip(_MARKS, (*key, *wanted[key]), strict=True)) for key in changed]
        session.connection().execute(statement, marks)
    for action, keys in ((Action.CREATE, new), (Action.CHANGE, changed)):
        for whose, name, _since in keys:
            audit.did(session, action, whose=whose, what="facts", case_ref=name)
    return _counts(batch, known, wanted)


def compare(session: Session, rows: Iterable[FactRow], *, source: str) -> Taken:
    """What `take` would do, without doing it."""
    batch = {(row.resident_id, row.name, row.since): (row.value, row.until) for row in rows}
    known = _known(session, {key[0] for key in batch})
    return _counts(batch, known, _one_at_a_time(known | batch))


def _counts(batch: Mapping[Key, State], known: Mapping[Key, State], wanted: Mapping[Key, State]) -> Taken:
    there = [key for key in batch if key in known]
    same = sum(1 for key in there if wanted[key] == known[key])
    return Taken(len(batch) - len(there), len(there) - same, same)


def _one_at_a_time(states: Mapping[Key, State]) -> dict[Key, State]:
    """The same, but of facts that are one at a time each ends before the next begins."""
    types, found = catalogue.types(), dict(states)
    begins: dict[tuple[UUID, str], date] = {}
    for key in sorted(states, key=lambda key: key[2], reverse=True):
        whose, name, since = key
        value, until = states[key]
        if not types[name].one_at_a_time:
            continue
        following = begins.get((whose, name))
        if following and (until is None or until >= following):
            found[key] = value, following - timedelta(days=1)
        begins[whose, name] = since
    return found


def _named(key: Key, state: State) -> dict[str, Any]:
    return dict(zip(("resident_id", "name", "since", "value", "until"), (*key, *state), strict=True))


def _known(session: Session, residents: set[UUID]) -> dict[Key, State]:
    query = select(Fact.resident_id, Fact.name, Fact.since, Fact.value, Fact.until)
    found = session.execute(query.where(Fact.resident_id.in_(residents)))
    return {(row.resident_id, row.name, row.since): (row.value, row.until) for row in found}


def forget_old(session: Session, _payload: dict[str, Any], *, batch: int = 5_000) -> None:
    """Remove facts that ended longer ago than the catalogue keeps them (worker, daily), at most *batch* at a time."""
    for name, kept in catalogue.retention().items():
        old = select(Fact.resident_id, Fact.name, Fact.since).where(
            Fact.name == name, Fact.until < clock.today() - kept
        )
        keys = [dict(zip(_MARKS, row, strict=False)) for row in session.execute(old.limit(batch))]
        if not keys:
            continue
        session.connection().execute(delete(_TABLE).where(*_ONE), keys)
        audit.did(session, Action.DELETE, whose=None, what="facts", case_ref=name)
        if len(keys) == batch:
            outbox.post(session, FORGET, {})
            return
