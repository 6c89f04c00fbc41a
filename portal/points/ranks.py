"""A person's rank, by the points earned in the last twelve months; what gives points has it written anew."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core import clock
from portal.core.among import Among
from portal.points import rules
from portal.points.ledger import service as ledger
from portal.points.ledger.accounts import NOW
from portal.points.ledger.models import PointAccount, PointTransfer
from portal.points.ledger.rules import EARNED
from portal.points.rules import Progress, Rank


def _sum_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, PointTransfer.amount), else_=0))


def _at(name: str) -> Any:
    return bindparam(name, type_=PointTransfer.at.type)


_TAKEN_BACK = aliased(PointTransfer)
_EARNED = Among(
    select(NOW, _sum_if(PointTransfer.at >= _at("since")), _sum_if(PointTransfer.at <= _at("kept")))
    .join(PointTransfer, PointTransfer.target_id == PointAccount.id)
    .where(
        PointTransfer.at >= _at("before"),
        or_(*(PointTransfer.reason == str(reason) for reason in sorted(EARNED))),
        ~exists().where(_TAKEN_BACK.reverses == PointTransfer.number),
    )
    .group_by(NOW),
    PointAccount.id,
)
"""By account: what was earned since a moment, and what of all since `before` was earned until another."""


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
    owners = _owners(session, people)
    standing = of_accounts(session, ledger.with_joined(session, owners))
    return {who: held for account, held in standing.items() for who in owners[account]}


def of_accounts(session: Session, accounts: Collection[UUID]) -> dict[UUID, Rank]:
    """By account, of *accounts* and those that were joined to them (ledger.with_joined): what was earned before counts on.
    Who earned nothing in that time is left out."""
    now = clock.now()
    windows = {
        "since": rules.window_begins(now),
        "before": rules.window_begins(now - rules.GRACE),
        "kept": now - rules.GRACE,
    }
    found = _EARNED.rows(session, accounts, **windows)
    return {account: rules.rank_now(earned, before) for account, earned, before in found}


def _owners(session: Session, people: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """By account in which their points are, who of *people* that is: several records of one person have one."""
    query = select(NOW, PointAccount.resident_id).where(PointAccount.resident_id.in_(people))
    found = dict[UUID, list[UUID]]()
    for account, who in session.execute(query):
        found.setdefault(account, []).extend([who] if who else [])
    return found


def with_other_records(session: Session, people: Sequence[UUID]) -> list[UUID]:
    """*people* and all other records of theirs: a rank is the person's, whichever record earned it."""
    accounts = ledger.with_joined(session, _owners(session, people))
    query = select(PointAccount.resident_id).where(PointAccount.id.in_(accounts))
    return sorted({*people, *(who for who in session.scalars(query) if who)})
