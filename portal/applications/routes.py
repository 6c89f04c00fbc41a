"""Pages for residents: the list of procedures, the form page by page, their own applications."""

from collections.abc import Mapping
from uuid import UUID

from flask import Response, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import cases, drafts, retention, rules, service, view
from portal.applications.models import Application
from portal.applications.procedures import catalogue, search
from portal.applications.procedures.answers import Typed, with_town
from portal.applications.procedures.schema import Section
from portal.applications.procedures.words import Fault
from portal.applications.rules import ProcedureNotFound, State
from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.i18n import show_time
from portal.web.room import Room

room = Room("applications", __name__)
# For pages of rooms above that lay a case out: {{ row|answer_words }}, {{ row|known_words }}.
room.blueprint.add_app_template_filter(view.answer_words)
room.blueprint.add_app_template_filter(view.known_words)

Answer = str | Redirect | tuple[str, int]


@room.page("/procedures", access=Access.PUBLIC)
def procedures(session: Session, actor: Actor) -> str:
    """What can be prepared at home, by topic of life; `q` finds it by any word for it, in any of the languages."""
    typed = request.args.get("q", "").strip()[: search.LONGEST_QUERY]
    found = view.found_by(typed, catalogue.newest())
    return render_template("applications/procedures.html", topics=view.by_topic(found), typed=typed, count=len(found))


@room.page("/procedures/<name>", access=Access.PUBLIC)
def procedure(session: Session, actor: Actor, name: str) -> str:
    """Before the start: who, by when, what to bring, how long; a draft begun before is offered."""
    found = catalogue.find(name)
    if found is None:
        raise ProcedureNotFound
    offices = {office.code: office.name for office in staff.offices(session)}
    draft = drafts.find_draft(session, actor.id, name) if actor.kind is ActorKind.RESIDENT and actor.id else None
    return render_template("applications/procedure.html", offer=view.offer_of(found, offices), draft=draft)


@room.page("/procedures/<name>/start", access=Access.RESIDENT, methods=("POST",))
def start(session: Session, actor: Actor, name: str) -> Redirect:
    """Begin a draft, or go on with the one there is."""
    draft = service.start_draft(session, cases.owner_of(actor), name)
    return redirect(url_for(".resume", id=draft.id), 303)


@room.page("/applications", access=Access.RESIDENT)
def mine(session: Session, actor: Actor) -> str:
    """The person's drafts and applications."""
    found = service.of_resident(session, cases.owner_of(actor))
    return render_template(
        "applications/mine.html", found=found, words=rules.STATE_WORDS, tones=rules.STATE_TONES, draft=State.DRAFT
    )


@room.page("/applications/<uuid:id>/resume", access=Access.RESIDENT)
def resume(session: Session, actor: Actor, id: UUID) -> Redirect:
    """To the first page that is not done, or to the check of the answers."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if case.state != State.DRAFT:
        return redirect(url_for(".show", id=id), 303)
    return redirect(_next_address(case, ""), 303)


@room.page("/applications/<uuid:id>/steps/<section>", access=Access.RESIDENT)
def step(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """One topic, one page."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if case.state != State.DRAFT:
        return redirect(url_for(".show", id=id), 303)
    page = drafts.find_section(case, section)
    return _step_page(case, page, case.typed, {})


