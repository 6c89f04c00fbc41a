"""Pages of the processing centre: the list of what waits, and one case beside the register."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import cases, rules, service, view
from portal.applications.rules import NothingAsked, Reason, WordsMissing
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.core.text import TextRefused
from portal.web.access import Access
from portal.web.room import Room

room = Room("applications_review", __name__, "/staff/applications")

REVIEWER = Access.staff(Permission.APPLICATION_REVIEW)


@room.page("", access=REVIEWER, purpose=Purpose.REVIEW)
def worklist(session: Session, actor: Actor) -> str | Redirect:
    """What waits, the oldest first. A reference number in the search opens its case."""
    if typed := request.args.get("q", "").strip():
        try:
            found = service.find_by_reference(session, typed)
        except TextRefused:
            found = None
        if found and found.state is not rules.State.DRAFT:
            return redirect(url_for(".case", id=found.id), 303)
    return render_template(
        "applications/worklist.html",
        waiting=service.worklist(session),
        words=rules.STATE_WORDS,
        tones=rules.STATE_TONES,
        now=clock.now(),
        searched=typed,
    )


@room.page("/<uuid:id>", access=REVIEWER, purpose=Purpose.REVIEW)
def case(session: Session, actor: Actor, id: UUID) -> str:
    """One case: what was typed beside what the register says."""
    return _case_page(session, actor, id)


@room.page("/<uuid:id>/claim", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def claim(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Take the case."""
    service.claim(session, id, actor)
    return redirect(url_for(".case", id=id), 303)


@room.page("/<uuid:id>/release", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def release(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Give it back."""
    service.release(session, id, actor)
    return redirect(url_for(".worklist"), 303)


@room.page("/<uuid:id>/ready", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def ready(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Everything is in order."""
    service.mark_ready(session, id, actor)
    return redirect(url_for(".worklist"), 303)


@room.page("/<uuid:id>/correction", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def correction(session: Session, actor: Actor, id: UUID) -> Any:
    """Ask for correction of the fields a reason was chosen for."""
    try:
        service.ask_correction(session, id, actor, _asked())
    except NothingAsked as refusal:
        return _case_page(session, actor, id, refusal), 422
    return redirect(url_for(".worklist"), 303)


@room.page("/<uuid:id>/reject", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def reject(session: Session, actor: Actor, id: UUID) -> Any:
    """It cannot be accepted."""
    try:
        service.reject(session, id, actor, request.form.get("reason", ""))
    except (WordsMissing, NothingAsked) as refusal:
        return _case_page(session, actor, id, refusal), 422
    return redirect(url_for(".worklist"), 303)


def _asked() -> list[service.Asked]:
    """Rows with a reason or a comment; a comment alone counts as "not correct"."""
    found = []
    for name, comment in request.form.items():
        kind, _, field = name.partition("-")
        if kind != "comment":
            continue
        reason = request.form.get(f"reason-{field}", "")
        if reason in set(Reason) or comment.strip():
            chosen = Reason(reason) if reason in set(Reason) else Reason.INCORRECT
            found.append(service.Asked(field, chosen, comment))
    return found


def _case_page(session: Session, actor: Actor, id: UUID, refusal: NothingAsked | WordsMissing | None = None) -> str:
    opened = cases.open_case(session, id)
    if opened.state == rules.State.DRAFT:
        raise rules.ApplicationNotFound
    rows = service.open_sheet(session, id)
    about = service.summary(session, id)
    return render_template(
        "applications/case.html",
        about=about,
        procedure=cases.procedure_of(opened),
        status=rules.STATE_WORDS[about.state],
        tone=rules.STATE_TONES[about.state],
        rows=[
            {
                "row": row,
                "answer": view.words_of(row.field, row.answer, row.people),
                "known": view.words_of(row.field, row.known, row.people),
            }
            for row in rows
        ],
        differing=sum(row.differs for row in rows),
        asked={one.field: one for one in cases.open_requests(session, id)},
        reasons=rules.REASON_WORDS,
        events=view.timeline_items(service.timeline(session, id), about.state),
        mine=opened.claimed_by is not None and opened.claimed_by == actor.id,
        claimed_label=opened.claimed_label,
        to_check=about.state in rules.TO_CHECK,
        refusal=refusal,
        sent=request.form,
    )
