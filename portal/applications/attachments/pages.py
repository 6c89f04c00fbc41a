"""The page on which a person, or the office with them, adds and removes documents; and the documents themselves."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import cases, drafts, shown, view
from portal.applications.attachments import service
from portal.applications.attachments.service import Asked, Upload
from portal.applications.models import Application
from portal.applications.procedures.schema import FormField, Section, Wanted
from portal.applications.procedures.words import Fault
from portal.applications.rules import State
from portal.applications.ways import Way
from portal.config import Settings
from portal.core.actor import Kind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.files import service as files
from portal.files.service import FileRefused, Opened
from portal.web import throttle
from portal.web.hall import hall
from portal.web.i18n import gettext
from portal.web.room import Body

Answer = str | Redirect | tuple[str, int]
# What a browser offers to choose from. Asked for JPEG, an iPhone turns its HEIC photos into it by itself.
ACCEPT = {Wanted.IMAGE: "image/jpeg,image/png,image/webp", Wanted.PDF: "application/pdf"}
KIND_WORDS = {
    (Wanted.IMAGE,): N_("Photos (JPEG, PNG, WebP)"),
    (Wanted.PDF,): N_("PDF files"),
    (Wanted.IMAGE, Wanted.PDF): N_("Photos (JPEG, PNG, WebP) or PDF files"),
}
# Of one person in a quarter of an hour: to look through one file may take seconds.
FILES = 60
REST_OF_FORM = 1_000_000  # bytes of a request beside its files
# Nothing a file holds may act as a page of ours.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def _body_limit(settings: Settings) -> int:
    return settings.case_megabytes * service.MEGABYTE + REST_OF_FORM


def _too_large(settings: Settings) -> Refusal:
    return files.UploadTooLarge(megabytes=settings.case_megabytes)


BODY = Body(_body_limit, _too_large)


def show(session: Session, way: Way, section: str) -> Answer:
    """The documents of one page: what is there, and how to add more."""
    case = cases.open_case(session, way.id, owner=cases.owner_of(session, way.actor))
    if State(case.state) not in (State.DRAFT, State.CORRECTION_ASKED):
        return redirect(way.to("show"), 303)
    return _page(session, way, case, service.changeable(session, case, section), {})


def _let_in(count: int) -> None:
    """Nothing is decoded for a page that takes no files of theirs, nor for who sends them without end."""
    if not count:
        return
    actor, which = g.actor, request.view_args or {}
    with hall().database.page(actor, Purpose.OWN_USE, writes=True) as session:
        if actor.kind in (Kind.RESIDENT, Kind.BUSINESS):
            case = cases.open_case(session, which["id"], owner=cases.owner_of(session, actor))
            service.changeable(session, case, which["section"])
        for _ in range(count):
            throttle.guard(session, "file", str(actor.id), limit=FILES)


def prepared() -> list[Upload]:
    """The files of this request, each decoded and looked through; before the transaction begins, because it is slow."""
    settings = hall().settings
    scan = files.scanner(settings.clamd)
    found = []
    sent = [(field, one) for field, ones in request.files.lists() for one in ones if one.filename]
    _let_in(min(len(sent), files.AT_ONCE))
    for field, one in sent[: files.AT_ONCE]:
        fit: Any
        try:
            fit = files.prepare(one.filename or "", one.read(), megabytes=settings.file_megabytes, scan=scan)
        except FileRefused as refusal:
            fit = refusal
        found.append(Upload(field, one.filename or "", fit))
    for field, one in sent[files.AT_ONCE :]:
        found.append(Upload(field, one.filename or "", files.TooManyFiles(most=files.AT_ONCE)))
    return found


def save(session: Session, way: Way, section: str, found: list[Upload]) -> Answer:
    """Add what was sent, or remove one; then stay, or go on."""
    act, _, which = request.form.get("act", "").partition(":")
    if act == "remove":
        service.remove(session, way.actor, way.id, section, _uuid(which))
    refused = service.add(session, way.actor, way.id, section, found, hall().settings)
    case = cases.open_case(session, way.id, owner=cases.owner_of(session, way.actor))
    if refused:
        return _page(session, way, case, service.changeable(session, case, section), _faults(refused)), 422
    if act != "on":
        return redirect(way.documents(section, back=_back(), list=_list()), 303)
    if case.state == State.CORRECTION_ASKED:
        return redirect(way.to("correct"), 303)
    read = drafts.save_page(session, way.actor, way.id, section, {})
    if read.faults:
        case = cases.open_case(session, way.id, owner=cases.owner_of(session, way.actor))
        faults = {name: [shown.say(fault)] for name, fault in read.faults.items()}
        return _page(session, way, case, service.changeable(session, case, section), faults), 422
    if held := _list():
        return redirect(url_for("guide_together.check", id=held), 303)
    return redirect(way.to("resume", after=section, back=_back()), 303)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise files.FileNotFound from None


def _back() -> str | None:
    """From the check of the answers, or from the list of pages, straight back to it."""
    back = request.args.get("back")
    return back if back in ("check", "tasks") else None


def _list() -> UUID | None:
    """The list of a guide whose procedures are filled in together: from there straight back to it."""
    return request.args.get("list", type=UUID)


def _faults(refused: list[tuple[Upload, FileRefused]]) -> dict[str, list[str]]:
    """By question, what was wrong with which file."""
    found: dict[str, list[str]] = {}
    for upload, refusal in refused:
        words = shown.say(Fault(refusal.message, refusal.next_step, refusal.facts))
        line = gettext("%(file)s: %(fault)s", file=upload.name[:80], fault=words)
        found.setdefault(upload.field, []).append(line)
    return found


def _page(session: Session, way: Way, case: Application, section: Section, faults: dict[str, list[str]]) -> str:
    names = [page.section.name for page in drafts.pages(case)]
    place = names.index(section.name)
    in_draft = case.state == State.DRAFT
    before = way.to("step", section=names[place - 1]) if place and in_draft else None
    settings = hall().settings
    asked = {one.field.name: one for one in service.asked_of(session, case)}
    return render_template(
        "applications/documents.html",
        case=case,
        way=way,
        procedure=cases.procedure_of(case),
        section=section,
        questions=[_question(field, asked[field.name], faults.get(field.name, [])) for field in section.fields],
        errors=[(name, line) for name, lines in faults.items() for line in lines],
        steps=view.steps_of(case, section.name) if in_draft else [],
        before=before or (None if in_draft else way.to("correct")),
        in_draft=in_draft,
        back=_back(),
        list=_list(),
        limits={"file": settings.file_megabytes, "case": settings.case_megabytes, "bytes": service.MEGABYTE},
    )


def _question(field: FormField, asked: Asked, faults: list[str]) -> dict[str, Any]:
    kinds = tuple(kind for kind in Wanted if kind in field.kinds)
    return {
        "field": field,
        "files": asked.files,
        "faults": faults,
        "kinds": gettext(KIND_WORDS[kinds]),
        "accept": ",".join(ACCEPT[kind] for kind in kinds),
        "camera": ACCEPT[Wanted.IMAGE] if Wanted.IMAGE in kinds else "",
        "full": len(asked.files) >= field.pieces,
    }


def file(opened: Opened) -> Response:
    """Photos of our own making may be looked at in the browser; anything else is saved."""
    way = "inline" if opened.inline else "attachment"
    answer = Response(opened.content, mimetype=opened.mime)
    answer.headers["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(opened.name, safe='')}"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer
