"""Money without paper: what a machine kept, told to the resident, and paid back by staff. The caller owns the
transaction.

An order that took money ends in exactly one of `printed` and `refunded`. When the machine can do neither, it says
so (`failed` with the yen it kept) and the order is `owed`: from then on a member of staff decides. An order of which
the machine says nothing any more is shown to staff too, after `SILENT_AFTER`: by then the machine itself neither
prints nor pays out coins for it (kiosk.paid_jobs).
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from portal.certificates import orders, rules
from portal.certificates.desk import Desk, Proof
from portal.certificates.events import FeeReturned, RefundOwed, RefundSettled
from portal.certificates.kinds import Channel
from portal.certificates.models import CertificateOrder
from portal.certificates.rules import Failure, Outcome, State
from portal.core import audit, clock, journal
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.events import emit
from portal.core.money import Yen
from portal.core.reference import read_reference
from portal.core.text import TextRefused

SILENT_AFTER = timedelta(minutes=30)
OPEN_TO_PAPER = (State.PAID, State.RENDERED)
SHOWN_AT_ONCE = 100

log = journal.get_logger("certificates")


def failed(
    session: Session, desk: Desk, order_id: UUID, proof: Proof, *, reason: Failure, refunded: bool, kept: Yen
) -> CertificateOrder:
    """No paper. Unpaid: cancelled. Paid and money returned: refunded. `kept` yen not returned: owed, told once.

    What was paid with points goes back here, as soon as the machine is sure that no paper comes.
    """
    found = orders.mine(session, desk, order_id, proof)
    try:
        return _failed(session, found, reason, refunded=refunded, kept=kept)
    except rules.OrderStateWrong:  # paid in the same instant, by a machine that gave up waiting for the answer
        session.refresh(found)
        if found.state not in OPEN_TO_PAPER:
            raise
        return _failed(session, found, reason, refunded=refunded, kept=kept)


def _failed(
    session: Session, found: CertificateOrder, reason: Failure, *, refunded: bool, kept: Yen
) -> CertificateOrder:
    state = State(found.state)
    if state is State.REFUNDED:
        if refunded and found.settled_by:
            log.error("refund.perhaps_twice", order=str(found.id), device=str(found.device_id))
        return found
    if not refunded and kept > 0:
        return owe(session, found, reason, Yen(min(kept, found.total)))
    if state is State.ORDERED:
        return orders.move(session, found, State.CANCELLED, since=(state,), failure=reason, closed_at=clock.now())
    if state is State.CANCELLED:
        return found
    if not refunded:
        return owe(session, found, reason, found.total)
    since = (*OPEN_TO_PAPER, State.OWED)
    done = orders.move(session, found, State.REFUNDED, since=since, failure=reason, closed_at=clock.now())
    _return_points(session, done)
    return done


def _return_points(session: Session, refunded: CertificateOrder) -> None:
    """Once: an order is refunded once."""
    if refunded.paid_with:
        emit(session, FeeReturned(order_id=refunded.id, method=refunded.paid_with))


def owe(session: Session, found: CertificateOrder, reason: Failure, kept: Yen) -> CertificateOrder:
    """The city has *kept* yen for nothing: told once, paid back by staff."""
    if found.state == State.OWED:
        return found
    since = (State.ORDERED, State.CANCELLED, *OPEN_TO_PAPER)
    owed = orders.move(session, found, State.OWED, since=since, failure=reason, owed=kept, owed_at=clock.now())
    event = RefundOwed(
        order_id=owed.id,
        resident_id=owed.resident_id,
        device_id=owed.device_id,
        reference=owed.reference,
        office=owed.office,
        amount=kept,
        reason=reason,
        method=owed.method,
    )
    emit(session, event)
    return owed


def _is_silent(now: datetime) -> ColumnElement[bool]:
    """Paid long ago, and the machine has not said how it ended."""
    at_machine = CertificateOrder.channel == Channel.KIOSK
    return and_(at_machine, CertificateOrder.state.in_(OPEN_TO_PAPER), CertificateOrder.paid_at < now - SILENT_AFTER)


def unsettled(session: Session) -> list[CertificateOrder]:
    """Orders of which staff have to find the money or the paper, the oldest first."""
    query = select(CertificateOrder).where(or_(CertificateOrder.state == State.OWED, _is_silent(clock.now())))
    return list(session.scalars(query.order_by(CertificateOrder.ordered_at).limit(SHOWN_AT_ONCE)))


def settled(session: Session) -> list[CertificateOrder]:
    """Orders staff have settled, what was settled last first."""
    query = select(CertificateOrder).where(
        CertificateOrder.state.in_((State.REFUNDED, State.PRINTED)), CertificateOrder.settled_by.is_not(None)
    )
    return list(session.scalars(query.order_by(CertificateOrder.closed_at.desc()).limit(20)))


def order_of(session: Session, order_id: UUID) -> CertificateOrder:
    """One order, for staff who settle it."""
    found = session.get(CertificateOrder, order_id)
    if found is None:
        raise rules.OrderUnknown
    return found


def by_reference(session: Session, typed: str) -> CertificateOrder:
    """The order of a number somebody reads out, in any width."""
    try:
        reference = read_reference(typed)
    except TextRefused:
        raise rules.OrderUnknown from None
    found = session.scalar(select(CertificateOrder).where(CertificateOrder.reference == reference))
    if found is None:
        raise rules.OrderUnknown
    return found


def may_settle(order: CertificateOrder) -> bool:
    """Whether it is for staff to end this order now."""
    long_ago = order.paid_at is not None and order.paid_at < clock.now() - SILENT_AFTER
    silent = order.channel == Channel.KIOSK and long_ago
    return order.state == State.OWED or (order.state in OPEN_TO_PAPER and silent)


def owed_by(order: CertificateOrder) -> Yen:
    """What the city owes for it, unless paper is handed over: what the machine told, or the fee."""
    return Yen(order.owed or order.total)


def settle(session: Session, staff: Actor, order_id: UUID, *, outcome: Outcome, amount: Yen) -> CertificateOrder:
    """Money paid back at the counter, or the paper found and handed over; who and when stay with the order, once.

    Of an order paid with points no money is paid: the points or the coupon go back, whatever *amount* says."""
    found = order_of(session, order_id)
    if not may_settle(found):
        raise rules.AlreadySettled
    if outcome is Outcome.PAPER and found.issue_number is None:
        raise rules.NoPaperMade
    money = outcome is Outcome.MONEY
    back = (found.total if found.paid_with else amount) if money else Yen(0)
    if money and not 0 < back <= found.total:
        raise rules.PaidBackWrong(fee=found.total)
    since = (State.OWED, *OPEN_TO_PAPER)
    try:
        orders.move(
            session,
            found,
            State.REFUNDED if money else State.PRINTED,
            since=since,
            settled_by=staff.label,
            closed_at=clock.now(),
            paid_back=0 if found.paid_with else back,
        )
    except rules.OrderStateWrong:
        raise rules.AlreadySettled from None
    if money:
        _return_points(session, found)
    event = RefundSettled(
        order_id=found.id,
        resident_id=found.resident_id,
        reference=found.reference,
        office=staff.office,
        amount=back,
        method=found.method,
    )
    emit(session, event)
    return found


def revoke(session: Session, issue_number: str, *, because: str) -> CertificateOrder:
    """Take back a paper that was handed out: from now on `/verify` says so, whatever its signatures say. Once only."""
    row = CertificateOrder
    changed = session.execute(
        update(row)
        .where(row.issue_number == issue_number, row.state == State.PRINTED, row.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_because=because[:200])
        .returning(row.id, row.resident_id)
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        raise rules.OrderUnknown
    audit.did(session, Action.CHANGE, whose=changed.resident_id, what="certificate_orders(revoked)")
    return order_of(session, changed.id)
