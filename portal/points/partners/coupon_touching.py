"""A touch of a card uses a coupon: the shop sees which ones of the person are good with it, and takes one of them.

The card answers the portal's challenge both times, as for a payment; a coupon worth much waits for its holder as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import looked
from portal.core.events import emit
from portal.points.events import PaidAtPartner
from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointTransfer
from portal.points.partners import confirming, sales, touching
from portal.points.partners.models import PointConfirmation, PointPartner, PointSale
from portal.points.partners.touching import Touch
from portal.points.spending import service as spending
from portal.points.spending.models import PointCoupon, PointReward
from portal.points.spending.rules import CouponUnknown
from portal.points.spending.rules import State as Coupon


@dataclass(frozen=True, slots=True)
class Choice:
    """Coupons for one reward: what it is, what one is worth, how many there are, and until when the first is good."""

    reward: str
    title: str
    points: int
    count: int
    last_day: date


def see(session: Session, actor: Actor, one: PointPartner, touch: Touch, *, answered: bytes) -> Sequence[Choice]:
    """Which coupons of the card's holder this shop takes. Raises PartnerClosed, CardUnknown, ChallengeOver, OwnShop."""
    who = _holder(session, one, touch)
    touching.use_up(session, answered, touch.bound(actor, one))
    looked(session, whose=who, what="point_coupons")
    query = (
        select(PointReward, func.min(PointTransfer.amount), func.count(), func.min(PointCoupon.last_day))
        .join(PointCoupon, PointCoupon.reward == PointReward.code)
        .join(PointTransfer, PointTransfer.number == PointCoupon.transfer)
        .where(PointCoupon.resident_id == who, *_good(one))
        .group_by(PointReward.code)
        .order_by(func.min(PointCoupon.last_day), PointReward.code)
    )
    return [
        Choice(reward.code, spending.Offer(reward, 0).text("title", "ja"), points, count, last_day)
        for reward, points, count, last_day in session.execute(query)
    ]


def take(
    session: Session, actor: Actor, one: PointPartner, touch: Touch, *, answered: bytes, key: str, alone: int
) -> PointSale | PointConfirmation:
    """One coupon for the touch's reward is used here, the one that ends first, once a *key*; or its holder is asked. Raises
    PartnerClosed, CardUnknown, ChallengeOver, OwnShop, CouponUnknown, TouchLimit."""
    who = _holder(session, one, touch)
    ledger.hold_accounts(session, [who])
    mine = f"touch:{one.id}:{key}"
    if (there := sales.by_key(session, mine) or confirming.by_key(session, mine)) is not None:
        return there
    reference, points = _first(session, one, who, touch.coupon or "")
    asked = replace(touch, points=points)
    if confirming.is_needed(session, one, asked, key=key, alone=alone):
        return confirming.ask(session, actor, one, asked, answered=answered, key=key, coupon=reference)
    touching.use_up(session, answered, touch.bound(actor, one))
    sale, _offer = sales.by_coupon(session, actor, one, reference, shown_at=clock.now(), key=mine)
    emit(session, PaidAtPartner(resident_id=who, reference=sale.reference))
    return sale


def _holder(session: Session, one: PointPartner, touch: Touch) -> UUID:
    sales.check_open(one)
    who = touching.holder(session, touch)
    sales.check_stranger(session, one, who)
    return who


def _good(one: PointPartner) -> tuple[ColumnElement[bool], ...]:
    """Of the shop's group, if it has one; not those that a kiosk takes."""
    return (
        PointCoupon.state == Coupon.OPEN, PointCoupon.last_day >= clock.today(), PointReward.covers == 0,
        PointReward.taken_by == (one.group or None),
    )  # fmt: skip


def _first(session: Session, one: PointPartner, who: UUID, reward: str) -> tuple[str, int]:
    """Number and worth of the coupon that ends first. Raises CouponUnknown."""
    query = (
        select(PointCoupon.reference, PointTransfer.amount)
        .join(PointReward, PointReward.code == PointCoupon.reward)
        .join(PointTransfer, PointTransfer.number == PointCoupon.transfer)
        .where(PointCoupon.resident_id == who, PointCoupon.reward == reward, *_good(one))
        .order_by(PointCoupon.last_day, PointCoupon.reference)
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise CouponUnknown
    return found[0], found[1]


def title_of(session: Session, coupon: str) -> str:
    """What a coupon is for, in Japanese, as the shop calls it."""
    reward = session.get_one(PointReward, session.get_one(PointCoupon, coupon).reward)
    return spending.Offer(reward, 0).text("title", "ja")
