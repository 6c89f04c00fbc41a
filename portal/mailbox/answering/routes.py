"""What a resident does with one notice: confirm, answer, call done, write to the section, fetch a file, save it."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, redirect, request
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import afterwards
from portal.files import service as files
from portal.mailbox import opening, pages
from portal.mailbox.answering import rules, service
from portal.mailbox.answering.forms import AnswerForm, MessageForm
from portal.mailbox.attachments import service as attachments
from portal.mailbox.keeping import service as keeping
from portal.mailbox.opening import Reader
from portal.mailbox.rules import Deed, NoticeUnknown
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("answering", __name__, "/mailbox")
# Of one person in a quarter of an hour.
MESSAGES, ANSWERS = 10, 30
# Nothing a file holds may act as a page of ours.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def reader_of(session: Session, actor: Actor) -> Reader:
    """The actor at their own mailbox, or (`for` in the address) as guardian at a child's."""
    if "for" not in request.args:
        return Reader.of(actor)
    try:
        child = UUID(request.args["for"])
    except ValueError:
        raise NoticeUnknown from None
    return keeping.reader_for(session, actor, child)


@room.page("/<uuid:notice_id>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, notice_id: UUID) -> str:
    """One notice; opening it is what the section sees as read."""
    return pages.show(session, reader_of(session, actor), notice_id)


@room.page("/<uuid:notice_id>/answer", access=Access.RESIDENT, methods=("POST",))
def answer(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """Confirm, send or change an answer, call a task done or not."""
    reader, form = reader_of(session, actor), AnswerForm.read()
    throttle.guard(session, "answer", str(actor.id), limit=ANSWERS)
    typed = request.form.get("choice", "")
    choice = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else None
    if not form.validate():
        faults = {"words": form.words.errors[0]}
        return pages.show(session, reader, notice_id, faults=faults, chosen=choice, words=form.words.data), 422
    if request.form.get("act") == "undo":
        service.undo(session, reader, notice_id)
        return _back(notice_id)
    try:
        service.settle(session, reader, notice_id, choice=choice, words=form.words.data)
    except rules.ChoiceMissing as missing:
        faults = {"choice": gettext(missing.message)}
        return pages.show(session, reader, notice_id, faults=faults, words=form.words.data), 422
    return _back(notice_id)


@room.page("/<uuid:notice_id>/messages", access=Access.RESIDENT, methods=("POST",))
def write(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """A message to the section about this notice."""
    reader, form = reader_of(session, actor), MessageForm.read()
    throttle.guard(session, "message", str(actor.id), limit=MESSAGES)
    if not form.validate():
        faults = {"body": form.body.errors[0]}
        return pages.show(session, reader, notice_id, faults=faults, body=form.body.data), 422
    service.write_message(session, reader, notice_id, form.body.data)
    return _back(notice_id, "#messages")


def _back(notice_id: UUID, place: str = "") -> Any:
    return redirect(pages.address(notice_id, child=request.args.get("for", type=UUID)) + place, 303)


@room.page("/<uuid:notice_id>/files/<uuid:file_id>", access=Access.RESIDENT)
def file(session: Session, actor: Actor, notice_id: UUID, file_id: UUID) -> Response:
    """A file that came with the notice; that it was fetched is part of the notice's course."""
    reader = reader_of(session, actor)
    opened, number = attachments.open_for_reader(session, hall().settings.file_ring, reader, notice_id, file_id)
    afterwards(session, lambda later: attachments.fetched(later, reader, number, file_id, opened.name))
    return sealed(opened)


def sealed(opened: files.Opened) -> Response:
    """Pictures of our own making may be looked at in the browser; anything else is saved."""
    answer = Response(opened.content, mimetype=opened.mime)
    way = "inline" if opened.inline else "attachment"
    answer.headers["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(opened.name, safe='')}"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


@room.page("/<uuid:notice_id>/file", access=Access.RESIDENT)
def save(session: Session, actor: Actor, notice_id: UUID) -> Response:
    """The notice with its course as one file to keep."""
    reader = reader_of(session, actor)
    page = pages.saved(session, reader, notice_id)
    number = opening.find(session, reader, notice_id).notice.number
    afterwards(session, lambda later: opening.note_once(later, reader, number, Deed.SAVED))
    return _kept(Response(page, mimetype="text/html"), f"notice-{str(notice_id)[:8]}.html")


@room.page("/<uuid:notice_id>/notice.pdf", access=Access.RESIDENT)
def save_pdf(session: Session, actor: Actor, notice_id: UUID) -> Response:
    """The same as a PDF."""
    reader = reader_of(session, actor)
    content = pages.printed(session, reader, notice_id)
    number = opening.find(session, reader, notice_id).notice.number
    afterwards(session, lambda later: opening.note_once(later, reader, number, Deed.SAVED))
    return _kept(Response(content, mimetype="application/pdf"), f"notice-{str(notice_id)[:8]}.pdf")


def _kept(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
