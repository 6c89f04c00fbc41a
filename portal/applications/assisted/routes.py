"""The form at the window: the pages residents fill in by themselves (form_pages), behind the sitting of a member of staff.

A page is read while the sitting lasts; whatever is written keeps the place first (service.go_on).
"""

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import service as accounts
from portal.applications import case_pages, cases, form_pages, guests, rules, view
from portal.applications import service as applications
from portal.applications.assisted import rules as together
from portal.applications.assisted import service
from portal.applications.assisted.rules import Confirmation
from portal.applications.assisted.view import in_words_of, languages
from portal.applications.attachments import pages as documents_pages
from portal.applications.attachments import service as attachments
from portal.applications.attachments.pages import BODY, prepared
from portal.applications.attachments.service import Upload
from portal.applications.form_pages import Answer
from portal.applications.models import Application
from portal.applications.rules import State
from portal.applications.signatures import service as signatures
from portal.applications.signatures.forms import read_proof
from portal.applications.ways import Way
from portal.core import passwords
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.reference import spoken
from portal.residents import service as residents
from portal.web import card_bridge
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import language
from portal.web.room import Room

room = Room("applications_assisted", __name__, "/staff/assist")

ASSISTS = Access.staff(Permission.APPLICATION_ASSIST)
CASE = "/<uuid:id>"
ASKING = card_bridge.asking(accounts.ask_about_card)


@room.page(f"{CASE}/resume", access=ASSISTS, purpose=Purpose.ASSIST)
def resume(session: Session, actor: Actor, id: UUID) -> Redirect:
    """To the first page that is not done, to the list of pages, or to the check of the answers."""
    return form_pages.resume(session, service.look_in(session, actor, id), request.args.get("after", ""))


@room.page(f"{CASE}/tasks", access=ASSISTS, purpose=Purpose.ASSIST)
def tasks(session: Session, actor: Actor, id: UUID) -> Answer:
    """All pages of the form with their states."""
    return form_pages.tasks(session, service.look_in(session, actor, id))


