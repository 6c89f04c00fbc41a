"""Pages of one notice of a company: its text, answer, messages, files, and the notice on paper."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, g, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service
from portal.companies.service import NoStanding, check_power
from portal.companies.service import PowerOf as Power
from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post import course, rules
from portal.company_mailbox.post import service as post
from portal.company_mailbox.post.forms import AnswerForm, MessageForm
from portal.company_mailbox.post.reading import Letter
from portal.config import Settings
from portal.core.actor import Actor
from portal.core.audit import Purpose, afterwards
from portal.core.errors import Refusal
from portal.files import service as files
from portal.mailbox import service as mailbox
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Body, Room

room = Room("company_post", __name__, "/business/mailbox")
MEGABYTES = mailbox.file_rules.MEGABYTES
REST_OF_FORM = 100_000  # bytes of a request beside its files
# Nothing a file holds may act as a page of ours.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def _standing(session: Session, actor: Actor) -> Standing:
    """For which company: that of the address (`for`), where somebody acts for several, or the one they act for now."""
    wanted = request.args.get("for", type=UUID)
    if wanted is None or wanted == actor.company:
        return service.standing(session, actor, Power.MAILBOX)
    found = next(
        (one for one in service.merged(service.standings(session, actor.id)) if one.company_id == wanted), None
    )
    if found is None:
        raise NoStanding
    check_power(found, Power.MAILBOX)
    return found


@room.page("/<uuid:notice_id>", access=Access.BUSINESS)
def letter(session: Session, actor: Actor, notice_id: UUID) -> str:
    """One notice; opening it is its receipt."""
    now = _standing(session, actor)
    found = post.open_letter(session, now, actor, notice_id)
    return _letter(session, actor, now, found)


def _letter(
    session: Session, actor: Actor, now: Standing, found: Letter, *, answer: AnswerForm | None = None,
    message: MessageForm | None = None, fault: Refusal | None = None, file_fault: Refusal | None = None,
) -> str:  # fmt: skip
    talk = post.talk(session, now.company_id, found.id)
    steps = course.steps(post.acts_of(session, now.company_id, found.id), found)
    return render_template(
        "post/letter.html",
        letter=found,
        now=now,
        other=now.company_id != actor.company,
        query=f"?for={now.company_id}" if now.company_id != actor.company else "",
        title=_(found.title, **found.facts),
        paragraphs=[part for part in _(found.body, **found.facts).split("\n\n") if part.strip()],
        reasons=service.reason_words(found.reason, _),
        state=course.state_of(found),
        topic=course.topic_of(found),
        answered=course.answer_of(found),
        options=course.options_of(found),
        files=[] if found.withdrawn_at else post.files_of(session, [found.id]).get(found.id, []),
        talk=talk,
        labels=_labels(session, actor, found),
        until=course.kept_until(found, talk),
        steps=steps,
        answer=(answer or AnswerForm(data={"words": found.said})).label(),
        message=(message or MessageForm()).label(),
        picked=request.form.get("choice", "" if found.choice is None else str(found.choice)),
        fault=course.said(fault),
        file_fault=course.said(file_fault),
        megabytes=MEGABYTES,
        most_files=rules.FILES_AT_ONCE,
        done=request.args.get("done", ""),
    )


def _labels(session: Session, actor: Actor, found: Letter) -> Sequence[str]:
    firm = post.firm_of(service.standings(session, actor.id))
    return post.labels_of_letters(session, firm, [found]).get((found.company_id, found.id), [])


def _back(now: Standing, actor: Actor, notice_id: UUID, done: str) -> Redirect:
    ours = f"&for={now.company_id}" if now.company_id != actor.company else ""
    return redirect(f"/business/mailbox/{notice_id}?done={done}{ours}", 303)


@room.page("/<uuid:notice_id>/answer", access=Access.BUSINESS, methods=("POST",))
def answer(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """Confirm, answer or call done: in the company's name, by this person."""
    now, form, typed = _standing(session, actor), AnswerForm.read(), request.form.get("choice", "")
    choice = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else None
    if form.validate():
        try:
            post.settle(session, now, actor, notice_id, choice=choice, words=form.words.data or "")
            return _back(now, actor, notice_id, "answered")
        except mailbox.answer_rules.ChoiceMissing as refusal:
            missing: Refusal | None = refusal
    else:
        missing = None
    found = post.letter(session, now, notice_id)
    return _letter(session, actor, now, found, answer=form, fault=missing), 422


