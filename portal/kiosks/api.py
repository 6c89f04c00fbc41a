"""The kiosk's calls, version 1. Every write carries an Idempotency-Key; refusals are problem documents."""

import base64
from uuid import UUID

from flask import Response, request
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.certificates import service as certificates
from portal.certificates.service import Caller, Failure, Payment, Proof
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.crypto import b64url
from portal.core.ids import ClientId
from portal.core.money import Yen
from portal.core.permissions import Scope
from portal.kiosks import fees, messages, rules, service, views
from portal.points.service import FeeWay
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext, language
from portal.web.room import Room
from portal.window import service as window

room = Room("kiosks", __name__, "/kiosk/v1")
KIOSK = Access.client(Scope.KIOSK)


@room.api(
    "/sessions",
    method="POST",
    access=KIOSK,
    purpose=Purpose.KIOSK,
    body=messages.OpenSession,
    answer=messages.OpenedSession,
    status=201,
)
def open_session(session: Session, actor: Actor, body: messages.OpenSession) -> messages.OpenedSession:
    """Somebody begins to use the machine: the challenge their card will sign."""
    opened, challenge = service.open_session(session, actor, body.language)
    return messages.OpenedSession(
        session=opened.id, challenge=b64url(challenge), expires_at=opened.started_at + rules.LIFE
    )


def _ask_about_card(body: messages.PresentCard) -> None:
    accounts.ask_about_card(body.certificate, hall().settings)


@room.api(
    "/sessions/<uuid:session_id>/card",
    method="POST",
    access=KIOSK,
    purpose=Purpose.KIOSK,
    body=messages.PresentCard,
    answer=messages.CardAccepted,
    before=_ask_about_card,
)
def present_card(session: Session, actor: Actor, session_id: UUID, body: messages.PresentCard) -> messages.CardAccepted:
    """The card signed the challenge: whom it belongs to and what they can do here."""
    try:
        certificate = base64.b64decode(body.certificate, validate=True)
        signature = base64.b64decode(body.signature, validate=True)
    except ValueError:  # binascii.Error is one; signs beyond ASCII raise the plain one
        raise rules.CardNotReadable from None
    resident_id = service.present_card(
        session,
        actor,
        session_id,
        certificate=certificate,
        signature=signature,
        ca_file=hall().settings.card_ca,
    )
    return views.welcome(session, resident_id)


@room.api(
    "/sessions/<uuid:session_id>/check-in",
    method="POST",
    access=KIOSK,
    purpose=Purpose.KIOSK,
    body=messages.CheckIn,
    answer=messages.CheckedIn,
)
def check_in(session: Session, actor: Actor, session_id: UUID, body: messages.CheckIn) -> messages.CheckedIn:
    """The person has come for their reservation: their number appears on the call board."""
    resident_id = service.person_at(session, actor, session_id)
    ticket = window.check_in_at_machine(
        session, actor.office, body.reference, resident_id=resident_id, by_label=actor.label, language=language()
    )
    return messages.CheckedIn(
        ticket=ticket.label,
        window_kind=ticket.lane,
        waiting=window.people_before(session, ticket),
        message=gettext("Please wait. Your number will be shown on the call board."),
    )


@room.api(
    "/sessions/<uuid:session_id>/certificates",
    access=KIOSK,
    purpose=Purpose.CERTIFICATE,
    answer=messages.Certificates,
)
def list_certificates(session: Session, actor: Actor, session_id: UUID) -> messages.Certificates:
    """The certificates of this machine, with fees and questions, for this person."""
    caller = _caller(session, actor, session_id)
    offers = certificates.kinds_for(session, certificates.open_desk(hall().settings), caller)
    return messages.Certificates(kinds=[views.kind(offer) for offer in offers])


@room.api(
    "/sessions/<uuid:session_id>/orders",
    method="POST",
    access=KIOSK,
    purpose=Purpose.CERTIFICATE,
    body=messages.PlaceOrder,
    answer=messages.OrderPlaced,
    status=201,
)
def place_order(session: Session, actor: Actor, session_id: UUID, body: messages.PlaceOrder) -> messages.OrderPlaced:
    """Order a certificate; bound to this card session and this device."""
    caller = _caller(session, actor, session_id)
    desk = certificates.open_desk(hall().settings)
    placed = certificates.order(session, desk, caller, kind=body.kind, options=body.options, copies=body.copies)
    return views.order(placed, fees.offer(session, caller.resident_id, placed))


