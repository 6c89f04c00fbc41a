"""Orders from home: place, pay, deliver. The caller owns the transaction.

An order is bound to its person as every other (orders.owner_token), with the portal itself as its machine. Money is
taken as it is told by who took it: the payment service, or staff at a window. From then on a certificate is owed, or the
money: what cannot be made any more is given back (giving_back).
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.certificates import issuing, orders, service
from portal.certificates import rules as certificates
from portal.certificates.desk import Caller, Desk, Payment
from portal.certificates.events import CertificateDelivered, CertificatePaid
from portal.certificates.models import CertificateOrder
from portal.certificates.online import giving_back, rules, stamping
from portal.certificates.online.models import Checkout, TimeStamp
from portal.certificates.online.rules import Delivery, Way
from portal.certificates.rules import Channel, Failure, State
from portal.core import clock
from portal.core.envelope import KeyRing
from portal.core.errors import Refusal
from portal.core.events import emit
from portal.core.ids import ClientId, ResidentId
from portal.core.money import Yen
from portal.files import service as files

PORTAL = ClientId(uuid5(NAMESPACE_URL, "urn:portal:certificates:online"))
"""The machine of orders from home."""
MADE_AT_HOME = "online"
"""The office of such orders in the table of fees."""


def caller_of(resident_id: UUID, order_id: UUID) -> Caller:
    return Caller(PORTAL, order_id, ResidentId(resident_id), MADE_AT_HOME, Channel.ONLINE)


def place(
    session: Session,
    desk: Desk,
    resident_id: UUID,
    order_id: UUID,
    *,
    kind: str,
    options: Mapping[str, str],
    copies: int,
    delivery: str,
    letter_yen: int,
) -> CertificateOrder:
    """Order from home. The same *order_id* (that of the form) is the same order, also at the same instant."""
    comes = rules.check_delivery(delivery, copies)
    if (known := _known(session, resident_id, order_id)) is not None:
        return known
    rules.check_unpaid(_unpaid(session, resident_id))
    try:
        with session.begin_nested():
            service.order(
                session,
                desk,
                caller_of(resident_id, order_id),
                kind=kind,
                options=options,
                copies=copies,
                delivery=comes,
                postage=rules.postage(comes, letter_yen),
                order_id=order_id,
            )
    except IntegrityError:
        session.expire_all()
    if (placed := _known(session, resident_id, order_id)) is None:
        raise certificates.OrderUnknown  # the number is somebody else's
    return placed


def _unpaid(session: Session, resident_id: UUID) -> int:
    """How many orders from home wait for money of this person's."""
    row = CertificateOrder
    query = select(func.count()).where(
        row.resident_id == resident_id, row.channel == Channel.ONLINE, row.state == State.ORDERED
    )
    return session.scalar(query) or 0


def _known(session: Session, resident_id: UUID, order_id: UUID) -> CertificateOrder | None:
    row = CertificateOrder
    return session.scalar(select(row).where(row.id == order_id, row.resident_id == resident_id))


def own(session: Session, resident_id: UUID, order_id: UUID) -> CertificateOrder:
    """An order from home of this resident's; another's is as unknown as none."""
    found = service.own(session, resident_id, order_id)
    if found.channel != Channel.ONLINE:
        raise certificates.OrderUnknown
    return found


def checkout_of(session: Session, order_id: UUID) -> Checkout | None:
    return session.get(Checkout, order_id)


def begin_payment(
    session: Session, order: CertificateOrder, way: str, *, online: bool, payment: str | None = None, page: str = ""
) -> Checkout:
    """How this order is to be paid; until it is, it can be changed. *payment* and *page* are the service's."""
    if order.state != State.ORDERED:
        raise certificates.OrderStateWrong(state=order.state)
    chosen = rules.check_way(way, order.total, online=online)
    row = session.get(Checkout, order.id, with_for_update=True)
    if row is None:
        row = Checkout(order_id=order.id, resident_id=order.resident_id, way=chosen, began_at=clock.now(), page="")
        session.add(row)
    row.way, row.began_at = chosen, clock.now()
    if payment:
        row.payment, row.page = payment, page
    session.flush()
    return row


