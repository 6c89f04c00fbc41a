"""Points become coupons. Those who ask while one transaction is written share the next: `core.uow.Database.together`.

All that can refuse is known before anything is written: accounts are held, then the rows of rewards that are not endless (in
the order of their codes, last, since everybody wants them), and what is left of them is counted in the order of asking.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, true, update
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.among import Among
from portal.core.audit import Action
from portal.core.errors import Refusal
from portal.core.reference import new_reference
from portal.core.uow import Asked
from portal.core.writing import Changes, NewRows
from portal.points import ranks
from portal.points.ledger import service as ledger
from portal.points.ledger.accounts import NOW
from portal.points.ledger.entering import Entry
from portal.points.ledger.models import PointAccount, PointTransfer
from portal.points.ledger.rules import Kind as Account
from portal.points.ledger.rules import Reason, SentBefore
from portal.points.rules import Rank, reaches
from portal.points.spending import privileges, rules
from portal.points.spending.models import PointCoupon, PointReward
from portal.points.spending.rules import Kind, State


class _Reward(NamedTuple):
    """What decides on a coupon, and how long it lasts."""

    code: str
    points: int
    rank: str
    per_person: int | None
    days: int


_THERE = Among(
    select(PointTransfer.key, PointCoupon.reference, PointCoupon.reward).outerjoin(
        PointCoupon, PointCoupon.transfer == PointTransfer.number
    ),
    PointTransfer.key,
)
"""What was asked before; without a coupon where that was so long ago that it is forgotten (portal.points.forgetting)."""
_OFFERED = Among(
    select(*(PointReward.__table__.c[name] for name in _Reward._fields)).where(
        PointReward.is_offered == true(), PointReward.kind == str(Kind.COUPON)
    ),
    PointReward.code,
)
_HAD = Among(
    select(NOW, PointCoupon.reward, func.count())
    .select_from(PointAccount)
    .join(PointCoupon, PointCoupon.resident_id == PointAccount.resident_id)
    .where(PointCoupon.state != str(State.RETURNED))
    .group_by(NOW, PointCoupon.reward),
    PointAccount.id,
)
_LEFT = Among(
    select(PointReward.code, PointReward.stock)
    .where(PointReward.stock.is_not(None))
    .order_by(PointReward.code)
    .with_for_update(key_share=True),
    PointReward.code,
)
"""Of the rewards that are not endless: their rows are held until the end."""
_COUPONS = NewRows(PointCoupon.__table__)
_TAKEN = Changes(
    update(PointReward.__table__)  # type: ignore[arg-type]
    .where(PointReward.code == bindparam("reward"))
    .values(stock=PointReward.stock - bindparam("taken"))
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A coupon for the reward *code*, once a *key*."""

    resident_id: UUID
    code: str
    key: UUID
    reason: Reason = Reason.REWARD

    @property
    def transfer_key(self) -> str:
        return f"coupon:{self.resident_id}:{self.key}"


@dataclass(slots=True)
class _Desk:
    """What decides on the wishes of one transaction: `ranks` by account, how many each `had` by account and reward, how many
    are `left` by reward (None: no end)."""

    rewards: Mapping[str, _Reward]
    ranks: Mapping[UUID, Rank]
    had: Counter[tuple[UUID, str]]
    left: dict[str, int | None]

    def refusal(self, wish: Wish, account: UUID) -> Refusal | None:
        """Why this one gets none although there are points enough; None: it is counted as given."""
        reward, left = self.rewards[wish.code], self.left[wish.code]
        if not reaches(self.rank(account), reward.rank):
            return rules.RewardRank()
        if reward.per_person is not None and self.had[account, wish.code] >= reward.per_person:
            return rules.RewardLimit(most=reward.per_person)
        if left == 0:
            return rules.RewardGone()
        self.had[account, wish.code] += 1
        self.left[wish.code] = left and left - 1
        return None

    def rank(self, account: UUID) -> Rank:
        return self.ranks.get(account, Rank.REGULAR)