@room.api(
    "/orders/<uuid:order_id>/paid",
    method="POST",
    access=KIOSK,
    purpose=Purpose.CERTIFICATE,
    body=messages.OrderPaid,
    answer=messages.OrderState,
)
def order_paid(session: Session, actor: Actor, order_id: UUID, body: messages.OrderPaid) -> messages.OrderState:
    """The fee lies in the coin box, or the person pays it with points now: then `receipt` is the order's own id."""
    desk, proof, amount = certificates.open_desk(hall().settings), _proof(actor, body.owner), Yen(body.amount)
    if body.method == "cash":
        payment = Payment(amount=amount, method=body.method, receipt=body.receipt)
        paid = certificates.pay(session, desk, order_id, proof, payment)
    else:
        paid = fees.pay(session, desk, actor, order_id, proof, way=FeeWay(body.method), amount=amount)
    return messages.OrderState(state=paid.state)


@room.api("/orders/<uuid:order_id>/document", access=KIOSK, purpose=Purpose.CERTIFICATE)
def order_document(session: Session, actor: Actor, order_id: UUID) -> Response:
    """The paper of a paid order, as PDF; `X-Order-Owner` proves whose."""
    owner = request.headers.get("X-Order-Owner", "")[:200]
    desk = certificates.open_desk(hall().settings)
    document = certificates.render(session, desk, order_id, _proof(actor, owner))
    return Response(
        document.pdf,
        mimetype="application/pdf",
        headers={"X-Document-Sha256": document.sha256, "X-Document-Copies": str(document.copies)},
    )


@room.api(
    "/orders/<uuid:order_id>/printed",
    method="POST",
    access=KIOSK,
    purpose=Purpose.CERTIFICATE,
    body=messages.OrderPrinted,
    answer=messages.OrderState,
)
def order_printed(session: Session, actor: Actor, order_id: UUID, body: messages.OrderPrinted) -> messages.OrderState:
    """The paper is out."""
    desk = certificates.open_desk(hall().settings)
    done = certificates.printed(session, desk, order_id, _proof(actor, body.owner), job=body.job)
    return messages.OrderState(state=done.state)


@room.api(
    "/orders/<uuid:order_id>/failed",
    method="POST",
    access=KIOSK,
    purpose=Purpose.CERTIFICATE,
    body=messages.OrderFailed,
    answer=messages.OrderState,
)
def order_failed(session: Session, actor: Actor, order_id: UUID, body: messages.OrderFailed) -> messages.OrderState:
    """No paper came out; the money was returned, or `kept` yen of it are owed to the person."""
    done = certificates.failed(
        session,
        certificates.open_desk(hall().settings),
        order_id,
        _proof(actor, body.owner),
        reason=_reason(body.reason),
        refunded=body.refunded,
        kept=Yen(body.kept),
    )
    return messages.OrderState(state=done.state)


@room.api(
    "/sessions/<uuid:session_id>/end",
    method="POST",
    access=KIOSK,
    purpose=Purpose.KIOSK,
    body=messages.Nothing,
    answer=messages.Done,
)
def end_session(session: Session, actor: Actor, session_id: UUID, body: messages.Nothing) -> messages.Done:
    """The card left, or the person stopped."""
    service.end_session(session, actor, session_id)
    return messages.Done()


def _caller(session: Session, device: Actor, session_id: UUID) -> Caller:
    assert device.id
    return Caller(
        device_id=ClientId(device.id),
        session_id=session_id,
        resident_id=service.person_at(session, device, session_id),
        office=device.office,
        card=service.card_at(session, session_id),
    )


def _reason(told: str) -> Failure:
    """What the machine says went wrong; a word of a newer machine counts as "stopped"."""
    try:
        return Failure(told)
    except ValueError:
        return Failure.STOPPED


def _proof(device: Actor, owner: str) -> Proof:
    assert device.id
    return Proof(device_id=ClientId(device.id), owner=owner)
