"""The same gift for many people at once, by a few statements however many they are."""

import secrets
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Uuid,
    cast,
    exists,
    false,
    func,
    insert,
    literal,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

from portal.core import clock
from portal.core.db import Instant, own_insert
from portal.points.ledger.models import PointAccount, PointLot, PointTransfer
from portal.points.ledger.rules import Kind, PotEmpty, Reason, last_day

BEGIN_ALIKE = 3
"""Bytes: 16 million beginnings for at most as many statements, and 98 random bits behind them."""

# As in entering: the transaction gets its id before it gets numbers.
_BEGIN = text("SELECT pg_current_xact_id()::text, last_value FROM point_transfers_number_seq")


Stretch = tuple[UUID | None, UUID | None]


def give(
    session: Session, people: Select[UUID], stretch: Stretch, *,
    source: UUID, points: int, reason: Reason, key: str, most: int,
) -> int:  # fmt: skip
    """Give *points* to each of *people* (a query of residents' ids, who have accounts) who has no transfer `<key>:<id>`
    yet; how many they were. Raises PotEmpty when that takes more than *most* points; then nobody has got any.

    The people's ids lie in *stretch*, past its first and up to its second: no account outside it is read. Lots without a
    transfer are seen by nobody else, so those that stand there after the first statement are ours.
    """
    now, today = clock.now(), clock.today()
    first, number = _numbers(session)
    with session.begin_nested():
        columns = ["number", "account_id", "amount", "remaining", "expires_on"]
        lots = insert(PointLot).from_select(columns, _new_lots(people, stretch, number, points, key, last_day(today)))
        done = session.execute(lots, execution_options={"preserve_rowcount": True})
        count: int = done.rowcount  # type: ignore[attr-defined]
        if count * points > most:
            raise PotEmpty
        closing = {
            PointTransfer.number: PointLot.number,
            PointTransfer.key: _key(key, PointAccount.resident_id),
            PointTransfer.source_id: literal(source, Uuid()),
            PointTransfer.target_id: PointLot.account_id,
            PointTransfer.amount: PointLot.amount,
            PointTransfer.reason: literal(str(reason)),
            PointTransfer.case_ref: literal(""),
            PointTransfer.at: literal(now, Instant),
            PointTransfer.recorded_at: literal(now, Instant),
        }
        rows = (
            select(*closing.values())
            .join(PointAccount, PointAccount.id == PointLot.account_id)
            .where(
                *_within(stretch),
                PointLot.number >= first,
                ~exists().where(PointTransfer.number == PointLot.number, PointTransfer.number >= first),
            )
        )
        session.execute(insert(PointTransfer).from_select(list(closing), rows))
    return count


def open_accounts(session: Session, people: Select[UUID], stretch: Stretch) -> None:
    """For whom of *people* has none; in the order of ids, so that no two who open some wait for each other."""
    who, made = people.subquery(), _new_id(session)
    has_none = ~exists().where(PointAccount.resident_id == who.c.id, *_within(stretch))
    rows = select(made, who.c.id, literal(str(Kind.RESIDENT)), false(), literal(0)).where(has_none).order_by(who.c.id)
    columns = ["id", "resident_id", "kind", "is_bounded", "balance"]
    session.execute(own_insert(session, PointAccount).from_select(columns, rows).on_conflict_do_nothing())


def _within(stretch: Stretch) -> list[ColumnElement[bool]]:
    after, last = stretch
    owner = PointAccount.resident_id
    return [*([owner > after] if after else []), *([owner <= last] if last else [])]


def _new_id(session: Session) -> ColumnElement[Any]:
    """A random id in 32 digits. Those of one statement begin alike, so that their rows are neighbours in every index."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    digits = func.lower(func.hex(func.randomblob(16))) if on_sqlite else _digits(func.gen_random_uuid())
    new = literal(secrets.token_hex(BEGIN_ALIKE)) + func.substr(digits, 2 * BEGIN_ALIKE + 1)
    return type_coerce(new, Uuid()) if on_sqlite else cast(new, Uuid())


def _numbers(session: Session) -> tuple[int, ColumnElement[int]]:
    """The lowest number a new lot may have, and the number of each. SQLite has one writer at a time."""
    if session.get_bind().dialect.name == "sqlite":
        newest = session.scalar(select(func.max(PointTransfer.number))) or 0
        return newest + 1, literal(newest) + func.row_number().over(order_by=PointAccount.id)
    return session.execute(_BEGIN).one().last_value, func.nextval("point_transfers_number_seq")


def _new_lots(
    people: Select[UUID], stretch: Stretch, number: ColumnElement[int], points: int, key: str, expires_on: date
) -> Any:
    who = people.subquery()
    return (
        select(number, PointAccount.id, literal(points), literal(points), literal(expires_on))
        .join(who, who.c.id == PointAccount.resident_id)
        .where(*_within(stretch), ~exists().where(PointTransfer.key == _key(key, who.c.id)))
        .where(PointAccount.joined_to.is_(None), ~_had_by_other_record(key))
    )


def _had_by_other_record(key: str) -> ColumnElement[bool]:
    """One person with two records gets it once: a record that was joined to another gets nothing itself."""
    other = aliased(PointAccount)
    given = PointTransfer.key == _key(key, other.resident_id)
    return exists().where(other.joined_to == PointAccount.id, exists().where(given))


def _key(key: str, resident_id: Any) -> ColumnElement[str]:
    """The same text on both databases: the id in 32 digits."""
    return literal(f"{key}:") + _digits(resident_id)


def _digits(uuid: Any) -> ColumnElement[str]:
    return func.replace(cast(uuid, String), "-", "")
