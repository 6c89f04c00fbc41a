"""Somebody says that days which wait, or were refused, are right; the city looks and answers once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.points.events import StepsAnswered
from portal.points.health import rules, service
from portal.points.health.models import HealthDay, HealthObjection
from portal.points.health.rules import Answer, State

NEWEST = (
    HealthObjection.open_key.is_(None), HealthObjection.made_at.desc(), HealthObjection.decided_at.desc(),
    HealthObjection.id,
)  # fmt: skip
"""One waits at most, and it is the newest; of two at one instant the one that was answered later."""


@dataclass(frozen=True, slots=True)
class Case:
    """An objection, and the days it is about."""

    objection: HealthObjection
    days: Sequence[HealthDay]


def object_to(session: Session, resident_id: UUID, words: str) -> None:
    """The days are right, the person says. Raises NothingToObject."""
    row = {
        "id": new_id(), "resident_id": resident_id, "words": words, "state": str(Answer.OPEN), "open_key": resident_id,
        "made_at": clock.now(), "answer": "", "decided_label": "",
    }  # fmt: skip
    if not may_object(session, resident_id) or not insert_once(session, HealthObjection.__table__, row):  # type: ignore[arg-type]
        raise rules.NothingToObject
    did(session, Action.CREATE, whose=resident_id, what="health_objections")


def may_object(session: Session, resident_id: UUID) -> bool:
    """Whether there is a day to object to, and no objection waits."""
    last = newest(session, resident_id)
    return not (last and last.state == Answer.OPEN) and bool(_days(session, resident_id, last))


def _days(session: Session, resident_id: UUID, answered: HealthObjection | None) -> Sequence[HealthDay]:
    """Days that wait or were refused lately; what was refused by the time of an answer stays so."""
    of_kind = HealthDay.state.in_([str(State.HELD), str(State.REFUSED)])
    query = select(HealthDay).where(HealthDay.resident_id == resident_id, of_kind).order_by(HealthDay.day)
    since = answered.decided_at if answered else None
    return [
        day
        for day in session.scalars(query)
        if rules.may_object(day.state, day.decided_at, clock.now())
        and not (since and day.state == State.REFUSED and day.decided_at and day.decided_at <= since)
    ]


def newest(session: Session, resident_id: UUID, *, before: UUID | None = None) -> HealthObjection | None:
    """What the person said last, or said last before this one, which waits or is being answered."""
    query = select(HealthObjection).where(HealthObjection.resident_id == resident_id)
    query = query.where(HealthObjection.id != before) if before else query
    return session.scalars(query.order_by(*NEWEST).limit(1)).first()


def waiting(session: Session) -> list[Case]:
    """Objections nobody answered yet, the oldest first."""
    query = select(HealthObjection).where(HealthObjection.state == Answer.OPEN)
    query = query.order_by(HealthObjection.made_at, HealthObjection.id)
    found = session.scalars(query.limit(service.SHOWN)).all()
    return [
        Case(one, _days(session, one.resident_id, newest(session, one.resident_id, before=one.id))) for one in found
    ]


def answer(session: Session, actor: Actor, id: UUID, *, is_right: bool, words: str) -> None:
    """The days count and are paid by the terms they had, or they do not. Raises StepsDecided, PotEmpty."""
    values = {
        "state": str(Answer.YES if is_right else Answer.NO), "answer": words, "open_key": None,
        "decided_at": clock.now(), "decided_by": actor.id, "decided_label": actor.label,
    }  # fmt: skip
    still = update(HealthObjection).where(HealthObjection.id == id, HealthObjection.state == Answer.OPEN)
    if session.execute(still.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.StepsDecided
    one = session.get_one(HealthObjection, id, populate_existing=True)
    service.decide_again(
        session, actor, [day.id for day in _days(session, one.resident_id, newest(session, one.resident_id, before=one.id))],
        state=State.GIVEN if is_right else State.REFUSED, note=words,
    )  # fmt: skip
    one.decided_at = clock.now()  # after the days: none of them is objected to once more
    did(session, Action.CHANGE, whose=one.resident_id, what="health_objections")
    emit(session, StepsAnswered(resident_id=one.resident_id, objection_id=id))


def of(session: Session, id: UUID) -> tuple[str, bool] | None:
    """The answer to one of them, and whether the days count; None where the consent was taken back meanwhile."""
    found = session.get(HealthObjection, id)
    return (found.answer, found.state == Answer.YES) if found else None
