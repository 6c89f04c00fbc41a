"""How fast a program may go on: a token bucket in our own tables, so that every process sees the same one.

Kept as one number a key, the moment at which the bucket is full again (the generic cell rate algorithm, ITU-T I.371):
one conditional upsert takes a token and decides, so of many calls at the same instant no more pass than may.
"""

import math

from sqlalchemy import Double, String, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.audit import afterwards
from portal.core.db import Base
from portal.core.errors import Refusal
from portal.core.words import N_

MINUTE = 60.0
BURST_SECONDS = 20.0
"""How many seconds' worth may come at once."""


class TooFast(Refusal):
    """`wait` is in seconds."""

    code = "too-fast"
    status = 429
    message = N_("More calls came than one program may make: %(limit)s in a minute.")
    next_step = N_("Wait %(wait)s seconds, and then go on more slowly.")


class Bucket(Base):
    """`full_at` is in seconds since 1970: a past moment is a full bucket."""

    __tablename__ = "rate_buckets"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    full_at: Mapped[float] = mapped_column(Double)


_TAKE = text(
    "INSERT INTO rate_buckets (key, full_at) VALUES (:key, :now + :cost) ON CONFLICT (key) DO UPDATE SET "
    "full_at = (CASE WHEN rate_buckets.full_at < :now THEN :now ELSE rate_buckets.full_at END) + :cost "
    "WHERE rate_buckets.full_at + :cost <= :now + :room OR rate_buckets.full_at <= :now RETURNING full_at"
)


def take(session: Session, key: str, *, limit: int, tokens: int = 1) -> None:
    """Take *tokens* of the *limit* a minute that *key* has; TooFast says how long to wait. Needs a session that writes.

    A call that is refused later on has taken them all the same.
    """
    now, cost = clock.machine_now().timestamp(), tokens * MINUTE / limit
    room = max(BURST_SECONDS, MINUTE / limit)
    wanted = {"key": key, "now": now, "cost": cost, "room": room}
    if session.execute(_TAKE, wanted).first() is None:
        full_at = session.scalar(select(Bucket.full_at).where(Bucket.key == key)) or now
        raise TooFast(limit=limit, wait=max(1, math.ceil(full_at + cost - now - room)))
    afterwards(session, lambda later: None if later is session else _take_again(later, wanted))


def _take_again(session: Session, wanted: dict[str, object]) -> None:
    session.execute(_TAKE, wanted)


def forget_full(session: Session, _payload: dict[str, object]) -> None:
    """Remove buckets that are full again (worker, hourly): a missing one is as full."""
    session.execute(delete(Bucket).where(Bucket.full_at < clock.machine_now().timestamp()))
