"""Pages of officers: the documents of a tender, what waits to become public, and the amendment that publishes it."""

from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.config import Settings
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.files import service as files
from portal.procurement import tender_days, tenders
from portal.procurement.papers import rules, service, shelf
from portal.procurement.papers.answers import file_answer
from portal.procurement.papers.forms import PaperForm, WhyForm
from portal.procurement.rules import QuestionsTooLate, TenderMoved, TooShort
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import LANGUAGES
from portal.web.i18n import gettext as _
from portal.web.room import Body, Room

room = Room("papers_desk", __name__, "/staff/tenders")
BUYER = Access.staff(Permission.TENDER_WRITE)
REST_OF_FORM = 100_000  # bytes of a request beside its file
NO_DAYS = (
    TooShort, QuestionsTooLate, tender_days.WorksTooShort, tender_days.ClosedDay, tender_days.QuestionsPast,
)  # fmt: skip
CANNOT = (*NO_DAYS, rules.PaperNotChecked, rules.NothingWaits)


class Sent(NamedTuple):
    """The file of this request made fit to be kept, or why it cannot be; neither, where none was chosen."""

    prepared: files.Prepared | None = None
    refusal: Refusal | None = None


def _limit(_settings: Settings) -> int:
    return rules.MEGABYTES * 1_000_000 + REST_OF_FORM


def _too_large(_settings: Settings) -> Refusal:
    return files.UploadTooLarge(megabytes=rules.MEGABYTES)


BODY = Body(_limit, _too_large)


def _prepared() -> Sent:
    """Looked through before the transaction begins, because it is slow."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return Sent()
    scan = files.scanner(hall().settings.clamd)
    try:
        content = upload.stream.read()
        return Sent(files.prepare_published(upload.filename, content, megabytes=rules.MEGABYTES, scan=scan))
    except files.FileRefused as refusal:
        return Sent(refusal=refusal)


@room.page("/<uuid:tender_id>/papers", access=BUYER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor, tender_id: UUID) -> str:
    """The documents of a tender, and how to add one."""
    return _page(session, actor, tender_id)


def _page(
    session: Session, actor: Actor, tender_id: UUID, *, form: PaperForm | None = None, why: WhyForm | None = None,
    file_error: str = "", fault: Refusal | None = None,
) -> str:  # fmt: skip
    tender, _agency = tenders.own(session, actor, tender_id)
    papers = shelf.all_of(session, tender_id)
    public = shelf.public(papers)
    return render_template(
        "papers/desk.html",
        tender=tender,
        public=public,
        waiting=shelf.waiting(papers),
        kinds={name: _(words) for name, words in rules.KINDS.items()},
        language_names=LANGUAGES,
        may_change=_may_change(tender),
        form=form or PaperForm.of(public),
        why=why or WhyForm.of(),
        file_error=file_error,
        fault=_said(fault) if fault else "",
        needs_days=isinstance(fault, NO_DAYS),
        limits={"megabytes": rules.MEGABYTES, "together": rules.MEGABYTES_TOGETHER, "most": rules.MOST},
    )


def _said(refusal: Refusal) -> str:
    return f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step, **refusal.facts)}"


def _may_change(tender: Any) -> bool:
    try:
        tenders.check_change(tender)
    except (TenderMoved, tender_days.DeadlineOver):
        return False
    return True


@room.page(
    "/<uuid:tender_id>/papers", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",), before=_prepared, body=BODY
)
def add(session: Session, actor: Actor, tender_id: UUID, found: Sent) -> Any:
    """Keep a document; of a public tender it waits for the amendment."""
    tenders.own(session, actor, tender_id)
    form = PaperForm.of(shelf.public(shelf.all_of(session, tender_id)))
    said, error = form.said(), _said(found.refusal) if found.refusal else ""
    if not error and found.prepared is None:
        error = _("Choose a file.")
    if said is None or error or found.prepared is None:
        return _page(session, actor, tender_id, form=form, file_error=error), 422
    try:
        settings = hall().settings
        service.add(
            session, settings.file_ring, actor, tender_id, _version(), said, found.prepared, base=settings.base_url
        )
    except rules.PapersFull as refusal:
        return _page(session, actor, tender_id, form=form, file_error=_said(refusal)), 422
    return redirect(f"/staff/tenders/{tender_id}/papers", 303)


def _version() -> int:
    number = request.form.get("version", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 8 else 0


@room.page("/<uuid:tender_id>/papers/publish", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def publish(session: Session, actor: Actor, tender_id: UUID) -> Any:
    """Publish what waits, with a reason that everybody reads."""
    form = WhyForm.of()
    if not form.validate():
        return _page(session, actor, tender_id, why=form), 422
    try:
        service.amend(session, hall().settings.file_ring, actor, tender_id, _version(), form.why.data or "")
    except CANNOT as refusal:
        return _page(session, actor, tender_id, why=form, fault=refusal), 422
    return redirect(f"/staff/tenders/{tender_id}/papers", 303)


@room.page(
    "/<uuid:tender_id>/papers/<uuid:paper_id>/remove", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",)
)
def drop(session: Session, actor: Actor, tender_id: UUID, paper_id: UUID) -> Redirect:
    """Take out what is not public yet."""
    service.drop(session, actor, tender_id, _version(), paper_id)
    return redirect(f"/staff/tenders/{tender_id}/papers", 303)


@room.page("/<uuid:tender_id>/papers/<uuid:paper_id>", access=BUYER, purpose=Purpose.OPERATION)
def file(session: Session, actor: Actor, tender_id: UUID, paper_id: UUID) -> Response:
    """A document as everybody gets it, also before."""
    answer = file_answer(service.open_own(session, hall().settings.file_ring, actor, tender_id, paper_id))
    answer.headers["Cache-Control"] = "no-store"
    return answer
