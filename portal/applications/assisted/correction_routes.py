"""A correction at the window: what a clerk asked, behind the sitting of a member of staff.

A page is read while the sitting lasts; whatever is written keeps the place first (corrections.go_on).
"""

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import service as accounts
from portal.applications import case_pages, cases, form_pages, view
from portal.applications import service as applications
from portal.applications.assisted import corrections
from portal.applications.assisted import rules as together
from portal.applications.assisted.view import in_words_of, languages, lines_of, sending_correction
from portal.applications.attachments import pages as documents_pages
from portal.applications.attachments import service as attachments
from portal.applications.attachments.pages import BODY, prepared
from portal.applications.attachments.service import Upload
from portal.applications.form_pages import Answer
from portal.applications.models import Application
from portal.applications.rules import State
from portal.applications.signatures.forms import read_proof
from portal.applications.ways import CORRECTING, Way
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

room = Room(CORRECTING, __name__, "/staff/assist")

ASSISTS = Access.staff(Permission.APPLICATION_ASSIST)
CASE = "/<uuid:id>/correction"
ASKING = card_bridge.asking(accounts.ask_about_card)


@room.page(CASE, access=ASSISTS, purpose=Purpose.ASSIST)
def correct(session: Session, actor: Actor, id: UUID) -> Answer:
    """Only what was asked, with the clerk's words."""
    return case_pages.correct(session, corrections.look_in(session, actor, id))


