"""Giving points and telling how many there are."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.events import ApplicationCompleted
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.money import Points
from portal.points.models import PointAccount, PointTransfer
from portal.points.rules import REASON_WORDS, Reason

CITY = "city"


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a resident's history; `amount` is signed: what came is positive."""

    at: datetime
    amount: int
    words: str
    case_ref: str


def balance(session: Session, resident_id: UUID) -> Points:
    """How many points the resident has; 0 for somebody without an account."""
    query = select(PointAccount.balance).where(PointAccount.resident_id == resident_id)
    return Points(session.scalar(query) or 0)


def credit(
    session: Session, resident_id: UUID, amount: Points, *, reason: Reason, key: str, case_ref: str = ""
) -> bool:
    """Give *amount* from the city to the resident; the same *key* gives once. Returns whether it was new."""
    target = account_of(session, resident_id)
    values = {
        "id": new_id(),
        "key": key,
        "source_id": city_account(session),
        "target_id": target,
        "amount": amount,
        "reason": str(reason),
        "case_ref": case_ref,
        "at": clock.now(),
    }
    if insert_once(session, PointTransfer.__table__, values) == 0:  # type: ignore[arg-type]
        return False
    session.execute(update(PointAccount).where(PointAccount.id == target).values(balance=PointAccount.balance + amount))
    did(session, Action.CHANGE, whose=resident_id, what="points.balance", case_ref=case_ref)
    return True


def account_of(session: Session, resident_id: UUID) -> UUID:
    """The resident's account, opened at the first points."""
    row = {"id": new_id(), "resident_id": resident_id, "balance": 0}
    insert_once(session, PointAccount.__table__, row)  # type: ignore[arg-type]
    return session.scalars(select(PointAccount.id).where(PointAccount.resident_id == resident_id)).one()


def city_account(session: Session) -> UUID:
    """The city's account, from which points come."""
    insert_once(session, PointAccount.__table__, {"id": new_id(), "name": CITY, "balance": 0})  # type: ignore[arg-type]
    return session.scalars(select(PointAccount.id).where(PointAccount.name == CITY)).one()


def history(session: Session, resident_id: UUID, *, limit: int = 50) -> list[Movement]:
    """The newest movements of the resident's account."""
    account = select(PointAccount.id).where(PointAccount.resident_id == resident_id).scalar_subquery()
    query = (
        select(
            PointTransfer.at,
            case((PointTransfer.target_id == account, PointTransfer.amount), else_=-PointTransfer.amount),
            PointTransfer.reason,
            PointTransfer.case_ref,
        )
        .where((PointTransfer.target_id == account) | (PointTransfer.source_id == account))
        .order_by(PointTransfer.at.desc(), PointTransfer.id)
        .limit(limit)
    )
    return [
        Movement(at, amount, REASON_WORDS[Reason(reason)], ref) for at, amount, reason, ref in session.execute(query)
    ]


def unbalanced(session: Session) -> list[UUID]:
    """Residents' accounts whose balance is not the sum of their transfers; an empty list is books in order."""
    came = select(PointTransfer.target_id.label("account"), PointTransfer.amount.label("leg"))
    went = select(PointTransfer.source_id.label("account"), (-PointTransfer.amount).label("leg"))
    legs = came.union_all(went).subquery()
    sums = select(legs.c.account, func.sum(legs.c.leg).label("total")).group_by(legs.c.account).subquery()
    query = (
        select(PointAccount.id)
        .outerjoin(sums, sums.c.account == PointAccount.id)
        .where(PointAccount.resident_id.is_not(None), PointAccount.balance != func.coalesce(sums.c.total, 0))
    )
    return list(session.scalars(query))


def on_application_completed(session: Session, event: ApplicationCompleted) -> None:
    """An e-service was used to its end: the procedure's points, once an application."""
    if event.points <= 0:
        return
    new = credit(
        session,
        event.resident_id,
        Points(event.points),
        reason=Reason.E_SERVICE,
        key=f"application:{event.application_id}",
        case_ref=event.reference,
    )
    if new:
        applications.add_to_timeline(session, event.application_id, "points-credited", {"points": event.points})