class Sent(NamedTuple):
    """The files of this request made fit to be kept, or why one cannot be."""

    prepared: list[files.Prepared]
    refusal: Refusal | None = None


def _limit(_settings: Settings) -> int:
    return rules.FILES_AT_ONCE * MEGABYTES * 1_000_000 + REST_OF_FORM


def _too_large(_settings: Settings) -> Refusal:
    return files.UploadTooLarge(megabytes=rules.FILES_AT_ONCE * MEGABYTES)


BODY = Body(_limit, _too_large)


def _prepared() -> Sent:
    """Looked through before the transaction begins, because it is slow; only for who may write."""
    uploads = [one for one in request.files.getlist("files") if one.filename]
    if not uploads:
        return Sent([])
    with hall().database.page(g.actor, Purpose.OWN_USE, writes=False) as session:
        _standing(session, g.actor)
    return prepared_of(uploads)


def prepared_of(uploads: Sequence[Any]) -> Sent:
    """Uploads made fit to be kept: by content, size and scanner; the first that cannot be is told."""
    if len(uploads) > rules.FILES_AT_ONCE:
        return Sent([], files.TooManyFiles(most=rules.FILES_AT_ONCE))
    scan = files.scanner(hall().settings.clamd)
    try:
        sent = [(one.filename or "", one.stream.read()) for one in uploads]
        return Sent([files.prepare(name, content, megabytes=MEGABYTES, scan=scan) for name, content in sent])
    except files.FileRefused as refusal:
        return Sent([], refusal)


@room.page("/<uuid:notice_id>/messages", access=Access.BUSINESS, methods=("POST",), before=_prepared, body=BODY)
def write(session: Session, actor: Actor, notice_id: UUID, found: Sent) -> Any:
    """A message to the body that sent it, with files."""
    now, form = _standing(session, actor), MessageForm.read()
    if form.validate() and found.refusal is None:
        ring = hall().settings.file_ring
        post.write_message(session, now, actor, notice_id, form.body.data, post.Sent(found.prepared, ring))
        return _back(now, actor, notice_id, "sent")
    there = post.letter(session, now, notice_id)
    return _letter(session, actor, now, there, message=form, file_fault=found.refusal), 422


@room.page("/<uuid:notice_id>/notice.pdf", access=Access.BUSINESS)
def pdf(session: Session, actor: Actor, notice_id: UUID) -> Response:
    """The notice with its course on paper; having it is having opened it."""
    now = _standing(session, actor)
    found = post.open_letter(session, now, actor, notice_id)
    if found.withdrawn_at is not None:
        raise mailbox.notice_rules.NoticeWithdrawn
    names = [one.file.name for one in post.files_of(session, [notice_id]).get(notice_id, [])]
    steps = course.steps(post.acts_of(session, now.company_id, notice_id), found)
    answer = Response(course.printed(found, now.name, names, steps), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f"attachment; filename=notice-{str(notice_id)[:8]}.pdf"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@room.page("/<uuid:notice_id>/files/<uuid:file_id>", access=Access.BUSINESS)
def file(session: Session, actor: Actor, notice_id: UUID, file_id: UUID) -> Response:
    """A file of the notice or of a message about it; that it was fetched is part of the course."""
    now = _standing(session, actor)
    opened = post.open_for_company(session, hall().settings.file_ring, now, notice_id, file_id)
    afterwards(session, lambda later: post.fetched(later, now, actor, notice_id, file_id, opened.name))
    return file_answer(opened)


def file_answer(opened: files.Opened) -> Response:
    """A file on its way to a browser."""
    answer = Response(opened.content, mimetype=opened.mime)
    answer.headers["Content-Disposition"] = "inline" if opened.inline else "attachment; filename=attachment.pdf"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer
