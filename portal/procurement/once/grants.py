"""Which section may read what of companies: an administrator of a body proposes a task, another puts it in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from portal.basics.service import KindOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.procurement.agencies import agency_of
from portal.procurement.models import Agency, AgencySection
from portal.procurement.once import rules
from portal.procurement.once.models import TaskGrant
from portal.procurement.once.rules import GrantState, Task
from portal.staff import service as staff


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody proposes: for which section, by which law, which items, from when until when."""

    section_id: UUID
    task: Task
    law: str
    kinds: tuple[KindOf, ...]
    valid_from: date
    valid_until: date


def in_force(session: Session, section_id: UUID | None) -> dict[Task, tuple[KindOf, ...]]:
    """The tasks of a section today, each with the items it may read, in the order of the lists."""
    today = clock.today()
    found = session.execute(
        select(TaskGrant.task, TaskGrant.kinds).where(
            TaskGrant.section_id == section_id,
            TaskGrant.state == GrantState.IN_FORCE,
            TaskGrant.valid_from <= today,
            or_(TaskGrant.valid_until.is_(None), TaskGrant.valid_until >= today),
        )
    ).all()
    may: dict[str, set[str]] = {}
    for task, kinds in found:
        may.setdefault(task, set()).update(kinds)
    return {task: tuple(kind for kind in KindOf if kind in may[task]) for task in Task if task in may}


def sections_of(session: Session, agency: Agency) -> list[tuple[UUID, str]]:
    """(id, name) of the sections of a body."""
    own = set(session.scalars(select(AgencySection.section_id).where(AgencySection.agency_code == agency.code)))
    return [(row.id, f"{row.office} {row.section}") for row in staff.sections(session) if row.id in own]


PAGE = 50


def of_body(session: Session, agency: Agency, *, past: bool = False, page: int = 1) -> tuple[Sequence[TaskGrant], int]:
    """(a page of what was proposed at a body, what waits first, then the newest; how many pages): what waits or is in force,
    or what is *past*: declined, ended or run out."""
    over = TaskGrant.state.not_in((GrantState.PROPOSED, GrantState.IN_FORCE)) | (TaskGrant.valid_until < clock.today())
    goes_on = TaskGrant.state.in_((GrantState.PROPOSED, GrantState.IN_FORCE)) & or_(
        TaskGrant.valid_until.is_(None), TaskGrant.valid_until >= clock.today()
    )
    query = select(TaskGrant).where(TaskGrant.agency_code == agency.code, over if past else goes_on)
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = query.order_by(TaskGrant.state != GrantState.PROPOSED, TaskGrant.proposed_at.desc(), TaskGrant.id)
    return session.scalars(order.limit(PAGE).offset((page - 1) * PAGE)).all(), -(-count // PAGE)


def propose(session: Session, actor: Actor, wanted: Wanted) -> UUID:
    """Nothing follows from it until a second administrator puts it in force. Raises NoAgency, GrantNotOfBody."""
    agency = agency_of(session, actor)
    if wanted.section_id not in {section for section, _name in sections_of(session, agency)}:
        raise rules.GrantNotOfBody
    proposed = TaskGrant(
        id=new_id(), agency_code=agency.code, section_id=wanted.section_id, task=wanted.task, law=wanted.law,
        kinds=[str(kind) for kind in wanted.kinds], valid_from=wanted.valid_from, valid_until=wanted.valid_until,
        state=GrantState.PROPOSED, proposed_by=actor.id, proposed_at=clock.now(), decided_by=None, decided_at=None,
        ended_by=None, ended_at=None,
    )  # fmt: skip
    session.add(proposed)
    session.flush()
    did(session, Action.CREATE, whose=None, what="task_grants", case_ref=str(proposed.id))
    return proposed.id


def put_in_force(session: Session, actor: Actor, grant_id: UUID) -> None:
    """The second administrator says yes. Raises GrantMoved, GrantByTheSame."""
    _decide(session, actor, grant_id, GrantState.IN_FORCE)


def decline(session: Session, actor: Actor, grant_id: UUID) -> None:
    """The second administrator says no. Raises GrantMoved, GrantByTheSame."""
    _decide(session, actor, grant_id, GrantState.DECLINED)


def _decide(session: Session, actor: Actor, grant_id: UUID, to: GrantState) -> None:
    found = _own(session, actor, grant_id)
    if found.proposed_by == actor.id:
        raise rules.GrantByTheSame
    _move(session, found, GrantState.PROPOSED, state=to, decided_by=actor.id, decided_at=clock.now())


def end(session: Session, actor: Actor, grant_id: UUID) -> None:
    """Take it back, by one alone: less is read from this moment on. A proposal is taken back by this too. Raises
    GrantMoved."""
    found = _own(session, actor, grant_id)
    if found.state not in (GrantState.IN_FORCE, GrantState.PROPOSED):
        raise rules.GrantMoved
    still = GrantState(found.state)
    _move(session, found, still, state=GrantState.ENDED, ended_by=actor.id, ended_at=clock.now())


def _own(session: Session, actor: Actor, grant_id: UUID) -> TaskGrant:
    found = session.get(TaskGrant, grant_id)
    if found is None or found.agency_code != agency_of(session, actor).code:
        raise rules.GrantMoved
    return found


def _move(session: Session, one: TaskGrant, still: GrantState, **values: Any) -> None:
    moved = session.execute(
        update(TaskGrant).where(TaskGrant.id == one.id, TaskGrant.state == still).values(**values)
    ).rowcount  # type: ignore[attr-defined]
    if not moved:
        raise rules.GrantMoved
    did(session, Action.CHANGE, whose=None, what="task_grants", case_ref=str(one.id))
