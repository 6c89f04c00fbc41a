"""Pages for residents: the list of procedures, and their own applications (form_pages, case_pages) behind a sign-in."""

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import case_pages, cases, drafts, form_pages, rules, service, view, visits, ways, written
from portal.applications.form_pages import Answer
from portal.applications.guide import view as guide
from portal.applications.procedures import catalogue, search
from portal.applications.rules import ProcedureNotFound, State
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.room import Room

room = Room("applications", __name__)
# For pages of rooms above that lay a case out: {{ row|answer_words }}, {{ row|known_words }}.
room.blueprint.add_app_template_filter(written.answer_words)
room.blueprint.add_app_template_filter(written.known_words)

OWN = "/applications/<uuid:id>"


@room.page("/procedures", access=Access.PUBLIC)
def procedures(session: Session, actor: Actor) -> str:
    """What can be prepared at home, by topic of life; `q` finds it by any word for it, in any of the languages."""
    typed = request.args.get("q", "").strip()[: search.LONGEST_QUERY]
    found = view.found_by(typed, catalogue.for_residents())
    events = guide.found_by(typed) if search.words_of(typed) else []
    return render_template(
        "applications/procedures.html", topics=view.by_topic(found), typed=typed, count=len(found), events=events
    )


@room.page("/procedures/<name>", access=Access.PUBLIC)
def procedure(session: Session, actor: Actor, name: str) -> str:
    """Before the start: who, by when, what to bring, how long; a draft begun before is offered."""
    found = catalogue.find(name)
    if found is None or found.for_companies:
        raise ProcedureNotFound
    offices = {office.code: office.name for office in staff.offices(session)}
    draft = drafts.find_draft(session, actor.id, name) if actor.kind is ActorKind.RESIDENT and actor.id else None
    return render_template("applications/procedure.html", offer=view.offer_of(found, offices), draft=draft)


@room.page("/procedures/<name>/start", access=Access.RESIDENT, methods=("POST",))
def start(session: Session, actor: Actor, name: str) -> Redirect:
    """Begin a draft, or go on with the one there is."""
    draft = service.start_draft(session, cases.resident_of(actor), name)
    return redirect(url_for(".resume", id=draft.id), 303)


@room.page("/applications", access=Access.RESIDENT)
def mine(session: Session, actor: Actor) -> str:
    """The person's drafts and applications."""
    found = service.of_resident(session, cases.resident_of(actor))
    to_come = visits.reserved(session, [about.id for about in found])
    return render_template(
        "applications/mine.html",
        found=found,
        visits={id: view.note(facts) for id, facts in to_come.items()},
        words=rules.STATE_WORDS,
        tones=rules.STATE_TONES,
        draft=State.DRAFT,
    )


@room.page(f"{OWN}/resume", access=Access.RESIDENT)
def resume(session: Session, actor: Actor, id: UUID) -> Redirect:
    """To the first page that is not done, to the list of pages, or to the check of the answers; `after` one, to the next."""
    return form_pages.resume(session, ways.resident(actor, id), request.args.get("after", ""))


@room.page(f"{OWN}/tasks", access=Access.RESIDENT)
def tasks(session: Session, actor: Actor, id: UUID) -> Answer:
    """All pages of the form with their states."""
    return form_pages.tasks(session, ways.resident(actor, id))


@room.page(f"{OWN}/steps/<section>", access=Access.RESIDENT)
def step(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """One topic, one page."""
    return form_pages.step(session, ways.resident(actor, id), section)


@room.page(f"{OWN}/steps/<section>", access=Access.RESIDENT, methods=("POST",))
def save_step(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """Keep the page; go on if all of it was understood."""
    return form_pages.save_step(session, ways.resident(actor, id), section)


@room.page(f"{OWN}/autosave", access=Access.RESIDENT, methods=("POST",))
def autosave(session: Session, actor: Actor, id: UUID) -> Response:
    """Keep a page while it is typed; nothing is complained about yet."""
    return form_pages.autosave(session, ways.resident(actor, id))


@room.page(f"{OWN}/check", access=Access.RESIDENT)
def check(session: Session, actor: Actor, id: UUID) -> Answer:
    """All answers on one page, each with a way to change it."""
    return form_pages.check(session, ways.resident(actor, id))


@room.page(f"{OWN}/submit", access=Access.RESIDENT, methods=("POST",))
def submit(session: Session, actor: Actor, id: UUID) -> Answer:
    """Send it; a second press leads to the same number."""
    way = ways.resident(actor, id)
    try:
        service.submit(session, actor, id)
    except rules.NotComplete:
        return form_pages.check_page(session, form_pages.own(session, way), way), 422
    return redirect(url_for(".done", id=id), 303)


@room.page(f"{OWN}/done", access=Access.RESIDENT)
def done(session: Session, actor: Actor, id: UUID) -> Answer:
    """The reference number, and what happens next; still there when bookmarked."""
    way = ways.resident(actor, id)
    case = form_pages.own(session, way)
    if case.state == State.DRAFT:
        return redirect(url_for(".resume", id=id), 303)
    return render_template("applications/done.html", **case_pages.about(session, case, way))


@room.page(OWN, access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID) -> Answer:
    """Where it stands: status, timeline, answers, what to bring."""
    return case_pages.show(session, ways.resident(actor, id))


@room.page(f"{OWN}/sheet", access=Access.RESIDENT)
def sheet(session: Session, actor: Actor, id: UUID) -> Answer:
    """Number, QR code and all answers, laid out for paper or a PDF."""
    return case_pages.sheet(session, ways.resident(actor, id))


@room.page(f"{OWN}/correction", access=Access.RESIDENT)
def correct(session: Session, actor: Actor, id: UUID) -> Answer:
    """Only what was asked, with the clerk's words."""
    return case_pages.correct(session, ways.resident(actor, id))


@room.page(f"{OWN}/correction", access=Access.RESIDENT, methods=("POST",))
def save_correction(session: Session, actor: Actor, id: UUID) -> Answer:
    """Send the correction."""
    return case_pages.save_correction(session, ways.resident(actor, id))


@room.page(f"{OWN}/change/<section>", access=Access.RESIDENT)
def change(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """One page of what was sent, while nobody has it in work."""
    return case_pages.change(session, ways.resident(actor, id), section)


@room.page(f"{OWN}/change/<section>", access=Access.RESIDENT, methods=("POST",))
def save_change(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """Send the changed page."""
    return case_pages.save_change(session, ways.resident(actor, id), section)


@room.page(f"{OWN}/withdraw", access=Access.RESIDENT)
def withdraw(session: Session, actor: Actor, id: UUID) -> Answer:
    """Asks once: it cannot be undone."""
    return case_pages.withdraw(session, ways.resident(actor, id))


@room.page(f"{OWN}/withdraw", access=Access.RESIDENT, methods=("POST",))
def really_withdraw(session: Session, actor: Actor, id: UUID) -> Answer:
    """A draft is thrown away, an application withdrawn."""
    return case_pages.really_withdraw(session, ways.resident(actor, id), url_for(".mine"))
