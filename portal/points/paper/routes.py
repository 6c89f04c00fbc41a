"""Pages on which a code from paper is entered: by the person on a phone, or at a window for them."""

from functools import partial
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
from portal.points import once
from portal.points.ledger.rules import PotEmpty, SentBefore
from portal.points.paper import rules, service
from portal.points.programmes.routes import title_of
from portal.points.programmes.rules import NoTerms
from portal.residents import service as residents
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("paper_codes", __name__, "/points/codes")
desk = Room("paper_desk", __name__, "/staff/points-codes")
SERVES = Access.staff(Permission.WINDOW_SERVE)
CORRECT = "correct"
REFUSED = (rules.CodeUnknown, rules.CodeYours, rules.CodeOverCap, rules.SheetOwner, NoTerms, PotEmpty)


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """Enter a code."""
    return _page("paper/enter.html")


def _page(page: str, *, refusal: Refusal | None = None, given: int = 0, to: str = "") -> str:
    return render_template(page, typed={} if given else _typed(), refusal=refusal, given=given, to=to)


def _typed() -> dict[str, str]:
    return {name: text.shown_again(request.form.get(name, ""), longest=40) for name in ("code", "number")}


@room.page("", access=Access.RESIDENT, methods=("POST",))
def enter(session: Session, actor: Actor) -> Any:
    """The code's points are mine."""
    assert actor.id
    who = str(actor.id)
    throttle.guard(session, "paper-code", who, limit=rules.TRIES)
    try:
        with session.begin_nested():
            given = int(_given(session, actor.id))
    except REFUSED as refusal:
        session.expire_all()
        return _page("paper/enter.html", refusal=refusal), refusal.status
    throttle.take_back(session, "paper-code", who)
    return _page("paper/enter.html", given=given)


@desk.page("", access=SERVES, purpose=Purpose.POINTS)
def show_desk(session: Session, actor: Actor) -> str:
    """Enter a code for somebody at the window."""
    return _page("paper/desk.html")


@desk.page("", access=SERVES, purpose=Purpose.POINTS, methods=("POST",))
def look(session: Session, actor: Actor) -> Any:
    """Whose number it is and what the code gives, before anything is given: a mistyped number is a stranger's."""
    if request.form.get("step") == CORRECT:
        return _page("paper/desk.html")
    who = f"desk {actor.id}"
    try:
        person = _person(session)
        throttle.guard(session, "paper-code", who, limit=rules.TRIES)
        terms = service.look(session, hall().key(service.KEY), person.id, _code())
    except REFUSED as refusal:
        return _refused(refusal)
    throttle.take_back(session, "paper-code", who)
    shown = {"title": title_of(terms), "points": terms.points, "key": once.fresh(), "correct": CORRECT}
    return render_template("paper/desk_person.html", person=person, typed=_typed(), **shown)


@desk.page("/give", access=SERVES, purpose=Purpose.POINTS, methods=("POST",))
def give(session: Session, actor: Actor) -> Any:
    """The code's points are the person's; the same form sent again says the same."""
    who = f"desk {actor.id}"
    try:
        person = _person(session)
        throttle.guard(session, "paper-code", who, limit=rules.TRIES)
        given = int(once.once(session, actor, partial(_given, session, person.id)))
    except (*REFUSED, SentBefore) as refusal:
        session.expire_all()
        return _refused(refusal)
    throttle.take_back(session, "paper-code", who)
    return _page("paper/desk.html", given=given, to=person.known_as)


def _refused(refusal: Refusal) -> Any:
    told = rules.CodeTheirs() if isinstance(refusal, rules.CodeYours) else refusal
    return _page("paper/desk.html", refusal=told), told.status


def _person(session: Session) -> residents.Person:
    """Whose number was typed; that it was looked up is on record with them. Raises SheetOwner."""
    try:
        person = residents.find_by_number(session, request.form.get("number", ""))
    except TextRefused:
        person = None
    if person is None:
        raise rules.SheetOwner
    return person


def _given(session: Session, resident_id: UUID) -> str:
    return str(service.enter(session, hall().key(service.KEY), resident_id, _code()))


def _code() -> str:
    return request.form.get("code", "")[:40]
