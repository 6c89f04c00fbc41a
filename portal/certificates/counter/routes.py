"""Pages of staff at the window: whom, which certificate, the paper, handed out; and fees of orders from home."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import service as accounts
from portal.certificates import rules as certificates
from portal.certificates import service as desk_service
from portal.certificates import view
from portal.certificates.counter import rules, service
from portal.certificates.service import Channel, Kind, Order
from portal.certificates.wish_form import WishForm
from portal.core import identity
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.identity import Document, DocumentMissing
from portal.core.permissions import Permission
from portal.residents import service as residents
from portal.web import card_bridge
from portal.web.access import Access, NotFound
from portal.web.card_bridge import challenge_id, on_reader, proof
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.person_form import find_person, search_page
from portal.web.room import Room

room = Room("certificate_counter", __name__, "/staff/certificates")

ISSUES = Access.staff(Permission.CERTIFICATE_ISSUE)
SEARCH = "counter/search.html"
ASKING = card_bridge.asking(accounts.ask_about_card)


def _desk() -> desk_service.Desk:
    return desk_service.open_desk(hall().settings)


@room.page("", access=ISSUES, purpose=Purpose.CERTIFICATE)
def search(session: Session, actor: Actor) -> Any:
    """Whom the certificate is about; the number of an order from home opens that."""
    typed = request.args.get("number_of_order", "").strip()
    if not typed:
        return _search_page(session, actor)
    try:
        found = service.of_office(session, actor, desk_service.by_reference(session, typed).id)
    except certificates.OrderUnknown:
        wrong = _("There is no order with this number. Please compare it once more.")
        return _search_page(session, actor, order_error=wrong), 422
    return redirect(url_for(".order", id=found.id), 303)


def _search_page(session: Session, actor: Actor, order_error: str = "") -> str:
    return search_page(
        SEARCH,
        _to,
        orders=[(one, _(desk_service.title_of(one.options, one.kind))) for one in service.open_orders(session, actor)],
        order_error=order_error,
        typed=request.args.get("number_of_order", ""),
    )


@room.page("", access=ISSUES, purpose=Purpose.CERTIFICATE, methods=("POST",))
def find(session: Session, actor: Actor) -> Any:
    """Go to the person who fits, or choose among several."""
    return find_person(partial(residents.find, session), SEARCH, _to)


def _to(resident_id: UUID) -> str:
    return url_for(".person", resident_id=resident_id)


@room.page("/<uuid:resident_id>", access=ISSUES, purpose=Purpose.CERTIFICATE)
def person(session: Session, actor: Actor, resident_id: UUID) -> str:
    """One person: identity first, then what can be issued."""
    return _person_page(session, actor, resident_id)


@room.page("/<uuid:resident_id>/identity/document", access=ISSUES, purpose=Purpose.CERTIFICATE, methods=("POST",))
def check_document(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Record which document was compared with the person."""
    shown = request.form.get("document", "")
    if shown not in set(Document):
        refusal = DocumentMissing()
        return _person_page(session, actor, resident_id, refusal), refusal.status
    residents.look_up(session, resident_id)
    accounts.check_by_document(session, actor, resident_id, Document(shown))
    return redirect(_to(resident_id), 303)


@room.page(
    "/<uuid:resident_id>/identity/card", access=ISSUES, purpose=Purpose.CERTIFICATE, methods=("POST",), before=ASKING
)
def check_card(session: Session, actor: Actor, resident_id: UUID, found: None) -> Any:
    """The registered card on the staff reader signed: is it this person's?"""
    try:
        accounts.check_by_card(session, actor, resident_id, challenge_id(), proof(), hall().settings.card_ca)
    except Refusal as refusal:
        return _person_page(session, actor, resident_id, refusal), refusal.status
    return redirect(_to(resident_id), 303)


def _person_page(session: Session, actor: Actor, resident_id: UUID, refusal: Refusal | None = None) -> str:
    check = service.check_of(session, _desk(), actor, resident_id)
    weak = check is None and accounts.fresh_check(session, actor, resident_id) is not None
    challenge = accounts.offer_challenge(session, accounts.identity_context(resident_id))
    caller = desk_service.window_caller(actor, resident_id)
    return render_template(
        "counter/person.html",
        person=residents.look_up(session, resident_id),
        checked=_(identity.how_words(check.how)) if check else "",
        checked_at=check.at if check else None,
        card=on_reader(challenge.id, challenge.bytes) if accounts.cards_of(session, resident_id) else None,
        documents=[(str(kind), _(words)) for kind, words in identity.DOCUMENT_WORDS.items()],
        offers=desk_service.kinds_for(session, _desk(), caller) if check else [],
        refusal=refusal or (rules.PhotoNeeded() if weak else None),
    )


