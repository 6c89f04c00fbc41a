"""Pages of companies: what they can apply for, and their own applications (form_pages, case_pages).

Who may open a case is asked at every page anew, for the company they act for at that moment (applicants.py).
"""

from uuid import UUID

from flask import Response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import case_pages, cases, form_pages, rules, service, view, ways
from portal.applications.attachments import pages as document_pages
from portal.applications.attachments import service as attachments
from portal.applications.attachments.pages import BODY, prepared
from portal.applications.attachments.service import Upload
from portal.applications.casework import letters
from portal.applications.firms import service as firms
from portal.applications.form_pages import Answer
from portal.applications.procedures import catalogue
from portal.applications.rules import ProcedureNotFound, State
from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core.actor import Actor, Kind
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("applications_firms", __name__, "/business")
OWN = "/applications/<uuid:id>"


@room.page("/procedures", access=Access.PUBLIC)
def procedures(session: Session, actor: Actor) -> str:
    """What companies can apply for from their desk."""
    return render_template("firms/procedures.html", found=catalogue.for_companies())


@room.page("/procedures/<name>", access=Access.PUBLIC)
def procedure(session: Session, actor: Actor, name: str) -> str:
    """Before the start: who, fee, days, law; a draft of the company is offered to whoever may go on with it."""
    found = catalogue.find(name)
    if found is None or not found.for_companies:
        raise ProcedureNotFound
    offices = {office.code: office.name for office in staff.offices(session)}
    may = _may_apply(session, actor)
    return render_template(
        "firms/procedure.html",
        offer=view.offer_of(found, offices),
        may=may,
        draft=firms.draft_of(session, actor, name) if may else None,
    )


def _may_apply(session: Session, actor: Actor) -> bool:
    if actor.kind is not Kind.BUSINESS:
        return False
    try:
        return bool(companies.standing(session, actor, PowerOf.APPLICATIONS))
    except companies.REFUSED:
        return False


@room.page("/applications", access=Access.BUSINESS)
def mine(session: Session, actor: Actor) -> str:
    """The company's drafts and applications."""
    return render_template(
        "firms/mine.html",
        now=companies.standing(session, actor),
        found=firms.of_actor(session, actor),
        words={state: ways.FOR_COMPANIES.get(words, words) for state, words in rules.STATE_WORDS.items()},
        tones=rules.STATE_TONES,
        draft=State.DRAFT,
    )


@room.page(f"{OWN}/resume", access=Access.BUSINESS)
def resume(session: Session, actor: Actor, id: UUID) -> Redirect:
    """To the first page that is not known, or to the check of the answers."""
    return form_pages.resume(session, ways.company(actor, id))


@room.page(f"{OWN}/tasks", access=Access.BUSINESS)
def tasks(session: Session, actor: Actor, id: UUID) -> Answer:
    """All pages of the form with their states."""
    return form_pages.tasks(session, ways.company(actor, id))


