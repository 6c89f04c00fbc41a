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
from portal.points.exchange.rules import DIFFERENCE_WORDS, OUTCOME_WORDS, Outcome
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
    rows = [
        (one, _(DIFFERENCE_WORDS[one.kind]), one.kind in rules.DECIDABLE) for one in reconciling.differences(session)
    ]
    outcomes = [(str(outcome), _(words)) for outcome, words in OUTCOME_WORDS.items()]
    return render_template(
        "exchange/differences.html", rows=rows, done=done, waiting=waiting, outcomes=outcomes, refusal=refusal, at=at
    )


@room.page("/<uuid:id>/settle", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def settle(session: Session, actor: Actor, id: UUID) -> Any:
    """Say what it was; and, where points are at stake, whose they are."""
    try:
        with session.begin_nested():
            reconciling.settle(session, actor, id, _note(), _outcome())
    except (rules.DifferenceSettled, rules.OutcomeNeeded, AnswerNeeded) as refusal:
        session.expire_all()
        return _page(session, refusal, id), refusal.status
    return redirect(url_for(".show"), 303)


def _outcome() -> Outcome:
    typed = request.form.get("outcome", "")
    return Outcome(typed) if typed in set(Outcome) else Outcome.NOTED


def _note() -> str:
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None
