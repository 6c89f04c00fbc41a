"""A certificate's fee paid with points at a kiosk: by a coupon somebody holds, or by one made and used there and then.

The caller (room kiosks) pays the order in the same transaction: where one of the two is refused, neither happened. What the
fee was worth goes from the reward's account to `fees certificates`, the city's own account that bears it, under the order's
id; an order that gave no paper undoes exactly that.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did, looked
from portal.core.errors import Refusal
from portal.core.money import Points, Yen
from portal.points.ledger import again
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, enter
from portal.points.ledger.models import PointTransfer
from portal.points.ledger.rules import Kind as Account
from portal.points.ledger.rules import Reason
from portal.points.rules import Rank
from portal.points.spending import at_machine, rules, service
from portal.points.spending.models import PointCoupon, PointReward
from portal.points.spending.rules import State

BEARER = "fees certificates"


class FeeWay(StrEnum):
    """What a fee is paid with."""

    COUPON = "coupon"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class FeeOffer:
    """How this person can pay a fee: the coupon that would be used, the points it takes without one, or why not."""

    coupon: PointCoupon | None
    points: int
    balance: Points
    why_not: Refusal | None


def offer(session: Session, resident_id: UUID, fee: Yen, balance: Points) -> FeeOffer | None:
    """None where the city lets nobody pay fees with points, or there is nothing to pay."""
    most = session.scalar(select(func.max(PointReward.covers)).where(*_for_everybody()))
    held = _held(session, resident_id, fee) if fee else None
    if not fee or not (most or held):
        return None
    looked(session, whose=resident_id, what="points.balance")
    reward = _cheapest(session, fee)
    if reward is None:
        return FeeOffer(held, 0, balance, rules.FeeTooHigh(most=most or 0))
    return FeeOffer(held, reward.points, balance, at_machine.why_not(session, resident_id, reward, balance))


def pay(session: Session, resident_id: UUID, way: FeeWay, fee: Yen, *, order_id: UUID, device_id: UUID) -> None:
    """The fee of this order is paid. Raises CouponUsed, and what `redeem` raises."""
    coupon = _new(session, resident_id, fee, order_id) if way is FeeWay.POINTS else _held(session, resident_id, fee)
    if coupon is None:
        raise rules.CouponUsed
    service.close(session, coupon, State.USED, device_id)
    paid = session.get_one(PointTransfer, coupon.transfer)
    source = ledger.named(session, f"reward {coupon.reward}", Account.REWARD)
    target = ledger.named(session, BEARER, Account.FEES)
    enter(session, [Entry(_key(order_id), source, target, paid.amount, Reason.FEE, case_ref=coupon.reference)])
    did(session, Action.CHANGE, whose=resident_id, what="point_coupons", case_ref=coupon.reference)


def give_back(session: Session, way: FeeWay, order_id: UUID) -> None:
    """No paper came: points go back into the lots they came from, a coupon is good again; past their day for a week."""
    paid = session.scalars(select(PointTransfer).where(PointTransfer.key == _key(order_id))).one()
    ledger.reverse(session, paid.number, key=f"fee-back:{order_id}")
    coupon = session.get_one(PointCoupon, paid.case_ref)
    if way is FeeWay.POINTS:
        again.give(session, service.undo(session, coupon, since=State.USED, reason=Reason.REVERSAL))
    else:
        service.reopen(session, coupon.reference)
    did(session, Action.CHANGE, whose=coupon.resident_id, what="points.balance", case_ref=paid.case_ref)


def _key(order_id: UUID) -> str:
    return f"fee:{order_id}"


def _for_everybody() -> tuple[ColumnElement[bool], ...]:
    return PointReward.is_offered == true(), PointReward.covers > 0, PointReward.rank == Rank.REGULAR


def _cheapest(session: Session, fee: Yen) -> PointReward | None:
    query = select(PointReward).where(*_for_everybody(), PointReward.covers >= fee)
    return session.scalars(query.order_by(PointReward.points, PointReward.code).limit(1)).first()


def _held(session: Session, resident_id: UUID, fee: Yen) -> PointCoupon | None:
    """Of the person's own coupons that pay so much, the one that pays least beyond it and ends first."""
    mine = PointCoupon.resident_id.in_(ledger.records_of(session, resident_id)), PointCoupon.state == State.OPEN
    query = select(PointCoupon).join(PointReward, PointReward.code == PointCoupon.reward)
    query = query.where(*mine, PointCoupon.last_day >= clock.today(), PointReward.covers >= fee)
    best = PointReward.covers, PointCoupon.last_day, PointCoupon.reference
    return session.scalars(query.order_by(*best).limit(1)).first()


def _new(session: Session, resident_id: UUID, fee: Yen, order_id: UUID) -> PointCoupon:
    reward = _cheapest(session, fee)
    if reward is None:
        raise rules.RewardUnknown
    return service.redeem(session, resident_id, reward.code, key=order_id, reason=Reason.FEE)
