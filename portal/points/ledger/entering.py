"""How a transfer comes into the books: numbers drawn, legs written, then the row that closes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core import clock, driver
from portal.core.among import Among
from portal.core.writing import NewRows
from portal.points.ledger.models import PointAccount, PointAllocation, PointLot, PointTransfer
from portal.points.ledger.rules import AccountJoined, Reason

_TRANSFERS = NewRows(PointTransfer.__table__)
_LOTS = NewRows(PointLot.__table__)
_ALLOCATIONS = NewRows(PointAllocation.__table__)
_HELD = Among(
    select(PointAccount.joined_to)
    .where(PointAccount.resident_id.is_not(None))
    .order_by(PointAccount.id)
    .with_for_update(key_share=True),
    PointAccount.id,
)
_KNOWN = Among(select(PointTransfer.key, PointTransfer.number), PointTransfer.key)

_NEWEST = "SELECT coalesce(max(number), 0) FROM point_transfers"

# The transaction gets its id before it gets numbers, so that sealing can wait for all who hold lower ones (sealing.py).
_DRAW = text("SELECT pg_current_xact_id()::text, nextval('point_transfers_number_seq') FROM generate_series(1, :count)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One transfer to be: `expires_on` if it brings a lot, `drawn` (lot's number, points) if it empties some."""

    key: str
    source_id: UUID
    target_id: UUID
    amount: int
    reason: Reason
    case_ref: str = ""
    at: datetime | None = None
    reverses: int | None = None
    expires_on: date | None = None
    drawn: Sequence[tuple[int, int]] = field(default=())


def enter(session: Session, entries: Sequence[Entry]) -> list[int]:
    """Write *entries*, whose accounts are locked and whose keys are new; returns their numbers in the same order."""
    if not entries:
        return []
    numbers, now = next_numbers(session, len(entries)), clock.now()
    numbered = list(zip(numbers, entries, strict=True))
    _LOTS.many(
        session,
        [
            {
                "number": number,
                "account_id": entry.target_id,
                "amount": entry.amount,
                "remaining": entry.amount,
                "expires_on": entry.expires_on,
            }
            for number, entry in numbered
            if entry.expires_on
        ],
    )
    _ALLOCATIONS.many(
        session,
        [{"transfer": number, "lot": lot, "amount": part} for number, entry in numbered for lot, part in entry.drawn],
    )
    _TRANSFERS.many(session, [_row(number, entry, now) for number, entry in numbered])
    return numbers


def _row(number: int, entry: Entry, now: datetime) -> dict[str, object]:
    return {
        "number": number,
        "key": entry.key,
        "source_id": entry.source_id,
        "target_id": entry.target_id,
        "amount": entry.amount,
        "reason": str(entry.reason),
        "case_ref": entry.case_ref,
        "at": entry.at or now,
        "recorded_at": now,
        "reverses": entry.reverses,
    }


def next_numbers(session: Session, count: int) -> list[int]:
    """Numbers nobody else gets. SQLite has one writer at a time, so the highest so far is known."""
    if session.get_bind().dialect.name == "sqlite":
        ((newest,),) = driver.fetch(session, _NEWEST, ())
        return list(range(newest + 1, newest + count + 1))
    return [number for _, number in session.execute(_DRAW, {"count": count})]


def lock(session: Session, accounts: Sequence[UUID]) -> set[UUID]:
    """Let nobody else draw from the lots of *accounts* until the end; in the order of ids, so that no two wait for each
    other: whoever needs several locks them in one call, before anything else. Those of the city have no lots and are left
    free (everybody would wait for the same ones), and who only receives needs no lock either: those lots are new rows.
    Returns to which accounts some of them were joined, as it is now that they are held."""
    return {joined_to for (joined_to,) in _HELD.rows(session, accounts) if joined_to}


def lock_own(session: Session, accounts: Sequence[UUID]) -> None:
    """The same for those who take something out. Raises AccountJoined: between looking for the account and holding it, it
    was joined to another, which has the points now. To lock that one now would be out of order."""
    if lock(session, accounts):
        raise AccountJoined


def known(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """Numbers of transfers that have one of *keys*."""
    return dict(_KNOWN.rows(session, keys))
