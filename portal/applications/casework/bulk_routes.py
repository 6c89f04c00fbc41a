"""Pages for one decision of many cases: what was chosen, then how far it is."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.applications import cases
from portal.applications.casework import bulk, checks, decisions, reach, view
from portal.applications.casework.checks import RESULT_TONES, RESULT_WORDS
from portal.applications.casework.rules import (
    MOST_AT_ONCE,
    OUTCOME_WORDS,
    ChoiceUnknown,
    NothingChosen,
    NotOneProcedure,
    Outcome,
)
from portal.applications.rules import WordsMissing
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal, all_refusals
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.web.access import Access
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("applications_bulk", __name__, "/staff/applications/together")
REVIEWER = Access.staff(Permission.APPLICATION_REVIEW)


@room.page("", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def choose(session: Session, actor: Actor) -> Any:
    """The chosen cases with what the checks found; nothing is decided yet."""
    try:
        return _choose_page(session, actor, new_id(), view.chosen_ids())
    except (NothingChosen, NotOneProcedure) as refusal:
        return render_template("casework/together_refused.html", refusal=refusal), 422


def _choose_page(session: Session, actor: Actor, run: UUID, ids: list[UUID], refusal: Refusal | None = None) -> str:
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise NothingChosen
    found = [cases.open_case(session, one) for one in dict.fromkeys(ids)]
    for one in found:
        reach.check(session, actor, one)
    if len({one.procedure for one in found}) != 1:
        raise NotOneProcedure
    lines = []
    for one in found:
        found_out = checks.run(session, one)
        result = checks.worst(found_out)
        proposed = decisions.proposal(session, one.id)
        lines.append(
            {
                "id": one.id,
                "reference": one.reference,
                "result": RESULT_WORDS[result],
                "tone": RESULT_TONES[result],
                "reasons": view.open_points(found_out),
                "proposed": OUTCOME_WORDS[Outcome(proposed.outcome)] if proposed else "",
            }
        )
    return render_template(
        "casework/together.html",
        run=run,
        lines=lines,
        procedure=cases.procedure_of(found[0]),
        outcomes=[(str(outcome), gettext(said)) for outcome, said in OUTCOME_WORDS.items()],
        refusal=refusal,
        sent=request.form,
    )


@room.page("/<uuid:run>", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def start(session: Session, actor: Actor, run: UUID) -> Any:
    """Decide them; sent twice it is one run."""
    ids, typed = view.chosen_ids(), request.form.get("outcome", "")
    try:
        if typed not in set(Outcome):
            raise ChoiceUnknown
        bulk.start(session, actor, run, ids, outcome=Outcome(typed), words=request.form.get("words", ""))
    except (ChoiceUnknown, WordsMissing) as refusal:
        return _choose_page(session, actor, run, ids, refusal), 422
    except (NothingChosen, NotOneProcedure) as refusal:
        return render_template("casework/together_refused.html", refusal=refusal), 422
    return redirect(url_for(".progress", run=run), 303)


@room.page("/<uuid:run>", access=REVIEWER, purpose=Purpose.REVIEW)
def progress(session: Session, actor: Actor, run: UUID) -> str:
    """How far the worker is, and what could not be decided and why."""
    found, items = bulk.open_run(session, actor, run)
    refusals = {kind.code: kind for kind in all_refusals()}
    references = {item.application_id: cases.open_case(session, item.application_id).reference for item in items}
    return render_template(
        "casework/progress.html",
        run=found,
        outcome=OUTCOME_WORDS[Outcome(found.outcome)],
        title=cases.newest_title(found.procedure),
        items=items,
        references=references,
        done=sum(item.state != "waiting" for item in items),
        failed=[
            {"item": item, "reference": references[item.application_id], "refusal": refusals.get(item.code)}
            for item in items
            if item.state == "failed"
        ],
    )
