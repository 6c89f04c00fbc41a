"""Places points are in: a resident's account, or one of the city's by its name. Opened when they are first asked for."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.points.ledger import rules
from portal.points.ledger.models import PointAccount
from portal.points.ledger.rules import Kind


def account_of(session: Session, resident_id: UUID) -> UUID:
    """The resident's account, opened when it is first asked for."""
    query = select(PointAccount.id).where(PointAccount.resident_id == resident_id)
    if (there := session.scalar(query)) is not None:
        return there
    _open(session, Kind.RESIDENT, resident_id=resident_id)
    return session.scalars(query).one()


def named(session: Session, name: str, kind: Kind, *, is_bounded: bool = False) -> UUID:
    """The city's account *name*; one that is bounded holds a budget that cannot be overdrawn."""
    query = select(PointAccount.id).where(PointAccount.name == name)
    if (there := session.scalar(query)) is not None:
        return there
    _open(session, kind, name=name, is_bounded=is_bounded)
    return session.scalars(query).one()


def city(session: Session) -> UUID:
    """The city's account, from which all points come."""
    return named(session, rules.CITY, Kind.CITY)


def _open(session: Session, kind: Kind, **facts: object) -> None:
    row = {"resident_id": None, "name": None, "is_bounded": False} | facts
    insert_once(session, PointAccount.__table__, row | {"id": new_id(), "kind": str(kind), "balance": 0})  # type: ignore[arg-type]