@room.page(f"{CASE}/steps/<section>", access=ASSISTS, purpose=Purpose.ASSIST)
def step(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """One topic, one page."""
    return form_pages.step(session, service.look_in(session, actor, id), section)


@room.page(f"{CASE}/steps/<section>", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def save_step(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """Keep the page; go on if all of it was understood."""
    return form_pages.save_step(session, service.go_on(session, actor, id), section)


@room.page(f"{CASE}/autosave", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def autosave(session: Session, actor: Actor, id: UUID) -> Response:
    """Keep a page while it is typed; nothing is complained about yet."""
    return form_pages.autosave(session, service.go_on(session, actor, id))


@room.page(f"{CASE}/documents/<section>", access=ASSISTS, purpose=Purpose.ASSIST)
def documents(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """The documents of one page: what is there, and how to scan or photograph more."""
    return documents_pages.show(session, service.look_in(session, actor, id), section)


@room.page(
    f"{CASE}/documents/<section>",
    access=ASSISTS,
    purpose=Purpose.ASSIST,
    methods=("POST",),
    before=prepared,
    body=BODY,
)
def save_documents(session: Session, actor: Actor, id: UUID, section: str, found: list[Upload]) -> Answer:
    """Add what was sent, or remove one; then stay, or go on."""
    return documents_pages.save(session, service.go_on(session, actor, id), section, found)


@room.page(f"{CASE}/files/<uuid:file>", access=ASSISTS, purpose=Purpose.ASSIST)
def own_file(session: Session, actor: Actor, id: UUID, file: UUID) -> Response:
    """A document of the draft, while it is filled in."""
    way = service.look_in(session, actor, id)
    return documents_pages.file(attachments.open_own(session, hall().settings.file_ring, way.actor, id, file))


@room.page(f"{CASE}/files/<uuid:file>/preview", access=ASSISTS, purpose=Purpose.ASSIST)
def preview(session: Session, actor: Actor, id: UUID, file: UUID) -> Response:
    """A photo, small."""
    way = service.look_in(session, actor, id)
    return documents_pages.file(attachments.open_preview(session, hall().settings.file_ring, way.actor, id, file))


@room.page(f"{CASE}/check", access=ASSISTS, purpose=Purpose.ASSIST)
def check(session: Session, actor: Actor, id: UUID) -> Answer:
    """All answers on one page, each with a way to change it; below, how the person confirms them."""
    return form_pages.check(session, service.look_in(session, actor, id))


@room.page(f"{CASE}/aloud", access=ASSISTS, purpose=Purpose.ASSIST)
def aloud(session: Session, actor: Actor, id: UUID) -> Answer:
    """All answers in large letters and in the person's language, to read through together and to print."""
    way = service.look_in(session, actor, id)
    case = form_pages.own(session, way)
    person = residents.look_up(session, cases.resident_of(way.actor), case_ref=case.reference)
    with in_words_of(request.args.get("words", person.language)):
        return render_template(
            "assisted/aloud.html",
            case=case,
            way=way,
            person=person,
            procedure=cases.procedure_of(case),
            groups=view.groups_of(case),
            tongues=languages(person.language),
        )


@room.page(f"{CASE}/submit", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def submit(session: Session, actor: Actor, id: UUID) -> Answer:
    """Send it, once the person confirmed what this page showed; a second press leads to the same number."""
    try:
        service.send(session, actor, id, request.form.get("confirmed", ""), request.form.get("digest", ""))
    except (rules.NotComplete, together.NotConfirmed, together.ChangedSince) as refusal:
        return _check_page(session, actor, id, refusal)
    return redirect(url_for(".show", id=id), 303)


def _check_page(session: Session, actor: Actor, id: UUID, refusal: Refusal) -> Answer:
    way = service.look_in(session, actor, id)
    return form_pages.check_page(session, form_pages.own(session, way), way, refusal=refusal), refusal.status


@room.page(f"{CASE}/sign", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",), before=ASKING)
def sign(session: Session, actor: Actor, id: UUID, found: None) -> Answer:
    """The person's card signed what the page showed: that confirms it, and it is sent."""
    digest = request.form.get("digest", "")
    way = service.look_in(session, actor, id)
    case = form_pages.own(session, way)
    if case.state == State.DRAFT and signatures.may_sign(session, case):
        try:
            signatures.sign(session, way.actor, id, read_proof(), hall().settings.card_ca)
        except Refusal as refusal:
            return _check_page(session, actor, id, refusal)
    # What is refused from here on undoes the signature, too.
    service.send(session, actor, id, Confirmation.SIGNED_CARD, digest)
    return redirect(url_for(".show", id=id), 303)


@room.page(f"{CASE}/stop", access=ASSISTS, purpose=Purpose.ASSIST)
def stop(session: Session, actor: Actor, id: UUID) -> Answer:
    """Asks once: the draft stays with the person."""
    way = service.look_in(session, actor, id)
    case = form_pages.own(session, way)
    if case.state != State.DRAFT:
        return redirect(way.to("show"), 303)
    return render_template("assisted/stop.html", case=case, way=way, procedure=cases.procedure_of(case))


@room.page(f"{CASE}/stop", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def really_stop(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Leave the draft to the person."""
    return redirect(url_for("applications_assist.person", resident_id=service.stop(session, actor, id)), 303)


@room.page(CASE, access=ASSISTS, purpose=Purpose.ASSIST)
def show(session: Session, actor: Actor, id: UUID) -> Answer:
    """Sent: the number, and what can be done now: at this window, at another time, or nothing."""
    way = service.look_in(session, actor, id)
    case = form_pages.own(session, way)
    if case.state == State.DRAFT:
        return redirect(way.to("resume"), 303)
    return render_template("assisted/sent.html", **_about(session, way, case))


def _about(session: Session, way: Way, case: Application) -> dict[str, object]:
    resident_id = cases.resident_of(way.actor)
    return {
        **case_pages.about(session, case, way),
        "person": residents.look_up(session, resident_id, case_ref=case.reference),
        "has_account": accounts.account_of(session, resident_id) is not None,
        "password": "",
    }


@room.page(f"{CASE}/receipt", access=ASSISTS, purpose=Purpose.ASSIST)
def receipt(session: Session, actor: Actor, id: UUID) -> Answer:
    """The paper for the person: number, QR code, what comes next."""
    return _receipt(session, actor, id, "")


def _new_password() -> tuple[str, str]:
    password = guests.new_password()
    return password, passwords.hash_password(guests.plain(password))


@room.page(f"{CASE}/receipt", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",), before=_new_password)
def receipt_with_password(session: Session, actor: Actor, id: UUID, found: tuple[str, str]) -> Answer:
    """The same with a password by which a person without an account looks it up; it is shown this once."""
    password, kept = found
    service.give_password(session, actor, id, kept)
    return _receipt(session, actor, id, password)


def _receipt(session: Session, actor: Actor, id: UUID, password: str) -> Answer:
    way = service.look_in(session, actor, id)
    case = form_pages.own(session, way)
    if case.state == State.DRAFT:
        return redirect(way.to("resume"), 303)
    with in_words_of(request.values.get("words", "")):
        about = _about(session, way, case) | {"password": password}
        own = applications.summary(session, id).reference
        return render_template("assisted/receipt.html", spoken=spoken(own, language()), **about)
