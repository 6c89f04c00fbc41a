"""Rewards as a machine in a ward office shows them: what each costs, and why not when this person cannot have it now."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core.audit import looked
from portal.core.errors import Refusal
from portal.core.money import Points
from portal.points.ledger.rules import NotEnoughPoints
from portal.points.rules import Rank
from portal.points.spending import rules, service
from portal.points.spending.models import PointCoupon, PointReward
from portal.points.spending.rules import Kind, State


@dataclass(frozen=True, slots=True)
class RewardOffer:
    """Words in the reader's language; `why_not` is what redeeming it would refuse with."""

    code: str
    title: str
    about: str
    points: int
    why_not: Refusal | None


def rewards_for(session: Session, resident_id: UUID, balance: Points, language: str) -> list[RewardOffer]:
    """The rewards one can walk away with, the least points first. Donations need an amount, and what is for a rank
    would tell who stands behind it: both stay in the portal. What pays a fee is got where the machine asks for the fee."""
    looked(session, whose=resident_id, what="points.balance")
    had = Counter(one.reward for one in service.coupons(session, resident_id) if one.state != State.RETURNED)
    return [
        RewardOffer(
            code=one.reward.code,
            title=one.text("title", language),
            about=one.text("about", language),
            points=one.reward.points,
            why_not=_why_not(one.reward, balance, had[one.reward.code]),
        )
        for one in service.offers(session)
        if one.reward.kind == Kind.COUPON and one.reward.rank == Rank.REGULAR and not one.reward.covers
    ]


def why_not(session: Session, resident_id: UUID, reward: PointReward, balance: Points) -> Refusal | None:
    """What redeeming this one reward would refuse with."""
    mine = [one for one in service.coupons(session, resident_id) if one.reward == reward.code]
    return _why_not(reward, balance, sum(one.state != State.RETURNED for one in mine))


def _why_not(reward: PointReward, balance: Points, had: int) -> Refusal | None:
    """In the order in which `redeem` refuses."""
    if balance < reward.points:
        return NotEnoughPoints(there=balance, wanted=reward.points)
    if reward.per_person is not None and had >= reward.per_person:
        return rules.RewardLimit(most=reward.per_person)
    return rules.RewardGone() if reward.stock == 0 else None


def title_of(session: Session, coupon: PointCoupon, language: str) -> str:
    """What a coupon is good for, also when its reward is not offered any more."""
    return next(
        (one.text("title", language) for one in service.all_rewards(session) if one.reward.code == coupon.reward), ""
    )
