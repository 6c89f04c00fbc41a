"""What is on record of applications filled in at the window: who did, and how many."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.applications.models import Assistance
from portal.core import clock


def of_case(session: Session, application_id: UUID) -> Assistance | None:
    """Who fills it in at the window, or did."""
    return session.get(Assistance, application_id, populate_existing=True)


def sent_at_office(session: Session, office: str, days: tuple[date, date]) -> int:
    """How many applications an office filled in and sent with people, from the first to the last of *days*."""
    first, after = (datetime.combine(day, time.min, clock.JST) for day in (days[0], days[1] + timedelta(days=1)))
    sent = Assistance.sent_at >= first, Assistance.sent_at < after
    return session.scalar(select(func.count()).where(Assistance.office == office, *sent)) or 0
