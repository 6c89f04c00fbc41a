"""Tries are counted in our own tables, so that every process and every restart sees the same count.

Counted per name and per address, never per name alone for good: a stranger can close the password's door of a new
browser for a quarter of an hour, but not that of a browser the owner (of staff: anybody of the staff) used before, nor
those of passkeys and codes.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.audit import afterwards
from portal.core.crypto import mac
from portal.core.db import Base, Instant
from portal.core.errors import Refusal
from portal.core.words import N_

WINDOW, DAY = timedelta(minutes=15), timedelta(days=1)
OF_A_DAY = "day:"  # begins the keys of counts that last a day


class TooManyTries(Refusal):
    code = "too-many-tries"
    status = 429
    message = N_("There were too many tries in a short time.")
    next_step = N_("Please wait %(minutes)s minutes and try again.")


class Tries(Base):
    """How often something was tried in the window that began at `since`; the key is a keyed hash."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime]
    tries: Mapped[int]


_COUNT = text(
    "INSERT INTO throttles (key, since, tries) VALUES (:key, :now, 1) ON CONFLICT (key) DO UPDATE SET "
    "tries = CASE WHEN throttles.since < :start THEN 1 ELSE throttles.tries + 1 END, "
    "since = CASE WHEN throttles.since < :start THEN :now ELSE throttles.since END "
    "WHERE throttles.since < :start OR throttles.tries < :limit RETURNING tries"
).bindparams(bindparam("now", type_=Instant), bindparam("start", type_=Instant))


def guard_day(session: Session, what: str, *names: str, limit: int) -> None:
    """The same as `guard`, for as many tries in a day."""
    _guard(session, OF_A_DAY + _key(what, *names)[len(OF_A_DAY) :], DAY, limit)


def guard(session: Session, what: str, *names: str, limit: int) -> None:
    """Count this try; refuse once *names* together tried *what* `limit` times in the window.

    One conditional upsert counts and decides, so of many tries at the same instant exactly `limit` pass. When the
    page ends in a refusal later on, its transaction is undone and the try is counted anew. Needs a session that writes.
    """
    _guard(session, _key(what, *names), WINDOW, limit)


def _guard(session: Session, key: str, window: timedelta, limit: int) -> None:
    now = clock.now()
    wanted = {"key": key, "now": now, "start": now - window, "limit": limit}
    if session.execute(_COUNT, wanted).first() is None:
        since = session.scalar(select(Tries.since).where(Tries.key == wanted["key"])) or now
        raise TooManyTries(minutes=max(0, int((since + window - now).total_seconds() // 60)) + 1)
    afterwards(session, lambda later: None if later is session else _count_again(later, wanted))


def _count_again(session: Session, wanted: dict[str, Any]) -> None:
    session.execute(_COUNT, wanted)


def _key(what: str, *names: str) -> str:
    from portal.web.hall import hall  # here: the worker, which only forgets, need not carry Flask

    return mac(hall().key("throttle"), what.encode(), *(name.encode() for name in names)).hex()


def take_back(session: Session, what: str, *names: str) -> None:
    """This one try succeeded: it counts no more, the others do."""
    one = update(Tries).where(Tries.key == _key(what, *names), Tries.tries > 0)
    session.execute(one.values(tries=Tries.tries - 1))


def forgive(session: Session, what: str, *names: str) -> None:
    """Start the count anew after a success."""
    session.execute(delete(Tries).where(Tries.key == _key(what, *names)))


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Remove counts whose window is over (worker, hourly)."""
    now, lasting = clock.now(), Tries.key.startswith(OF_A_DAY)
    session.execute(delete(Tries).where(Tries.since < now - WINDOW, ~lasting))
    session.execute(delete(Tries).where(Tries.since < now - DAY, lasting))
