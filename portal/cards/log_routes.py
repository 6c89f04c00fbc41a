"""The holder reads the card's own log at home: with their own reader, through the portal's key, on no card but theirs."""

from typing import Any

from flask import g, jsonify, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session

from portal.cards import at_reader, service, writing
from portal.cards.line import Said, Sealed
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.web import card_bridge, headers, throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("card_log", __name__, "/my-card/log")
READINGS = 10
"""In a quarter of an hour: the writer's hands are the windows' as well."""


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> Any:
    """Put the card on the reader of this computer."""
    assert actor.id
    card = service.card_of(session, actor.id)
    if card is None:
        return redirect(url_for("cards.show"), 303)
    settings = hall().settings
    answer = make_response(
        render_template(
            "cards/read_log.html",
            order=at_reader.seal(writing.log_order(card, actor), actor.id, actor),
            bridge=settings.bridge_url,
            # At home the program's own code is typed; the demo's reader is that of the city.
            pairing=card_bridge.pairing() if settings.demo else "",
        )
    )
    for name, value in headers.usual(
        settings.bridge_url, settings.demo
    ):  # it speaks to the program on the same computer
        answer.headers[name] = value
    return answer


def _to_writer() -> tuple[Sealed, Said]:
    order, said = at_reader.opened()
    if "job" not in said:
        with hall().database.page(g.actor, Purpose.OWN_USE, writes=True) as session:
            throttle.guard(session, "card log", str(g.actor.id), limit=READINGS)
    return order, at_reader.bring(order, said)


@room.page("/line", access=Access.RESIDENT, methods=("POST",), before=_to_writer)
def talk(session: Session, actor: Actor, found: tuple[Sealed, Said]) -> Any:
    """The next command for the card, or the end; JSON, for the page with the reader."""
    order, said = found
    if said.done is None:
        return at_reader.next_command(said)
    writing.confirm(session, actor, order.resident_id, order.order, said.done)
    return jsonify(next=url_for("cards.show", _anchor="log"))
