"""Expert opinion (意見照会): another section answers a question and sees only the answers it was given for that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.applications import cases, sheet
from portal.applications.casework import reach
from portal.applications.casework.models import CaseOpinion
from portal.applications.casework.rules import OpinionAnswered, OpinionNotFound, SectionUnknown
from portal.applications.casework.words import sound
from portal.applications.models import Application
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.ids import new_id
from portal.staff import service as staff

LISTED = 100


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a section's list; it names nobody."""

    id: UUID
    title: str
    asked_at: datetime
    asked_label: str
    answered_at: datetime | None


def ask(
    session: Session, application_id: UUID, clerk: Actor, *, section_id: UUID, question: str, fields: Sequence[str]
) -> None:
    """Ask another section; *fields* are the answers it needs for that and will see."""
    case = cases.open_case(session, application_id)
    reach.check(session, clerk, case)
    if section_id not in {row.id for row in staff.sections(session)}:
        raise SectionUnknown
    known = {field.name for field in cases.procedure_of(case).fields()}
    session.add(
        CaseOpinion(
            id=new_id(),
            application_id=application_id,
            section_id=section_id,
            asked_by=clerk.id,
            asked_label=clerk.label,
            asked_at=clock.now(),
            question=sound(question),
            fields=[name for name in dict.fromkeys(fields) if name in known],
        )
    )
    audit.did(session, Action.CREATE, whose=case.whose, what="applications.opinion", case_ref=case.reference)


def of_case(session: Session, application_id: UUID) -> list[CaseOpinion]:
    """What was asked and answered, the oldest first."""
    query = select(CaseOpinion).where(CaseOpinion.application_id == application_id)
    return list(session.scalars(query.order_by(CaseOpinion.asked_at)))


def to_answer(session: Session, expert: Actor) -> list[Question]:
    """The questions to the expert's section, the unanswered first, then the newest."""
    query = (
        select(CaseOpinion, Application.procedure, Application.version)
        .join(Application, Application.id == CaseOpinion.application_id)
        .where(CaseOpinion.section_id == expert.section)
        .order_by(CaseOpinion.answered_at.is_not(None), CaseOpinion.asked_at.desc())
        .limit(LISTED)
    )
    return [
        Question(one.id, cases.title_of(procedure, version), one.asked_at, one.asked_label, one.answered_at)
        for one, procedure, version in session.execute(query)
    ]


def open_question(session: Session, expert: Actor, opinion_id: UUID) -> tuple[CaseOpinion, str, list[sheet.Row]]:
    """(question, title of the procedure, the answers it may see). Another section's looks like none at all."""
    found = session.get(CaseOpinion, opinion_id, populate_existing=True)
    if found is None or expert.section is None or found.section_id != expert.section:
        raise OpinionNotFound
    case = cases.open_case(session, found.application_id)
    if found.fields:
        audit.looked(session, whose=case.whose, what="applications.opinion", case_ref=case.reference)
    rows = [row for row in sheet.rows_of(case) if row.field.name in found.fields]
    return found, cases.procedure_of(case).title, rows


def answer(session: Session, expert: Actor, opinion_id: UUID, typed: str) -> None:
    """Answer once; whoever asked reads it on the case."""
    found, _title, _rows = open_question(session, expert, opinion_id)
    words = sound(typed)
    done = session.execute(
        update(CaseOpinion)
        .where(CaseOpinion.id == opinion_id, CaseOpinion.answered_at.is_(None))
        .values(answer=words, answered_by=expert.id, answered_label=expert.label, answered_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise OpinionAnswered
    case = cases.open_case(session, found.application_id)
    audit.did(session, Action.CHANGE, whose=case.whose, what="applications.opinion", case_ref=case.reference)
