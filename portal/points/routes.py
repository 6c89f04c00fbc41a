"""The resident's page of points."""

from flask import render_template
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.points import service
from portal.web.access import Access
from portal.web.room import Room

room = Room("points", __name__, "/points")


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """How many points I have and where they came from."""
    assert actor.id
    return render_template(
        "points/show.html",
        balance=service.balance(session, actor.id),
        movements=service.history(session, actor.id),
    )
