"""The calls of a shop's terminal: a card answers a challenge for one payment and pays; and back again within a week."""

from hashlib import sha256
from typing import Annotated, Protocol

from flask import request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.points.partners import confirming, rules, sales, terminals, touching
from portal.points.partners.models import PointPartner
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("partner_api", __name__, "/api/v1/points")
TERMINAL = Access.client(Scope.CARDS)


class Asked(BaseModel):
    """A card that was read with the keys of the role points: `card` is its id (20 hex digits), `number` the id of points
    on it; `points` is what it is to pay."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    card: Annotated[str, Field(pattern="^[0-9a-f]{20}$", repr=False)]
    number: Annotated[str, Field(pattern="^[!-~]{1,16}$", repr=False)]
    points: int = Field(ge=1, le=100_000)

    def touch(self) -> touching.Touch:
        return touching.Touch(self.card, self.number, self.points)


class Challenge(BaseModel):
    """What the card has to answer within a minute: the host challenge of INITIALIZE UPDATE (8 bytes, hexadecimal), with one
    of these key versions, the newest first."""

    challenge: str
    versions: list[str]


class Proof(BaseModel):
    """The card's answer: its own challenge and its cryptogram (16 bytes, hexadecimal), and the key version that made it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    challenge: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    version: Annotated[str, Field(pattern="^[0-9A-F]{2}$")]
    answer: Annotated[str, Field(pattern="^[0-9a-f]{32}$", repr=False)]


class Proved(Protocol):
    """What a card answered for."""

    card: str
    proof: Proof


class Payment(Asked):
    """The same card, number and points as the challenge was asked for, and the card's answer."""

    proof: Proof


class Paid(BaseModel):
    """`reference` names the payment on the shop's statement, and takes it back. Nothing of the holder. `state` is paid,
    reversed, or, of a sum the holder has to agree to: waiting, refused, lapsed. Only paid is paid."""

    reference: str
    partner: str
    points: int
    state: str


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


@room.api(
    "/payments/challenges", method="POST", access=TERMINAL, purpose=Purpose.POINTS, body=Asked, answer=Challenge, status=201
)  # fmt: skip
def ask(session: Session, actor: Actor, body: Asked) -> Challenge:
    """Begin a payment: a challenge for this terminal, this card and this sum, to be answered by the card itself."""
    made = touching.challenge(session, actor, shop_of(session, actor), body.touch())
    return Challenge(challenge=made.hex(), versions=cards.proof_versions(session))


def check_proof(body: Proved) -> None:
    """The writer says whether the card answered: before the transaction begins."""
    settings = hall().settings
    try:
        genuine = cards.is_proved(
            settings.card_writer_url, settings.card_writer_token, card=body.card, proof=body.proof.model_dump()
        )
    except cards.NotChecked:
        raise rules.CardNotChecked from None
    if not genuine:
        raise rules.CardNotProved


def check_version(session: Session, proof: Proof) -> None:
    """Not by a key the city gave up, which somebody may have kept. Raises CardNotProved."""
    if proof.version not in cards.proof_versions(session):
        raise rules.CardNotProved


@room.api(
    "/payments", method="POST", access=TERMINAL, purpose=Purpose.POINTS, body=Payment, answer=Paid, status=201,
    before=check_proof,
)  # fmt: skip
def pay(session: Session, actor: Actor, body: Payment) -> Paid:
    """The holder of this card pays the shop of this terminal with points. Send it again with the same Idempotency-Key
    until it is answered: it is paid once. A large sum is answered with the state waiting: ask for it until it is another."""
    shop = shop_of(session, actor)
    check_version(session, body.proof)
    key = sha256(request.headers["Idempotency-Key"].encode()).hexdigest()
    answered = bytes.fromhex(body.proof.challenge)
    if confirming.is_needed(session, shop, body.touch(), key=key, alone=hall().settings.touch_points_alone):
        asked = confirming.ask(session, actor, shop, body.touch(), answered=answered, key=key)
        return Paid(reference=asked.reference, partner=shop.name, points=asked.points, state=asked.state)
    sale = touching.pay(session, actor, shop, body.touch(), answered=answered, key=key)
    return Paid(reference=sale.reference, partner=shop.name, points=sale.points, state="paid")


@room.api("/payments/<reference>", access=TERMINAL, purpose=Purpose.POINTS, answer=Paid)
def look(session: Session, actor: Actor, reference: str) -> Paid:
    """How a payment of this shop stands: paid or reversed; or one to which the holder has to agree on their phone, within
    five minutes."""
    shop = shop_of(session, actor)
    if (sale := sales.of_shop(session, shop.id, reference)) is not None:
        state = "reversed" if sale.reversed_at else "paid"
        return Paid(reference=reference, partner=shop.name, points=sale.points, state=state)
    asked = confirming.standing(session, shop.id, reference)
    return Paid(reference=reference, partner=shop.name, points=asked.points, state=confirming.state_of(asked))


@room.api(
    "/payments/<reference>/reversal", method="POST", access=TERMINAL, purpose=Purpose.POINTS, body=Nothing, answer=Paid
)  # fmt: skip
def reverse(session: Session, actor: Actor, reference: str, body: Nothing) -> Paid:
    """Take a payment of this shop back, within seven days: the points return to where they came from."""
    shop = shop_of(session, actor)
    sale = sales.take_back(session, actor, shop, reference)
    return Paid(reference=sale.reference, partner=shop.name, points=sale.points, state="reversed")


def shop_of(session: Session, actor: Actor) -> PointPartner:
    """Only a terminal that has the keys of the role points, and not one that was shut out."""
    if cards.role_of_terminal(session, actor) != touching.SERVICE:
        raise rules.TerminalNotOurs
    return terminals.of_terminal(session, actor)
