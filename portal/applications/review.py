"""The processing centre (集中処理センター): taking a case, comparing it with the register, deciding."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.applications import cases, rules
from portal.applications.events import ApplicationCompleted, ApplicationReady, ApplicationRejected, CorrectionAsked
from portal.applications.models import Application, CorrectionRequest
from portal.applications.procedures import catalogue
from portal.applications.rules import ClaimedByOther, Kind, NothingAsked, NotPossibleNow, Reason, State, WordsMissing
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.events import emit
from portal.core.text import TextRefused, free_text

LISTED_AT_ONCE = 100
LONGEST_COMMENT = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """One field to correct, with what the person should do."""

    field: str
    reason: Reason
    comment: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the worklist; it names nobody."""

    id: UUID
    reference: str
    title: str
    state: State
    submitted_at: datetime
    saved_at: datetime
    claimed_by: UUID | None
    claimed_label: str


def facts_of(case: Application) -> dict[str, Any]:
    """What every event of this room carries."""
    return {
        "application_id": case.id,
        "resident_id": case.resident_id,
        "reference": case.reference,
        "procedure": case.procedure,
    }


def worklist(session: Session) -> list[Waiting]:
    """What waits to be checked, the oldest first."""
    columns = (
        Application.id,
        Application.reference,
        Application.procedure,
        Application.version,
        Application.state,
        Application.submitted_at,
        Application.saved_at,
        Application.claimed_by,
        Application.claimed_label,
        Application.claimed_at,
    )
    query = select(*columns).where(Application.state.in_(rules.TO_CHECK)).order_by(Application.submitted_at)
    limit = clock.now() - rules.CLAIM_LASTS
    return [
        Waiting(
            id=row.id,
            reference=row.reference,
            title=catalogue.version(row.procedure, row.version).title,
            state=State(row.state),
            submitted_at=row.submitted_at,
            saved_at=row.saved_at,
            claimed_by=row.claimed_by if row.claimed_at and row.claimed_at > limit else None,
            claimed_label=row.claimed_label,
        )
        for row in session.execute(query.limit(LISTED_AT_ONCE))
    ]


def claim(session: Session, application_id: UUID, actor: Actor) -> None:
    """Take the case so that no colleague works on it too; two at once: one gets it."""
    case = cases.open_case(session, application_id)
    now = clock.now()
    free = or_(
        Application.claimed_by.is_(None),
        Application.claimed_by == actor.id,
        Application.claimed_at < now - rules.CLAIM_LASTS,
    )
    taken = session.execute(
        update(Application)
        .where(Application.id == application_id, Application.state.in_(rules.TO_CHECK), free)
        .values(claimed_by=actor.id, claimed_label=actor.label, claimed_at=now),
        execution_options={"synchronize_session": False},
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        case = cases.open_case(session, application_id)
        raise ClaimedByOther if State(case.state) in rules.TO_CHECK else NotPossibleNow
    audit.did(session, Action.CHANGE, whose=case.resident_id, what="applications(claim)", case_ref=case.reference)


def release(session: Session, application_id: UUID, actor: Actor) -> None:
    """Give the case back to the list; giving back what one does not hold changes nothing."""
    case = cases.open_case(session, application_id)
    released = session.execute(
        update(Application)
        .where(Application.id == application_id, Application.claimed_by == actor.id)
        .values(claimed_by=None, claimed_label="", claimed_at=None),
        execution_options={"synchronize_session": False},
    )
    if released.rowcount:  # type: ignore[attr-defined]
        audit.did(session, Action.CHANGE, whose=case.resident_id, what="applications(release)", case_ref=case.reference)


def ask_correction(session: Session, application_id: UUID, actor: Actor, asked: list[Asked]) -> None:
    """Ask the person to correct single fields; each needs a reason and a comment."""
    case = cases.open_case(session, application_id)
    procedure = cases.procedure_of(case)
    asked = [Asked(one.field, one.reason, _words(one.comment)) for one in asked]
    if not asked or any(not one.comment or procedure.field(one.field) is None for one in asked):
        raise NothingAsked
    case = cases.move(session, case, State.CORRECTION_ASKED, claimed_by=actor.id)
    for one in asked:
        session.add(
            CorrectionRequest(
                application_id=case.id,
                field=one.field,
                reason=str(one.reason),
                comment=one.comment,
                asked_at=clock.now(),
                asked_by=actor.id,
            )
        )
    cases.tell(session, case, Kind.CORRECTION_ASKED, actor)
    emit(session, CorrectionAsked(**facts_of(case), fields=tuple(one.field for one in asked)))


def mark_ready(session: Session, application_id: UUID, actor: Actor) -> None:
    """Everything is in order: the express window may serve it, or it is done where nobody need come."""
    case = cases.open_case(session, application_id)
    procedure = cases.procedure_of(case)
    if not procedure.visit:
        case = cases.move(session, case, State.COMPLETED, claimed_by=actor.id)
        cases.tell(session, case, Kind.DONE_WITHOUT_VISIT, actor)
        emit(session, ApplicationCompleted(**facts_of(case), points=procedure.points))
        return
    case = cases.move(session, case, State.READY, claimed_by=actor.id)
    cases.tell(session, case, Kind.READY, actor)
    emit(session, ApplicationReady(**facts_of(case)))


def reject(session: Session, application_id: UUID, actor: Actor, reason: str) -> None:
    """It cannot be accepted; the person reads the reason in the timeline."""
    words = _words(reason)
    if not words:
        raise WordsMissing
    case = cases.open_case(session, application_id)
    case = cases.move(session, case, State.REJECTED, claimed_by=actor.id)
    cases.tell(session, case, Kind.REJECTED, actor, comment=words)
    emit(session, ApplicationRejected(**facts_of(case)))


def _words(comment: str) -> str:
    try:
        return free_text(comment, longest=LONGEST_COMMENT)
    except TextRefused as refused:
        raise NothingAsked from refused