def redeem_together(session: Session, asked: Sequence[Asked[Wish]]) -> list[str | Refusal]:
    """Each one's coupon by its number, the same *key* again the same one; or why not: NotEnoughPoints, SentBefore,
    RewardUnknown, RewardRank, RewardLimit, RewardGone."""
    accounts = ledger.hold_accounts(session, {wish.resident_id for _unit, wish in asked})
    keys = [wish.transfer_key for _unit, wish in asked]
    there = {key: (reference, code) for key, reference, code in _THERE.rows(session, keys)}
    fresh = dict[str, Asked[Wish]]()
    for key, one in zip(keys, asked, strict=True):
        if key not in there:
            fresh.setdefault(key, one)
    made = _make(session, fresh, accounts) if fresh else {}
    return [_answer(wish, key, there, fresh, made) for key, (_unit, wish) in zip(keys, asked, strict=True)]


def _answer(
    wish: Wish,
    key: str,
    there: Mapping[str, tuple[str | None, str | None]],
    fresh: Mapping[str, Asked[Wish]],
    made: Mapping[str, str | Refusal],
) -> str | Refusal:
    reference, code = there[key] if key in there else (made[key], fresh[key][1].code)
    return reference if reference and wish.code == code else SentBefore()


def _make(
    session: Session, asked: Mapping[str, Asked[Wish]], accounts: Mapping[UUID, UUID]
) -> dict[str, str | Refusal]:
    """By key of a transfer that is not there yet."""
    rewards = _rewards(session, {wish.code for _unit, wish in asked.values()})
    wishes = {key: wish for key, (_unit, wish) in asked.items() if wish.code in rewards}
    made: dict[str, str | Refusal] = {key: rules.RewardUnknown() for key in asked}
    if not wishes:
        return made
    desk = _desk(session, rewards, {accounts[wish.resident_id] for wish in wishes.values()})
    targets = {code: ledger.named(session, f"reward {code}", Account.REWARD) for code in sorted(rewards)}
    payments = [
        Entry(
            key,
            accounts[wish.resident_id],
            targets[wish.code],
            rewards[wish.code].points,
            wish.reason,
            case_ref=new_reference(),
        )
        for key, wish in wishes.items()
    ]
    numbers = ledger.spend_held(session, payments, lambda one: desk.refusal(wishes[one.key], one.source_id))
    paid = list(zip(payments, numbers, strict=True))
    made |= {one.key: number if isinstance(number, Refusal) else one.case_ref for one, number in paid}
    _hand_out(session, asked, desk, paid)
    return made


def _rewards(session: Session, codes: Collection[str]) -> dict[str, _Reward]:
    """Those of *codes* there are coupons for."""
    return {row[0]: _Reward(*row) for row in _OFFERED.rows(session, sorted(filter(rules.is_plain, codes)))}


def _desk(session: Session, rewards: Mapping[str, _Reward], accounts: Collection[UUID]) -> _Desk:
    own = ledger.with_joined(session, accounts)
    had = Counter({(account, code): count for account, code, count in _HAD.rows(session, own)})
    left = dict.fromkeys(rewards) | dict(_LEFT.rows(session, rewards))
    return _Desk(rewards, ranks.of_accounts(session, own), had, left)


def _hand_out(
    session: Session, asked: Mapping[str, Asked[Wish]], desk: _Desk, paid: Sequence[tuple[Entry, int | Refusal]]
) -> None:
    """The coupons of what was paid, what that leaves of each reward, and a record of each."""
    now, today = clock.now(), clock.today()
    rows, taken = list[dict[str, object]](), Counter[str]()
    for payment, number in paid:
        if isinstance(number, Refusal):
            continue
        unit, wish = asked[payment.key]
        unit.note(audit.Entry(Action.CHANGE, wish.resident_id, "points.balance", payment.case_ref))
        days = desk.rewards[wish.code].days + privileges.coupon_days(desk.rank(payment.source_id))
        rows.append(
            {"reference": payment.case_ref, "resident_id": wish.resident_id, "reward": wish.code, "transfer": number}
            | {"state": str(State.OPEN), "made_at": now, "last_day": today + timedelta(days=days)}
            | dict.fromkeys(("ended_at", "ended_by", "reopened_at"))
        )
        taken[wish.code] += desk.left[wish.code] is not None
    _COUPONS.many(session, rows)
    _TAKEN.many(session, [{"reward": code, "taken": taken[code]} for code in sorted(+taken)])
