"""The outbox: work promised in the same transaction as the facts that need it, done by the worker.

The table is the truth. A row is done in the transaction that does its work, so a worker killed at
any point leaves either both or neither; work that leaves the database (mail, push) carries the row's
key so that the receiver can drop a repeat.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Row, String, Text, bindparam, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.db import Base, insert_once, partial_index
from portal.core.writing import NewRows

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 20
FORGET = "outbox.forget-done"
# One transaction's share of forgetting: writers on SQLite wait at most for one batch.
BATCH = 5_000

Handler = Callable[[Session, dict[str, Any]], None]
Promised = tuple[str, dict[str, Any], str | None]
"""Kind, payload and key of a piece of work."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Work that leaves the house. What is to be carried is taken in a transaction of its own, carried while none is
    open (a slow network holds up no writer), and what became of it is recorded in another, which also ends the
    promise. Killed in between, it is carried again: what is taken must bring a key of its own, the same each time."""

    take: Callable[[Session, dict[str, Any]], Any]
    carry: Callable[[Any], Any]
    record: Callable[[Session, Any], None]


Work = Handler | Errand


class Lane(IntEnum):
    """What goes first: urgent overtakes everything, bulk waits for everybody."""

    URGENT = 0
    NORMAL = 5
    BULK = 9


class Promise(Base):
    """One piece of work. `lease_until` says which worker's turn it is; `done_at` that it happened."""

    __tablename__ = "outbox"
    __table_args__ = (
        partial_index(
            "ix_outbox_waiting",
            "lane",
            "id",
            where=text("done_at IS NULL AND failed_at IS NULL"),
        ),
        partial_index(
            "ix_outbox_done",
            "done_at",
            where=text("done_at IS NOT NULL"),
        ),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(120))
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    lane: Mapped[int] = mapped_column(default=int(Lane.NORMAL))
    available_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


_PROMISE = NewRows(Promise.__table__, "kind", "key", "payload", "lane", "available_at", "attempts", once=True)


def post(
    session: Session,
    kind: str,
    payload: dict[str, Any],
    *,
    key: str | None = None,
    lane: Lane = Lane.NORMAL,
    at: datetime | None = None,
) -> bool:
    """Promise work of *kind*; the same *key* twice promises it once. Returns whether it was new."""
    row = _row(kind, payload, key) | {"lane": int(lane)}
    if at is not None:
        row["available_at"] = at
    return insert_once(session, Promise.__table__, row) == 1  # type: ignore[arg-type]


def wake(session: Session, kind: str, *, lane: Lane = Lane.NORMAL) -> None:
    """See that somebody looks at what is due, if nobody is going to already: a thousand such wishes are one promise.

    On PostgreSQL a promise may be taken while this is asked; what is woken so looks from time to time besides.
    """
    waiting = select(Promise.id).where(
        Promise.done_at.is_(None),
        Promise.failed_at.is_(None),
        Promise.lane == int(lane),
        Promise.kind == kind,
        Promise.attempts == 0,
    )
    if session.scalar(waiting.limit(1)) is None:
        post(session, kind, {}, lane=lane)


def post_all(session: Session, promises: Sequence[Promised]) -> None:
    """Promise many pieces of work by one statement."""
    _PROMISE.many(session, [_row(*promise) for promise in promises])


def _row(kind: str, payload: dict[str, Any], key: str | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": key,
        "payload": payload,
        "lane": int(Lane.NORMAL),
        "available_at": clock.now(),
        "attempts": 0,
    }


# Whose turn it is: mostly the most urgent, but of sixteen turns the bulk has one and what is normal three, so that
# nothing waits for ever behind what never ends.
TURNS = 16
BEGINS_WITH = {3: Lane.NORMAL, 7: Lane.NORMAL, 11: Lane.NORMAL, 15: Lane.BULK}