@room.page("/applications/<uuid:id>/steps/<section>", access=Access.RESIDENT, methods=("POST",))
def save_step(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """Keep the page; go on if all of it was understood."""
    typed = _typed()
    prefix = request.form.get("lookup")
    if prefix:
        typed = with_town(typed, prefix)
    keep = service.autosave if prefix else service.save_page
    read = keep(session, actor, id, section, typed)
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    page = drafts.find_section(case, section)
    if prefix:
        return _step_page(case, page, typed, {})
    if read.faults:
        return _step_page(case, page, typed, read.faults), 422
    return redirect(_next_address(case, section), 303)


@room.page("/applications/<uuid:id>/autosave", access=Access.RESIDENT, methods=("POST",))
def autosave(session: Session, actor: Actor, id: UUID) -> Response:
    """Keep a page while it is typed; nothing is complained about yet."""
    service.autosave(session, actor, id, request.form.get("section", ""), _typed())
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    return jsonify(saved_at=show_time(case.saved_at))


@room.page("/applications/<uuid:id>/check", access=Access.RESIDENT)
def check(session: Session, actor: Actor, id: UUID) -> Answer:
    """All answers on one page, each with a way to change it."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if case.state != State.DRAFT:
        return redirect(url_for(".show", id=id), 303)
    return _check_page(case)


@room.page("/applications/<uuid:id>/submit", access=Access.RESIDENT, methods=("POST",))
def submit(session: Session, actor: Actor, id: UUID) -> Answer:
    """Send it; a second press leads to the same number."""
    try:
        service.submit(session, actor, id)
    except rules.NotComplete:
        return _check_page(cases.open_case(session, id, owner=cases.owner_of(actor))), 422
    return redirect(url_for(".done", id=id), 303)


@room.page("/applications/<uuid:id>/done", access=Access.RESIDENT)
def done(session: Session, actor: Actor, id: UUID) -> Answer:
    """The reference number, and what happens next; still there when bookmarked."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if case.state == State.DRAFT:
        return redirect(url_for(".resume", id=id), 303)
    return render_template("applications/done.html", **_about(session, case))


@room.page("/applications/<uuid:id>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID) -> Answer:
    """Where it stands: status, timeline, answers, what to bring."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if case.state == State.DRAFT:
        return redirect(url_for(".resume", id=id), 303)
    return render_template("applications/show.html", **_about(session, case))


@room.page("/applications/<uuid:id>/sheet", access=Access.RESIDENT)
def sheet(session: Session, actor: Actor, id: UUID) -> Answer:
    """Number, QR code and all answers, laid out for paper or a PDF."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if case.erased_at:
        raise rules.AlreadyDeleted
    if case.state == State.DRAFT:
        return redirect(url_for(".resume", id=id), 303)
    return render_template("applications/sheet.html", **_about(session, case))


@room.page("/applications/<uuid:id>/correction", access=Access.RESIDENT)
def correct(session: Session, actor: Actor, id: UUID) -> Answer:
    """Only what was asked, with the clerk's words."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if case.state != State.CORRECTION_ASKED:
        return redirect(url_for(".show", id=id), 303)
    return _correct_page(session, case, case.typed, {})


@room.page("/applications/<uuid:id>/correction", access=Access.RESIDENT, methods=("POST",))
def save_correction(session: Session, actor: Actor, id: UUID) -> Answer:
    """Send the correction."""
    typed = _typed()
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if case.state == State.CORRECTION_ASKED and (prefix := request.form.get("lookup")):
        return _correct_page(session, case, with_town(typed, prefix), {})
    if case.state == State.CORRECTED:  # a second press
        return redirect(url_for(".show", id=id), 303)
    read = service.correct(session, actor, id, typed)
    if read.faults:
        return _correct_page(session, case, typed, read.faults), 422
    return redirect(url_for(".show", id=id), 303)


@room.page("/applications/<uuid:id>/withdraw", access=Access.RESIDENT)
def withdraw(session: Session, actor: Actor, id: UUID) -> Answer:
    """Asks once: it cannot be undone."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if State(case.state) not in rules.OPEN | {State.DRAFT}:
        return redirect(url_for(".show", id=id), 303)
    return render_template("applications/withdraw.html", case=case, procedure=cases.procedure_of(case))


@room.page("/applications/<uuid:id>/withdraw", access=Access.RESIDENT, methods=("POST",))
def really_withdraw(session: Session, actor: Actor, id: UUID) -> Redirect:
    """A draft is thrown away, an application withdrawn."""
    case = cases.open_case(session, id, owner=cases.owner_of(actor))
    if case.state == State.DRAFT:
        service.discard(session, actor, id)
        return redirect(url_for(".mine"), 303)
    if case.state != State.WITHDRAWN:
        service.withdraw(session, actor, id)
    return redirect(url_for(".show", id=id), 303)


def _typed() -> dict[str, list[str]]:
    return {name: texts for name, texts in request.form.lists() if name not in ("csrf_token", "lookup", "section")}


def _next_address(case: Application, after: str) -> str:
    """The page after *after* in order; from the check page straight back to it; at the end the check page."""
    pages = drafts.pages(case)
    if request.args.get("back") == "check" and all(page.state == "done" for page in pages):
        return url_for(".check", id=case.id)
    names = [page.section.name for page in pages]
    rest = pages[names.index(after) + 1 :] if after in names else pages
    if after and rest:
        return url_for(".step", id=case.id, section=rest[0].section.name)
    open_pages = [page for page in pages if page.state != "done"]
    if open_pages:
        return url_for(".step", id=case.id, section=open_pages[0].section.name)
    return url_for(".check", id=case.id)


def _step_page(case: Application, section: Section, typed: Typed, faults: Mapping[str, Fault]) -> str:
    names = [page.section.name for page in drafts.pages(case)]
    place = names.index(section.name)
    return render_template(
        "applications/step.html",
        case=case,
        procedure=cases.procedure_of(case),
        section=section,
        fields=view.show_fields(section.fields, case, typed, faults),
        errors=view.summary_of(faults, section.fields),
        steps=view.steps_of(case, section.name),
        before=url_for(".step", id=case.id, section=names[place - 1]) if place else None,
    )


def _check_page(case: Application) -> str:
    pages = drafts.pages(case)
    return render_template(
        "applications/check.html",
        case=case,
        procedure=cases.procedure_of(case),
        groups=view.groups_of(case),
        unfinished=[page.section for page in pages if page.state != "done"],
        steps=view.steps_of(case, ""),
        last=pages[-1].section.name,
    )


def _correct_page(session: Session, case: Application, typed: Typed, faults: Mapping[str, Fault]) -> str:
    fields = service.correction_fields(session, case, typed)
    return render_template(
        "applications/correct.html",
        case=case,
        procedure=cases.procedure_of(case),
        fields=view.show_fields(fields, case, typed, faults),
        requests={request.field: request for request in cases.open_requests(session, case.id)},
        reasons=rules.REASON_WORDS,
        errors=view.summary_of(faults, fields),
    )


def _about(session: Session, case: Application) -> dict[str, object]:
    about = service.summary(session, case.id)
    entries = service.timeline(session, case.id)
    return {
        "about": about,
        "is_late": bool(about.due_on and about.due_on < clock.today()),
        "has_visit": view.has_visit(entries),
        "procedure": cases.procedure_of(case),
        "status": rules.STATE_WORDS[about.state],
        "tone": rules.STATE_TONES[about.state],
        "next_words": view.next_words(about.state, about.minutes),
        "events": view.timeline_items(entries, about.state),
        "groups": view.groups_of(case),
        "to_pay": cases.procedure_of(case).to_pay(case.answers),
        "erased_at": case.erased_at,
        "kept_until": retention.kept_until(case),
        "qr_code": view.qr_of(case.reference),
        "must_correct": about.state is State.CORRECTION_ASKED,
        "may_withdraw": about.state in rules.OPEN,
    }
