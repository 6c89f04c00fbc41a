"""Money for which no certificate can be made any more. The caller owns the transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.certificates import orders
from portal.certificates.events import CertificateNotMade
from portal.certificates.models import CertificateOrder
from portal.certificates.online.models import Checkout
from portal.certificates.online.paying import PaymentService
from portal.certificates.online.rules import Way
from portal.certificates.rules import Failure, State
from portal.config import Settings
from portal.core import clock, outbox
from portal.core.events import emit
from portal.core.outbox import Errand

REFUND = "certificates.refund"


def paid(session: Session, order: CertificateOrder, way: Way, why: Failure) -> CertificateOrder:
    """Was paid, cannot be made: the payment service gives the money back, or a window does."""
    now = clock.now()
    since = (State.PAID, State.RENDERED)
    if order.total == 0:
        orders.move(session, order, State.CANCELLED, since=since, failure=why, closed_at=now)
    elif way is Way.WINDOW:
        orders.move(session, order, State.OWED, since=since, failure=why, owed=order.total, owed_at=now)
    else:
        orders.move(session, order, State.REFUNDED, since=since, failure=why, closed_at=now)
        promise(session, order.id)
    _tell(session, order, way)
    return order


def unpaid(session: Session, order: CertificateOrder, way: Way, why: Failure) -> CertificateOrder:
    """Money came for what cannot be issued: it goes back, and the order is over."""
    orders.move(session, order, State.CANCELLED, since=(State.ORDERED,), failure=why, closed_at=clock.now())
    if way is Way.ONLINE:
        promise(session, order.id)
    _tell(session, order, way)
    return order


def _tell(session: Session, order: CertificateOrder, way: Way) -> None:
    event = CertificateNotMade(
        order_id=order.id,
        resident_id=order.resident_id,
        reference=order.reference,
        amount=order.total,
        way=way if order.total else Way.FREE,
    )
    emit(session, event)


def promise(session: Session, order_id: UUID) -> None:
    """The worker asks the payment service, until it answers; done twice it is done once there."""
    checkout = session.get(Checkout, order_id)
    if checkout is not None and checkout.payment:
        outbox.post(session, REFUND, {"order": str(order_id)}, key=f"{REFUND}:{order_id}")


def errand(settings: Settings) -> Errand:
    """Brings the wish to the payment service."""
    service = PaymentService.of(settings)

    def take(session: Session, payload: dict[str, Any]) -> tuple[UUID, str]:
        order_id = UUID(payload["order"])
        return order_id, session.get_one(Checkout, order_id).payment or ""

    def carry(asked: tuple[UUID, str]) -> UUID:
        if service is not None and asked[1]:
            service.give_back(asked[1])
        return asked[0]

    def record(session: Session, order_id: UUID) -> None:
        session.get_one(Checkout, order_id).returned_at = clock.now()

    return Errand(take=take, carry=carry, record=record)
