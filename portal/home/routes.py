"""The first page: six ways to go on, with what waits behind each."""

from typing import Any

from flask import redirect, render_template, url_for
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core.actor import Actor, Kind
from portal.home import menu
from portal.web.access import Access
from portal.web.room import Room

room = Room("home", __name__)

# The others are one press away.
SHOWN_EVENTS = 6


@room.page("/", access=Access.PUBLIC)
def front(session: Session, actor: Actor) -> Any:
    """Where a resident starts; staff have their desk."""
    if actor.kind is Kind.STAFF:
        return redirect(url_for("staff.desk"), 303)
    if actor.kind is Kind.BUSINESS:
        return redirect("/business", 303)
    tiles = menu.tiles(session, actor.id) if actor.id else menu.tiles_for_strangers()
    visit = menu.next_visit(session, actor.id) if actor.id else None
    drafts = menu.drafts(session, actor.id) if actor.id else []
    lists = applications.life_lists(session, actor.id) if actor.kind is Kind.RESIDENT and actor.id else []
    events = applications.life_events()[:SHOWN_EVENTS]
    return render_template("home/front.html", tiles=tiles, visit=visit, drafts=drafts, lists=lists, events=events)
