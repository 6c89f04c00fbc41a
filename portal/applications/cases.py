"""Cases in the database: opening them, moving them from state to state, and the timeline they leave.

Two people never decide the same case: every move is one conditional UPDATE.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.applications import applicants, rules
from portal.applications.applicants import Applicant
from portal.applications.firms import news
from portal.applications.models import Application, ApplicationEvent, CorrectionRequest
from portal.applications.procedures import catalogue
from portal.applications.procedures.schema import Procedure
from portal.applications.rules import ApplicationNotFound, Kind, NotClaimed, NotPossibleNow, State
from portal.companies import service as companies
from portal.core import audit, clock, outbox
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Action
from portal.core.reference import read_reference

EXPORT = "applications.export"


def open_case(session: Session, application_id: UUID, *, owner: Applicant | None = None) -> Application:
    """The case; with *owner*, only if it is theirs: somebody else's looks like none at all."""
    case = session.get(Application, application_id, populate_existing=True)
    if case is None or (owner is not None and not owner.owns(case)):
        raise ApplicationNotFound
    return case


def told_as(case: Application) -> UUID:
    """Whom rooms about residents know it as: its resident. Of a company's case, and of one filed without an account, they
    get the case's own id, which is nobody's in the register, and hear nothing (events.ApplicationFact)."""
    return case.resident_id or case.id


def locked(session: Session, application_id: UUID, *, owner: Applicant) -> Application:
    """The same, held until the transaction ends: two tabs then save one after the other."""
    query = select(Application).where(Application.id == application_id, owner.theirs)
    case = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if case is None:
        raise ApplicationNotFound
    return case


owner_of = applicants.of_actor
resident_of = applicants.resident_of


def draft_lives(case: Application) -> timedelta:
    """How long a draft is kept after the last change."""
    return rules.DRAFT_LIVES if case.whose else rules.GUEST_DRAFT_LIVES


def procedure_of(case: Application) -> Procedure:
    """The version of the procedure this case was begun with."""
    return catalogue.version(case.procedure, case.version)


def facts_of(case: Application) -> dict[str, Any]:
    """What every event of this room carries."""
    return {
        "application_id": case.id,
        "resident_id": told_as(case),
        "reference": case.reference,
        "procedure": case.procedure,
    }


def title_of(procedure: str, version: int) -> str:
    """The title (msgid) of a version of a procedure."""
    return catalogue.version(procedure, version).title


def newest_title(procedure: str) -> str:
    """The title (msgid) of a procedure as it is now; its name when it is offered no more."""
    found = catalogue.find(procedure)
    return found.title if found else procedure


def find_by_number(session: Session, typed: str) -> Application | None:
    """The case of a reference number, also one filed without an account; TextRefused if it is no number."""
    return session.scalars(select(Application).where(Application.reference == read_reference(typed))).one_or_none()


def move(
    session: Session, case: Application, to: State, *, claimed_by: UUID | None = None, **values: Any
) -> Application:
    """Bring the case to *to* if it may go there now, for a clerk only while they hold it."""
    wanted = update(Application).where(Application.id == case.id, Application.state.in_(rules.FROM[to]))
    if claimed_by is not None:
        wanted = wanted.where(Application.claimed_by == claimed_by)
    if to in rules.ENDED:
        values["ended_at"] = clock.now()
    moved = session.execute(
        wanted.values(state=str(to), claimed_by=None, claimed_label="", claimed_at=None, **values),
        execution_options={"synchronize_session": False},
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise _why_not(open_case(session, case.id), to)
    audit.did(session, Action.CHANGE, whose=case.whose, what=f"applications(state={to})", case_ref=case.reference)
    if to in rules.EXPORTED:
        outbox.post(session, EXPORT, {"application_id": str(case.id)}, lane=outbox.Lane.BULK)
    return open_case(session, case.id)


def _why_not(case: Application, to: State) -> Exception:
    return NotClaimed() if State(case.state) in rules.FROM[to] else NotPossibleNow()


def write_timeline(
    session: Session, application_id: UUID, kind: str, *, text: str, facts: Mapping[str, Any], label: str = ""
) -> None:
    """Add one line; *label* says who (office and section, a machine), never a member of staff's name."""
    session.add(
        ApplicationEvent(
            application_id=application_id,
            at=clock.now(),
            kind=kind,
            actor_label=label,
            text=text,
            facts=dict(facts),
        )
    )


def tell(session: Session, case: Application, kind: Kind, actor: Actor, **facts: Any) -> None:
    """Add a line of this room's own kind, and tell the company whose case it is. What the person did themselves needs no
    name; for a company it is told when another firm did it."""
    label = "" if actor.kind in (ActorKind.RESIDENT, ActorKind.STRANGER) else actor.label
    if actor.kind is ActorKind.BUSINESS:
        label = companies.acting_firm(session, actor)
    write_timeline(session, case.id, str(kind), text=rules.KIND_WORDS[kind], facts=facts, label=label)
    news.tell(session, case, kind)


def open_requests(session: Session, application_id: UUID) -> list[CorrectionRequest]:
    """What was asked and not corrected yet, in the order asked."""
    return list(
        session.scalars(
            select(CorrectionRequest)
            .where(CorrectionRequest.application_id == application_id, CorrectionRequest.resolved_at.is_(None))
            .order_by(CorrectionRequest.id)
        )
    )


def resolve_requests(session: Session, application_id: UUID) -> None:
    """Everything asked is settled without an answer: the case ended."""
    session.execute(
        update(CorrectionRequest)
        .where(CorrectionRequest.application_id == application_id, CorrectionRequest.resolved_at.is_(None))
        .values(resolved_at=clock.now())
    )