@room.page(f"{OWN}/steps/<section>", access=Access.BUSINESS)
def step(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """One topic, one page."""
    return form_pages.step(session, ways.company(actor, id), section)


@room.page(f"{OWN}/steps/<section>", access=Access.BUSINESS, methods=("POST",))
def save_step(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """Keep the page; go on if all of it was understood."""
    return form_pages.save_step(session, ways.company(actor, id), section)


@room.page(f"{OWN}/autosave", access=Access.BUSINESS, methods=("POST",))
def autosave(session: Session, actor: Actor, id: UUID) -> Response:
    """Keep a page while it is typed; nothing is complained about yet."""
    return form_pages.autosave(session, ways.company(actor, id))


@room.page(f"{OWN}/check", access=Access.BUSINESS)
def check(session: Session, actor: Actor, id: UUID) -> Answer:
    """All answers on one page, each with a way to change it."""
    return form_pages.check(session, ways.company(actor, id))


@room.page(f"{OWN}/submit", access=Access.BUSINESS, methods=("POST",))
def submit(session: Session, actor: Actor, id: UUID) -> Answer:
    """Send it; a second press, also a colleague's, leads to the same number."""
    way = ways.company(actor, id)
    try:
        service.submit(session, actor, id)
    except rules.NotComplete:
        return form_pages.check_page(session, form_pages.own(session, way), way), 422
    return redirect(url_for(".done", id=id), 303)


@room.page(f"{OWN}/done", access=Access.BUSINESS)
def done(session: Session, actor: Actor, id: UUID) -> Answer:
    """The reference number, and what happens next; still there when bookmarked."""
    way = ways.company(actor, id)
    case = form_pages.own(session, way)
    if case.state == State.DRAFT:
        return redirect(url_for(".resume", id=id), 303)
    return render_template("applications/done.html", **case_pages.about(session, case, way))


@room.page(OWN, access=Access.BUSINESS)
def show(session: Session, actor: Actor, id: UUID) -> Answer:
    """Where it stands: status, timeline, answers."""
    return case_pages.show(session, ways.company(actor, id))


@room.page(f"{OWN}/sheet", access=Access.BUSINESS)
def sheet(session: Session, actor: Actor, id: UUID) -> Answer:
    """Number and all answers, laid out for paper or a PDF."""
    return case_pages.sheet(session, ways.company(actor, id))


@room.page(f"{OWN}/correction", access=Access.BUSINESS)
def correct(session: Session, actor: Actor, id: UUID) -> Answer:
    """Only what was asked, with the section's words."""
    return case_pages.correct(session, ways.company(actor, id))


@room.page(f"{OWN}/correction", access=Access.BUSINESS, methods=("POST",))
def save_correction(session: Session, actor: Actor, id: UUID) -> Answer:
    """Send the correction."""
    return case_pages.save_correction(session, ways.company(actor, id))


@room.page(f"{OWN}/change/<section>", access=Access.BUSINESS)
def change(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """One page of what was sent, while nobody has it in work."""
    return case_pages.change(session, ways.company(actor, id), section)


@room.page(f"{OWN}/change/<section>", access=Access.BUSINESS, methods=("POST",))
def save_change(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """Send the changed page."""
    return case_pages.save_change(session, ways.company(actor, id), section)


@room.page(f"{OWN}/withdraw", access=Access.BUSINESS)
def withdraw(session: Session, actor: Actor, id: UUID) -> Answer:
    """Asks once: it cannot be undone."""
    return case_pages.withdraw(session, ways.company(actor, id))


@room.page(f"{OWN}/withdraw", access=Access.BUSINESS, methods=("POST",))
def really_withdraw(session: Session, actor: Actor, id: UUID) -> Answer:
    """A draft is thrown away, an application withdrawn."""
    return case_pages.really_withdraw(session, ways.company(actor, id), url_for(".mine"))


@room.page(f"{OWN}/documents/<section>", access=Access.BUSINESS)
def documents(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """The documents of one page: what is there, and how to add more."""
    return document_pages.show(session, ways.company(actor, id), section)


@room.page(f"{OWN}/documents/<section>", access=Access.BUSINESS, methods=("POST",), before=prepared, body=BODY)
def save_documents(session: Session, actor: Actor, id: UUID, section: str, found: list[Upload]) -> Answer:
    """Add what was sent, or remove one; then stay, or go on."""
    return document_pages.save(session, ways.company(actor, id), section, found)


@room.page(f"{OWN}/files/<uuid:file>", access=Access.BUSINESS)
def own_file(session: Session, actor: Actor, id: UUID, file: UUID) -> Response:
    """A document, for the company that handed it in."""
    return document_pages.file(attachments.open_own(session, hall().settings.file_ring, actor, id, file))


@room.page(f"{OWN}/files/<uuid:file>/preview", access=Access.BUSINESS)
def preview(session: Session, actor: Actor, id: UUID, file: UUID) -> Response:
    """A photo, small."""
    return document_pages.file(attachments.open_preview(session, hall().settings.file_ring, actor, id, file))


@room.page(f"{OWN}/letters", access=Access.BUSINESS)
def letters_of(session: Session, actor: Actor, id: UUID) -> str:
    """What the city wrote about this application."""
    return case_pages.letters_page(session, ways.company(actor, id))


@room.page(f"{OWN}/letters/<uuid:letter>", access=Access.BUSINESS)
def letter(session: Session, actor: Actor, id: UUID, letter: UUID) -> Response:
    """One letter as a PDF."""
    case = cases.open_case(session, id, owner=cases.owner_of(session, actor))
    return case_pages.letter_pdf(session, case, letters.open_letter(session, case, letter))
