"""A resident signs in, or confirms a session, with the national card on the reader of their own computer.

The challenge is made when the button is pressed, for this browser and this purpose only; the card signs it in the bridge's
own window, where the PIN is typed (`card_reader/bridge.py`). What is checked is what the kiosk and the window check.
"""

from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Response, g, jsonify, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import rules, service
from portal.accounts.signing_in import begin, binding, device
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.web import card_bridge, headers, throttle
from portal.web import session as web_session
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room
from portal.web.way_back import way_back

room = Room("accounts_card", __name__, "/sign-in/card")

CHALLENGES = 60  # a whole office or library may share one address
TRIES = 30  # each costs a check of signatures and perhaps a question to the issuer
ASSURANCE = 3  # DS-511: a chip with a PIN


def _context() -> str:
    """What the signature is good for: signing in, in this browser. The card's message has room for 75 signs of it."""
    return f"web-sign-in:{sha256(binding().encode()).hexdigest()[:48]}"


@room.page("", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def show(session: Session, actor: Actor) -> Response | Redirect:
    """What is needed, and the button; who has proved as much already goes on."""
    if actor.kind is Kind.RESIDENT and actor.assurance >= ASSURANCE and not request.args.get("again"):
        return redirect(way_back("/"), 303)
    return _page()


@room.page("/challenge", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",))
def challenge(session: Session, actor: Actor) -> Response:
    """What the card is to sign, good once and for five minutes (JSON)."""
    throttle.guard(session, "card challenges", request.remote_addr or "", limit=CHALLENGES)
    fresh = service.new_challenge(session, _context())
    said = card_bridge.on_reader(fresh.id, fresh.bytes)
    return jsonify({name: said[name] for name in ("challenge_id", "challenge")})


def _ask_issuer() -> None:
    """Counted before anybody is asked: who tries things costs the issuer's responder nothing."""
    with hall().database.page(g.actor, Purpose.ACCOUNT, writes=True) as session:
        throttle.guard(session, "card sign-in", request.remote_addr or "", limit=TRIES)
    card_bridge.asking(service.ask_about_card)()


@room.page("", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",), before=_ask_issuer)
def sign_in(session: Session, actor: Actor, found: None) -> Any:
    """Begin a resident's session, or make the one that is there stronger: assurance 3."""
    try:
        whose = _whose_card(session)
        if actor.kind is Kind.RESIDENT:
            _confirm(session, actor, whose)
        else:
            begin(session, whose, assurance=ASSURANCE)
    except Refusal as refusal:
        return _page(refusal), refusal.status
    throttle.take_back(session, "card sign-in", request.remote_addr or "")
    return redirect(way_back("/"), 303)


def _whose_card(session: Session) -> UUID:
    """Whose registered card signed the challenge of this browser; they need an account to open."""
    signed = service.use_challenge(session, card_bridge.challenge_id(), _context())
    whose = service.person_by_card(session, *card_bridge.proof(), signed, hall().settings.card_ca)
    if service.account_of(session, whose) is None:
        raise rules.CardWithoutAccount
    return whose


def _confirm(session: Session, actor: Actor, whose: UUID) -> None:
    if whose != actor.id:
        raise rules.CardOfAnotherAccount
    service.tell(session, whose, kind="stronger-card", device=device())
    web_session.sign_in(session, service.actor_of(session, whose, assurance=ASSURANCE))


def _page(refusal: Refusal | None = None) -> Response:
    settings = hall().settings
    answer = make_response(
        render_template(
            "accounts/sign_in_card.html",
            refusal=refusal,
            next=way_back("/"),
            bridge=settings.bridge_url,
            # At home the program's own code is typed; the demo's reader is that of the city.
            pairing=card_bridge.pairing() if settings.demo else "",
            origin=request.host_url.rstrip("/") if settings.demo else settings.base_url.rstrip("/"),
        )
    )
    # This page may speak to the card reader program on the same computer, as staff's pages may.
    for name, value in headers.usual(settings.bridge_url, settings.demo):
        answer.headers[name] = value
    return answer
