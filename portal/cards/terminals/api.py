"""The calls of terminals about their keys: what they are, which versions live, and the keys themselves, wrapped."""

import json
from typing import Annotated, Any

from flask import Response, g
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.cards import line
from portal.cards.rules import OrderOver
from portal.cards.terminals import rules, service
from portal.cards.terminals.rules import Role
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("terminals_api", __name__, "/api/v1/cards")
TERMINAL = Access.client(Scope.CARDS)
ORDERS = "role-key-orders"


class Offer(BaseModel):
    """What this terminal is, the key versions in use (hexadecimal, the newest first), and an *order* to have them with,
    good for ten minutes."""

    role: str
    place: str
    versions: list[str]
    order: str


class PublicKey(BaseModel):
    """A public key as a JWK (RFC 7517)."""

    model_config = ConfigDict(extra="forbid")
    kty: Annotated[str, Field(pattern="^EC$")]
    crv: Annotated[str, Field(pattern="^P-256$")]
    x: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{43}$")]
    y: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{43}$")]


class Fetch(BaseModel):
    """The order, and the terminal's own key that the keys are to be wrapped for: the same each time."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    order: str = Field(max_length=2_000)
    public_key: PublicKey


@room.api("/terminal", access=TERMINAL, purpose=Purpose.CARD, answer=Offer)
def offer(session: Session, actor: Actor) -> Offer:
    """This terminal's role and place, the key versions in use, and an order to fetch them with."""
    row = service.of_client(session, actor)
    versions = service.versions_of(session, Role(row.role)).live
    until = int((clock.now() + line.LIFE).timestamp())
    name = service.name_of(session, actor)
    content = {"terminal": name, "role": row.role, "versions": versions, "until": until}
    sealed = line.seal_text(hall().key(ORDERS), json.dumps(content))
    return Offer(role=row.role, place=row.place, versions=versions, order=sealed)


def _have_wrapped(body: Any) -> None:
    """The writer wraps the role's keys for the terminal: before the transaction begins."""
    try:
        said = json.loads(line.open_text(hall().key(ORDERS), body.order))
    except OrderOver:
        raise rules.KeyOrderOver from None
    if said.pop("until") < clock.now().timestamp():
        raise rules.KeyOrderOver
    key = body.public_key.model_dump()
    try:
        print_ = service.thumbprint(key)
    except ValueError:  # joserfc's and cryptography's own errors among them
        raise rules.KeyOrderOver from None
    settings = hall().settings
    answer = line.ask(
        settings.card_writer_url, settings.card_writer_token, "/v1/role-keys", {**said, "public_key": key}
    )
    if "keys" not in answer:
        raise rules.KeysNotMade
    g.wrapped = (said, print_, answer["keys"])


@room.api(
    "/role-keys", method="POST", access=TERMINAL, purpose=Purpose.CARD, body=Fetch, before=_have_wrapped
)  # fmt: skip
def fetch_keys(session: Session, actor: Actor, body: Fetch) -> Response:
    """The role's keys, wrapped for this terminal's own key and signed with their age (JWS)."""
    said, key_print, wrapped = g.wrapped
    if said["terminal"] != service.name_of(session, actor):
        raise rules.KeyOrderOver
    text = service.deliver(session, actor, said["versions"], key_print, wrapped, hall().settings.master)
    return Response(text, status=200, mimetype="application/jose")
