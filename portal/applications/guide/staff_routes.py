"""Pages of staff: the events offered now, and each of them walked through as residents do, without saving anything."""

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from portal.applications.guide import catalogue, check, flow
from portal.applications.guide.flow import Flow
from portal.applications.guide.routes import list_facts, question_facts
from portal.applications.guide.rules import KNOWN_WORDS, PHASE_WORDS, EventNotFound
from portal.applications.guide.schema import Event
from portal.applications.procedures import catalogue as procedures
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.web.access import Access
from portal.web.room import Room

room = Room("guide_preview", __name__, "/staff/guide")

READER = Access.staff(Permission.APPLICATION_REVIEW)
Answer = str | tuple[str, int]


@room.page("", access=READER, purpose=Purpose.REVIEW)
def events(session: Session, actor: Actor) -> str:
    """What residents are led through now, with version and length."""
    return render_template("guide/preview_events.html", found=catalogue.events())


@room.page("/<name>", access=READER, purpose=Purpose.REVIEW)
def event(session: Session, actor: Actor, name: str) -> str:
    """All questions and all lines of one event, with the conditions as they are written."""
    found = _event(name)
    titles = {one.name: one.title for one in procedures.newest()}
    return render_template(
        "guide/preview_event.html", event=found, titles=titles, phases=PHASE_WORDS, known_words=KNOWN_WORDS
    )


@room.page("/<name>/walk", access=READER, purpose=Purpose.REVIEW)
def begin(session: Session, actor: Actor, name: str) -> Answer:
    """The first question, with what a made-up register answers."""
    return _page(flow.begin(_event(name), check.sample_answers()))


@room.page("/<name>/walk", access=READER, purpose=Purpose.REVIEW, methods=("POST",))
def walk(session: Session, actor: Actor, name: str) -> Answer:
    """The next question, or the list."""
    now = flow.go_on(_event(name), {key: texts for key, texts in request.form.lists() if key != "csrf_token"})
    return (_page(now), 422) if now.faults else _page(now)


def _event(name: str) -> Event:
    found = catalogue.find(name)
    if found is None:
        raise EventNotFound
    return found


def _page(now: Flow) -> str:
    action = url_for(".walk", name=now.event.name)
    if now.question():
        return render_template("guide/preview_question.html", **question_facts(now), action=action)
    return render_template("guide/preview_list.html", **list_facts(now, None), held=None, action=action)
