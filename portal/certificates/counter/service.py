"""Issuing at the window. The caller owns the transaction.

An order here is bound to the member of staff, as one at a machine is to the machine, and to the identity check they
made: nobody without one. The 個人番号 is read while the paper is drawn, for the people on it, and is in nothing else that is
kept (neither order nor digest nor the data inside the file).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.accounts.service import IdentityCheck
from portal.certificates import orders, service
from portal.certificates import rules as certificates
from portal.certificates.counter import rules
from portal.certificates.desk import Caller, Desk, Document, Payment
from portal.certificates.events import CertificateHandedOut
from portal.certificates.models import CertificateOrder
from portal.certificates.online import service as online
from portal.certificates.online.rules import Way
from portal.certificates.rules import Channel, Failure, State
from portal.certificates.sheets import ResidentRecord, Sheet
from portal.core import clock
from portal.core.actor import Actor
from portal.core.envelope import KeyRing
from portal.core.events import emit
from portal.core.ids import ClientId, ResidentId
from portal.core.money import Yen
from portal.number_vault import service as vault

OPEN = (State.ORDERED, State.PAID, State.RENDERED)
SHOWN = 50


def issue(
    session: Session,
    desk: Desk,
    staff: Actor,
    resident_id: UUID,
    order_id: UUID,
    *,
    kind: str,
    options: Mapping[str, str],
    copies: int,
    fee_taken: bool,
    confirmed: bool,
) -> CertificateOrder:
    """Order and pay in one: the fee lies in the drawer. The same *order_id* (that of the form) is the same order."""
    if (known := _mine(session, staff, resident_id, order_id)) is not None:
        return known
    check = accounts.fresh_check(session, staff, resident_id)
    if check is None:
        raise rules.CheckIdentityFirst(minutes=rules.CHECK_MINUTES)
    rules.check(check.how, guarded=is_guarded(session, desk, resident_id), confirmed=confirmed)
    caller = Caller(ClientId(_id(staff)), check.id, ResidentId(resident_id), staff.office, Channel.WINDOW)
    try:
        with session.begin_nested():
            placed = service.order(session, desk, caller, kind=kind, options=options, copies=copies, order_id=order_id)
            if placed.fee and not fee_taken:
                raise rules.FeeNotTaken
            order = session.get_one(CertificateOrder, placed.order_id)
            if with_number(order):
                _check_numbers(session, desk, order)
            money = Payment(placed.fee, "cash" if placed.fee else "free", f"window:{order.reference}")
            service.pay(session, desk, order.id, orders.proof_of(desk, order), money)
    except IntegrityError:
        session.expire_all()
    found = _mine(session, staff, resident_id, order_id)
    if found is None:
        raise certificates.OrderUnknown
    return found


def _id(staff: Actor) -> UUID:
    assert staff.id
    return staff.id


def _mine(session: Session, staff: Actor, resident_id: UUID, order_id: UUID) -> CertificateOrder | None:
    row = CertificateOrder
    query = select(row).where(row.id == order_id, row.resident_id == resident_id, row.device_id == staff.id)
    return session.scalar(query)


def check_of(session: Session, desk: Desk, staff: Actor, resident_id: UUID) -> IdentityCheck | None:
    """The fresh identity check on which a certificate can be issued to this person; None for none, or a weak one."""
    check = accounts.fresh_check(session, staff, resident_id)
    weak = check is not None and check.how in rules.WEAK and is_guarded(session, desk, resident_id)
    return None if weak else check


def is_guarded(session: Session, desk: Desk, resident_id: UUID) -> bool:
    """Whether somebody of the household is under 支援措置; opens nobody's data."""
    standing = desk.register.standing(session, ResidentId(resident_id))
    return standing is not None and bool(standing.applicant.barriers)


def with_number(order: CertificateOrder) -> bool:
    return order.options.get("number") == "yes"


