"""Pages of sections that are asked for an expert opinion: the questions to them, and one question."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.applications import written as words
from portal.applications.casework import opinions
from portal.applications.casework.rules import NoteEmpty
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.web.access import Access
from portal.web.room import Room

room = Room("applications_opinions", __name__, "/staff/opinions")
EXPERT = Access.staff(Permission.OPINION_GIVE)


@room.page("", access=EXPERT, purpose=Purpose.REVIEW)
def questions(session: Session, actor: Actor) -> str:
    """Questions to one's own section, the unanswered first; the list names nobody."""
    return render_template("casework/opinions.html", questions=opinions.to_answer(session, actor))


@room.page("/<uuid:id>", access=EXPERT, purpose=Purpose.REVIEW)
def question(session: Session, actor: Actor, id: UUID) -> str:
    """One question with the answers it may see."""
    return _page(session, actor, id)


@room.page("/<uuid:id>", access=EXPERT, purpose=Purpose.REVIEW, methods=("POST",))
def answer(session: Session, actor: Actor, id: UUID) -> Any:
    """Answer it, once."""
    try:
        opinions.answer(session, actor, id, request.form.get("answer", ""))
    except NoteEmpty as refusal:
        return _page(session, actor, id, refusal), 422
    return redirect(url_for(".questions"), 303)


def _page(session: Session, actor: Actor, id: UUID, refusal: NoteEmpty | None = None) -> str:
    asked, title, rows = opinions.open_question(session, actor, id)
    return render_template(
        "casework/opinion.html",
        asked=asked,
        procedure_title=title,
        rows=[(row.field.label, words.answer_words(row)) for row in rows],
        refusal=refusal,
        sent=request.form,
    )
