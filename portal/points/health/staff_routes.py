"""The city's page of steps: days that wait."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.points.health import objections, rules, service
from portal.points.health.rules import DOUBT_WORDS
from portal.points.ledger.rules import PotEmpty
from portal.points.programmes.routes import KEEPER
from portal.points.programmes.rules import AnswerNeeded
from portal.residents import service as residents
from portal.web.decisions import pressed
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("health_staff", __name__, "/staff/points-health")


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor) -> str:
    """Days that look wrong."""
    return _worklist(session)


def _worklist(session: Session, refusal: Refusal | None = None, at: UUID | None = None) -> str:
    return render_template(
        "health/worklist.html",
        cases=[_case(session, case) for case in service.waiting(session)],
        objections=[_objection(session, case) for case in objections.waiting(session)],
        refusal=refusal,
        at=at,
        typed=text.shown_again(request.form.get("note", ""), longest=300),
    )


def _case(session: Session, case: service.Case) -> dict[str, Any]:
    return {
        "id": case.resident_id,
        "name": residents.look_up(session, case.resident_id).known_as,
        "days": case.days,
        "doubts": [_(DOUBT_WORDS[doubt]) for doubt in case.doubts],
        "others": [residents.look_up(session, other).known_as for other in case.others],
    }


@room.page("/steps/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def decide(session: Session, actor: Actor, id: UUID) -> Any:
    """The days are right and are paid, or they do not count."""
    act = service.clear if pressed("clear", "refuse") == "clear" else service.refuse
    try:
        with session.begin_nested():
            act(session, actor, id, _note())
    except (rules.StepsDecided, AnswerNeeded, PotEmpty) as refusal:
        session.expire_all()
        return _worklist(session, refusal, id), refusal.status
    return redirect(url_for(".show"), 303)


def _objection(session: Session, case: objections.Case) -> dict[str, Any]:
    """The name is opened here and on record with the person."""
    one = case.objection
    name = residents.look_up(session, one.resident_id).known_as
    return {"id": one.id, "name": name, "words": one.words, "made_at": one.made_at, "days": case.days}


@room.page("/objections/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def answer(session: Session, actor: Actor, id: UUID) -> Any:
    """The person is right and is paid, or is not; they read why."""
    is_right = pressed("clear", "refuse") == "clear"
    try:
        with session.begin_nested():
            objections.answer(session, actor, id, is_right=is_right, words=_note())
    except (rules.StepsDecided, AnswerNeeded, PotEmpty) as refusal:
        session.expire_all()
        return _worklist(session, refusal, id), refusal.status
    return redirect(url_for(".show"), 303)


def _note() -> str:
    """What is told to the person. Raises AnswerNeeded."""
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None
