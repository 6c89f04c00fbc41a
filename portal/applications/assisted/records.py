"""What is on record of applications filled in at the window: who did, and how many."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.applications.models import Assistance, AssistedCorrection
from portal.core import clock


def of_case(session: Session, application_id: UUID) -> Assistance | None:
    """Who fills it in at the window, or did."""
    return session.get(Assistance, application_id, populate_existing=True)


def newest_correction(session: Session, application_id: UUID) -> AssistedCorrection | None:
    """Who makes the correction at the window, or made the last one."""
    query = select(AssistedCorrection).where(AssistedCorrection.application_id == application_id)
    newest = query.order_by(AssistedCorrection.sent_at.is_not(None), AssistedCorrection.sent_at.desc()).limit(1)
    return session.scalars(newest.execution_options(populate_existing=True)).one_or_none()


def corrections_of(session: Session, application_id: UUID) -> list[AssistedCorrection]:
    """Every correction that was made at the window and sent, the oldest first."""
    made = AssistedCorrection.application_id == application_id, AssistedCorrection.sent_at.is_not(None)
    return list(session.scalars(select(AssistedCorrection).where(*made).order_by(AssistedCorrection.sent_at)))


def helpers(session: Session, application_id: UUID) -> set[UUID]:
    """Who filled in the case, or corrected it, with its person."""
    first = of_case(session, application_id)
    found = {one.member_id for one in corrections_of(session, application_id)}
    return found | {first.member_id} if first else found


def last_sent(session: Session, application_id: UUID) -> Assistance | AssistedCorrection | None:
    """Who sat with the person when something of the case was sent last."""
    corrections = corrections_of(session, application_id)
    return corrections[-1] if corrections else of_case(session, application_id)


def sent_at_office(session: Session, office: str, days: tuple[date, date]) -> int:
    """How many applications an office filled in and sent with people, from the first to the last of *days*."""
    first, after = (datetime.combine(day, time.min, clock.JST) for day in (days[0], days[1] + timedelta(days=1)))
    sent = Assistance.sent_at >= first, Assistance.sent_at < after
    return session.scalar(select(func.count()).where(Assistance.office == office, *sent)) or 0
