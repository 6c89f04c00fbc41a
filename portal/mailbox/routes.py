"""Pages of the mailbox: the resident's, and the section's."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.clock import JST
from portal.core.permissions import Permission
from portal.mailbox import service
from portal.mailbox.forms import NoticeForm
from portal.mailbox.models import Notice
from portal.mailbox.rules import KIND_WORDS, SMALL_NUMBER, STATE_WORDS, Kind, State
from portal.residents import service as residents
from portal.web.access import Access
from portal.web.i18n import LANGUAGES, gettext, language, office_words_to_find, say, show_visit
from portal.web.pages import page_number
from portal.web.room import Room
from portal.web.templating import kept, macro

room = Room("mailbox", __name__)
SENDER = Access.staff(Permission.NOTICE_WRITE)


# Facts of the system's own notices that read differently in each language.
TELLERS: Mapping[str, Callable[[Any], str]] = {
    "starts_at": lambda instant: show_visit(datetime.fromisoformat(instant)),
    "office": office_words_to_find,
    "bring": lambda things: "\n".join(f"・{gettext(thing)}" for thing in things),
}


def words(texts: Mapping[str, Mapping[str, str]], facts: Mapping[str, Any]) -> tuple[str, str, str]:
    """(title, body, language they are in): the reader's own, else English for who reads no Japanese."""
    if "msgid" in texts:
        own, told = texts["msgid"], {name: TELLERS.get(name, str)(fact) for name, fact in facts.items()}
        return gettext(own["title"], **told), gettext(own["body"], **told), language()
    for code in service.languages_for(language()):
        if code in texts:
            return texts[code]["title"], texts[code]["body"], code
    raise LookupError("a notice without Japanese")


@room.page("/mailbox", access=Access.RESIDENT)
def show_all(session: Session, actor: Actor) -> str:
    """My notices, newest first."""
    assert actor.id
    page = page_number()
    code = language()
    items, more, unread = service.items(session, actor.id, language=code, page=page)
    line = macro("mailbox/line.html", "line")
    lines = Markup("".join([_line(line, item, code) for item in items]))  # noqa: S704 - each is made by a macro
    return render_template("mailbox/list.html", lines=lines, page=page, more=more, unread=unread)


def _line(line: Any, item: service.Item, code: str) -> str:
    """One notice of the list, as HTML. What a section sent to many looks alike to all of them and is kept; what the
    system or a section's machine tells people by name is theirs. (Joined as plain text: `Markup` would look through
    every part once more.)"""
    if item.facts is None:
        return kept(_draw, line, item)
    day, is_task = item.delivered_at.astimezone(JST).date(), item.kind == Kind.TASK
    title = item.title if item.language else say(code, item.title, item.facts)
    spoken = item.language or code
    before, between, after = kept(_draw_around, line, item.is_read, is_task, spoken, day, item.section, item.due_on)
    return f"{before}{item.id}{between}{escape(title)}{after}"


def _draw(line: Any, item: service.Item) -> Markup:
    day, is_task = item.delivered_at.astimezone(JST).date(), item.kind == Kind.TASK
    return line(item.id, item.is_read, is_task, item.title, item.language, day, item.section, item.due_on)


def _draw_around(line: Any, is_read: Any, is_task: Any, code: str, *facts: Any) -> tuple[str, str, str]:
    """A line without id and title, which alone are one person's: before, between and after them."""
    drawn = str(line("\ue000", is_read, is_task, "\ue001", code, *facts))  # signs that no name and no text may have
    before, _, rest = drawn.partition("\ue000")
    return before, *rest.partition("\ue001")[::2]


