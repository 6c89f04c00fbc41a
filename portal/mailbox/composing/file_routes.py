"""Files that come with a notice: added to a draft, taken away again, looked at."""

from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, g, redirect, request, url_for
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.files import service as files
from portal.files.service import FileRefused, Prepared
from portal.mailbox.attachments import service as attachments
from portal.mailbox.attachments.rules import LONGEST_ALT
from portal.mailbox.composing import drafts
from portal.mailbox.composing.routes import show_page
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Body, Room

room = Room("composing_files", __name__, "/staff/notices")
SENDER = Access.staff(Permission.NOTICE_WRITE)
# Of one clerk in a quarter of an hour: to look through one file may take seconds.
FILES = 60
REST_OF_FORM = 100_000  # bytes of a request beside its file
# Nothing a file holds may act as a page of ours.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def _limit(_settings: Settings) -> int:
    return attachments.MEGABYTES * 1_000_000 + REST_OF_FORM


def _too_large(_settings: Settings) -> Refusal:
    return files.UploadTooLarge(megabytes=attachments.MEGABYTES)


BODY = Body(_limit, _too_large)


class Sent(NamedTuple):
    """A file made fit to be kept, or why it cannot be."""

    prepared: Prepared | None = None
    refusal: Refusal | None = None


def prepared() -> Sent:
    """The file of this request, decoded and looked through before the transaction begins, because it is slow."""
    upload = request.files.get("file")
    actor, settings = g.actor, hall().settings
    with hall().database.page(actor, Purpose.SENDING, writes=True) as session:
        drafts.open_notice(session, actor, (request.view_args or {})["notice_id"])
        throttle.guard(session, "file", str(actor.id), limit=FILES)
    try:
        scan = files.scanner(settings.clamd)
        name, content = (upload.filename or "", upload.stream.read()) if upload else ("", b"")
        made = files.prepare(name, content, megabytes=attachments.MEGABYTES, scan=scan)
    except FileRefused as refusal:
        return Sent(refusal=refusal)
    return Sent(made)


@room.page(
    "/<uuid:notice_id>/files",
    access=SENDER,
    purpose=Purpose.SENDING,
    methods=("POST",),
    before=prepared,
    body=BODY,
)
def add(session: Session, actor: Actor, notice_id: UUID, found: Sent) -> Any:
    """Add a file to a draft; what was approved is not changed: it is no draft."""
    notice, plan = drafts.open_plan(session, actor, notice_id)
    refusal = found.refusal
    if found.prepared is not None:
        drafts.lock_draft(session, notice)
        alt = text.shown_again(request.form.get("alt", ""), longest=LONGEST_ALT).strip()
        try:
            attachments.attach(session, hall().settings.file_ring, notice, found.prepared, alt=alt)
        except Refusal as full:
            refusal = full
    if refusal is not None:
        return show_page(session, actor, notice, plan, refusal), 422
    drafts.touch(session, notice)
    return redirect(url_for("composing.show", notice_id=notice_id), 303)


@room.page("/<uuid:notice_id>/files/<uuid:file_id>/remove", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def remove(session: Session, actor: Actor, notice_id: UUID, file_id: UUID) -> Any:
    """Take a file of a draft away."""
    notice = drafts.open_notice(session, actor, notice_id)
    drafts.lock_draft(session, notice)
    attachments.drop(session, notice, file_id)
    drafts.touch(session, notice)
    return redirect(url_for("composing.show", notice_id=notice_id), 303)


@room.page("/<uuid:notice_id>/files/<uuid:file_id>", access=SENDER, purpose=Purpose.SENDING)
def show(session: Session, actor: Actor, notice_id: UUID, file_id: UUID) -> Response:
    """A file as its readers get it."""
    notice = drafts.open_notice(session, actor, notice_id)
    opened = attachments.open_for_clerk(session, hall().settings.file_ring, notice, file_id)
    answer = Response(opened.content, mimetype=opened.mime)
    answer.headers["Content-Disposition"] = "inline" if opened.inline else "attachment; filename=notice.pdf"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer
