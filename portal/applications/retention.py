"""How long what people typed is kept: until the days their procedure announces are over, unless the law holds it.

What goes are contents: answers, what the register said beside them, what clerks wrote about them. What stays is that
there was an application: its number, its procedure, its days and its timeline, which says that the contents are gone.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from portal.applications import cases, rules
from portal.applications.casework.models import CaseDecision, CaseExport, CaseLetter, CaseNote, CaseOpinion
from portal.applications.events import DraftExpiring
from portal.applications.firms import news
from portal.applications.models import Application, ApplicationEvent, CorrectionRequest
from portal.applications.procedures import catalogue
from portal.applications.rules import AlreadyDeleted, ApplicationNotFound, Kind, State, WordsMissing
from portal.applications.signatures import service as signatures
from portal.core import audit, clock, outbox
from portal.core.audit import Action
from portal.core.events import emit
from portal.core.reference import read_reference
from portal.files import service as files

FORGET = "applications.forget-contents"
# One transaction's share: writers on SQLite wait at most for one batch.
BATCH = 200
WITH_CONTENTS: tuple[type[Any], ...] = (
    CorrectionRequest,
    CaseDecision,
    CaseNote,
    CaseOpinion,
    CaseLetter,
    CaseExport,
)
_NO_CONTENTS: dict[str, Any] = {"answers": {}, "typed": {}, "known": {}, "seen": [], "writers": {}}


def kept_until(case: Application) -> datetime | None:
    """When the contents go; None while the case is open, when they are gone, and while the law holds them."""
    if case.ended_at is None or case.erased_at or case.held_because:
        return None
    return case.ended_at + timedelta(days=cases.procedure_of(case).retention_days)


def forget_contents(session: Session, _payload: dict[str, Any], *, batch: int = BATCH) -> None:
    """Delete what was typed in cases whose time is over (worker, daily), *batch* cases at a time."""
    now = clock.now()
    over = [
        (Application.procedure == name) & (Application.version == version) & (Application.ended_at < now - kept)
        for (name, version), kept in catalogue.retention().items()
    ]
    due = select(Application.id).where(or_(*over), Application.erased_at.is_(None), Application.held_because == "")
    ids = session.scalars(due.order_by(Application.ended_at).limit(batch).with_for_update(skip_locked=True)).all()
    for case_id in ids:
        _forget(session, cases.open_case(session, case_id), now)
    if len(ids) == batch:
        outbox.post(session, FORGET, {})


def _forget(session: Session, case: Application, now: datetime) -> None:
    gone = session.execute(
        update(Application)
        .where(Application.id == case.id, Application.erased_at.is_(None), Application.held_because == "")
        .values(**_NO_CONTENTS, erased_at=now),
        execution_options={"synchronize_session": False},
    )
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        return
    files.drop_cases(session, [case.id])
    signatures.forget(session, case.id)
    for table in WITH_CONTENTS:
        session.execute(delete(table).where(table.application_id == case.id))
    for line in session.scalars(select(ApplicationEvent).where(ApplicationEvent.application_id == case.id)):
        line.facts = {name: fact for name, fact in line.facts.items() if name != "comment"}
    facts = {"days": cases.procedure_of(case).retention_days}
    cases.write_timeline(session, case.id, str(Kind.DELETED), text=rules.KIND_WORDS[Kind.DELETED], facts=facts)
    audit.did(session, Action.DELETE, whose=case.whose, what="applications.answers", case_ref=case.reference)


def hold(session: Session, typed_reference: str, because: str) -> None:
    """Keep a case's contents whatever its days say, until the hold is lifted; *because* names the legal duty."""
    if not because.strip():
        raise WordsMissing
    _set_hold(session, typed_reference, because.strip(), Kind.HELD)


def lift_hold(session: Session, typed_reference: str) -> None:
    """The announced days count again; if they are over, the contents go with the next daily run."""
    _set_hold(session, typed_reference, "", None)


def _set_hold(session: Session, typed_reference: str, because: str, told: Kind | None) -> None:
    query = select(Application).where(Application.reference == read_reference(typed_reference))
    case = session.scalars(query.with_for_update()).one_or_none()
    if case is None:
        raise ApplicationNotFound
    if case.erased_at:
        raise AlreadyDeleted
    case.held_because = because
    if told:
        cases.write_timeline(session, case.id, str(told), text=rules.KIND_WORDS[told], facts={})


def warn_of_expiry(session: Session, _payload: dict[str, Any]) -> None:
    """Tell owners of drafts that nobody touched for long, once, while there is time (worker, hourly)."""
    now = clock.now()
    warned = session.execute(
        update(Application)
        .where(
            Application.state == str(State.DRAFT),
            or_(Application.resident_id.is_not(None), Application.company_id.is_not(None)),
            Application.expires_at.between(now, now + rules.DRAFT_WARNING),
            Application.warned_at.is_(None),
        )
        .values(warned_at=now)
        .returning(Application.id, Application.resident_id, Application.reference, Application.procedure),
        execution_options={"synchronize_session": False},
    )
    for draft in warned.all():
        if draft.resident_id is None:
            news.warn(session, cases.open_case(session, draft.id), rules.DRAFT_WARNING.days)
            continue
        facts = {"resident_id": draft.resident_id, "reference": draft.reference, "procedure": draft.procedure}
        emit(session, DraftExpiring(application_id=draft.id, days=rules.DRAFT_WARNING.days, **facts))


def is_draft(session: Session, application_id: UUID) -> bool:
    """Whether there is such a draft still."""
    state = session.scalar(select(Application.state).where(Application.id == application_id))
    return state == str(State.DRAFT)