def take_payment(
    session: Session, desk: Desk, order: CertificateOrder, *, amount: Yen, way: Way, receipt: str
) -> CertificateOrder:
    """The money is there. What cannot be issued any more is given back at once, and both are on record."""
    if order.state == State.CANCELLED:
        giving_back.promise(session, order.id)
        return order
    before = order.state
    try:
        with session.begin_nested():
            paid = service.pay(session, desk, order.id, orders.proof_of(desk, order), Payment(amount, way, receipt))
    except Refusal as refusal:
        if way is not Way.ONLINE:  # staff see the refusal, and take no money
            raise
        session.refresh(order)
        if isinstance(refusal, certificates.NotOnRegister | certificates.AmountWrong):
            return giving_back.unpaid(session, order, way, Failure.REGISTER_CHANGED)
        giving_back.promise(session, order.id)  # paid at a window, or given up, in the same moment
        return order
    if before == State.ORDERED:
        event = CertificatePaid(
            order_id=paid.id,
            resident_id=paid.resident_id,
            reference=paid.reference,
            delivery=paid.delivery,
            amount=amount,
        )
        emit(session, event)
    return paid


def deliver(session: Session, desk: Desk, ring: KeyRing, order: CertificateOrder, way: Way) -> CertificateOrder:
    """Make the file and put it into the mailbox, once; or give the money back when the record changed meanwhile."""
    if order.delivery != Delivery.ELECTRONIC or order.state != State.PAID:
        return order
    try:
        document = issuing.document(desk, order, issuing.same_sheet(session, desk, order))
    except Refusal:
        return giving_back.paid(session, order, way, Failure.REGISTER_CHANGED)
    now = clock.now()
    orders.move(
        session,
        order,
        State.PRINTED,
        since=(State.PAID,),
        document_sha256=document.sha256,
        pages=document.pages,
        rendered_at=now,
        closed_at=now,
    )
    kept = files.Prepared(
        name=f"certificate-{order.issue_number}.pdf",
        kind=files.Content.PDF,
        content=document.pdf,
        preview=b"",
        pages=document.pages,
        sha256=hashlib.sha256(document.pdf).digest(),
        check=files.UNSCANNED,
    )
    files.keep(session, ring, kept, owner_id=order.resident_id, case_id=order.id, place=stamping.PLACE)
    stamping.promise(session, order.id)
    title = service.title_of(order.options, order.kind)
    event = CertificateDelivered(
        order_id=order.id, resident_id=order.resident_id, reference=order.reference, title=title
    )
    emit(session, event)
    return order


def file_of(session: Session, ring: KeyRing, order: CertificateOrder) -> files.Opened | None:
    """The delivered file, as long as it is kept."""
    for kept in files.of_case(session, order.id):
        return files.open_for_owner(session, ring, kept.id, owner_id=order.resident_id, case_id=order.id)
    return None


def stamp_of(session: Session, order: CertificateOrder) -> TimeStamp | None:
    """What a time-stamping authority said of the delivered file, if it did."""
    return stamping.of_order(session, order.id)


def has_file(session: Session, order: CertificateOrder) -> bool:
    return bool(order.delivery == Delivery.ELECTRONIC and files.of_case(session, order.id))


def cancel(session: Session, order: CertificateOrder) -> None:
    """Its owner does not want it any more; only before it is paid."""
    orders.move(session, order, State.CANCELLED, since=(State.ORDERED,), closed_at=clock.now())


def end_unpaid(session: Session, _payload: dict[str, Any]) -> None:
    """Orders nobody paid for end after a week (worker, hourly)."""
    query = select(CertificateOrder).where(
        CertificateOrder.channel == Channel.ONLINE,
        CertificateOrder.state == State.ORDERED,
        CertificateOrder.ordered_at < clock.now() - rules.PAY_WITHIN,
    )
    for found in session.scalars(query.limit(500)):
        orders.move(session, found, State.CANCELLED, since=(State.ORDERED,), closed_at=clock.now())


def forget_files(session: Session, _payload: dict[str, Any]) -> None:
    """Delivered files end after three months; whoever needs the certificate has saved it (worker, daily)."""
    old = select(CertificateOrder.id).where(
        CertificateOrder.delivery == str(Delivery.ELECTRONIC),
        CertificateOrder.closed_at < clock.now() - rules.FILE_KEPT,
        CertificateOrder.closed_at > clock.now() - 2 * rules.FILE_KEPT,
    )
    files.drop_cases(session, session.scalars(old).all())
