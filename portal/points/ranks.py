"""A person's rank, by the points earned in the last twelve months; what gives points has it written anew."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.points import rules
from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointAccount
from portal.points.rules import Progress, Rank


def standing(session: Session, resident_id: UUID) -> Progress:
    """The person's rank, what it rests on, and what the next one still takes."""
    now = clock.now()
    account = session.scalar(select(PointAccount.id).where(PointAccount.resident_id == resident_id))
    if account is None:
        return rules.progress(0, 0, now)
    earned = ledger.earned(session, account, now - rules.WINDOW)
    before = ledger.earned(session, account, now - rules.WINDOW - rules.GRACE, until=now - rules.GRACE)
    return rules.progress(earned, before, now)


def rank(session: Session, resident_id: UUID) -> Rank:
    """By the points earned in the last twelve months."""
    return standing(session, resident_id).rank
