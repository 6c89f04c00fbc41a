"""Which lots somebody's points lie in, oldest first, and no more of them than a payment needs.

Who earns points every day has hundreds of lots and pays from the first or second of them: reading all would make paying
slower with every gift.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, select, true
from sqlalchemy.orm import Session, aliased

from portal.core.among import Among
from portal.core.reading import Row
from portal.points.ledger.models import PointAccount, PointLot
from portal.points.ledger.rules import Lot

FEW = 4
"""Lots looked at first: a payment seldom needs more."""

_SINCE = bindparam("since", type_=PointLot.expires_on.type)
_OF_LOT = PointLot.account_id, PointLot.number, PointLot.remaining, PointLot.expires_on
_LEFT = PointLot.remaining > 0, PointLot.expires_on >= _SINCE
_ALL = Among(select(*_OF_LOT).where(*_LEFT), PointLot.account_id)


def lots_for(session: Session, wanted: Mapping[UUID, int], since: date) -> dict[UUID, list[Lot]]:
    """By account: the lots that last until *since* or longer in which the *wanted* points are, those that run out first;
    all there are if that is less."""
    few = _OLDEST[session.get_bind().dialect.name]
    found = _by_account(few.rows(session, wanted, since=since), wanted)
    short = [
        account
        for account, lots in found.items()
        if len(lots) == FEW and sum(lot.remaining for lot in lots) < wanted[account]
    ]
    return found | _by_account(_ALL.rows(session, short, since=since), short) if short else found


def _by_account(rows: Iterable[Row], accounts: Iterable[UUID]) -> dict[UUID, list[Lot]]:
    found: dict[UUID, list[Lot]] = {account: [] for account in accounts}
    for account, *lot in rows:
        found[account].append(Lot(*lot))
    return found


def _few() -> dict[str, Among]:
    """PostgreSQL looks into a joined subquery for each account only when told so (LATERAL), SQLite does not know the word
    and looks each time into a list that depends on the account."""
    one, account = aliased(PointLot), PointAccount.id
    oldest = (
        select(one.number, one.account_id, one.remaining, one.expires_on)
        .where(one.account_id == account, one.remaining > 0, one.expires_on >= _SINCE)
        .order_by(one.expires_on, one.number)
        .limit(FEW)
        .correlate(PointAccount)
    )
    each = oldest.lateral()
    on_postgresql = (
        select(each.c.account_id, each.c.number, each.c.remaining, each.c.expires_on)
        .select_from(PointAccount)
        .join(each, true())
    )
    on_sqlite = (
        select(*_OF_LOT)
        .select_from(PointAccount)
        .join(PointLot, PointLot.number.in_(oldest.with_only_columns(one.number)))
    )
    return {"postgresql": Among(on_postgresql, account), "sqlite": Among(on_sqlite, account)}


_OLDEST = _few()
