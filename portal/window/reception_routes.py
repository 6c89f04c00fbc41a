"""Pages of the reception: numbers for people who walk in, and check-in by the card on the staff's reader."""

import base64
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import service as accounts
from portal.core import qr
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.identity import CardNotRead
from portal.core.permissions import Permission
from portal.staff import service as staff
from portal.web import card_bridge
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import LANGUAGES
from portal.web.room import Room
from portal.window import service, view
from portal.window.rules import How

room = Room("window_reception", __name__, "/staff/window/reception")

SERVES = Access.staff(Permission.WINDOW_SERVE)
ASKING = card_bridge.asking(accounts.ask_about_card)


@room.page("", access=SERVES, purpose=Purpose.WINDOW)
def reception(session: Session, actor: Actor) -> str:
    """Every kind of window with how many wait; a press gives a number. A card on the reader checks its owner in."""
    return _reception_page(session, actor)


@room.page("/numbers", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def give(session: Session, actor: Actor) -> Redirect | tuple[str, int]:
    """Give a number; a second press gives the same one."""
    spoken = request.form.get("language", "ja")
    token = view.token_of(request.form.get("once", ""))
    try:
        ticket = service.draw(
            session,
            actor.office,
            request.form.get("kind", ""),
            token,
            how=How.RECEPTION,
            language=spoken if spoken in LANGUAGES else "ja",
        )
    except Refusal as refusal:
        return _reception_page(session, actor, refusal), refusal.status
    if request.form.get("needs"):
        service.set_needs(session, actor, ticket.id, True)
    return redirect(url_for(".given", id=ticket.id), 303)


@room.page("/numbers/<uuid:id>", access=SERVES, purpose=Purpose.WINDOW)
def given(session: Session, actor: Actor, id: UUID) -> str:
    """A number just drawn: to print, to show to the phone, to mark as one that cannot wait long."""
    ticket = service.of_office(session, actor, id)
    return render_template(
        "window/given.html",
        ticket=ticket,
        words=service.KIND_WORDS[ticket.kind],
        standing=service.standing(session, ticket),
        office=staff.office_name(session, ticket.office),
        qr_code=qr.on_page(view.address("window.number", token=ticket.token)),
    )


@room.page("/numbers/<uuid:id>/needs", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def needs(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Somebody who cannot wait long, or after all can; why is not asked and not kept."""
    service.set_needs(session, actor, id, request.form.get("needs") == "yes")
    return redirect(url_for(".given", id=id), 303)


@room.page("/card", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",), before=ASKING)
def card(session: Session, actor: Actor, found: None) -> Any:
    """Check in the owner of the card on the reader; what is missing is said."""
    challenge_id = view.read_id(request.form.get("challenge_id", ""))
    try:
        if challenge_id is None:
            raise CardNotRead
        answer = service.CardAnswer(
            challenge_id, request.form.get("certificate", ""), request.form.get("signature", "")
        )
        label = staff.office_name(session, actor.office)
        ticket = service.check_in_by_card(session, actor, answer, hall().settings.card_ca, by_label=label)
    except Refusal as refusal:
        return _reception_page(session, actor, refusal), refusal.status
    return redirect(url_for(".given", id=ticket.id), 303)


def _reception_page(session: Session, actor: Actor, refusal: Refusal | None = None) -> str:
    challenge = accounts.offer_challenge(session, service.reception_context(actor))
    return render_template(
        "window/reception.html",
        office=staff.office_name(session, actor.office),
        office_code=actor.office,
        offers=service.offers(session, actor.office),
        once=view.once(),
        tongues=LANGUAGES,
        challenge=challenge,
        challenge_text=base64.urlsafe_b64encode(challenge.bytes).decode().rstrip("="),
        bridge=hall().settings.bridge_url,
        pairing=card_bridge.pairing(),
        refusal=refusal,
    )