_WAITING = (
    select(Promise.id, Promise.kind, Promise.payload, Promise.attempts, Promise.lease_until)
    .where(
        Promise.done_at.is_(None),
        Promise.failed_at.is_(None),
        Promise.available_at <= bindparam("now"),
        (Promise.lease_until.is_(None)) | (Promise.lease_until < bindparam("now")),
    )
    .order_by(Promise.lane, Promise.id)
    .limit(1)
)
_NEXT = _WAITING.with_for_update(skip_locked=True)
_NEXT_OF_LANE = _NEXT.where(Promise.lane == bindparam("lane"))
# Lane by lane: of those that are not asked for, which may be long, nothing is read.
_OF_KINDS = _WAITING.where(
    Promise.lane.in_(bindparam("lanes", expanding=True)), Promise.kind.in_(bindparam("kinds", expanding=True))
)
_NEXT_OF_KINDS = _OF_KINDS.with_for_update(skip_locked=True)


@dataclass(frozen=True, slots=True)
class Share:
    """What a worker takes that knows only some *kinds* of work, all of these *lanes*."""

    kinds: tuple[str, ...]
    lanes: tuple[Lane, ...]

    def asked(self, now: datetime) -> dict[str, Any]:
        return {"now": now, "kinds": self.kinds, "lanes": [int(lane) for lane in self.lanes]}


def is_waiting(session: Session, now: datetime, share: Share | None = None) -> bool:
    """Whether any work could be claimed now."""
    found = session.execute(_OF_KINDS, share.asked(now)) if share else session.execute(_WAITING, {"now": now})
    return found.first() is not None


def claim(
    session: Session, now: datetime, *, turn: int = 0, share: Share | None = None
) -> tuple[int, str, dict[str, Any], int] | None:
    """Take the next waiting row for one lease: (id, kind, payload, attempts so far), or None. *turn* counts what a
    worker took: urgent overtakes, and now and then another lane is asked first. Of its *share*, if it has one."""
    row = session.execute(_NEXT_OF_KINDS, share.asked(now)).first() if share else _next(session, now, turn)
    if row is None:
        return None
    session.execute(
        update(Promise).where(Promise.id == row.id).values(lease_until=now + LEASE, attempts=row.attempts + 1)
    )
    return row.id, row.kind, row.payload, row.attempts


def _next(session: Session, now: datetime, turn: int) -> Row[Any] | None:
    first = BEGINS_WITH.get(turn % TURNS)
    row = session.execute(_NEXT_OF_LANE, {"now": now, "lane": int(first)}).first() if first is not None else None
    return row or session.execute(_NEXT, {"now": now}).first()


def finish(session: Session, promise_id: int) -> None:
    """Mark done in the working transaction; a second finisher fails, and its work is rolled back with it."""
    done = session.execute(
        update(Promise).where(Promise.id == promise_id, Promise.done_at.is_(None)).values(done_at=clock.now())
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise AlreadyDone(promise_id)


def postpone(session: Session, promise_id: int, attempts: int, error: str) -> None:
    """Try again later: 1, 2, 4 … seconds up to 10 minutes; after MAX_ATTEMPTS it waits for a person."""
    wait = timedelta(seconds=min(2**attempts, 600))
    failed = clock.now() if attempts + 1 >= MAX_ATTEMPTS else None
    session.execute(
        update(Promise)
        .where(Promise.id == promise_id, Promise.done_at.is_(None))
        .values(available_at=clock.now() + wait, lease_until=None, error=error[:500], failed_at=failed)
    )


def forget_done(session: Session, _payload: dict[str, Any], *, kept: timedelta, batch: int = BATCH) -> None:
    """Remove work done longer than *kept* ago (worker, hourly), *batch* rows at a time.

    A done row says twice that work is done: its key keeps the same promise from being made again. Keys are events'
    random ids, periods that are over, and chunks a done chunk promised: after a day nobody makes these promises again.
    What failed for good stays: it waits for a person.
    """
    old = select(Promise.id).where(Promise.done_at < clock.now() - kept).order_by(Promise.done_at).limit(batch)
    gone = session.execute(
        delete(Promise).where(Promise.id.in_(old.scalar_subquery())), execution_options={"synchronize_session": False}
    )
    if gone.rowcount == batch:  # type: ignore[attr-defined]
        post(session, FORGET, {})


class AlreadyDone(Exception):
    """Another worker finished this row while our lease had run out."""
