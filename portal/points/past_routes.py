"""The city's page of what somebody had at a moment of the past: for questions years later, with what the books knew then."""

from typing import Any

from flask import render_template, request
from sqlalchemy.orm import Session

from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.points import past
from portal.points.paper.rules import SheetOwner
from portal.points.programmes.routes import KEEPER
from portal.residents import service as residents
from portal.web.room import Room

room = Room("points_past", __name__, "/staff/points-past")
FIELDS = ("number", "at", "known_by")


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor) -> str:
    """Whose, and when."""
    return _page()


def _page(refusal: Refusal | None = None, found: dict[str, Any] | None = None) -> str:
    typed = {name: text.shown_again(request.form.get(name, ""), longest=40) for name in FIELDS}
    return render_template("points/past.html", typed=typed, refusal=refusal, found=found)


@room.page("", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def look(session: Session, actor: Actor) -> Any:
    """What the person had then; it is on record with them that somebody looked."""
    try:
        person = residents.find_by_number(session, request.form.get("number", ""))
    except TextRefused:
        person = None
    try:
        if person is None:
            raise SheetOwner
        at = past.read_moment(request.form.get("at", ""), clock.now())
        typed = request.form.get("known_by", "").strip()
        known_by = past.read_moment(typed, clock.now()) if typed else None
    except (SheetOwner, past.MomentUnclear) as refusal:
        return _page(refusal), refusal.status
    points = past.look_up(session, person.id, at, known_by)
    return _page(found={"points": points, "name": person.known_as, "at": at, "known_by": known_by})
