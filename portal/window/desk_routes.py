"""Pages of the window's staff: the queue, and one person at the window."""

import base64
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import service as accounts
from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose, looked
from portal.core.errors import Refusal
from portal.core.identity import DOCUMENT_WORDS, CardNotRead, Document, DocumentMissing
from portal.core.permissions import Permission
from portal.core.text import TextRefused, whole_number
from portal.reservations import service as reservations
from portal.residents import service as residents
from portal.staff import service as staff
from portal.web import card_bridge
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room
from portal.window import rules, service, view
from portal.window.models import Ticket
from portal.window.rules import DeskBusy, NobodyWaiting, State

room = Room("window_desk", __name__, "/staff/window")

SERVES = Access.staff(Permission.WINDOW_SERVE)
ASKING = card_bridge.asking(accounts.ask_about_card)


@room.page("", access=SERVES, purpose=Purpose.WINDOW)
def queue(session: Session, actor: Actor) -> str | tuple[str, int]:
    """Who waits, who is called where; a reference number in the search opens its reservation for check-in."""
    if not (typed := request.args.get("q", "").strip()):
        return _queue_page(session, actor)
    try:
        found = service.find_booking(session, typed)
    except Refusal as refusal:
        return _queue_page(session, actor, refusal), refusal.status
    # Where and when somebody will be is told here, also of other offices: the person sees who asked.
    looked(session, whose=found.resident_id, what="reservations.visit", case_ref=found.reference)
    return _queue_page(session, actor, found=found)


