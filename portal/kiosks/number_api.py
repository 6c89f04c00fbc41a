"""Numbers for whoever walks up to a kiosk without a card: what is on offer, the draw, the slip, and check-in by the QR code
of a reservation. Nobody is named."""

import secrets

from flask import Response
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.kiosks import messages, views
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import language, say
from portal.web.room import Room
from portal.window import service as window
from portal.window.service import How

room = Room("kiosk_numbers", __name__, "/kiosk/v1")
KIOSK = Access.client(Scope.KIOSK)


@room.api("/numbers", access=KIOSK, purpose=Purpose.KIOSK, answer=messages.NumberOffers)
def list_offers(session: Session, actor: Actor) -> messages.NumberOffers:
    """The kinds of window at this machine's office, and whether a number is given now."""
    return messages.NumberOffers(offers=[views.number_offer(one) for one in window.offers(session, actor.office)])


@room.api(
    "/numbers",
    method="POST",
    access=KIOSK,
    purpose=Purpose.KIOSK,
    body=messages.DrawNumber,
    answer=messages.DrawnNumber,
    status=201,
)
def draw_number(session: Session, actor: Actor, body: messages.DrawNumber) -> messages.DrawnNumber:
    """Draw a number; the token in the answer is the only key to it."""
    token = secrets.token_urlsafe(32)
    ticket = window.draw(session, actor.office, body.kind, token, how=How.KIOSK, language=language())
    return views.number(session, ticket)


@room.api(
    "/check-ins",
    method="POST",
    access=KIOSK,
    purpose=Purpose.KIOSK,
    body=messages.CheckInByCode,
    answer=messages.DrawnNumber,
    status=201,
)
def check_in_by_code(session: Session, actor: Actor, body: messages.CheckInByCode) -> messages.DrawnNumber:
    """Somebody showed the code of a reservation at this office: the number of their visit; shown again, the same."""
    ticket = window.check_in_at_machine(
        session, actor.office, body.code, resident_id=None, by_label=actor.label, language=language()
    )
    return views.number(session, ticket)


@room.api("/numbers/<token>/slip", access=KIOSK, purpose=Purpose.KIOSK)
def slip(session: Session, actor: Actor, token: str) -> Response:
    """The paper of a number, as PDF for a thermal printer of 80 mm."""
    ticket = window.by_token(session, token)
    pdf = window.slip(session, ticket, hall().settings.base_url, lambda code, message: say(code, message, {}))
    return Response(pdf, mimetype="application/pdf")
