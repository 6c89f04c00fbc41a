"""What companies wrote back, and the files of both sides."""

from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service as companies
from portal.company_mailbox import service as company_mailbox
from portal.config import Settings
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.files import service as files
from portal.mailbox import service as mailbox
from portal.procurement.agencies import agency_of
from portal.procurement.letters.routes import WRITER, page, said
from portal.web.forms import CityForm, LongTextField
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Body, Room

room = Room("company_letters_inbox", __name__, "/staff/company-notices")
post, sending = company_mailbox.letters, company_mailbox.sending
MEGABYTES = mailbox.file_rules.MEGABYTES
FILES_AT_ONCE = post.FILES_AT_ONCE
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class ReplyForm(CityForm):
    """What the body writes back."""

    body = LongTextField(longest=mailbox.answer_rules.LONGEST_MESSAGE, render_kw={"rows": 6})

    def label(self) -> "ReplyForm":
        self.body.label.text = _("Your answer")
        self.body.description = _(
            "Up to %(count)s characters. The company is told that you have answered.",
            count=mailbox.answer_rules.LONGEST_MESSAGE,
        )
        return self


class Sent(NamedTuple):
    """The files of this request made fit to be kept, or why one cannot be."""

    prepared: list[files.Prepared]
    refusal: Refusal | None = None


def _limit(_settings: Settings) -> int:
    return FILES_AT_ONCE * MEGABYTES * 1_000_000 + 100_000


def _too_large(_settings: Settings) -> Refusal:
    return files.UploadTooLarge(megabytes=FILES_AT_ONCE * MEGABYTES)


BODY = Body(_limit, _too_large)


def _prepared() -> Sent:
    """Looked through before the transaction begins, because it is slow."""
    uploads = [one for one in request.files.getlist("files") if one.filename]
    if len(uploads) > FILES_AT_ONCE:
        return Sent([], files.TooManyFiles(most=FILES_AT_ONCE))
    scan = files.scanner(hall().settings.clamd)
    try:
        sent = [(one.filename or "", one.stream.read()) for one in uploads]
        return Sent([files.prepare(name, content, megabytes=MEGABYTES, scan=scan) for name, content in sent])
    except files.FileRefused as refusal:
        return Sent([], refusal)


@room.page(
    "/<uuid:sending_id>/files", access=WRITER, purpose=Purpose.SENDING, methods=("POST",), before=_prepared, body=BODY
)
def attach(session: Session, actor: Actor, sending_id: UUID, found: Sent) -> Any:
    """Files that come with a draft."""
    code = agency_of(session, actor).code
    _own_draft(session, code, sending_id)
    if found.refusal is not None or not found.prepared:
        return page(session, actor, sending_id, found.refusal or _("Choose a file.")), 422
    try:
        for prepared in found.prepared:
            post.attach(session, hall().settings.file_ring, sending_id, prepared)
    except (files.TooManyFiles, mailbox.file_rules.AttachmentsFull) as refusal:
        return page(session, actor, sending_id, refusal), 422
    return redirect(f"/staff/company-notices/{sending_id}#files-title", 303)


def _own_draft(session: Session, code: str, sending_id: UUID) -> None:
    if sending.own(session, code, sending_id).state != sending.State.DRAFT:
        raise mailbox.desk_rules.NotADraft


@room.page("/<uuid:sending_id>/files/<uuid:file_id>/remove", access=WRITER, purpose=Purpose.SENDING, methods=("POST",))
def drop_file(session: Session, actor: Actor, sending_id: UUID, file_id: UUID) -> Redirect:
    """Take a file of a draft away."""
    _own_draft(session, agency_of(session, actor).code, sending_id)
    post.drop_file(session, sending_id, file_id)
    return redirect(f"/staff/company-notices/{sending_id}#files-title", 303)


@room.page("/<uuid:sending_id>/files/<uuid:file_id>", access=WRITER, purpose=Purpose.SENDING)
def file(session: Session, actor: Actor, sending_id: UUID, file_id: UUID) -> Response:
    """A file of a notice, as companies get it."""
    sending.own(session, agency_of(session, actor).code, sending_id)
    return file_answer(post.open_draft(session, hall().settings.file_ring, sending_id, file_id))


def file_answer(opened: files.Opened) -> Response:
    """A file on its way to a browser."""
    answer = Response(opened.content, mimetype=opened.mime)
    answer.headers["Content-Disposition"] = "inline" if opened.inline else "attachment; filename=attachment.pdf"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


@room.page("/messages", access=WRITER, purpose=Purpose.SENDING)
def messages(session: Session, actor: Actor) -> str:
    """What companies wrote: what waits for an answer first."""
    agency = agency_of(session, actor)
    answered = request.args.get("show") == "answered"
    waits = post.Waits.COMPANY if answered else post.Waits.BODY
    rows = post.threads_of_body(session, agency.code, waits=waits)
    return render_template("letters/messages.html", rows=rows, answered=answered)


@room.page("/messages/<uuid:thread_id>", access=WRITER, purpose=Purpose.SENDING)
def thread(session: Session, actor: Actor, thread_id: UUID) -> str:
    """One company's messages about one notice."""
    return _thread(session, actor, thread_id, ReplyForm.read())


def _thread(session: Session, actor: Actor, thread_id: UUID, form: ReplyForm, refusal: Refusal | None = None) -> str:
    code = agency_of(session, actor).code
    found, notice, messages_of = post.open_thread(session, code, thread_id)
    name, key = companies.names_of(session, [found.company_id])[found.company_id]
    return render_template(
        "letters/thread.html",
        thread=found,
        title=_(notice.title, **notice.facts),
        paragraphs=[part for part in _(notice.body, **notice.facts).split("\n\n") if part.strip()],
        company=name,
        number=companies.show_number(key),
        messages=messages_of,
        seen=post.Talk(found, messages_of).newest,
        form=form.label(),
        refusal=said(refusal) if refusal else "",
        megabytes=MEGABYTES,
        most_files=FILES_AT_ONCE,
    )


@room.page(
    "/messages/<uuid:thread_id>", access=WRITER, purpose=Purpose.SENDING, methods=("POST",), before=_prepared, body=BODY
)
def answer(session: Session, actor: Actor, thread_id: UUID, found: Sent) -> Any:
    """Write back, or close the messages: those that were shown."""
    form, seen = ReplyForm.read(), request.form.get("seen", "")
    code = agency_of(session, actor).code
    closes = request.form.get("act") == "close"
    if found.refusal is not None or (not closes and not form.validate()):
        return _thread(session, actor, thread_id, form, found.refusal), 422
    try:
        if closes:
            post.close_thread(session, code, thread_id, seen=seen)
        else:
            sent = post.Sent(found.prepared, hall().settings.file_ring)
            post.answer_message(session, actor, code, thread_id, form.body.data, seen=seen, sent=sent)
    except mailbox.answer_rules.MessageCrossed as crossed:
        return _thread(session, actor, thread_id, form, crossed), 409
    return redirect("/staff/company-notices/messages", 303)


@room.page("/messages/<uuid:thread_id>/files/<uuid:file_id>", access=WRITER, purpose=Purpose.SENDING)
def thread_file(session: Session, actor: Actor, thread_id: UUID, file_id: UUID) -> Response:
    """A file of these messages; that it was opened is on record."""
    code = agency_of(session, actor).code
    return file_answer(post.open_for_body(session, hall().settings.file_ring, code, thread_id, file_id))