@room.page("/<uuid:resident_id>/<kind>", access=ISSUES, purpose=Purpose.CERTIFICATE)
def wish(session: Session, actor: Actor, resident_id: UUID, kind: str) -> Any:
    """The questions about one certificate."""
    if service.check_of(session, _desk(), actor, resident_id) is None:
        return redirect(_to(resident_id), 303)
    form = _form(session, resident_id, kind)
    return _wish_page(session, actor, resident_id, form, str(uuid4()))


@room.page("/<uuid:resident_id>/<kind>", access=ISSUES, purpose=Purpose.CERTIFICATE, methods=("POST",))
def issue(session: Session, actor: Actor, resident_id: UUID, kind: str) -> Any:
    """The fee lies in the drawer: make the certificate; the form's own number makes it once."""
    form = _form(session, resident_id, kind, request.form)
    number = request.form.get("number_of_form", "")
    if not form.validate():
        return _wish_page(session, actor, resident_id, form, number), 422
    try:
        made = service.issue(
            session,
            _desk(),
            actor,
            resident_id,
            _uuid(number),
            kind=kind,
            options=form.options,
            copies=form.copies,
            fee_taken=request.form.get("fee_taken") == "yes",
            confirmed=request.form.get("confirmed") == "yes",
        )
    except Refusal as refusal:
        return _wish_page(session, actor, resident_id, form, number, refusal), refusal.status
    return redirect(url_for(".order", id=made.id), 303)


def _form(session: Session, resident_id: UUID, kind: str, sent: Any = None) -> WishForm:
    if kind not in set(Kind):
        raise NotFound
    someone = residents.look_up(session, resident_id)
    people = residents.household_of(session, someone) if kind in desk_service.RECORDS else []
    return WishForm.read(Kind(kind), Channel.WINDOW, [(str(one.id), one.name) for one in people], sent)


def _uuid(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        return uuid4()


def _wish_page(
    session: Session, actor: Actor, resident_id: UUID, form: WishForm, number: str, refusal: Refusal | None = None
) -> str:
    return render_template(
        "counter/wish.html",
        person=residents.look_up(session, resident_id),
        form=form,
        name=_(desk_service.NAMES[form.kind]),
        number=number,
        fee=desk_service.fee(form.kind, Channel.WINDOW, actor.office),
        guarded=service.is_guarded(session, _desk(), resident_id),
        ticked=request.form,
        refusal=refusal,
    )


@room.page("/orders/<uuid:id>", access=ISSUES, purpose=Purpose.CERTIFICATE)
def order(session: Session, actor: Actor, id: UUID) -> str:
    """One order: its paper, and how it ends; or the fee of one from home."""
    return _order_page(session, service.of_office(session, actor, id))


def _order_page(session: Session, found: Order, refusal: Refusal | None = None) -> str:
    at_window = found.channel == Channel.WINDOW  # whoever pays for an order from home need not be its owner
    owner = residents.look_up(session, found.resident_id, case_ref=found.reference) if at_window else None
    return render_template(
        "counter/order.html",
        order=found,
        owner=owner,
        title=_(desk_service.title_of(found.options, found.kind)),
        facts=view.wish_facts(found),
        state=view.state_of(found),
        refusal=refusal,
    )


@room.page("/orders/<uuid:id>/paper.pdf", access=ISSUES, purpose=Purpose.CERTIFICATE)
def paper(session: Session, actor: Actor, id: UUID) -> Response:
    """The certificate for the printer of the window."""
    found = service.of_office(session, actor, id)
    document = service.paper(session, _desk(), hall().settings.number_ring, found)
    name = f"certificate-{found.reference}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(document.pdf, mimetype="application/pdf", headers=headers)


@room.page("/orders/<uuid:id>/handed-out", access=ISSUES, purpose=Purpose.CERTIFICATE, methods=("POST",))
def hand_out(session: Session, actor: Actor, id: UUID) -> Any:
    """The person has it."""
    return _end(session, actor, id, lambda found: service.handed_out(session, _desk(), actor, found))


@room.page("/orders/<uuid:id>/void", access=ISSUES, purpose=Purpose.CERTIFICATE, methods=("POST",))
def void(session: Session, actor: Actor, id: UUID) -> Any:
    """Not handed out: the fee goes back."""
    return _end(session, actor, id, lambda found: service.void(session, _desk(), found))


@room.page("/orders/<uuid:id>/fee", access=ISSUES, purpose=Purpose.CERTIFICATE, methods=("POST",))
def fee(session: Session, actor: Actor, id: UUID) -> Any:
    """The fee of an order from home, in cash."""
    ring = hall().settings.file_ring
    return _end(session, actor, id, lambda found: service.take_fee(session, _desk(), ring, found))


def _end(session: Session, actor: Actor, id: UUID, act: Any) -> tuple[str, int] | Redirect:
    found = service.of_office(session, actor, id)
    try:
        with session.begin_nested():
            act(found)
    except Refusal as refusal:
        session.refresh(found)
        return _order_page(session, found, refusal), refusal.status
    return redirect(url_for(".order", id=id), 303)