def _check_numbers(session: Session, desk: Desk, order: CertificateOrder) -> None:
    """Before money is taken: there is a number for everybody on the paper."""
    from portal.certificates import issuing

    sheet = issuing.same_sheet(session, desk, order)
    assert isinstance(sheet, ResidentRecord)
    people = [one.who for one in sheet.persons if one.who]
    if len(vault.kept_of(session, people)) != len(sheet.persons):
        raise vault.NumberNotKept


def of_office(session: Session, staff: Actor, order_id: UUID) -> CertificateOrder:
    """An order of this office's windows, or one from home that waits for its fee; any other is as unknown as none."""
    found = session.get(CertificateOrder, order_id)
    ours = found is not None and (
        (found.channel == Channel.WINDOW and found.office == staff.office)
        or (found.channel == Channel.ONLINE and found.state in (State.ORDERED, State.PAID, State.PRINTED))
    )
    if found is None or not ours:
        raise certificates.OrderUnknown
    return found


def open_orders(session: Session, staff: Actor) -> Sequence[CertificateOrder]:
    """What was begun at this office's windows and is not ended: after a power cut, say."""
    row = CertificateOrder
    query = select(row).where(row.channel == Channel.WINDOW, row.office == staff.office, row.state.in_(OPEN))
    recent = or_(row.state != State.ORDERED, row.ordered_at > clock.now() - rules.OPEN_FOR)
    return session.scalars(query.where(recent).order_by(row.ordered_at).limit(SHOWN)).all()


def paper(session: Session, desk: Desk, ring: KeyRing, order: CertificateOrder) -> Document:
    """The paper of an order at the window, as often as the printer needs it."""
    _check_ours(order)
    complete = partial(_with_numbers, session, ring, order.reference) if with_number(order) else None
    return service.render(session, desk, order.id, orders.proof_of(desk, order), complete=complete)


def _check_ours(order: CertificateOrder) -> None:
    """Of an order from home a window takes the fee, no more: its money goes back the way it came."""
    if order.channel != Channel.WINDOW:
        raise certificates.OrderUnknown


def _with_numbers(session: Session, ring: KeyRing, case_ref: str, sheet: Sheet) -> Sheet:
    assert isinstance(sheet, ResidentRecord)

    def numbered(who: UUID | None) -> str:
        if who is None:
            raise vault.NumberNotKept
        return vault.open_number(session, ring, who, case_ref=case_ref).printed()

    return replace(sheet, persons=[replace(one, my_number=numbered(one.who)) for one in sheet.persons])


def handed_out(session: Session, desk: Desk, staff: Actor, order: CertificateOrder) -> CertificateOrder:
    """The paper is in the person's hands; whose it is, is told. Raises OrderStateWrong before it was drawn."""
    _check_ours(order)
    if order.state == State.PAID:
        raise certificates.OrderStateWrong(state=order.state)
    before = order.state
    done = service.printed(session, desk, order.id, orders.proof_of(desk, order), job=f"window:{order.reference}")
    if before != State.PRINTED:
        event = CertificateHandedOut(
            order_id=done.id,
            resident_id=done.resident_id,
            reference=done.reference,
            office=staff.office,
            title=service.title_of(done.options, done.kind),
            number=with_number(done),
        )
        emit(session, event)
    return done


def void(session: Session, desk: Desk, order: CertificateOrder) -> CertificateOrder:
    """Not handed out: paper destroyed, fee given back out of the drawer."""
    _check_ours(order)
    proof = orders.proof_of(desk, order)
    return service.failed(session, desk, order.id, proof, reason=Failure.STOPPED, refunded=True, kept=Yen(0))


def take_fee(session: Session, desk: Desk, ring: KeyRing, order: CertificateOrder) -> CertificateOrder:
    """The fee of an order from home, in cash: from here on it is as if it had been paid online."""
    if order.channel != Channel.ONLINE or order.state != State.ORDERED:
        raise certificates.OrderStateWrong(state=order.state)
    online.begin_payment(session, order, Way.WINDOW, online=False)
    receipt = f"window:{order.reference}"
    paid = online.take_payment(session, desk, order, amount=order.total, way=Way.WINDOW, receipt=receipt)
    return online.deliver(session, desk, ring, paid, Way.WINDOW)
