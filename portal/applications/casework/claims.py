"""Who works on a case: taking it, giving it back, taking it over. One conditional UPDATE each: two at once, one gets it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from portal.applications import cases, rules
from portal.applications.casework import reach
from portal.applications.models import Application
from portal.applications.rules import ClaimedByOther, NotPossibleNow, State
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.errors import Refusal


def claim(session: Session, application_id: UUID, clerk: Actor) -> None:
    """Take the case so that no colleague works on it too; a claim left idle for CLAIM_LASTS may be taken. Whoever has it
    already keeps it, which is nothing new."""
    case = cases.open_case(session, application_id)
    reach.check(session, clerk, case)
    idle = Application.claimed_at < clock.now() - rules.CLAIM_LASTS
    if _take(session, case, clerk, or_(Application.claimed_by.is_(None), idle)):
        audit.did(session, Action.CHANGE, whose=case.whose, what="applications(claim)", case_ref=case.reference)
    elif not _take(session, case, clerk, Application.claimed_by == clerk.id):
        case = cases.open_case(session, application_id)
        raise ClaimedByOther if State(case.state) in rules.TO_CHECK else NotPossibleNow


def lost(session: Session, application_id: UUID, clerk: Actor) -> Refusal | None:
    """Why *clerk* has the case no longer: a colleague took it, or it is decided; None while they have it. A page says so
    beside what was typed, instead of losing it."""
    case = cases.open_case(session, application_id)
    reach.check(session, clerk, case)
    if case.state not in rules.TO_CHECK:
        return NotPossibleNow()
    return None if case.claimed_by == clerk.id else rules.NotClaimed()


def take_over(session: Session, application_id: UUID, supervisor: Actor) -> None:
    """A supervisor takes the case from whoever has it."""
    case = cases.open_case(session, application_id)
    reach.check(session, supervisor, case)
    if not _take(session, case, supervisor):
        raise NotPossibleNow
    audit.did(session, Action.CHANGE, whose=case.whose, what="applications(take-over)", case_ref=case.reference)


def _take(session: Session, case: Application, clerk: Actor, *conditions: object) -> bool:
    taken = session.execute(
        update(Application)
        .where(Application.id == case.id, Application.state.in_(rules.TO_CHECK), *conditions)  # type: ignore[arg-type]
        .values(claimed_by=clerk.id, claimed_label=clerk.label, claimed_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def claim_many(session: Session, ids: Sequence[UUID], clerk: Actor) -> int:
    """Take each case that can be taken; how many were."""
    taken = 0
    for application_id in ids:
        try:
            claim(session, application_id, clerk)
        except Refusal:
            continue
        taken += 1
    return taken


def release(session: Session, application_id: UUID, clerk: Actor) -> None:
    """Give the case back to the list; giving back what one does not hold changes nothing."""
    case = cases.open_case(session, application_id)
    reach.check(session, clerk, case)
    released = session.execute(
        update(Application)
        .where(Application.id == application_id, Application.claimed_by == clerk.id)
        .values(claimed_by=None, claimed_label="", claimed_at=None),
        execution_options={"synchronize_session": False},
    )
    if released.rowcount:  # type: ignore[attr-defined]
        audit.did(session, Action.CHANGE, whose=case.whose, what="applications(release)", case_ref=case.reference)


def keep(session: Session, case: Application, clerk: Actor) -> None:
    """Work was done on the case: its claim counts from now again."""
    session.execute(
        update(Application)
        .where(Application.id == case.id, Application.claimed_by == clerk.id)
        .values(claimed_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
