"""The post list: what waits, one batch at a time, posted, come back. The caller owns the transaction.

A certificate is checked against the register when it is printed: what changed since the order is not printed, and its
money goes back. Of two members of staff who print at the same moment each gets other letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from portal.certificates import issuing, orders
from portal.certificates.desk import Desk
from portal.certificates.events import CertificatePosted, CertificateReturned
from portal.certificates.models import CertificateOrder
from portal.certificates.online import giving_back
from portal.certificates.online import service as online
from portal.certificates.online.rules import Delivery, Way
from portal.certificates.posting import rules
from portal.certificates.posting.models import CertificateBatch, CertificateLetter
from portal.certificates.posting.rules import MOST
from portal.certificates.rules import Failure, OrderStateWrong
from portal.certificates.rules import State as Order
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.errors import Refusal
from portal.core.events import emit
from portal.core.ids import new_id

NO_SYNC = {"synchronize_session": False}
SHOWN = 100


def _waits() -> ColumnElement[bool]:
    row = CertificateOrder
    return and_(row.state == Order.PAID, row.delivery == str(Delivery.POST))


def waiting(session: Session) -> int:
    """How many certificates are to be printed."""
    return session.scalar(select(func.count()).select_from(CertificateOrder).where(_waits())) or 0


def batches(session: Session, staff: Actor) -> Sequence[CertificateBatch]:
    """Those the office of *staff* printed, newest first; what is not posted yet on top."""
    row = CertificateBatch
    query = (
        select(row)
        .where(row.office == staff.office)
        .order_by(row.posted_at.is_not(None), row.printed_at.desc())
        .limit(SHOWN)
    )
    return session.scalars(query).all()


def batch_of(session: Session, staff: Actor, batch_id: UUID) -> CertificateBatch:
    """Another office's is as unknown as none: it holds names and addresses. Raises BatchUnknown."""
    found = session.get(CertificateBatch, batch_id)
    if found is None or found.office != staff.office:
        raise rules.BatchUnknown
    return found


def letter_of(session: Session, order_id: UUID) -> CertificateLetter | None:
    return session.get(CertificateLetter, order_id)


@dataclass(frozen=True, slots=True)
class Printed:
    """What became of a press on "print": the batch, and how many could not be made any more."""

    batch: CertificateBatch | None
    changed: int


def print_batch(session: Session, desk: Desk, staff: Actor) -> Printed:
    """Take up to MOST certificates that wait, the oldest first. Raises NothingToPost."""
    found = session.scalars(select(CertificateOrder).where(_waits()).order_by(CertificateOrder.paid_at).limit(MOST))
    who = {"office": staff.office, "printed_by": staff.label}
    batch = CertificateBatch(id=new_id(), state=rules.State.PRINTED, letters=0, printed_at=clock.now(), **who)
    session.add(batch)
    session.flush()
    changed = 0
    for order in found.all():
        try:
            made = _take(session, desk, order)
        except OrderStateWrong:  # a colleague's batch has it
            continue
        if not made:
            changed += 1
            continue
        batch.letters += 1
        letter = CertificateLetter(
            order_id=order.id, resident_id=order.resident_id, batch_id=batch.id, place=batch.letters
        )
        session.add(letter)
    if batch.letters:
        return Printed(batch, changed)
    session.delete(batch)
    if not changed:
        raise rules.NothingToPost
    return Printed(None, changed)


def _take(session: Session, desk: Desk, order: CertificateOrder) -> bool:
    """Whether it can still be made; if not, the money is on its way back. Raises OrderStateWrong."""
    try:
        issuing.same_sheet(session, desk, order)
    except Refusal:
        checkout = online.checkout_of(session, order.id)
        giving_back.paid(session, order, Way(checkout.way) if checkout else Way.FREE, Failure.REGISTER_CHANGED)
        return False
    orders.move(session, order, Order.RENDERED, since=(Order.PAID,), rendered_at=clock.now())
    return True


def pull_changed(session: Session, desk: Desk, batch: CertificateBatch) -> bool:
    """Whether there were letters that must not be posted any more: the record is another one since the printing, or it may
    not be told (支援措置). Their money goes back; they stay on the batch's list, for a sheet of them may lie in the pile."""
    if batch.state != rules.State.PRINTED:
        return False
    found = False
    for _letter, order in letters_of(session, batch):
        if order.state != Order.RENDERED:
            continue
        try:
            issuing.same_sheet(session, desk, order)
        except Refusal:
            found = True
            checkout = online.checkout_of(session, order.id)
            giving_back.paid(session, order, Way(checkout.way) if checkout else Way.FREE, Failure.REGISTER_CHANGED)
    return found


def is_pulled(order: CertificateOrder) -> bool:
    """A letter of a batch that is not posted with the others."""
    return order.state not in (Order.RENDERED, Order.PRINTED)


def letters_of(session: Session, batch: CertificateBatch) -> list[tuple[CertificateLetter, CertificateOrder]]:
    """The letters in their order."""
    query = (
        select(CertificateLetter, CertificateOrder)
        .join(CertificateOrder, CertificateOrder.id == CertificateLetter.order_id)
        .where(CertificateLetter.batch_id == batch.id)
        .order_by(CertificateLetter.place)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def post_batch(session: Session, batch: CertificateBatch) -> None:
    """The letters are with the post office: their certificates are issued. Twice is told."""
    moved = session.execute(
        update(CertificateBatch)
        .where(CertificateBatch.id == batch.id, CertificateBatch.state == rules.State.PRINTED)
        .values(state=rules.State.POSTED, posted_at=clock.now()),
        execution_options=NO_SYNC,
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise rules.BatchPosted
    for _letter, order in letters_of(session, batch):
        if is_pulled(order):
            continue
        orders.move(session, order, Order.PRINTED, since=(Order.RENDERED,), closed_at=clock.now())
        emit(session, CertificatePosted(order_id=order.id, resident_id=order.resident_id, reference=order.reference))
    session.refresh(batch)


def returned(session: Session, batch: CertificateBatch, place: int) -> None:
    """A letter came back: its owner is told where to fetch it. Told twice, it came back once."""
    row = CertificateLetter
    found = session.execute(
        update(row)
        .where(row.batch_id == batch.id, row.place == place, row.returned_at.is_(None))
        .where(row.order_id.in_(select(CertificateOrder.id).where(CertificateOrder.state == Order.PRINTED)))
        .values(returned_at=clock.now())
        .returning(row.order_id, row.resident_id),
        execution_options=NO_SYNC,
    ).first()
    if found is None or batch.state != rules.State.POSTED:
        raise rules.LetterUnknown
    did(session, Action.CHANGE, whose=found.resident_id, what="certificate_letters(returned_at)")
    order = session.get_one(CertificateOrder, found.order_id)
    emit(session, CertificateReturned(order_id=order.id, resident_id=order.resident_id, reference=order.reference))
