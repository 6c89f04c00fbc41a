"""Places points are in: a resident's account, or one of the city's by its name. Opened when they are first asked for."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.core.among import Among
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.writing import NewRows
from portal.points.ledger import rules
from portal.points.ledger.models import PointAccount
from portal.points.ledger.rules import Kind

NOW = func.coalesce(PointAccount.joined_to, PointAccount.id)
"""Where the points of an account are: in it, or in the one it was joined to."""
_OF_RESIDENT = Among(select(PointAccount.resident_id, NOW), PointAccount.resident_id)
_NAMED = Among(select(PointAccount.id), PointAccount.name)
_JOINED = Among(select(PointAccount.id).where(PointAccount.joined_to.is_not(None)), PointAccount.joined_to)
_ACCOUNTS = NewRows(PointAccount.__table__, once=True)


def account_of(session: Session, resident_id: UUID) -> UUID:
    """Where the resident's points are, opened when it is first asked for: their own account, or the one it was joined to."""
    if (there := found(session, resident_id)) is not None:
        return there
    _open(session, Kind.RESIDENT, resident_id=resident_id)
    return session.scalars(select(NOW).where(PointAccount.resident_id == resident_id)).one()


def accounts_of(session: Session, residents: Collection[UUID]) -> dict[UUID, UUID]:
    """The same of many, by resident."""
    there: dict[UUID, UUID] = dict(_OF_RESIDENT.rows(session, residents))
    if not (missing := sorted(set(residents) - there.keys())):
        return there
    _ACCOUNTS.many(session, [_row(Kind.RESIDENT, resident_id=who) for who in missing])
    return dict(_OF_RESIDENT.rows(session, residents))


def owners_of(session: Session, accounts: Collection[UUID]) -> dict[UUID, UUID]:
    """By resident's id in which of *accounts* their points are: several records of one person have one."""
    theirs = or_(PointAccount.id.in_(accounts), PointAccount.joined_to.in_(accounts))
    return {
        who: account for who, account in session.execute(select(PointAccount.resident_id, NOW).where(theirs)) if who
    }


def found(session: Session, resident_id: UUID) -> UUID | None:
    """The same, if there is one."""
    return session.scalar(select(NOW).where(PointAccount.resident_id == resident_id))


def own_account(session: Session, resident_id: UUID) -> UUID:
    """The record's own, whether or not it was joined to another. It is there."""
    return session.scalars(select(PointAccount.id).where(PointAccount.resident_id == resident_id)).one()


def any_joined(session: Session, residents: Sequence[UUID]) -> bool:
    """Whether one of these records was joined to another."""
    joined = PointAccount.resident_id.in_(residents), PointAccount.joined_to.is_not(None)
    return session.scalar(select(PointAccount.id).where(*joined).limit(1)) is not None


def all_of(session: Session, account: UUID) -> list[UUID]:
    """The account and those that were joined to it."""
    joined = select(PointAccount.id).where(PointAccount.joined_to == account)
    return [account, *session.scalars(joined.order_by(PointAccount.id))]


def with_joined(session: Session, of: Collection[UUID]) -> list[UUID]:
    """Accounts, and those that were joined to them."""
    return [*of, *(account for (account,) in _JOINED.rows(session, of))]


def records_of(session: Session, resident_id: UUID) -> list[UUID]:
    """The residents' ids that are this one person: their own, and those whose accounts were joined with theirs."""
    mine = select(NOW).where(PointAccount.resident_id == resident_id).scalar_subquery()
    query = select(PointAccount.resident_id).where(or_(PointAccount.id == mine, PointAccount.joined_to == mine))
    return [resident_id, *(one for one in session.scalars(query) if one and one != resident_id)]


def named(session: Session, name: str, kind: Kind, *, is_bounded: bool = False) -> UUID:
    """The city's account *name*; one that is bounded holds a budget that cannot be overdrawn."""
    if not (there := _NAMED.rows(session, [name])):
        _open(session, kind, name=name, is_bounded=is_bounded)
        there = _NAMED.rows(session, [name])
    account: UUID = there[0][0]
    return account


def city(session: Session) -> UUID:
    """The city's account, from which all points come."""
    return named(session, rules.CITY, Kind.CITY)


def _open(session: Session, kind: Kind, **facts: object) -> None:
    insert_once(session, PointAccount.__table__, _row(kind, **facts))  # type: ignore[arg-type]


def _row(kind: Kind, **facts: object) -> dict[str, object]:
    row = {"resident_id": None, "name": None, "is_bounded": False} | facts
    return row | {"id": new_id(), "kind": str(kind), "balance": 0, "joined_to": None}
