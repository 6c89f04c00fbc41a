"""The calls of a shop's terminal: a card was touched and pays with points; and back again within a week."""

from hashlib import sha256
from typing import Annotated

from flask import request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.points.partners import contracts, rules, sales
from portal.points.partners.models import PointPartner
from portal.web.access import Access
from portal.web.room import Room

room = Room("partner_api", __name__, "/api/v1/points")
TERMINAL = Access.client(Scope.CARDS)


class Touch(BaseModel):
    """A card that was read with the keys of the role points: `card` is its id (20 hex digits), `number` the id of points
    on it; `points` is what it pays."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    card: Annotated[str, Field(pattern="^[0-9a-f]{20}$", repr=False)]
    number: Annotated[str, Field(pattern="^[!-~]{1,16}$", repr=False)]
    points: int = Field(ge=1, le=100_000)


class Paid(BaseModel):
    """`reference` names the payment on the shop's statement, and takes it back. Nothing of the holder."""

    reference: str
    partner: str
    points: int
    state: str


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


@room.api(
    "/payments", method="POST", access=TERMINAL, purpose=Purpose.POINTS, body=Touch, answer=Paid, status=201
)  # fmt: skip
def pay(session: Session, actor: Actor, body: Touch) -> Paid:
    """The holder of this card pays the shop of this terminal with points. Send it again with the same Idempotency-Key
    until it is answered: it is paid once."""
    shop = _shop(session, actor)
    key = sha256(request.headers["Idempotency-Key"].encode()).hexdigest()
    sale = sales.by_touch(session, actor, shop, card=body.card, number=body.number, points=body.points, key=key)
    return Paid(reference=sale.reference, partner=shop.name, points=sale.points, state="paid")


@room.api(
    "/payments/<reference>/reversal", method="POST", access=TERMINAL, purpose=Purpose.POINTS, body=Nothing, answer=Paid
)  # fmt: skip
def reverse(session: Session, actor: Actor, reference: str, body: Nothing) -> Paid:
    """Take a payment of this shop back, within seven days: the points return to where they came from."""
    shop = _shop(session, actor)
    sale = sales.take_back(session, actor, shop, reference)
    return Paid(reference=sale.reference, partner=shop.name, points=sale.points, state="reversed")


def _shop(session: Session, actor: Actor) -> PointPartner:
    """Only a terminal that has the keys of the role points, and not one that was shut out."""
    if cards.role_of_terminal(session, actor) != sales.SERVICE:
        raise rules.TerminalNotOurs
    return contracts.of_terminal(session, actor)
