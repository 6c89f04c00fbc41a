"""A touch of a card pays a shop: the portal's challenge for one payment, the card's answer to it, and the points.

What a terminal knows of a card (its id, its number of points) it can send again without the card. The answer to a challenge
it cannot make: the key for it is on the card and beside the portal, in no terminal. Whether an answer is right the writer
says, before the transaction (`api`); here a challenge is given for one terminal, shop, card and sum, and used up.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, time
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import JST
from portal.core.events import emit
from portal.core.reference import new_reference
from portal.points.events import PaidAtPartner
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import NotEnoughPoints, Reason
from portal.points.partners import rules, sales
from portal.points.partners.models import PointChallenge, PointPartner, PointSale
from portal.points.partners.rules import Way

SERVICE = "points"
FORGET = "points.forget-challenges"


@dataclass(frozen=True, slots=True)
class Touch:
    """A card that was read with the keys of the role points: its id, the number of points on it, and what it pays, or the
    reward of which it uses a coupon ("" to see which there are)."""

    card: str
    number: str
    points: int
    coupon: str | None = None

    def bound(self, actor: Actor, one: PointPartner) -> str:
        """What a challenge is for: this terminal, shop, card and sum (or coupon), and no other."""
        what = self.points if self.coupon is None else f"coupon {self.coupon}"
        return sha256(f"{actor.id} {one.id} {self.card} {self.number} {what}".encode()).hexdigest()


def challenge(session: Session, actor: Actor, one: PointPartner, touch: Touch) -> bytes:
    """What the card has to answer for this payment. Raises PartnerClosed, TouchLimit, CardUnknown, OwnShop."""
    sales.check_open(one)
    sales.check_stranger(session, one, holder(session, touch))
    made = secrets.token_bytes(rules.CHALLENGE_BYTES)
    session.add(PointChallenge(challenge=made.hex(), bound=touch.bound(actor, one), made_at=clock.now()))
    session.flush()
    return made


def pay(session: Session, actor: Actor, one: PointPartner, touch: Touch, *, answered: bytes, key: str) -> PointSale:
    """The card pays, once a *key*; *answered* is the challenge to which its answer was right. Raises PartnerClosed,
    CardUnknown, ChallengeOver, CardCannotPay, TouchLimit.

    The card must be the one the person has now and not stopped, also when the terminal's stop list is some minutes old.
    """
    sales.check_open(one)
    who = holder(session, touch)
    sales.check_stranger(session, one, who)
    account = ledger.hold_accounts(session, [who])[who]
    key = f"touch:{one.id}:{key}"
    if (there := sales.by_key(session, key)) is not None:
        return there
    use_up(session, answered, touch.bound(actor, one))
    check_day(session, who, touch.points)
    reference = new_reference()
    try:
        transfer = ledger.spend(
            session, Entry(f"sale:{key}", account, one.account_id, touch.points, Reason.PARTNER, case_ref=reference)
        )
    except NotEnoughPoints:
        raise rules.CardCannotPay from None
    made = sales.note(
        session, actor, one, reference, who=who, points=touch.points, transfer=transfer, key=key, way=Way.CARD
    )
    emit(session, PaidAtPartner(resident_id=who, reference=reference))
    return made


def holder(session: Session, touch: Touch) -> UUID:
    """Whose card it is. Raises TouchLimit, CardUnknown."""
    if touch.points > rules.MOST_BY_TOUCH:
        raise rules.TouchLimit(once=rules.MOST_BY_TOUCH, daily=rules.MOST_BY_TOUCH_A_DAY)
    who = cards.ids_of_service_numbers(session, SERVICE, [touch.number]).get(touch.number)
    own = cards.card_of(session, who) if who else None
    if who is None or own is None or own.number != touch.card or own.stopped_at is not None:
        raise rules.CardUnknown
    return who


def use_up(session: Session, answered: bytes, bound: str) -> None:
    """One conditional update: of many payments with one answer, one is made."""
    mine = (PointChallenge.challenge == answered.hex(), PointChallenge.bound == bound, PointChallenge.used_at.is_(None))
    fresh = PointChallenge.made_at > clock.now() - rules.CHALLENGE_LIFE
    used = update(PointChallenge).where(*mine, fresh).values(used_at=clock.now())
    if session.execute(used).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.ChallengeOver


def check_day(session: Session, who: UUID, points: int) -> None:
    """Raises TouchLimit: what a card pays in a day has an end."""
    if touched_today(session, who) + points > rules.MOST_BY_TOUCH_A_DAY:
        raise rules.TouchLimit(once=rules.MOST_BY_TOUCH, daily=rules.MOST_BY_TOUCH_A_DAY)


def touched_today(session: Session, who: UUID, *which: ColumnElement[bool]) -> int:
    """What the person's card paid since midnight and was not taken back."""
    midnight = datetime.combine(clock.today(), time(), JST)
    query = select(func.sum(PointSale.points)).where(
        PointSale.resident_id.in_(ledger.records_of(session, who)),
        PointSale.way == Way.CARD,
        PointSale.reversed_at.is_(None),
        PointSale.at >= midnight,
        *which,
    )
    return session.scalar(query) or 0


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Challenges nobody can answer any more (worker, hourly)."""
    session.execute(delete(PointChallenge).where(PointChallenge.made_at < clock.now() - rules.CHALLENGE_LIFE * 2))