@room.page("/mailbox/<uuid:notice_id>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, notice_id: UUID) -> str:
    """One notice; opening it is what the section sees as read."""
    assert actor.id
    notice, delivery = service.open_notice(session, actor.id, notice_id)
    title, body, code = words(notice.texts, notice.facts)
    return render_template(
        "mailbox/notice.html",
        notice=notice,
        delivery=delivery,
        title=title,
        paragraphs=[part for part in body.split("\n\n") if part.strip()],
        text_language=code,
        kind=gettext(KIND_WORDS[Kind(notice.kind)]),
        procedure=_procedure(notice),
    )


@room.page("/staff/notices", access=SENDER, purpose=Purpose.SENDING)
def sent(session: Session, actor: Actor) -> str:
    """The section's notices with how many were delivered and read."""
    rows = [(row, words(row.texts, {})[0]) for row in service.sent_by(session, actor)]
    states = {str(state): gettext(label) for state, label in STATE_WORDS.items()}
    return render_template("mailbox/sent.html", rows=rows, states=states)


@room.page("/staff/notices/new", access=SENDER, purpose=Purpose.SENDING)
def compose(session: Session, actor: Actor) -> str:
    """An empty notice to fill, or one that begins with what another of the section says (`like`)."""
    form = NoticeForm.like(service.draft_of(session, actor, like)) if (like := _like()) else NoticeForm.read()
    return render_template("mailbox/compose.html", form=form.label(_procedures()))


def _like() -> UUID | None:
    try:
        return UUID(request.args["like"])
    except (KeyError, ValueError):
        return None


@room.page("/staff/notices/new", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def write(session: Session, actor: Actor) -> Any:
    """Keep the draft and show whom it would reach."""
    form = NoticeForm.read().label(_procedures())
    if not form.validate():
        return render_template("mailbox/compose.html", form=form), 422
    notice = service.write(
        session,
        actor,
        kind=Kind(form.kind.data),
        texts=form.texts(),
        segment=form.segment(),
        due_on=form.due_on.data,
        procedure=form.procedure.data,
    )
    return redirect(url_for(".check", notice_id=notice.id), 303)


@room.page("/staff/notices/<uuid:notice_id>", access=SENDER, purpose=Purpose.SENDING)
def check(session: Session, actor: Actor, notice_id: UUID) -> str:
    """Before sending: what it says and how many it reaches. Afterwards: how many have it and have read it."""
    notice = service.draft_of(session, actor, notice_id)
    title, body, code = words(notice.texts, notice.facts)
    is_draft = notice.state == State.DRAFT
    delivered, read = service.numbers(session, notice)
    return render_template(
        "mailbox/check.html",
        notice=notice,
        title=title,
        paragraphs=[part for part in body.split("\n\n") if part.strip()],
        text_language=code,
        kind=gettext(KIND_WORDS[Kind(notice.kind)]),
        state=gettext(STATE_WORDS[State(notice.state)]),
        conditions=_conditions(notice),
        procedure=_procedure(notice),
        reach=service.reach(session, notice) if is_draft else delivered,
        is_draft=is_draft,
        small=SMALL_NUMBER,
        delivered=delivered,
        read=read,
    )


@room.page("/staff/notices/<uuid:notice_id>/send", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def send(session: Session, actor: Actor, notice_id: UUID) -> Response:
    """Hand it to the worker."""
    service.send(session, service.draft_of(session, actor, notice_id))
    return redirect(url_for(".check", notice_id=notice_id), 303)  # type: ignore[return-value]


@room.page("/staff/notices/<uuid:notice_id>/receipts", access=SENDER, purpose=Purpose.SENDING)
def receipts(session: Session, actor: Actor, notice_id: UUID) -> str:
    """Who has read it, and when; each name opened here is on that person's record."""
    notice = service.draft_of(session, actor, notice_id)
    page = page_number()
    found, more = service.receipts(session, notice, page=page)
    rows = [
        (residents.look_up(session, receipt.resident_id, case_ref=str(notice.id)[:8]), receipt) for receipt in found
    ]
    title = words(notice.texts, notice.facts)[0]
    return render_template("mailbox/receipts.html", notice=notice, title=title, rows=rows, page=page, more=more)


def _procedure(notice: Notice) -> str | None:
    """The title of the procedure the notice leads to, while it is offered."""
    title = applications.procedure_title(notice.procedure) if notice.procedure else None
    return gettext(title) if title else None


def _procedures() -> list[tuple[str, str]]:
    return [(name, gettext(title)) for name, title in applications.procedure_titles()]


def _conditions(notice: Notice) -> str:
    """The chosen people in words."""
    chosen = notice.segment
    parts = [chosen["ward"] or gettext("Whole city")]
    if chosen["child_under"] is not None:
        parts.append(
            gettext("Guardians of a child") + " " + gettext("with a child under %(age)s", age=chosen["child_under"])
        )
    if chosen["age_from"] is not None:
        parts.append(gettext("%(age)s or older", age=chosen["age_from"]))
    if chosen["language"]:
        parts.append(LANGUAGES[chosen["language"]])
    return " / ".join(parts)
