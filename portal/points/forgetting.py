"""What is over for long is forgotten, a part at a time; the books stay: transfers name accounts and references, nobody.

Claims for and against a city lapse after five years (地方自治法 236条): so long it can be asked what a sale,
a coupon, an exchange or an hour was. The number somebody has in a private programme is needed only until the exchange is
compared.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.points.exchange.models import PointExchange
from portal.points.exchange.rules import MASK, State, ending
from portal.points.partners.models import PointSale, PointStatement
from portal.points.spending.models import CouponClash, PointCoupon
from portal.points.spending.rules import State as Coupon
from portal.points.volunteering.models import (
    VolunteerActivity,
    VolunteerDoubt,
    VolunteerObjection,
    VolunteerPlace,
    VolunteerTakeback,
)
from portal.points.volunteering.rules import Place

FORGET = "points.forget-old"
PART = 500
CLAIMS = timedelta(days=5 * 366)
MEMBER_KEPT = timedelta(days=90)
LEFT_KEPT = timedelta(days=366)
"""Places that were left again before the activity."""
OVER = tuple(str(one) for one in (State.DONE, State.REFUSED, State.ENDED, State.RETURNED))
NO_SYNC = {"synchronize_session": False}


def forget_old(session: Session, _payload: dict[str, Any], *, part: int = PART) -> None:
    """One part of each (worker, daily); as long as one is full, the next is promised."""
    now = clock.now()
    parts: tuple[Callable[[Session, datetime, int], int], ...] = (_members, _exchanges, _sales, _coupons, _places)
    forgotten = [of_kind(session, now, part) for of_kind in parts]
    if part in forgotten:
        outbox.post(session, FORGET, {}, lane=outbox.Lane.BULK)


def _members(session: Session, now: datetime, part: int) -> int:
    """Of the number in the private programme stays what the person knows it by."""
    old = select(PointExchange.reference, PointExchange.member).where(
        PointExchange.state.in_(OVER),
        PointExchange.asked_at < now - MEMBER_KEPT,
        ~PointExchange.member.startswith(MASK),
    )
    found = session.execute(old.limit(part)).all()
    for reference, member in found:
        mine = update(PointExchange).where(PointExchange.reference == reference)
        session.execute(mine.values(member=ending(member)), execution_options=NO_SYNC)
    return len(found)


def _exchanges(session: Session, now: datetime, part: int) -> int:
    old = select(PointExchange.reference).where(PointExchange.state.in_(OVER), PointExchange.asked_at < now - CLAIMS)
    return _delete(session, PointExchange, old, part)


def _sales(session: Session, now: datetime, part: int) -> int:
    """Paid to the shop, or taken back. The statements and their sums stay, and say that their payments are forgotten."""
    end = now - CLAIMS
    whole = update(PointStatement).where(PointStatement.made_at < end, PointStatement.forgotten_at.is_(None))
    session.execute(whole.values(forgotten_at=now), execution_options=NO_SYNC)
    forgotten = select(PointStatement.id).where(PointStatement.forgotten_at.is_not(None))
    is_over = or_(PointSale.statement_id.in_(forgotten), and_(PointSale.reversed_at.is_not(None), PointSale.at < end))
    return _delete(session, PointSale, select(PointSale.reference).where(is_over), part)


def _coupons(session: Session, now: datetime, part: int) -> int:
    """Used, given back or past their day, and named by no sale any more."""
    is_over = or_(
        and_(PointCoupon.state == Coupon.OPEN, PointCoupon.last_day < clock.today() - CLAIMS),
        and_(PointCoupon.state != Coupon.OPEN, PointCoupon.ended_at < now - CLAIMS),
    )
    old = select(PointCoupon.reference).where(is_over, ~exists().where(PointSale.coupon == PointCoupon.reference))
    found = session.scalars(old.limit(part)).all()
    if found:
        session.execute(delete(CouponClash).where(CouponClash.reference.in_(found)), execution_options=NO_SYNC)
        session.execute(delete(PointCoupon).where(PointCoupon.reference.in_(found)), execution_options=NO_SYNC)
    return len(found)


def _places(session: Session, now: datetime, part: int) -> int:
    """Who took part in what; with what was said about it."""
    activity = VolunteerActivity.ends_at
    is_over = or_(activity < now - CLAIMS, and_(VolunteerPlace.state == Place.WITHDRAWN, activity < now - LEFT_KEPT))
    old = select(VolunteerPlace.id).join(VolunteerActivity, VolunteerActivity.id == VolunteerPlace.activity_id)
    found: list[UUID] = list(session.scalars(old.where(is_over).limit(part)))
    if found:
        for of_place in (VolunteerDoubt, VolunteerObjection, VolunteerTakeback):
            session.execute(delete(of_place).where(of_place.place_id.in_(found)), execution_options=NO_SYNC)
        session.execute(delete(VolunteerPlace).where(VolunteerPlace.id.in_(found)), execution_options=NO_SYNC)
    return len(found)


def _delete(session: Session, table: type[Any], old: Select[str], part: int) -> int:
    found = session.scalars(old.limit(part)).all()
    if found:
        session.execute(delete(table).where(table.reference.in_(found)), execution_options=NO_SYNC)
    return len(found)
