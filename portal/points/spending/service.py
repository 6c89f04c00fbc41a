"""Spending points: rewards with stock and limits, donations with their progress, coupons used once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did, looked, unit_of
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointAccount, PointTransfer
from portal.points.ledger.rules import Reason
from portal.points.spending import rules
from portal.points.spending.models import PointCoupon, PointReward
from portal.points.spending.redeeming import Wish, redeem_together
from portal.points.spending.rules import Kind, State


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward and, for a donation, how many points its project has got."""

    reward: PointReward
    given: int

    def text(self, name: str, language: str) -> str:
        """In the reader's language, or in Japanese."""
        texts: dict[str, str] = self.reward.texts[name]
        return texts.get(language) or texts["ja"]


def offers(session: Session) -> list[Offer]:
    """What is offered, the least points first."""
    query = select(PointReward).where(PointReward.is_offered).order_by(PointReward.kind, PointReward.points)
    return [_offer(session, reward) for reward in session.scalars(query)]


def all_rewards(session: Session) -> list[Offer]:
    """Also those not offered any more: coupons for them are still there."""
    return [Offer(reward, 0) for reward in session.scalars(select(PointReward))]


def named(session: Session, codes: Collection[str]) -> list[Offer]:
    """Those of *codes*, offered or not."""
    if not codes:
        return []
    return [Offer(one, 0) for one in session.scalars(select(PointReward).where(PointReward.code.in_(codes)))]


def groups(session: Session, language: str) -> dict[str, list[str]]:
    """Groups of partners for which there are coupons, and what those are for."""
    query = select(PointReward).where(PointReward.taken_by != "").order_by(PointReward.taken_by, PointReward.points)
    found: dict[str, list[str]] = {}
    for reward in session.scalars(query):
        found.setdefault(reward.taken_by, []).append(Offer(reward, 0).text("title", language))
    return found


def offer(session: Session, code: str) -> Offer:
    """One offer. Raises RewardUnknown."""
    return _offer(session, reward(session, code))


def reward(session: Session, code: str) -> PointReward:
    """What is offered under this code. Raises RewardUnknown."""
    found = session.get(PointReward, code) if rules.is_plain(code) else None
    if found is None or not found.is_offered:
        raise rules.RewardUnknown
    return found


def _offer(session: Session, reward: PointReward) -> Offer:
    if reward.kind == Kind.COUPON:
        return Offer(reward, 0)
    account = select(PointAccount.id).where(PointAccount.name == f"donation {reward.code}").scalar_subquery()
    given = select(func.sum(PointTransfer.amount)).where(PointTransfer.target_id == account)
    return Offer(reward, session.scalar(given) or 0)


def redeem(session: Session, resident_id: UUID, code: str, *, key: UUID, reason: Reason = Reason.REWARD) -> PointCoupon:
    """A coupon for points, as one part of a deed; the same *key* again is the same coupon. Raises what `redeem_together`
    answers."""
    asked = [(unit_of(session), Wish(resident_id, code, key, reason))]
    (found,) = redeem_together(session, asked)
    if isinstance(found, Refusal):
        raise found
    return session.get_one(PointCoupon, found)


def coupons(session: Session, resident_id: UUID) -> Sequence[PointCoupon]:
    """The person's coupons, the newest first."""
    query = select(PointCoupon).where(_of(session, resident_id))
    return session.scalars(query.order_by(PointCoupon.made_at.desc()).limit(50)).all()


def _of(session: Session, resident_id: UUID) -> ColumnElement[bool]:
    """Whichever of the person's records got it."""
    return PointCoupon.resident_id.in_(ledger.records_of(session, resident_id))


def coupon_of(session: Session, resident_id: UUID, reference: str) -> PointCoupon:
    """One of the person's own. Raises CouponUnknown."""
    found = session.get(PointCoupon, reference) if rules.is_plain(reference) else None
    if found is None or found.resident_id not in ledger.records_of(session, resident_id):
        raise rules.CouponUnknown
    return found


