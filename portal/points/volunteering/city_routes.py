"""The city's own activities: published by its section for any organisation, with the code, the list and the hours."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.points.programmes.routes import KEEPER
from portal.points.volunteering import back_pages, boards, hosting, hours, taking_back
from portal.points.volunteering.boards import CITY
from portal.points.volunteering.forms import ActivityForm
from portal.web.room import Room

room = Room("volunteering_city", __name__, "/staff/volunteering")


@room.page("/hosts/<uuid:id>/new", access=KEEPER, purpose=Purpose.POINTS)
def new(session: Session, actor: Actor, id: UUID) -> str:
    """An empty activity of an organisation."""
    return boards.editor(CITY, hosting.host(session, id), ActivityForm.read())


@room.page("/hosts/<uuid:id>/new", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def publish(session: Session, actor: Actor, id: UUID) -> Any:
    """Everybody can see it and apply at once."""
    return boards.publish(CITY, session, actor, hosting.host(session, id))


@room.page("/activities/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS)
def board(session: Session, actor: Actor, id: UUID) -> str:
    """Who takes part, who came, and what is to be approved."""
    return boards.board(CITY, session, hosting.activity(session, id))


@room.page("/activities/<uuid:id>/hours", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def approve(session: Session, actor: Actor, id: UUID) -> Any:
    """Approve what was entered; an empty field is left for later."""
    one = hosting.activity(session, id)
    return boards.approve(CITY, session, one, lambda minutes: hours.approve_by_city(session, actor, one, minutes))


@room.page("/activities/<uuid:id>/cancel", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def cancel(session: Session, actor: Actor, id: UUID) -> Any:
    """It does not take place; everybody with a place is told."""
    return boards.cancel(CITY, session, hosting.activity(session, id))


@room.page("/activities/<uuid:id>/code", access=KEEPER, purpose=Purpose.POINTS)
def code(session: Session, actor: Actor, id: UUID) -> Response:
    """The code to hold up at the place."""
    return boards.code(CITY, session, hosting.activity(session, id))


@room.page("/places/<uuid:id>/back", access=KEEPER, purpose=Purpose.POINTS)
def back(session: Session, actor: Actor, id: UUID) -> str:
    """Paid hours that are to be taken back."""
    return back_pages.show(CITY, session, id)


@room.page("/places/<uuid:id>/back", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def take_back(session: Session, actor: Actor, id: UUID) -> Any:
    """A small sum at once, a larger one when a second person agrees."""
    return back_pages.ask(CITY, session, id, lambda wish: taking_back.by_city(session, actor, id, wish))
