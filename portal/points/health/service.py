"""Steps of people who agreed to it: brought in, paid by the terms of their day, held where they look wrong, forgotten."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.crypto import mac
from portal.core.db import insert_once
from portal.core.events import in_the_same_commit
from portal.core.ids import new_id
from portal.facts import service as facts
from portal.facts.events import ConsentWithdrawn
from portal.points.health import rules
from portal.points.health.likeness import likeness
from portal.points.health.models import HealthDay, HealthObjection
from portal.points.health.rules import State
from portal.points.ledger import service as ledger
from portal.points.programmes import earning
from portal.points.programmes import service as programmes
from portal.points.programmes.earning import Act
from portal.points.programmes.rules import Unit

FORGET = "health.forget-days"
MARK = "health-days"
"""Names the key of the marks."""
NOON = time(12)
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of the days of a file."""

    new: int
    held: int
    there: int
    outside: int
    impossible: int
    points: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day as its owner sees it."""

    row: HealthDay
    points: int


@dataclass(frozen=True, slots=True)
class Case:
    """Days of one person that wait, and why."""

    resident_id: UUID
    days: tuple[HealthDay, ...]
    doubts: tuple[str, ...]
    others: tuple[UUID, ...]


def agrees(session: Session, resident_id: UUID) -> bool:
    """Whether the person agreed that the city keeps their steps."""
    return facts.has_consent(session, resident_id, rules.TOPIC)


def walking_on(session: Session, day: date) -> str | None:
    """The programme that gives points for the steps of that day."""
    return walking_on_each(session, [day]).get(day)


def walking_on_each(session: Session, days: Collection[date]) -> dict[date, str]:
    """The same of many days; those on which none does are left out."""
    codes = [one.code for one in programmes.programmes(session) if one.unit == Unit.STEPS]
    on = programmes.calendar(session, codes)
    found = {day: next((code for code in codes if on(code, day)), None) for day in days}
    return {day: code for day, code in found.items() if code}


# ---- bringing in --------------------------------------------------------------------------


def bring(session: Session, key: bytes, resident_id: UUID, found: Mapping[date, int]) -> Brought:
    """Take in the days of one file. A day that is there already stays as it is, whatever the file says of it.

    Raises ConsentMissing, WalkingOver (no day falls into a programme), PotEmpty: then nothing is taken in.
    """
    if not agrees(session, resident_id):
        raise rules.ConsentMissing
    sorted_days = rules.sort_days(found, clock.today())
    paying = walking_on_each(session, sorted_days.days)
    if sorted_days.days and not paying:
        raise rules.WalkingOver
    ledger.hold_accounts(session, [resident_id])
    programmes.hold_budgets(session, set(paying.values()))  # of two who bring in the same file one comes first
    fresh = sorted(paying.keys() - _there(session, resident_id, paying))
    rows = _write(session, key, resident_id, {day: (sorted_days.days[day], paying[day]) for day in fresh})
    like, _others = likeness(session, resident_id)
    for row in rows:
        if doubt := rules.doubt_of(row.steps or 0, like=like):
            row.state, row.doubt = State.HELD, str(doubt)
    session.flush()
    given = _pay(session, [row for row in rows if row.state == State.GIVEN])
    held = sum(row.state == State.HELD for row in rows)
    outside = sorted_days.outside + len(sorted_days.days) - len(paying)
    return Brought(len(rows) - held, held, len(paying) - len(fresh), outside, sorted_days.impossible, given)


def _there(session: Session, resident_id: UUID, days: Mapping[date, str]) -> set[date]:
    """Days that are in, and those that were paid before a consent was taken back and given again."""
    query = select(HealthDay.day).where(HealthDay.resident_id == resident_id, HealthDay.day.in_(list(days)))
    paid = earning.given_by(session, [_key(resident_id, day) for day in days])
    return set(session.scalars(query)) | {day for day in days if _key(resident_id, day) in paid}


def _key(resident_id: UUID, day: date) -> str:
    return f"walk:{resident_id.hex}:{day:%Y%m%d}"


def _write(
    session: Session, key: bytes, resident_id: UUID, days: Mapping[date, tuple[int, str]]
) -> Sequence[HealthDay]:
    own = select(HealthDay.series).where(HealthDay.resident_id == resident_id).limit(1)
    series = session.scalar(own) or new_id()
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(), "series": series, "resident_id": resident_id, "day": day, "steps": steps,
            "mark": mac(key, day.isoformat().encode(), str(steps).encode()).hex()[:32], "programme": code,
            "state": str(State.GIVEN), "doubt": "", "recorded_at": clock.now(), "decided_label": "", "note": "",
        }
        for day, (steps, code) in days.items()
    ]  # fmt: skip
    if not rows:
        return []
    insert_once(session, HealthDay.__table__, rows)  # type: ignore[arg-type]
    did(session, Action.CREATE, whose=resident_id, what="health_days", case_ref=f"{len(rows)} days")
    return session.scalars(select(HealthDay).where(HealthDay.id.in_([row["id"] for row in rows]))).all()


def _pay(session: Session, rows: Sequence[HealthDay]) -> int:
    """The points of these days, by the terms each day had; only whole thousands of steps are kept with them."""
    acts = [
        Act(
            fact=_key(row.resident_id, row.day), key=_key(row.resident_id, row.day), programme=row.programme,
            resident_id=row.resident_id, quantity=(row.steps or 0) // rules.THOUSAND,
            at=datetime.combine(row.day, NOON, JST),
        )
        for row in rows
        if row.resident_id and (row.steps or 0) >= rules.THOUSAND
    ]  # fmt: skip
    return sum(earning.given for earning in earning.earn_all(session, acts))


# ---- telling ------------------------------------------------------------------------------


def days_of(session: Session, resident_id: UUID) -> list[Day]:
    """The person's days, the latest first, with what they brought."""
    query = select(HealthDay).where(HealthDay.resident_id == resident_id).order_by(HealthDay.day.desc())
    rows = session.scalars(query).all()
    given = earning.given_by(session, [_key(resident_id, row.day) for row in rows])
    return [Day(row, given.get(_key(resident_id, row.day), 0)) for row in rows]


