"""Pages of organisations: what they publish, who comes, the code at the place, and the hours."""

from typing import Any
from uuid import UUID

from flask import Response, render_template
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.points.volunteering import back_pages, boards, hosting, hours, taking_back
from portal.points.volunteering.boards import ORGANISATION
from portal.points.volunteering.forms import ActivityForm
from portal.web.access import Access
from portal.web.room import Room

room = Room("hosting", __name__, "/points/hosting")


@room.page("", access=Access.RESIDENT)
def show_all(session: Session, actor: Actor) -> str:
    """The organisations I act for, and what they published."""
    assert actor.id
    now = clock.now()
    mine = [
        (one, hosting.nearest_first(hosting.activities_of(session, one.id), now))
        for one in hosting.kept_by(session, actor.id)
    ]
    return render_template("volunteering/hosting.html", hosts=mine, now=now)


@room.page("/<uuid:host_id>/new", access=Access.RESIDENT)
def new(session: Session, actor: Actor, host_id: UUID) -> str:
    """An empty activity."""
    assert actor.id
    return boards.editor(ORGANISATION, hosting.own_host(session, actor.id, host_id), ActivityForm.read())


@room.page("/<uuid:host_id>/new", access=Access.RESIDENT, methods=("POST",))
def publish(session: Session, actor: Actor, host_id: UUID) -> Any:
    """Everybody can see it and apply at once."""
    assert actor.id
    return boards.publish(ORGANISATION, session, actor, hosting.own_host(session, actor.id, host_id))


@room.page("/activities/<uuid:id>", access=Access.RESIDENT, purpose=Purpose.POINTS)
def board(session: Session, actor: Actor, id: UUID) -> str:
    """Who takes part, who came, and the hours to approve."""
    assert actor.id
    return boards.board(ORGANISATION, session, hosting.own_activity(session, actor.id, id))


@room.page("/activities/<uuid:id>/hours", access=Access.RESIDENT, purpose=Purpose.POINTS, methods=("POST",))
def approve(session: Session, actor: Actor, id: UUID) -> Any:
    """Approve the minutes entered; an empty field is left for later."""
    assert actor.id
    who, one = actor.id, hosting.own_activity(session, actor.id, id)
    return boards.approve(ORGANISATION, session, one, lambda minutes: hours.approve(session, who, id, minutes))


@room.page("/activities/<uuid:id>/cancel", access=Access.RESIDENT, methods=("POST",))
def cancel(session: Session, actor: Actor, id: UUID) -> Any:
    """It does not take place; everybody with a place is told."""
    assert actor.id
    return boards.cancel(ORGANISATION, session, hosting.own_activity(session, actor.id, id))


@room.page("/activities/<uuid:id>/code", access=Access.RESIDENT)
def code(session: Session, actor: Actor, id: UUID) -> Response:
    """The code to hold up at the place."""
    assert actor.id
    return boards.code(ORGANISATION, session, hosting.own_activity(session, actor.id, id))


@room.page("/places/<uuid:id>/back", access=Access.RESIDENT, purpose=Purpose.POINTS)
def back(session: Session, actor: Actor, id: UUID) -> str:
    """Paid hours that are to be taken back."""
    assert actor.id
    _place, one = taking_back.place_of(session, id)
    hosting.own_activity(session, actor.id, one.id)
    return back_pages.show(ORGANISATION, session, id)


@room.page("/places/<uuid:id>/back", access=Access.RESIDENT, purpose=Purpose.POINTS, methods=("POST",))
def take_back(session: Session, actor: Actor, id: UUID) -> Any:
    """A small sum at once, a larger one when a second person agrees."""
    assert actor.id
    _place, one = taking_back.place_of(session, id)
    hosting.own_activity(session, actor.id, one.id)
    return back_pages.ask(ORGANISATION, session, id, lambda wish: taking_back.by_host(session, actor, id, wish))
