"""Signing by card: at home with the card reader program on one's own computer, or with the reader of a window."""

from uuid import UUID

from flask import Response, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import service as accounts
from portal.applications import cases
from portal.applications import service as applications
from portal.applications.models import Application
from portal.applications.rules import State
from portal.applications.signatures import service
from portal.applications.signatures.content import to_sign
from portal.applications.signatures.forms import read_proof
from portal.applications.signatures.rules import NoSignatureWanted
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.web import card_bridge, headers
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("applications_signature", __name__, "/applications")
staff_room = Room("applications_window_signature", __name__, "/staff/applications")

WINDOW = Access.staff(Permission.WINDOW_SERVE)
Answer = Response | Redirect | tuple[Response, int]
ASKING = card_bridge.asking(accounts.ask_about_card)


@room.page("/<uuid:id>/sign", access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID) -> Answer:
    """What is signed, and how; with the way for who has no card or no reader."""
    case = cases.open_case(session, id, owner=cases.owner_of(session, actor))
    if not service.may_sign(session, case):
        return redirect(url_for("applications.show", id=id), 303)
    if case.state == State.DRAFT and not applications.is_complete(case):
        return redirect(url_for("applications.check", id=id), 303)
    return _page(case)


@room.page("/<uuid:id>/sign", access=Access.RESIDENT, methods=("POST",), before=ASKING)
def sign(session: Session, actor: Actor, id: UUID, found: None) -> Answer:
    """The card signed: send the draft with the signature, or add it to what was sent."""
    case = cases.open_case(session, id, owner=cases.owner_of(session, actor))
    if not service.may_sign(session, case):  # a second press
        return redirect(url_for("applications.show", id=id), 303)
    was_draft = case.state == State.DRAFT
    try:
        service.sign(session, actor, id, read_proof(), hall().settings.card_ca)
    except Refusal as refusal:
        return _page(case, refusal), refusal.status
    if was_draft:  # incomplete, it is not sent, and the signature is not kept either
        applications.submit(session, actor, id)
    return redirect(url_for("applications.done" if was_draft else "applications.show", id=id), 303)


@staff_room.page("/<uuid:id>/signature", access=WINDOW, purpose=Purpose.WINDOW)
def at_window(session: Session, actor: Actor, id: UUID) -> Answer:
    """The person is at the window: they sign with the window's reader what they sent from home."""
    case = _sent(session, id)
    return _window_page(session, case)


@staff_room.page("/<uuid:id>/signature", access=WINDOW, purpose=Purpose.WINDOW, methods=("POST",), before=ASKING)
def sign_at_window(session: Session, actor: Actor, id: UUID, found: None) -> Answer:
    """The card on the window's reader signed."""
    case = _sent(session, id)
    if service.may_sign(session, case):
        try:
            service.sign(session, actor, id, read_proof(), hall().settings.card_ca)
        except Refusal as refusal:
            return _window_page(session, case, refusal), refusal.status
    return redirect(url_for(".at_window", id=id), 303)


def _sent(session: Session, id: UUID) -> Application:
    case = cases.open_case(session, id)
    if case.state == State.DRAFT or not service.state_of(session, case).wanted:
        raise NoSignatureWanted
    return case


def _facts(case: Application) -> dict[str, str]:
    return {**to_sign(case), "bridge": hall().settings.bridge_url}


def _page(case: Application, refusal: Refusal | None = None) -> Response:
    settings = hall().settings
    page = render_template(
        "applications/sign.html",
        case=case,
        procedure=cases.procedure_of(case),
        in_draft=case.state == State.DRAFT,
        refusal=refusal,
        # At home the program's own code is typed; the demo's reader is that of the city.
        pairing=card_bridge.pairing() if settings.demo else "",
        **_facts(case),
    )
    answer = make_response(page)
    # This page may speak to the card reader program on the same computer, as staff's pages may.
    for name, value in headers.usual(settings.bridge_url, settings.demo):
        answer.headers[name] = value
    return answer


def _window_page(session: Session, case: Application, refusal: Refusal | None = None) -> Response:
    applications.open_sheet(session, case.id)
    page = render_template(
        "applications/sign_at_window.html",
        case=case,
        procedure=cases.procedure_of(case),
        signed=service.state_of(session, case),
        may_sign=service.may_sign(session, case),
        refusal=refusal,
        pairing=card_bridge.pairing(),
        **_facts(case),
    )
    return make_response(page)
