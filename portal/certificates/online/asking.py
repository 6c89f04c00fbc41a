"""Payments whose person closed the browser: the worker asks the payment service what became of them."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.certificates import service as certificates
from portal.certificates.models import CertificateOrder
from portal.certificates.online import service
from portal.certificates.online.models import Checkout
from portal.certificates.online.paying import PaymentService, PaymentState, Told
from portal.certificates.online.rules import PaymentServiceSilent, Way
from portal.certificates.rules import State
from portal.config import Settings
from portal.core import clock
from portal.core.outbox import Errand

ASK = "certificates.ask-payments"
OPEN_FOR = timedelta(days=1)
AT_ONCE = 50
Asked = list[tuple[UUID, str]]
Answers = list[tuple[UUID, Told]]


def errand(settings: Settings) -> Errand:
    """Every minute. The file itself is made when its owner comes: the worker carries no press."""
    payments = PaymentService.of(settings)
    return Errand(take=_take, carry=partial(_carry, payments), record=partial(_record, settings))


def _take(session: Session, _payload: dict[str, Any]) -> Asked:
    query = (
        select(Checkout.order_id, Checkout.payment)
        .join(CertificateOrder, CertificateOrder.id == Checkout.order_id)
        .where(Checkout.payment.is_not(None), Checkout.began_at > clock.now() - OPEN_FOR)
        .where(CertificateOrder.state == State.ORDERED)
        .order_by(Checkout.began_at.desc())
    )
    return [(order_id, payment or "") for order_id, payment in session.execute(query.limit(AT_ONCE))]


def _carry(payments: PaymentService | None, asked: Asked) -> Answers:
    found: Answers = []
    if payments is None:
        return found
    for order_id, payment in asked:
        try:
            found.append((order_id, payments.look(payment)))
        except PaymentServiceSilent:
            break  # in a minute again
    return found


def _record(settings: Settings, session: Session, answers: Answers) -> None:
    desk = certificates.open_desk(settings)
    for order_id, told in answers:
        order, checkout = session.get_one(CertificateOrder, order_id), session.get_one(Checkout, order_id)
        if told.state is PaymentState.PAID and checkout.payment:
            service.take_payment(session, desk, order, amount=told.amount, way=Way.ONLINE, receipt=checkout.payment)
