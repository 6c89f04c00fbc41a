"""Pages of the guide: events, their questions one by one, and the list they lead to."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications.guide import catalogue, code, flow, known, service, together, view
from portal.applications.guide.flow import Flow
from portal.applications.guide.models import LifeList
from portal.applications.guide.rules import CodeMistyped, CodeOutdated, EventNotFound
from portal.applications.guide.schema import Event
from portal.applications.guide.service import Line
from portal.applications.procedures import search
from portal.applications.shown import summary_of
from portal.core.actor import Actor, Kind
from portal.core.errors import Refusal
from portal.web.access import Access
from portal.web.i18n import gettext, is_language_change
from portal.web.room import Room

room = Room("guide", __name__, "/guide")

Answer = str | Redirect | tuple[str, int]


@room.page("", access=Access.PUBLIC)
def events(session: Session, actor: Actor) -> str:
    """What can happen in a life, found by any word for it; the person's own lists first."""
    return _events(session, actor)


def _events(session: Session, actor: Actor, *, code_typed: str = "", refused: Refusal | None = None) -> str:
    typed = request.args.get("q", "").strip()[: search.LONGEST_QUERY]
    error = f"{gettext(refused.message)} {gettext(refused.next_step)}" if refused else None
    return render_template(
        "guide/events.html",
        found=view.found_by(typed),
        typed=typed,
        own=_own_lists(session, actor),
        code=code_typed,
        error=error,
        errors=[("code", error)] if error else [],
    )


def _own_lists(session: Session, actor: Actor) -> list[tuple[LifeList, str, tuple[int, int]]]:
    if actor.kind is not Kind.RESIDENT or actor.id is None:
        return []
    found = service.of_resident(session, actor.id)
    return [(one, service.event_of(one).title, service.progress(service.lines(session, one))) for one in found]


@room.page("/code", access=Access.PUBLIC)
def ask_code(session: Session, actor: Actor) -> Redirect:
    """Where a reader lands who changes the language after a code was refused."""
    return redirect(url_for(".events", _anchor="other-device"), 303)


@room.page("/code", access=Access.PUBLIC, methods=("POST",))
def open_code(session: Session, actor: Actor) -> Answer:
    """The list of a code somebody wrote down or got from somebody else; nothing is kept."""
    typed = request.form.get("code", "")
    try:
        event, answers = code.read(typed)
    except (CodeMistyped, CodeOutdated) as refused:
        return _events(session, actor, code_typed=typed[: code.LONGEST * 2], refused=refused), 422
    return _reached(session, actor, Flow(event, told=answers))


@room.page("/<name>", access=Access.PUBLIC)
def begin(session: Session, actor: Actor, name: str) -> Answer:
    """The first question; what the register answers is not asked."""
    event = _event(name)
    knows = known.look(session, actor.id)[0] if actor.kind is Kind.RESIDENT and actor.id else {}
    begun = flow.begin(event, knows)
    return _question_page(begun) if begun.question() else _list_page(begun)


@room.page("/<name>", access=Access.PUBLIC, methods=("POST",))
def answer(session: Session, actor: Actor, name: str) -> Answer:
    """One answer: the next question, or the list. A list of somebody signed in is kept for their other devices."""
    typed = {key: texts for key, texts in request.form.lists() if key != "csrf_token"}
    if is_language_change():
        now = flow.say_again(_event(name), typed)
        return _question_page(now) if now.question() else _list_page(now)
    now = flow.go_on(_event(name), typed)
    if now.faults:
        return _question_page(now), 422
    return _reached(session, actor, now)


def _reached(session: Session, actor: Actor, now: Flow) -> Answer:
    if now.question():
        return _question_page(now)
    if actor.kind is Kind.RESIDENT:
        kept = together.keep_list(session, actor, now.event, now.answers)
        return redirect(url_for(".show", id=kept.id), 303)
    return _list_page(now)


@room.page("/lists/<uuid:id>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID) -> str:
    """The person's list, with where each line stands."""
    kept = service.open_list(session, actor, id)
    now = Flow(service.event_of(kept), told=service.answers_of(kept))
    return _list_page(now, kept=kept, lines=service.lines(session, kept))


@room.page("/lists/<uuid:id>/ticks", access=Access.RESIDENT, methods=("POST",))
def tick(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Mark one line as done elsewhere, or take the mark away."""
    step = request.form.get("step", "")
    service.tick(session, actor, id, step, done=request.form.get("done") == "yes")
    return redirect(url_for(".show", id=id, _anchor=step), 303)


@room.page("/lists/<uuid:id>/discard", access=Access.RESIDENT)
def ask_discard(session: Session, actor: Actor, id: UUID) -> str:
    """Asks once: it cannot be undone."""
    kept = service.open_list(session, actor, id)
    return render_template("guide/discard.html", held=kept, event=service.event_of(kept))


@room.page("/lists/<uuid:id>/discard", access=Access.RESIDENT, methods=("POST",))
def discard(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Throw the list away; what was sent from it stays."""
    service.discard(session, actor, id)
    return redirect(url_for(".events"), 303)


def _event(name: str) -> Event:
    event = catalogue.find(name)
    if event is None:
        raise EventNotFound
    return event


def _question_page(now: Flow) -> str:
    return render_template("guide/question.html", **question_facts(now), action=url_for(".answer", name=now.event.name))


def question_facts(now: Flow) -> dict[str, Any]:
    """What the page of one question shows, to residents and to staff who preview it."""
    question = now.question()
    assert question is not None
    return {
        "event": now.event,
        "question": question,
        "shown": view.question_shown(now, question),
        "errors": summary_of(now.faults, (question.field,)),
        "place": now.place(),
        "before": now.before(),
        "rows": [row for row in view.told_rows(now) if row[0].name != question.name],
        "told": code.write(now.event, now.told),
        "known": code.write(now.event, now.known),
        "names": {"told": flow.TOLD, "known": flow.KNOWN, "question": flow.QUESTION, "change": flow.CHANGE},
    }


def _list_page(now: Flow, *, kept: LifeList | None = None, lines: list[Line] | None = None) -> str:
    return render_template(
        "guide/list.html", **list_facts(now, lines), held=kept, action=url_for(".answer", name=now.event.name)
    )


def list_facts(now: Flow, lines: list[Line] | None) -> dict[str, Any]:
    """What the page of a list shows; without *lines* it is nobody's list and nothing of it is done."""
    answers = now.event.told(now.answers)
    found = lines if lines is not None else [Line(step, None, False) for step in now.event.steps_for(answers)]
    phases = view.shown_lines(found, answers)
    rest = [line for _phase, _words, own in phases for line in own if not line.done]
    return {
        "event": now.event,
        "phases": phases,
        "papers": view.all_papers(phases),
        "progress": service.progress(found),
        "startable": [line for line in rest if line.can_start],
        "begun": [line for line in rest if line.case is not None],
        "sent": any(line.case is not None and line.done for line in found),
        "minutes": sum(line.minutes for line in rest),
        "rows": view.told_rows(now),
        "told": code.write(now.event, now.told),
        "known": code.write(now.event, now.known),
        "code": code.write(now.event, answers),
        "names": {"told": flow.TOLD, "known": flow.KNOWN, "question": flow.QUESTION, "change": flow.CHANGE},
    }
