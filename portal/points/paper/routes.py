"""Pages on which a code from paper is entered: by the person on a phone, or at a window for them."""

from typing import Any
from uuid import UUID

from flask import render_template, request
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused
from portal.points.ledger.rules import PotEmpty
from portal.points.paper import rules, service
from portal.points.programmes.rules import NoTerms
from portal.residents import service as residents
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("paper_codes", __name__, "/points/codes")
desk = Room("paper_desk", __name__, "/staff/points-codes")
SERVES = Access.staff(Permission.WINDOW_SERVE)
REFUSED = (rules.CodeUnknown, rules.CodeYours, rules.CodeOverCap, rules.SheetOwner, NoTerms, PotEmpty)


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """Enter a code."""
    return _page("paper/enter.html")


def _page(page: str, *, refusal: Refusal | None = None, given: int = 0, to: str = "") -> str:
    typed = {name: text.shown_again(request.form.get(name, ""), longest=40) for name in ("code", "number")}
    return render_template(page, typed={} if given else typed, refusal=refusal, given=given, to=to)


@room.page("", access=Access.RESIDENT, methods=("POST",))
def enter(session: Session, actor: Actor) -> Any:
    """The code's points are mine."""
    assert actor.id
    return _enter(session, "paper/enter.html", actor.id, str(actor.id))


@desk.page("", access=SERVES, purpose=Purpose.POINTS)
def show_desk(session: Session, actor: Actor) -> str:
    """Enter a code for somebody at the window."""
    return _page("paper/desk.html")


@desk.page("", access=SERVES, purpose=Purpose.POINTS, methods=("POST",))
def enter_for(session: Session, actor: Actor) -> Any:
    """The code's points are the person's."""
    try:
        person = residents.find_by_number(session, request.form.get("number", ""))
    except TextRefused:
        person = None
    if person is None:
        refusal = rules.SheetOwner()
        return _page("paper/desk.html", refusal=refusal), refusal.status
    return _enter(session, "paper/desk.html", person.id, f"desk {actor.id}", to=person.known_as)


def _enter(session: Session, page: str, resident_id: UUID, who: str, *, to: str = "") -> Any:
    throttle.guard(session, "paper-code", who, limit=rules.TRIES)
    try:
        with session.begin_nested():
            given = service.enter(session, hall().key(service.KEY), resident_id, request.form.get("code", "")[:40])
    except REFUSED as refusal:
        session.expire_all()
        told = rules.CodeTheirs() if to and isinstance(refusal, rules.CodeYours) else refusal
        return _page(page, refusal=told), told.status
    throttle.take_back(session, "paper-code", who)
    return _page(page, given=given, to=to)
