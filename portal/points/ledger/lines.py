"""Each transfer as one line of text that says everything about it: what seals cover and what the export holds.

    number,key,source,target,amount,reason,at,recorded_at,reverses,expires_on,drawn

`key` is the SHA-256 of the transfer's key (keys name applications); accounts are random ids, not people; `drawn` is
`lot:points` joined by spaces. A line needs no escaping: none of its parts holds a comma or an end of line.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from portal.points.ledger.models import PointAllocation, PointLot, PointTransfer

HEAD = "number,key,source,target,amount,reason,at,recorded_at,reverses,expires_on,drawn"
BATCH = 5_000


def lines(connection: Connection, *, after: int, until: int) -> Iterator[tuple[int, str]]:
    """(number, line) of every transfer past *after* up to *until*, in order of number."""
    while batch := _batch(connection, after, until):
        yield from batch
        after = batch[-1][0]


def _batch(connection: Connection, after: int, until: int) -> list[tuple[int, str]]:
    query = (
        select(PointTransfer, PointLot.expires_on)
        .outerjoin(PointLot, PointLot.number == PointTransfer.number)
        .where(PointTransfer.number > after, PointTransfer.number <= until)
        .order_by(PointTransfer.number)
        .limit(BATCH)
    )
    rows = connection.execute(query).all()
    if not rows:
        return []
    drawn = defaultdict(list)
    parts = select(PointAllocation).where(
        PointAllocation.transfer >= rows[0].number, PointAllocation.transfer <= rows[-1].number
    )
    for part in connection.execute(parts.order_by(PointAllocation.transfer, PointAllocation.lot)):
        drawn[part.transfer].append(f"{part.lot}:{part.amount}")
    return [(row.number, _line(row, " ".join(drawn[row.number]))) for row in rows]


def _line(row: Any, drawn: str) -> str:
    parts = (
        row.number,
        sha256(row.key.encode()).hexdigest(),
        row.source_id,
        row.target_id,
        row.amount,
        row.reason,
        _moment(row.at),
        _moment(row.recorded_at),
        "" if row.reverses is None else row.reverses,
        row.expires_on or "",
        drawn,
    )
    return ",".join(map(str, parts))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