def give_back(session: Session, resident_id: UUID, reference: str) -> None:
    """Not wanted after all: the points go back into the lots they came from. Raises CouponUsed, CouponEnded."""
    undo(session, coupon_of(session, resident_id, reference))
    did(session, Action.CHANGE, whose=resident_id, what="points.balance", case_ref=reference)


def undo(session: Session, coupon: PointCoupon, *, since: State = State.OPEN, reason: Reason = Reason.RETURNED) -> int:
    """The coupon is none any more, and its points are back by the transfer returned. Raises CouponUsed, CouponEnded."""
    close(session, coupon, State.RETURNED, None, since=since)
    back = ledger.reverse(session, coupon.transfer, key=f"coupon-returned:{coupon.reference}", reason=reason)
    counted = update(PointReward).where(PointReward.code == coupon.reward, PointReward.stock.is_not(None))
    session.execute(counted.values(stock=PointReward.stock + 1))
    return back


def use(
    session: Session,
    actor: Actor,
    reference: str,
    *,
    shown_at: datetime | None = None,
    taken_at: datetime | None = None,
) -> Offer:
    """The coupon is taken at a desk, once (at *taken_at* by a desk that had no network); what it is good for. *shown_at*:
    when its holder showed code or card; None: only its number is known. Raises CouponUnknown, CouponElsewhere, CouponUsed,
    CouponEnded, CouponShownAnew."""
    coupon = session.get(PointCoupon, reference)
    if coupon is None:
        raise rules.CouponUnknown
    looked(session, whose=coupon.resident_id, what="point_coupons", case_ref=reference)
    reward = session.get_one(PointReward, coupon.reward)
    if reward.covers:
        raise rules.CouponElsewhere
    fresh: ColumnElement[bool] = PointCoupon.reopened_at.is_(None)
    if shown_at is not None:
        fresh |= PointCoupon.reopened_at <= shown_at
    close(session, coupon, State.USED, actor.id, at=taken_at, fresh=fresh)
    did(session, Action.CHANGE, whose=coupon.resident_id, what="point_coupons", case_ref=reference)
    return Offer(reward, 0)


def close(
    session: Session, coupon: PointCoupon, state: State, by: UUID | None, *, since: State = State.OPEN,
    at: datetime | None = None, fresh: ColumnElement[bool] | None = None,
) -> None:  # fmt: skip
    """By one statement: of two desks, or a desk and the person, one comes first, and one that came back meanwhile is only
    taken where it was shown *fresh*. Raises CouponUsed, CouponEnded, CouponShownAnew."""
    at = at or clock.now()
    if coupon.state == State.OPEN and coupon.last_day < at.astimezone(JST).date():
        raise rules.CouponEnded
    ended = update(PointCoupon).where(PointCoupon.reference == coupon.reference, PointCoupon.state == since)
    if fresh is not None:
        ended = ended.where(fresh)
    values = {"state": str(state), "ended_at": at, "ended_by": by}
    if session.execute(ended.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        session.refresh(coupon)
        if coupon.state == since:
            raise rules.CouponShownAnew
        raise rules.CouponEnded if coupon.state == State.RETURNED else rules.CouponUsed


def coupon_taken(session: Session, reference: str) -> PointCoupon:
    """The coupon that `use` just took."""
    return session.get_one(PointCoupon, reference)


def reopen(session: Session, reference: str) -> None:
    """A shop took it back, or a machine gave no paper: the coupon is good again once its holder shows it anew, and for some
    days more where its own day has passed meanwhile."""
    used = update(PointCoupon).where(PointCoupon.reference == reference, PointCoupon.state == State.USED)
    session.execute(used.values(state=str(State.OPEN), ended_at=None, ended_by=None, reopened_at=clock.now()))
    today = clock.today()
    late = update(PointCoupon).where(PointCoupon.reference == reference, PointCoupon.last_day < today)
    session.execute(late.values(last_day=today + rules.STILL_GOOD), execution_options={"synchronize_session": False})
    session.expire_all()
