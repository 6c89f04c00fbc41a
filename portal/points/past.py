"""How many points somebody had at a moment of the past: by what had happened then, as the books know it now or knew it."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.audit import looked
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointAccount

FIRST_YEAR = 2000


class MomentUnclear(Refusal):
    code = "points-moment-unclear"
    status = 422
    message = N_("This is not a day and time, or it lies in the future.")
    next_step = N_("Write it like 2026-04-01T12:00, in the time of Japan.")


def read_moment(typed: str, now: datetime) -> datetime:
    """A day, or a day and a time, in Japan; a day alone is its end. Raises MomentUnclear."""
    try:
        at = datetime.fromisoformat(typed.strip())
        if len(typed.strip()) <= len("2026-04-01"):
            at = datetime.combine(at.date(), time.max)
    except ValueError:
        raise MomentUnclear from None
    if at.year < FIRST_YEAR or at.tzinfo is not None or at.replace(tzinfo=JST) > now + timedelta(days=1):
        raise MomentUnclear
    return at.replace(tzinfo=JST)


def end_of(day: date) -> datetime:
    """The last moment of the day in Japan."""
    return datetime.combine(day, time.max, JST)


def balance_then(session: Session, resident_id: UUID, moment: datetime, known_by: datetime | None = None) -> int:
    """What the person had at *moment*; *known_by*: as far as the books knew it then."""
    account = session.scalar(select(PointAccount.id).where(PointAccount.resident_id == resident_id))
    return ledger.balance_at(session, account, moment, known_by=known_by) if account else 0


def look_up(session: Session, resident_id: UUID, moment: datetime, known_by: datetime | None) -> int:
    """The same for somebody else than the person: that it was opened is on record with them."""
    looked(session, whose=resident_id, what="points.balance")
    return balance_then(session, resident_id, moment, known_by)
