"""A person's rank, by the points earned in the last twelve months; what gives points has it written anew."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.core import clock
from portal.points import rules
from portal.points.ledger import service as ledger
from portal.points.ledger.accounts import NOW
from portal.points.ledger.models import PointAccount, PointTransfer
from portal.points.ledger.rules import EARNED
from portal.points.rules import Progress, Rank


def standing(session: Session, resident_id: UUID) -> Progress:
    """The person's rank, what it rests on, and what the next one still takes."""
    now = clock.now()
    account = ledger.found(session, resident_id)
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
    """The same of many people, by a few statements; who earned nothing in that time is left out."""
    now, owners = clock.now(), _owners(session, people)
    since, before = rules.window_begins(now), rules.window_begins(now - rules.GRACE)
    taken_back = aliased(PointTransfer)
    query = (
        select(
            NOW,
            _sum_if(PointTransfer.at >= since),
            _sum_if(PointTransfer.at <= now - rules.GRACE),
        )
        .join(PointTransfer, PointTransfer.target_id == PointAccount.id)
        .where(
            PointAccount.id.in_(_with_joined(session, list(owners))),
            PointTransfer.at >= before,
            PointTransfer.reason.in_([str(reason) for reason in EARNED]),
            ~exists().where(taken_back.reverses == PointTransfer.number),
        )
        .group_by(NOW)
    )
    found = {account: rules.progress(earned, before, now).rank for account, earned, before in session.execute(query)}
    return {who: held for account, held in found.items() for who in owners[account]}


def _owners(session: Session, people: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """By account in which their points are, who of *people* that is: several records of one person have one."""
    query = select(NOW, PointAccount.resident_id).where(PointAccount.resident_id.in_(people))
    found = dict[UUID, list[UUID]]()
    for account, who in session.execute(query):
        found.setdefault(account, []).extend([who] if who else [])
    return found


def _with_joined(session: Session, accounts: list[UUID]) -> list[UUID]:
    """What was earned before it was joined counts on."""
    return [*accounts, *session.scalars(select(PointAccount.id).where(PointAccount.joined_to.in_(accounts)))]


def with_other_records(session: Session, people: Sequence[UUID]) -> list[UUID]:
    """*people* and all other records of theirs: a rank is the person's, whichever record earned it."""
    accounts = _with_joined(session, list(_owners(session, people)))
    query = select(PointAccount.resident_id).where(PointAccount.id.in_(accounts))
    return sorted({*people, *(who for who in session.scalars(query) if who)})


def _sum_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, PointTransfer.amount), else_=0))
