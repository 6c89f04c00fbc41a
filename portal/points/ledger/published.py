"""What the city publishes of its books: where they ended at the end of each month, and now. Whoever keeps a copy sees later
whether anything before was taken away or changed (seal_checker.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.clock import JST
from portal.points.ledger.models import PointAccount, PointSeal


@dataclass(frozen=True, slots=True)
class Published:
    """The newest seal of a month; of this one, the newest there is."""

    month: date
    seal: PointSeal


class Account(NamedTuple):
    """One that is nobody's own: seals say only its id."""

    id: str
    kind: str
    name: str


def accounts(session: Session) -> Sequence[Account]:
    """Those of the city, its programmes and its partners; of residents nothing is published."""
    query = select(PointAccount.id, PointAccount.kind, PointAccount.name).where(PointAccount.resident_id.is_(None))
    return sorted(Account(str(row.id), row.kind, row.name or "") for row in session.execute(query))


def heads(session: Session) -> Sequence[Published]:
    """The newest month first, without those in which nothing was sealed."""
    first = session.scalar(select(func.min(PointSeal.at)))
    if first is None:
        return []
    begin = first.astimezone(JST).date().replace(day=1)
    found, month = [], clock.today().replace(day=1)
    while month >= begin:
        if (one := _newest(session, month)) is not None:
            found.append(Published(month, one))
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def _newest(session: Session, month: date) -> PointSeal | None:
    after = (month + timedelta(days=32)).replace(day=1)
    span = (datetime(one.year, one.month, 1, tzinfo=JST) for one in (month, after))
    query = select(PointSeal).where(PointSeal.at >= next(span), PointSeal.at < next(span))
    return session.scalars(query.order_by(PointSeal.at.desc(), PointSeal.number.desc()).limit(1)).first()
