"""The board for everybody, one's own place on it, and the names staff read."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.small_numbers import FEW
from portal.core.text import TextRefused
from portal.points import service as points
from portal.points.programmes.routes import KEEPER
from portal.points.programmes.rules import AnswerNeeded
from portal.points.recognition import rules, service
from portal.points.recognition.rules import STATE_WORDS, State
from portal.web.access import Access
from portal.web.decisions import pressed
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("recognition", __name__, "/points/recognition")
desk = Room("recognition_desk", __name__, "/staff/points-recognition")


@room.page("", access=Access.PUBLIC)
def show(session: Session, actor: Actor) -> str:
    """Who helped in a month, of those who want to be thanked here."""
    today = clock.today()
    month = rules.month_of(request.args.get("month", ""), today)
    lines = service.board(session, month)
    return render_template(
        "recognition/board.html",
        lines=[(one.name, one.hours, _(points.RANK_WORDS[one.rank])) for one in lines],
        months=[(f"{one:%Y-%m}", one) for one in rules.last_months(today)],
        month=f"{month:%Y-%m}",
        few=FEW,
    )


@room.page("/mine", access=Access.RESIDENT)
def mine(session: Session, actor: Actor) -> str:
    """Whether I am on the board, and by which name."""
    return _mine(session, actor)


def _mine(session: Session, actor: Actor, refusal: Refusal | None = None) -> str:
    assert actor.id
    entry = service.entry_of(session, actor.id)
    words, tone = STATE_WORDS[entry.state] if entry else ("", "")
    return render_template(
        "recognition/mine.html",
        entry=entry,
        state=(_(words), tone) if words else None,
        typed=text.shown_again(request.form.get("name", entry.name if entry else ""), longest=rules.LONGEST),
        refusal=refusal,
        few=FEW,
    )


@room.page("/mine", access=Access.RESIDENT, methods=("POST",))
def ask(session: Session, actor: Actor) -> Any:
    """Be on the board by this name."""
    assert actor.id
    try:
        with session.begin_nested():
            service.ask(session, actor.id, request.form.get("name", ""))
    except (rules.NameUnfit, rules.NotNow) as refusal:
        session.expire_all()
        return _mine(session, actor, refusal), refusal.status
    return redirect(url_for(".mine"), 303)


@room.page("/mine/leave", access=Access.RESIDENT, methods=("POST",))
def leave(session: Session, actor: Actor) -> Any:
    """Not any more, from this moment on."""
    assert actor.id
    service.leave(session, actor.id)
    return redirect(url_for(".mine"), 303)


# ---- staff --------------------------------------------------------------------------------


@desk.page("", access=KEEPER, purpose=Purpose.POINTS)
def names(session: Session, actor: Actor) -> str:
    """Names to read, and names on the board."""
    return _names(session)


def _names(session: Session, refusal: Refusal | None = None) -> str:
    return render_template(
        "recognition/names.html", waiting=service.waiting(session), shown=service.shown(session), refusal=refusal
    )


@desk.page("/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def decide(session: Session, actor: Actor, id: UUID) -> Any:
    """The name is shown, or it is not, and the person reads why."""
    is_shown = pressed("show", "refuse") == "show"
    try:
        with session.begin_nested():
            state = State.SHOWN if is_shown else State.REFUSED
            note = "" if is_shown else _note()
            service.decide(session, actor, id, request.form.get("name", "")[:100], state=state, note=note)
    except (rules.NameDecided, AnswerNeeded) as refusal:
        session.expire_all()
        return _names(session, refusal), refusal.status
    return redirect(url_for(".names"), 303)


def _note() -> str:
    """Why not, for the person. Raises AnswerNeeded."""
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None
