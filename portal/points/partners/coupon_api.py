"""The calls of a shop's terminal for coupons: a card answers a challenge, its holder's coupons are seen, and one is used."""

from datetime import date
from hashlib import sha256
from typing import Annotated

from flask import request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.points.partners import coupon_touching, touching
from portal.points.partners.api import TERMINAL, Challenge, Proof, check_proof, check_version, shop_of
from portal.points.partners.models import PointConfirmation
from portal.web.hall import hall
from portal.web.room import Room

room = Room("coupon_api", __name__, "/api/v1/points/coupons")


class CouponAsked(BaseModel):
    """A card that was read with the keys of the role points; `reward` of which a coupon is to be used, "" to see which
    there are."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    card: Annotated[str, Field(pattern="^[0-9a-f]{20}$", repr=False)]
    number: Annotated[str, Field(pattern="^[!-~]{1,16}$", repr=False)]
    reward: Annotated[str, Field(pattern="^[a-z0-9-]{0,30}$")] = ""

    def touch(self) -> touching.Touch:
        return touching.Touch(self.card, self.number, 0, self.reward)


class CouponTouched(CouponAsked):
    """The same card and reward as the challenge was asked for, and the card's answer."""

    proof: Proof


class Choice(BaseModel):
    """Coupons for one reward: what one is worth, how many there are, until when the first is good."""

    reward: str
    title: str
    points: int
    count: int
    last_day: date


class Choices(BaseModel):
    """What the shop can take of the holder; nothing else of them."""

    coupons: list[Choice]


class Used(BaseModel):
    """`reference` names the payment on the shop's statement. `state` is paid, or waiting: of a coupon worth much the holder
    is asked (GET /api/v1/points/payments/REFERENCE says how it stands)."""

    reference: str
    partner: str
    title: str
    points: int
    state: str


@room.api(
    "/challenges",
    method="POST",
    access=TERMINAL,
    purpose=Purpose.POINTS,
    body=CouponAsked,
    answer=Challenge,
    status=201,
)
def ask(session: Session, actor: Actor, body: CouponAsked) -> Challenge:
    """A challenge for this terminal, this card and this use, to be answered by the card itself."""
    made = touching.challenge(session, actor, shop_of(session, actor), body.touch())
    return Challenge(challenge=made.hex(), versions=cards.proof_versions(session))


@room.api(
    "", method="POST", access=TERMINAL, purpose=Purpose.POINTS, body=CouponTouched, answer=Choices, before=check_proof
)  # fmt: skip
def see(session: Session, actor: Actor, body: CouponTouched) -> Choices:
    """The coupons of the card's holder that this shop takes."""
    check_version(session, body.proof)
    answered = bytes.fromhex(body.proof.challenge)
    found = coupon_touching.see(session, actor, shop_of(session, actor), body.touch(), answered=answered)
    return Choices(
        coupons=[
            Choice(reward=one.reward, title=one.title, points=one.points, count=one.count, last_day=one.last_day)
            for one in found
        ]
    )


@room.api(
    "/uses", method="POST", access=TERMINAL, purpose=Purpose.POINTS, body=CouponTouched, answer=Used, status=201,
    before=check_proof,
)  # fmt: skip
def use(session: Session, actor: Actor, body: CouponTouched) -> Used:
    """One coupon for the reward is used here. Send it again with the same Idempotency-Key until it is answered: it is used
    once."""
    check_version(session, body.proof)
    shop = shop_of(session, actor)
    done = coupon_touching.take(
        session, actor, shop, body.touch(), answered=bytes.fromhex(body.proof.challenge),
        key=sha256(request.headers["Idempotency-Key"].encode()).hexdigest(), alone=hall().settings.touch_points_alone,
    )  # fmt: skip
    title = coupon_touching.title_of(session, done.coupon) if done.coupon else ""
    state = done.state if isinstance(done, PointConfirmation) else "paid"
    return Used(reference=done.reference, partner=shop.name, title=title, points=done.points, state=state)
