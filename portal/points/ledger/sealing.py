"""Seals: every few minutes the newest transfers are closed into a block that covers the block before, signed.

Each seal is kept outside the database as well (heads.py). Nobody waits for it. On PostgreSQL a transaction that draws a
low number may still be under way when a higher one is there; so a *mark* is set first (how far numbers were drawn, and an id
no unfinished drawer's is above), and the block reaches to the mark only once all transactions up to that id have ended.
"""

from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.points.ledger.heads import Head, Heads
from portal.points.ledger.lines import lines
from portal.points.ledger.models import PointMark, PointSeal, PointTransfer

SEAL = "points.seal"
SIGNING = "points-seals"
MOST = 20_000
MARK = 1

_DRAWN = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM point_transfers_number_seq")
_ALL_ENDED = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > :xid")


def seal(session: Session, _payload: dict[str, Any], *, key: Ed25519PrivateKey, heads: Heads | None = None) -> None:
    """Seal up to the last mark and set a new one (worker, every few minutes)."""
    if heads:
        heads.catch_up(session)
    mark = session.get(PointMark, MARK)
    if mark is None or _is_settled(session, mark):
        count = seal_some(session, mark.last, key) if mark else 0
        if heads and count:
            heads.keep_after_commit(session, [newest(session)])
        if count == MOST:
            outbox.wake(session, SEAL, lane=outbox.Lane.BULK)
            return
        _mark(session, mark)


def seal_now(session: Session, key: Ed25519PrivateKey) -> None:
    """Seal all there is. Only while nobody else writes: for the demo and tests."""
    newest = session.scalar(select(func.max(PointTransfer.number))) or 0
    while seal_some(session, newest, key) == MOST:
        pass


def seal_some(session: Session, until: int, key: Ed25519PrivateKey) -> int:
    """One block, at most `MOST` transfers, up to number *until*; how many it closed."""
    before = session.scalars(select(PointSeal).order_by(PointSeal.number.desc()).limit(1)).one_or_none()
    number, after = (before.number + 1, before.last) if before else (1, 0)
    digest, count, last = sha256(before.digest if before else b""), 0, after
    for last, line in lines(session.connection(), after=after, until=until):  # noqa: B007 - the last one is kept
        digest.update(f"{line}\n".encode())
        count += 1
        if count == MOST:
            break
    if not count:
        return 0
    closed = digest.digest()
    signature = key.sign(statement(number, last, closed))
    session.add(PointSeal(number=number, last=last, lines=count, digest=closed, signature=signature, at=clock.now()))
    session.flush()
    return count


def newest(session: Session) -> Head:
    """The last seal there is."""
    row = session.scalars(select(PointSeal).order_by(PointSeal.number.desc()).limit(1)).one()
    return Head(row.number, row.last, row.digest.hex())


def statement(number: int, last: int, digest: bytes) -> bytes:
    """What is signed."""
    return f"omatome points seal {number} {last} {digest.hex()}".encode()


def _is_settled(session: Session, mark: PointMark) -> bool:
    if session.get_bind().dialect.name == "sqlite":
        return True
    return bool(session.scalar(_ALL_ENDED, {"xid": mark.xid}))


def _mark(session: Session, mark: PointMark | None) -> None:
    """First how far, then the id: whoever drew a number by then has a lower one."""
    if session.get_bind().dialect.name == "sqlite":
        last, xid = session.scalar(select(func.max(PointTransfer.number))) or 0, 0
    else:
        last = session.scalar(_DRAWN)
        xid = int(session.scalar(text("SELECT pg_current_xact_id()::text")) or 0)
    mark = mark or PointMark(id=MARK)
    mark.last, mark.xid = last or 0, xid
    session.add(mark)