@room.page(CASE, access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def save(session: Session, actor: Actor, id: UUID) -> Answer:
    """Keep what was typed; all of it understood, go on to read it through together."""
    way = corrections.go_on(session, actor, id)
    case, typed = form_pages.own(session, way), form_pages.typed_now()
    read = corrections.write(session, way, typed)
    if (more := case_pages.helped(corrections.corrected(session, case).fields, typed)) is not None:
        corrections.write(session, way, more)
        return case_pages.correct_page(session, case, way, more, {})
    if read.faults:
        return case_pages.correct_page(session, case, way, typed, read.faults), 422
    return redirect(way.to("check"), 303)


@room.page(f"{CASE}/documents/<section>", access=ASSISTS, purpose=Purpose.ASSIST)
def documents(session: Session, actor: Actor, id: UUID, section: str) -> Answer:
    """The documents that were asked for: what is there, and how to scan or photograph more."""
    return documents_pages.show(session, corrections.look_in(session, actor, id), section)


@room.page(
    f"{CASE}/documents/<section>",
    access=ASSISTS,
    purpose=Purpose.ASSIST,
    methods=("POST",),
    before=prepared,
    body=BODY,
)
def save_documents(session: Session, actor: Actor, id: UUID, section: str, found: list[Upload]) -> Answer:
    """Add what was sent, or remove one; then stay, or go back to the correction."""
    return documents_pages.save(session, corrections.go_on(session, actor, id), section, found)


@room.page(f"{CASE}/files/<uuid:file>", access=ASSISTS, purpose=Purpose.ASSIST)
def own_file(session: Session, actor: Actor, id: UUID, file: UUID) -> Response:
    """A document of the case, while it is corrected."""
    way = corrections.look_in(session, actor, id)
    return documents_pages.file(attachments.open_own(session, hall().settings.file_ring, way.actor, id, file))


@room.page(f"{CASE}/files/<uuid:file>/preview", access=ASSISTS, purpose=Purpose.ASSIST)
def preview(session: Session, actor: Actor, id: UUID, file: UUID) -> Response:
    """A photo, small."""
    way = corrections.look_in(session, actor, id)
    return documents_pages.file(attachments.open_preview(session, hall().settings.file_ring, way.actor, id, file))


@room.page(f"{CASE}/check", access=ASSISTS, purpose=Purpose.ASSIST)
def check(session: Session, actor: Actor, id: UUID) -> Answer:
    """What stood there and what stands there now; below, how the person confirms it."""
    return _check_page(session, corrections.look_in(session, actor, id))


def _check_page(session: Session, way: Way, refusal: Refusal | None = None) -> Answer:
    case = form_pages.own(session, way)
    if case.state != State.CORRECTION_ASKED:
        return redirect(way.to("show"), 303)
    made = corrections.corrected(session, case)
    if not made.typed or made.read.faults:  # nothing was typed yet, or somebody typed again at home
        return redirect(way.to("correct"), 303)
    page = render_template(
        "assisted/correction_check.html",
        case=case,
        way=way,
        procedure=cases.procedure_of(case),
        lines=lines_of(made),
        groups=view.groups_of(case, made.answers),
        sending=sending_correction(session, made),
        refusal=refusal,
    )
    return (page, refusal.status) if refusal else page


@room.page(f"{CASE}/aloud", access=ASSISTS, purpose=Purpose.ASSIST)
def aloud(session: Session, actor: Actor, id: UUID) -> Answer:
    """The correction in large letters and in the person's language, to read through together and to print."""
    way = corrections.look_in(session, actor, id)
    case = form_pages.own(session, way)
    made = corrections.corrected(session, case)
    if case.state != State.CORRECTION_ASKED or made.read.faults:
        return redirect(way.to("check"), 303)
    person = residents.look_up(session, cases.resident_of(way.actor), case_ref=case.reference)
    with in_words_of(request.args.get("words", person.language)):
        return render_template(
            "assisted/aloud.html",
            case=case,
            way=way,
            person=person,
            procedure=cases.procedure_of(case),
            lines=lines_of(made),
            groups=view.groups_of(case, made.answers),
            tongues=languages(person.language),
        )


@room.page(f"{CASE}/submit", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def submit(session: Session, actor: Actor, id: UUID) -> Answer:
    """Send it, once the person confirmed what the page showed; a second press leads to the same page."""
    try:
        corrections.send(session, actor, id, request.form.get("confirmed", ""), request.form.get("shown", ""))
    except (together.NotConfirmed, together.ChangedSince) as refusal:
        return _check_page(session, corrections.look_in(session, actor, id), refusal)
    return redirect(url_for(".show", id=id), 303)


@room.page(f"{CASE}/sign", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",), before=ASKING)
def sign(session: Session, actor: Actor, id: UUID, found: None) -> Answer:
    """The person's card signed the application as corrected: that confirms it, and it is sent."""
    try:
        with session.begin_nested():  # a signature that cannot be taken leaves the correction unsent
            given = request.form.get("shown", ""), read_proof()
            corrections.sign_and_send(session, actor, id, *given, hall().settings.card_ca)
    except Refusal as refusal:
        return _check_page(session, corrections.look_in(session, actor, id), refusal)
    return redirect(url_for(".show", id=id), 303)


@room.page(f"{CASE}/stop", access=ASSISTS, purpose=Purpose.ASSIST)
def stop(session: Session, actor: Actor, id: UUID) -> Answer:
    """Asks once: what was typed stays for the person."""
    way = corrections.look_in(session, actor, id)
    case = form_pages.own(session, way)
    if case.state != State.CORRECTION_ASKED:
        return redirect(way.to("show"), 303)
    return render_template("assisted/stop.html", case=case, way=way, procedure=cases.procedure_of(case))


@room.page(f"{CASE}/stop", access=ASSISTS, purpose=Purpose.ASSIST, methods=("POST",))
def really_stop(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Leave the correction to the person."""
    return redirect(url_for("applications_assist.person", resident_id=corrections.stop(session, actor, id)), 303)


@room.page(f"{CASE}/sent", access=ASSISTS, purpose=Purpose.ASSIST)
def show(session: Session, actor: Actor, id: UUID) -> Answer:
    """Sent: the number, the paper for the person, and what can be done now."""
    way = corrections.look_in(session, actor, id)
    case = form_pages.own(session, way)
    if case.state == State.CORRECTION_ASKED:
        return redirect(way.to("correct"), 303)
    return render_template("assisted/corrected.html", **_about(session, way, case))


def _about(session: Session, way: Way, case: Application) -> dict[str, object]:
    person = residents.look_up(session, cases.resident_of(way.actor), case_ref=case.reference)
    return {**case_pages.about(session, case, way), "person": person, "password": "", "corrected": True}


@room.page(f"{CASE}/receipt", access=ASSISTS, purpose=Purpose.ASSIST)
def receipt(session: Session, actor: Actor, id: UUID) -> Answer:
    """The paper for the person: that the correction came, and what is next. A password handed out before stays good."""
    way = corrections.look_in(session, actor, id)
    case = form_pages.own(session, way)
    if case.state == State.CORRECTION_ASKED:
        return redirect(way.to("correct"), 303)
    with in_words_of(request.args.get("words", "")):
        own = applications.summary(session, id).reference
        about = _about(session, way, case)
        return render_template("assisted/receipt.html", spoken=spoken(own, language()), **about)
