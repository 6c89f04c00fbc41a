"""The city's page of exchanges: how many there were, and what does not fit with the programme's books."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.points.exchange import reconciling, rules
from portal.points.exchange.rules import DIFFERENCE_WORDS
from portal.points.programmes.routes import KEEPER
from portal.points.programmes.rules import AnswerNeeded
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("exchange_staff", __name__, "/staff/points-exchange")


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor) -> str:
    """Differences, those that wait first."""
    return _page(session)


def _page(session: Session, refusal: Refusal | None = None, at: UUID | None = None) -> str:
    counts = reconciling.counts(session)
    done = counts.get(rules.State.DONE, (0, 0))
    waiting = sum(counts.get(state, (0, 0))[0] for state in (rules.State.ASKED, rules.State.TAKEN, rules.State.LAPSED))
    found = reconciling.differences(session)
    open_to_owner = reconciling.may_give_back(session, found)
    rows = [(one, _(DIFFERENCE_WORDS[one.kind]), one.id in open_to_owner) for one in found]
    return render_template("exchange/differences.html", rows=rows, done=done, waiting=waiting, refusal=refusal, at=at)


@room.page("/<uuid:id>/settle", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def settle(session: Session, actor: Actor, id: UUID) -> Any:
    """Say what it was; and, where the programme has nothing of it, give the points back."""
    deed = reconciling.give_back if request.form.get("decision") == "back" else reconciling.settle
    try:
        with session.begin_nested():
            deed(session, actor, id, _note())
    except (rules.DifferenceSettled, AnswerNeeded) as refusal:
        session.expire_all()
        return _page(session, refusal, id), refusal.status
    return redirect(url_for(".show"), 303)


def _note() -> str:
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None
