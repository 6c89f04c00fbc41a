"""A person's rank, by the points earned in the last twelve months; what gives points has it written anew."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.core import clock
from portal.points import rules
from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointAccount, PointTransfer
from portal.points.ledger.rules import EARNED
from portal.points.rules import Progress, Rank


def standing(session: Session, resident_id: UUID) -> Progress:
    """The person's rank, what it rests on, and what the next one still takes."""
    now = clock.now()
    account = session.scalar(select(PointAccount.id).where(PointAccount.resident_id == resident_id))
    if account is None:
        return rules.progress(0, 0, now)
    kept = now - rules.GRACE
    earned = ledger.earned(session, account, rules.window_begins(now))
    before = ledger.earned(session, account, rules.window_begins(kept), until=kept)
    return rules.progress(earned, before, now)


def rank(session: Session, resident_id: UUID) -> Rank:
    """By the points earned in the last twelve months."""
    return standing(session, resident_id).rank


def of_many(session: Session, people: Sequence[UUID]) -> dict[UUID, Rank]:
    """The same of many people, by one statement; who earned nothing in that time is left out."""
    now = clock.now()
    since, before = rules.window_begins(now), rules.window_begins(now - rules.GRACE)
    taken_back = aliased(PointTransfer)
    query = (
        select(
            PointAccount.resident_id,
            _sum_if(PointTransfer.at >= since),
            _sum_if(PointTransfer.at <= now - rules.GRACE),
        )
        .join(PointTransfer, PointTransfer.target_id == PointAccount.id)
        .where(
            PointAccount.resident_id.in_(people),
            PointTransfer.at >= before,
            PointTransfer.reason.in_([str(reason) for reason in EARNED]),
            ~exists().where(taken_back.reverses == PointTransfer.number),
        )
        .group_by(PointAccount.resident_id)
    )
    rows = session.execute(query).all()
    return {who: rules.progress(earned, earned_before, now).rank for who, earned, earned_before in rows if who}


def _sum_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, PointTransfer.amount), else_=0))
