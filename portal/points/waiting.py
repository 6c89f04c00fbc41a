"""How much waits for somebody of the staff, by list: what the first page of citizen points says beside each."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.core import clock
from portal.points.exchange.models import ExchangeDifference
from portal.points.gifts.models import PointGift
from portal.points.gifts.rules import State as Gift
from portal.points.health.attendance_models import AttendanceFile
from portal.points.health.attendance_rules import FileState
from portal.points.health.models import HealthDay, HealthObjection
from portal.points.health.rules import Answer
from portal.points.health.rules import State as Held
from portal.points.joining.models import PointJoin
from portal.points.joining.rules import State as Join
from portal.points.paper.models import PointSheet
from portal.points.partners import changes, naming
from portal.points.partners.models import PointPartner, PointStatement
from portal.points.partners.rules import State as Partner
from portal.points.spending.models import CouponClash
from portal.points.volunteering import hours, objections, taking_back, touching


@dataclass(frozen=True, slots=True)
class Counts:
    """Shops with anything to check, decide or pay, gifts, records to join, sheets, files of attendance, coupons taken twice,
    exchanges that do not fit, people with steps to look at, hours and objections of volunteers."""

    shops: int
    gifts: int
    joins: int
    sheets: int
    files: int
    clashes: int
    exchanges: int
    steps: int
    hours: int


def counts(session: Session) -> Counts:
    """Of nobody in particular; each by a small query or two."""
    unpaid = PointStatement.approved_by.is_(None) | PointStatement.paid_by.is_(None)
    owed = session.scalars(select(PointStatement.partner_id).where(unpaid).distinct())
    shops = changes.waiting(session) | naming.waiting(session) | set(owed)
    applied = PointPartner.state.in_((Partner.APPLIED, Partner.CHECKED))
    return Counts(
        shops=_count(session, PointPartner, applied | PointPartner.id.in_(shops)),
        gifts=_count(session, PointGift, PointGift.state == Gift.PROPOSED),
        joins=_count(session, PointJoin, PointJoin.state.in_((Join.PROPOSED, Join.LEAVING))),
        sheets=_count(
            session, PointSheet, PointSheet.needs_second.is_(True), PointSheet.released_by.is_(None),
            PointSheet.last_day >= clock.today(),
        ),
        files=_count(session, AttendanceFile, AttendanceFile.state == FileState.WAITING),
        clashes=_count(session, CouponClash, CouponClash.settled_at.is_(None)),
        exchanges=_count(session, ExchangeDifference, ExchangeDifference.settled_at.is_(None)),
        steps=_people(session, HealthDay.resident_id, HealthDay.state == Held.HELD)
        + _people(session, HealthObjection.resident_id, HealthObjection.state == Answer.OPEN),
        hours=sum(len(room.waiting(session)) for room in (hours, objections, touching, taking_back)),
    )  # fmt: skip


def _people(session: Session, who: InstrumentedAttribute[Any], which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(who.distinct())).where(which)) or 0


def _count(session: Session, table: type, *which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*which)) or 0
