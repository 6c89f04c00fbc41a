"""The calls by which a terminal that reads points has a new rank written on the card that lies on it."""

from typing import Annotated, Any

from flask import Response, g, jsonify
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.cards import at_reader, line, ranks, writing
from portal.cards.line import Sealed
from portal.cards.rules import OrderOver
from portal.cards.seals import seals
from portal.cards.terminals import service as terminals
from portal.cards.terminals.rules import Role, TerminalUnknown
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.web import machine, throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("card_ranks", __name__, "/api/v1/cards/rank")
TERMINAL = Access.client(Scope.CARDS)
ORDERS = "card-rank-orders"
WRITINGS = 200
"""Of one terminal in a quarter of an hour: the writer's hands are the windows' as well."""


class RankAsked(BaseModel):
    """A card that was read with the keys of the role points: its id (20 hex digits), the id of points on it, and the rank it
    says."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    card: Annotated[str, Field(pattern="^[0-9a-f]{20}$", repr=False)]
    number: Annotated[str, Field(pattern="^[!-~]{1,16}$", repr=False)]
    says: Annotated[str, Field(pattern="^[a-z]{0,12}$", repr=False)]


class RankTold(BaseModel):
    """The rank the card should say. `order`: what to begin with to have it written, good for ten minutes; "" where the card
    says it."""

    rank: str
    order: str


class RankMessage(BaseModel):
    """A message between card and writer: the order alone begins it; then the writer's `job` and `step` with the card's
    `answer` (hexadecimal; null: the card is gone)."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    order: str = Field(max_length=4_000, repr=False)
    job: str = Field("", max_length=200)
    step: int = Field(0, ge=0, le=10_000)
    answer: str | None = Field(None, max_length=131_076, repr=False)


@room.api("", method="POST", access=TERMINAL, purpose=Purpose.CARD, body=RankAsked, answer=RankTold)
def ask(session: Session, actor: Actor, body: RankAsked) -> RankTold:
    """Whether the card on the terminal says an old rank; never how many points there are."""
    _reads_points(session, actor)
    touch = ranks.Touch(body.card, body.number, body.says)
    rank, whose = ranks.rank_for(session, touch)
    if rank == touch.says:
        return RankTold(rank=rank, order="")
    assert actor.id
    throttle.guard(session, "card rank", str(actor.id), limit=WRITINGS)
    order = ranks.look_order(session, actor, whose, touch)
    return RankTold(rank=rank, order=line.seal(hall().key(ORDERS), Sealed(order, whose, actor.id)))


def _reads_points(session: Session, actor: Actor) -> None:
    if terminals.of_client(session, actor).role != Role.POINTS:
        raise TerminalUnknown


def _to_writer(body: Any) -> None:
    """One message of the terminal, brought to the writer; before the transaction begins."""
    order, caller = line.unseal(hall().key(ORDERS), body.order), machine.recognise()
    if order.member_id != caller.id:
        raise OrderOver
    said = body.model_dump() if body.job else {"order": body.order}
    if not body.job:
        with hall().database.page(caller, Purpose.CARD, writes=False) as session:
            _reads_points(session, caller)
            ranks.check(session, order.resident_id, order.order)
    g.brought = order, at_reader.bring(order, said)


@room.api("/line", method="POST", access=TERMINAL, purpose=Purpose.CARD, body=RankMessage, before=_to_writer)
def talk(session: Session, actor: Actor, body: RankMessage) -> Response:
    """The next command for the card (`send`), the next `order`, or `rank`: what the card says from now on, "" where nothing
    was written."""
    order, said = g.brought
    if said.done is None:
        return at_reader.next_command(said)
    if order.order["do"] == "read":
        following = ranks.meet(session, actor, order.resident_id, said.done, seals())
        if following is None:
            return jsonify(rank="")
        return jsonify(order=line.seal(hall().key(ORDERS), Sealed(following, order.resident_id, order.member_id)))
    writing.confirm(session, actor, order.resident_id, order.order, said.done)
    return jsonify(rank=str(order.order["entries"][0]["payload"]))
