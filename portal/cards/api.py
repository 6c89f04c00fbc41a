"""The calls of terminals that read city cards: the stop list, and what they read."""

import logging
from typing import Annotated, Literal

from flask import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.cards import service, stop_list
from portal.cards.terminals import service as terminal_service
from portal.cards.terminals.rules import OWN_SERVICE, Role
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

log = logging.getLogger(__name__)

room = Room("cards_api", __name__, "/api/v1/cards")
TERMINAL = Access.client(Scope.CARDS)


class Visit(BaseModel):
    """One card that was read; `card` is its id, 20 hex digits. `at` is the terminal's clock, with its zone."""

    model_config = ConfigDict(extra="forbid")
    card: Annotated[str, Field(pattern="^[0-9a-f]{20}$", repr=False)]
    service: Literal["library", "sports", "facility", "points", "emergency", "shelter", "portal"]
    at: Annotated[AwareDatetime, Field(repr=False)]


class Visits(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    visits: list[Visit] = Field(min_length=1, max_length=1000)


class Noted(BaseModel):
    """`new` of them were not known before."""

    new: int


class StopListKey(BaseModel):
    """The key the stop list is signed with: Ed25519, 32 bytes in hexadecimal."""

    key: str


@room.api("/stop-list", access=TERMINAL, purpose=Purpose.CARD)
def stop_list_now(session: Session, actor: Actor) -> Response:
    """The signed list of stopped cards and revoked terminals (JWS); taken every hour or so, good for a day."""
    stopped, terminals = service.stopped_numbers(session), terminal_service.revoked_names(session)
    text = stop_list.sign(hall().settings.master, stop_list.edition(session), stopped, terminals)
    return Response(text, mimetype="application/jose")


@room.api("/stop-list/key", access=TERMINAL, purpose=Purpose.CARD, answer=StopListKey)
def stop_list_key(session: Session, actor: Actor) -> StopListKey:
    """The public key that the list is signed with."""
    return StopListKey(key=stop_list.public_key(hall().settings.master).hex())


@room.api("/revoked-terminals", access=Access.PUBLIC, purpose=Purpose.CARD)
def revoked_terminals(session: Session, actor: Actor) -> Response:
    """The terminals whose keys were taken back (JWS). Open to all: a machine that was shut out has no token to ask with,
    and is to erase what it has."""
    text = stop_list.sign_revoked(hall().settings.master, terminal_service.revoked_names(session))
    return Response(text, mimetype="application/jose")


@room.api(
    "/visits", method="POST", access=TERMINAL, purpose=Purpose.CARD, body=Visits, answer=Noted, status=201
)  # fmt: skip
def note_visits(session: Session, actor: Actor, body: Visits) -> Noted:
    """Cards this terminal read, also of the hours it had no network; their holders see place, service and time. Readings
    of another service than its role's are left out."""
    terminal = terminal_service.of_client(session, actor)
    own = OWN_SERVICE[Role(terminal.role)]
    read = [(one.card, own, one.at) for one in body.visits if one.service == own]
    if len(read) < len(body.visits):
        log.warning(
            "cards.foreign-visits", extra={"client": str(terminal.client), "count": len(body.visits) - len(read)}
        )
    return Noted(new=service.note_visits(session, terminal, read))
