"""A person's list of procedures: the door of this sub-room. Filling in together is in together.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.applications import cases
from portal.applications.guide import catalogue, rules
from portal.applications.guide.models import LifeApplication, LifeList, LifeTick
from portal.applications.guide.rules import LIST_LIVES, EventNotFound, ListNotFound
from portal.applications.guide.schema import Event, Step
from portal.applications.models import Application
from portal.applications.rules import State
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.ids import new_id

# Which of several applications for one procedure a list tells about: the one that moves, or else the newest.
ENDED_IN_VAIN = frozenset({State.WITHDRAWN, State.REJECTED})


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a list with where it stands; `case` is the application prepared for it, if there is one."""

    step: Step
    case: Application | None
    ticked: bool

    @property
    def done(self) -> bool:
        """Sent counts as done here: what follows is the city's turn, and the application's own page tells it."""
        sent = self.case is not None and State(self.case.state) not in ENDED_IN_VAIN | {State.DRAFT}
        return sent or self.ticked


def save(session: Session, actor: Actor, event: Event, answers: Mapping[str, Any]) -> LifeList:
    """Keep the list of these answers; the person has one list for an event, on whatever device."""
    owner = cases.resident_of(actor)
    now = clock.now()
    row = {"id": new_id(), "resident_id": owner, "event": event.name, "version": event.version}
    times = {"made_at": now, "saved_at": now, "expires_at": now + LIST_LIVES}
    insert_once(session, LifeList.__table__, row | times | {"answers": {}, "facts": {}, "typed": {}})  # type: ignore[arg-type]
    kept = session.scalars(
        select(LifeList)
        .where(LifeList.resident_id == owner, LifeList.event == event.name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    kept.version, kept.answers = event.version, event.told(answers)
    kept.saved_at, kept.expires_at = now, now + LIST_LIVES
    said = {one.fact: kept.answers.get(one.name) for one in event.asked(answers) if one.fact}
    kept.facts = kept.facts | {name: answer for name, answer in said.items() if name and answer}
    audit.did(session, Action.CHANGE, whose=owner, what="life_lists")
    return kept


def facts_of(session: Session, actor: Actor, event: Event) -> dict[str, Any]:
    """What the person's list for *event* says so far; nothing if there is none."""
    query = select(LifeList.facts).where(LifeList.resident_id == cases.resident_of(actor), LifeList.event == event.name)
    return dict(session.scalar(query) or {})


def open_list(session: Session, actor: Actor, list_id: UUID, *, locked: bool = False) -> LifeList:
    """The person's own list; somebody else's looks like none at all."""
    query = select(LifeList).where(LifeList.id == list_id, LifeList.resident_id == cases.resident_of(actor))
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise ListNotFound
    return found


def of_resident(session: Session, resident_id: UUID) -> list[LifeList]:
    """The person's lists of events that are still offered, the newest first."""
    query = select(LifeList).where(LifeList.resident_id == resident_id).order_by(LifeList.saved_at.desc())
    return [one for one in session.scalars(query) if catalogue.find(one.event)]


def event_of(kept: LifeList) -> Event:
    """The event of a list, in its newest version: law and windows are those of today."""
    event = catalogue.find(kept.event)
    if event is None:
        raise EventNotFound
    return event


def answers_of(kept: LifeList) -> dict[str, Any]:
    """The kept answers that still are answers: a choice the city took out is asked again."""
    event = event_of(kept)
    fits = ((one, kept.answers.get(one.name)) for one in event.questions if one.name in kept.answers)
    return {one.name: answer for one, answer in fits if not one.field.values or answer in one.field.values}


def lines(session: Session, kept: LifeList) -> list[Line]:
    """The steps in order, each with its application or tick."""
    ticks = set(session.scalars(select(LifeTick.step).where(LifeTick.list_id == kept.id)))
    found = {case.procedure: case for case in linked(session, kept)}
    steps = event_of(kept).steps_for(answers_of(kept))
    return [Line(step, found.get(step.procedure), step.name in ticks) for step in steps]


def linked(session: Session, kept: LifeList) -> list[Application]:
    """Applications prepared from the list, in the order they were begun; one that ended in vain comes before others."""
    query = (
        select(Application)
        .join(LifeApplication, LifeApplication.application_id == Application.id)
        .where(LifeApplication.list_id == kept.id)
        .order_by(Application.started_at, Application.id)
    )
    found = session.scalars(query.execution_options(populate_existing=True)).all()
    return sorted(found, key=lambda case: State(case.state) not in ENDED_IN_VAIN)


def tick(session: Session, actor: Actor, list_id: UUID, step_name: str, *, done: bool) -> None:
    """Mark a line as done elsewhere, or take the mark away; doing so twice changes nothing."""
    kept = open_list(session, actor, list_id)
    if step_name not in {step.name for step in event_of(kept).steps}:
        raise ListNotFound
    if done:
        row = {"list_id": kept.id, "step": step_name, "at": clock.now()}
        insert_once(session, LifeTick.__table__, row)  # type: ignore[arg-type]
    else:
        session.execute(delete(LifeTick).where(LifeTick.list_id == kept.id, LifeTick.step == step_name))
    audit.did(session, Action.CHANGE, whose=kept.resident_id, what="life_lists")


def discard(session: Session, actor: Actor, list_id: UUID) -> None:
    """Throw the list away; applications begun from it stay where they are."""
    session.delete(open_list(session, actor, list_id, locked=True))


def forget_expired(session: Session, _payload: dict[str, Any]) -> None:
    """Remove lists nobody touched for LIST_LIVES (worker, daily)."""
    gone = session.execute(
        delete(LifeList).where(LifeList.expires_at < clock.now()).returning(LifeList.resident_id),
        execution_options={"synchronize_session": False},
    )
    for kept in gone:
        audit.did(session, Action.DELETE, whose=kept.resident_id, what="life_lists")


def progress(found: list[Line]) -> tuple[int, int]:
    """(lines done, lines in all)."""
    return sum(line.done for line in found), len(found)


__all__ = [
    "Line",
    "answers_of",
    "discard",
    "event_of",
    "forget_expired",
    "lines",
    "linked",
    "of_resident",
    "open_list",
    "progress",
    "rules",
    "save",
    "tick",
]