# ---- what looks wrong ---------------------------------------------------------------------


def waiting(session: Session) -> list[Case]:
    """Days that wait for the city, by person, the oldest first."""
    held = HealthDay.state == State.HELD, HealthDay.resident_id.is_not(None)
    first = select(HealthDay.resident_id).where(*held).group_by(HealthDay.resident_id)
    first = first.order_by(func.min(HealthDay.recorded_at), HealthDay.resident_id).limit(SHOWN)
    people: dict[UUID, list[HealthDay]] = {who: [] for who in session.scalars(first) if who}
    query = (
        select(HealthDay).where(*held, HealthDay.resident_id.in_(people)).order_by(HealthDay.recorded_at, HealthDay.day)
    )
    for row in session.scalars(query):
        if row.resident_id:
            people[row.resident_id].append(row)
    return [_case(session, who, days) for who, days in people.items()]


def _case(session: Session, who: UUID, days: Sequence[HealthDay]) -> Case:
    _doubt, like = likeness(session, who)
    query = select(HealthDay.resident_id).where(HealthDay.series.in_(like), HealthDay.resident_id.is_not(None))
    others = sorted({other for other in session.scalars(query) if other})
    return Case(who, tuple(days), tuple(sorted({day.doubt for day in days})), tuple(others))


def clear(session: Session, actor: Actor, resident_id: UUID, note: str) -> int:
    """The days are right, and are paid; how many points. Raises StepsDecided, PotEmpty."""
    return _pay(session, _decide(session, actor, resident_id, State.GIVEN, note))


def refuse(session: Session, actor: Actor, resident_id: UUID, note: str) -> None:
    """The days do not count; the person reads why. Raises StepsDecided."""
    _decide(session, actor, resident_id, State.REFUSED, note)


def _decide(session: Session, actor: Actor, resident_id: UUID, state: State, note: str) -> Sequence[HealthDay]:
    held = select(HealthDay.id).where(HealthDay.resident_id == resident_id, HealthDay.state == State.HELD)
    return _settle(session, actor, resident_id, session.scalars(held.with_for_update()).all(), state, note)


def decide_again(session: Session, actor: Actor, ids: Sequence[UUID], *, state: State, note: str) -> None:
    """After an objection: what waits or was refused counts after all, and is paid, or does not. Raises PotEmpty."""
    open_ones = HealthDay.id.in_(ids), HealthDay.state.in_([str(State.HELD), str(State.REFUSED)])
    query = select(HealthDay.resident_id, HealthDay.id).where(*open_ones, HealthDay.resident_id.is_not(None))
    rows = session.execute(query.with_for_update()).all()
    if not rows:
        return
    days = _settle(session, actor, rows[0][0], [row[1] for row in rows], state, note)
    if state == State.GIVEN:
        _pay(session, days)


def _settle(
    session: Session, actor: Actor, resident_id: UUID | None, ids: Sequence[UUID], state: State, note: str
) -> Sequence[HealthDay]:
    values = {"state": str(state), "note": note, "decided_at": clock.now(), "decided_label": actor.label}
    if not ids:
        raise rules.StepsDecided
    session.execute(update(HealthDay).where(HealthDay.id.in_(ids)).values(**values))
    did(session, Action.CHANGE, whose=resident_id, what="health_days", case_ref=f"{len(ids)} days")
    query = select(HealthDay).where(HealthDay.id.in_(ids)).order_by(HealthDay.day)
    return session.scalars(query.execution_options(populate_existing=True)).all()


# ---- forgetting ---------------------------------------------------------------------------


@in_the_same_commit
def on_consent_withdrawn(session: Session, event: ConsentWithdrawn) -> None:
    """From this moment the steps are gone; points that were given stay, days that waited are never paid."""
    if event.topic != rules.TOPIC:
        return
    mine = update(HealthDay).where(HealthDay.resident_id == event.resident_id)
    if session.execute(mine.values(resident_id=None, steps=None, note="")).rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=event.resident_id, what="health_days")
    said = delete(HealthObjection).where(HealthObjection.resident_id == event.resident_id)
    if session.execute(said).rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=event.resident_id, what="health_objections")


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Every day: days of three months ago; what still waits for the city, after half a year."""
    today = clock.today()
    settled = (HealthDay.state != State.HELD) | HealthDay.resident_id.is_(None)
    session.execute(delete(HealthDay).where(HealthDay.day < today - rules.KEPT, settled))
    session.execute(delete(HealthDay).where(HealthDay.day < today - rules.HELD_AT_MOST))
    session.execute(delete(HealthObjection).where(HealthObjection.made_at < clock.now() - rules.HELD_AT_MOST))


def last_day_kept(day: date) -> date:
    """Until when the steps of a day are kept."""
    return day + timedelta(days=rules.KEPT.days)