@room.page("/number", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def choose_window(session: Session, actor: Actor) -> Any:
    """Sit down at a window for today, to serve some kinds of window or all."""
    try:
        service.choose_window(session, actor, _window_number(), request.form.getlist("kinds"))
    except (rules.WindowNumberUnknown, rules.KindNotHere) as refusal:
        return _queue_page(session, actor, refusal), refusal.status
    return redirect(url_for(".queue"), 303)


def _window_number() -> int:
    """The number typed, in any width; 0, which no window has, for anything else."""
    try:
        return whole_number(request.form.get("window", ""), least=1, most=max(rules.WINDOWS))
    except TextRefused:
        return 0


@room.page("/check-in", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def check_in(session: Session, actor: Actor) -> Any:
    """Check somebody in who came to the desk instead of the kiosk."""
    booking = service.find_booking(session, request.form.get("reference", ""))
    label = staff.office_name(session, actor.office)
    try:
        rules.check_office(booking.office, actor.office, staff.office_name(session, booking.office))
        service.check_in(session, booking, by=label)
    except Refusal as refusal:
        return _queue_page(session, actor, refusal), refusal.status
    return redirect(url_for(".queue"), 303)


@room.page("/next", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def call_next(session: Session, actor: Actor) -> Any:
    """Call whoever is next to one's own window; pressed twice it is one call."""
    try:
        ticket = service.call_next(session, actor)
    except DeskBusy:
        return redirect(url_for(".queue"), 303)
    except NobodyWaiting as refusal:
        return _queue_page(session, actor, refusal), refusal.status
    return redirect(url_for(".ticket", id=ticket.id), 303)


@room.page("/tickets/<uuid:id>/call", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def call(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Call one number out of turn."""
    return redirect(url_for(".ticket", id=service.call(session, actor, id).id), 303)


@room.page("/tickets/<uuid:id>/recall", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def recall(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Call the same number once more."""
    service.recall(session, actor, id)
    return redirect(url_for(".ticket", id=id), 303)


@room.page("/tickets/<uuid:id>/absent", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def absent(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Nobody came to the window."""
    service.nobody_came(session, actor, id)
    return redirect(url_for(".queue"), 303)


@room.page("/tickets/<uuid:id>/park", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def park(session: Session, actor: Actor, id: UUID) -> Any:
    """Set the number aside while the person fills in a form or fetches something."""
    try:
        service.park(session, actor, id, request.form.get("reason", ""))
    except rules.ReasonMissing as refusal:
        return _ticket_page(session, service.mine(session, actor, id), refusal), refusal.status
    return redirect(url_for(".queue"), 303)


@room.page("/tickets/<uuid:id>/forward", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def forward(session: Session, actor: Actor, id: UUID) -> Any:
    """Send the person on to another kind of window; they keep their waiting time."""
    try:
        service.forward(session, actor, id, request.form.get("kind", ""))
    except (rules.KindNotHere, rules.SameKind) as refusal:
        return _ticket_page(session, service.mine(session, actor, id), refusal), refusal.status
    return redirect(url_for(".queue"), 303)


@room.page("/tickets/<uuid:id>/start", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def start(session: Session, actor: Actor, id: UUID) -> Redirect:
    """The person is here: their prepared application opens."""
    service.start(session, actor, id)
    return redirect(url_for(".ticket", id=id), 303)


@room.page("/tickets/<uuid:id>", access=SERVES, purpose=Purpose.WINDOW)
def ticket(session: Session, actor: Actor, id: UUID) -> str | Redirect:
    """One person at the window: identity, the prepared application beside the register, completion."""
    called = service.mine(session, actor, id)
    if called.state == State.SERVED:
        return redirect(url_for(".receipt", id=id), 303)
    if called.state not in rules.AT_WINDOW:
        return redirect(url_for(".queue"), 303)
    return _ticket_page(session, called)


@room.page("/tickets/<uuid:id>/card", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",), before=ASKING)
def card(session: Session, actor: Actor, id: UUID, found: None) -> Any:
    """The card on the staff reader signed: is it the person who reserved?"""
    challenge_id = view.read_id(request.form.get("challenge_id", ""))
    try:
        if challenge_id is None:
            raise CardNotRead
        answer = service.CardAnswer(
            challenge_id, request.form.get("certificate", ""), request.form.get("signature", "")
        )
        service.verify_by_card(session, actor, id, answer, hall().settings.card_ca)
    except rules.TicketElsewhere:
        raise
    except Refusal as refusal:
        return _ticket_page(session, service.mine(session, actor, id), refusal), refusal.status
    return redirect(url_for(".ticket", id=id), 303)


@room.page("/tickets/<uuid:id>/document", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def document(session: Session, actor: Actor, id: UUID) -> Any:
    """Record which document was compared with the person."""
    shown = request.form.get("document", "")
    if shown not in set(Document):
        refusal = DocumentMissing()
        return _ticket_page(session, service.mine(session, actor, id), refusal), refusal.status
    service.verify_by_document(session, actor, id, Document(shown))
    return redirect(url_for(".ticket", id=id), 303)


@room.page("/tickets/<uuid:id>/complete", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def complete(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Finish; a second press leads to the same receipt. Of several procedures, those that are ticked."""
    ticked = [one for one in map(view.read_id, request.form.getlist("done")) if one]
    service.complete(session, actor, id, ticked if "several" in request.form else None)
    return redirect(url_for(".receipt", id=id), 303)


@room.page("/tickets/<uuid:id>/receipt", access=SERVES, purpose=Purpose.WINDOW)
def receipt(session: Session, actor: Actor, id: UUID) -> str | Redirect:
    """What was done, to print for the person; and on to the next."""
    done = service.mine(session, actor, id)
    if done.state != State.SERVED:
        return redirect(url_for(".ticket", id=id), 303)
    return render_template(
        "window/receipt.html",
        ticket=done,
        cases=[case for case in service.cases_of(session, done) if case.state == "completed"],
        titles=service.titles_of(session, done),
        office=staff.office_name(session, done.office),
        words=service.KIND_WORDS[done.kind],
        verified=view.how_verified(done.verified_how) if done.verified_how else "",
    )


@room.page("/prepared", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def add_prepared(session: Session, actor: Actor) -> Any:
    """What was filled in with the person joins the number they hold: at one's own window it is done at once."""
    application_id = view.read_id(request.form.get("application", ""))
    if application_id is None:
        raise rules.NothingToAdd
    ticket = service.add_prepared(session, actor, application_id, request.form.get("number", ""))
    mine = ticket.called_by == actor.id and ticket.state in rules.AT_WINDOW
    return redirect(url_for(".ticket", id=ticket.id) if mine else url_for(".queue"), 303)


def _queue_page(
    session: Session, actor: Actor, refusal: Refusal | None = None, *, found: reservations.Booking | None = None
) -> str:
    return render_template(
        "window/queue.html",
        desk=service.desk_view(session, actor),
        expected=reservations.of_day(session, actor.office, clock.today()),
        office=staff.office_name(session, actor.office),
        office_code=actor.office,
        lanes=rules.LANE_WORDS,
        kinds=view.kind_words(actor.office),
        options=view.options(view.kind_words(actor.office)),
        reasons=rules.REASON_WORDS,
        states=rules.STATE_WORDS,
        found=found,
        found_office=staff.office_name(session, found.office) if found else "",
        booking_words=reservations.STATE_WORDS,
        refusal=refusal,
        searched=request.args.get("q", ""),
    )


def _ticket_page(session: Session, called: Ticket, refusal: Refusal | None = None) -> str:
    """Before the person is here, the number alone; then everything, each opening on record."""
    here = called.state == State.SERVING
    cases = service.cases_of(session, called)
    who = called.resident_id if here else None
    challenge = None
    if who and called.verified_at is None:
        challenge = accounts.offer_challenge(session, service.challenge_context(called))
    return render_template(
        "window/ticket.html",
        ticket=called,
        here=here,
        cases=cases,
        titles=service.titles_of(session, called),
        person=residents.look_up(session, who, case_ref=called.reference) if who else None,
        signatures=_signatures(session, cases),
        sheets=[(case, applications.open_sheet(session, case.id)) for case in cases] if here else [],
        challenge=challenge,
        challenge_text=base64.urlsafe_b64encode(challenge.bytes).decode().rstrip("=") if challenge else "",
        bridge=hall().settings.bridge_url,
        pairing=card_bridge.pairing(),
        documents=[(str(kind), words) for kind, words in DOCUMENT_WORDS.items()],
        verified=view.how_verified(called.verified_how) if called.verified_how else "",
        may_end=bool(here and (called.verified_at or not called.resident_id)),
        lane=rules.LANE_WORDS[rules.Lane(called.lane)],
        kinds=(kinds := view.kind_words(called.office)),
        others=[one for one in view.options(kinds) if one[0] != called.kind],
        reasons=view.options({str(reason): words for reason, words in rules.REASON_WORDS.items()}),
        recalls=rules.RECALLS,
        refusal=refusal,
    )


def _signatures(session: Session, cases: list[ApplicationSummary]) -> list[ApplicationSummary]:
    """The applications the law wants signed: each has a page that shows how it stands and takes the signature."""
    return [case for case in cases if applications.signature_of(session, case.id).wanted]
