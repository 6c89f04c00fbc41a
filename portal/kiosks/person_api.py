"""What a person may look at on the screen once their card has proved them: what waits for them, what is on their card,
their points, and what they get for them."""

from uuid import UUID, uuid4

from flask import Response
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.kiosks import coupon_paper, messages, service, views
from portal.points import service as points
from portal.web.access import Access
from portal.web.i18n import language
from portal.web.room import Room

room = Room("kiosk_people", __name__, "/kiosk/v1/sessions")
KIOSK = Access.client(Scope.KIOSK)


@room.api("/<uuid:session_id>/tasks", access=KIOSK, purpose=Purpose.KIOSK, answer=messages.Tasks)
def list_tasks(session: Session, actor: Actor, session_id: UUID) -> messages.Tasks:
    """The notices that ask for something, with their dates; reading one is for the phone or the window."""
    return views.tasks(session, service.person_at(session, actor, session_id))


@room.api("/<uuid:session_id>/services", access=KIOSK, purpose=Purpose.CARD, answer=messages.CardServices)
def list_services(session: Session, actor: Actor, session_id: UUID) -> messages.CardServices:
    """The services on the person's city card, and what the next visit to a window will write on it."""
    return views.card_services(session, service.person_at(session, actor, session_id))


@room.api("/<uuid:session_id>/points", access=KIOSK, purpose=Purpose.POINTS, answer=messages.PointsAccount)
def show_points(session: Session, actor: Actor, session_id: UUID) -> messages.PointsAccount:
    """How many points there are, which run out first, and what they can be exchanged for."""
    return views.points_account(session, service.person_at(session, actor, session_id))


@room.api(
    "/<uuid:session_id>/coupons",
    method="POST",
    access=KIOSK,
    purpose=Purpose.POINTS,
    body=messages.Redeem,
    answer=messages.Coupon,
    status=201,
)
def redeem(session: Session, actor: Actor, session_id: UUID, body: messages.Redeem) -> messages.Coupon:
    """Points become a coupon. Sent again under the same Idempotency-Key it is the same one."""
    resident_id = service.person_at(session, actor, session_id)
    return views.coupon(session, points.redeem(session, resident_id, body.reward, key=uuid4()))


@room.api("/<uuid:session_id>/coupons/<reference>/slip", access=KIOSK, purpose=Purpose.POINTS)
def coupon_slip(session: Session, actor: Actor, session_id: UUID, reference: str) -> Response:
    """The paper of one of the person's coupons, as PDF for a thermal printer of 80 mm: for whoever has no phone."""
    coupon = points.coupon_of(session, service.person_at(session, actor, session_id), reference)
    return Response(coupon_paper.slip(session, coupon, language()), mimetype="application/pdf")
