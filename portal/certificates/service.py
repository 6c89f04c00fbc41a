"""The certificate desk: order, pay, render, print. The caller owns the transaction.

Every step after the order asks for proof: the device that speaks and the owner token it got with the order (orders).
Repeating a step that already happened with the same facts gives the same answer. An order in state paid or rendered
is owed either a paper or a refund: `printed` and `failed` decide it, once; what the machine could not pay back is for
staff (settling). Whoever holds a paper can have it checked (checking).
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, not_, or_, select
from sqlalchemy.orm import Session

from portal.certificates import (
    checking,
    contents,
    from_residents,
    issuing,
    kinds,
    numbers,
    orders,
    rules,
    settling,
    slips,
)
from portal.certificates import takings as day_takings
from portal.certificates.attesting import service as attesting
from portal.certificates.desk import Caller, Desk, Document, Offer, Payment, Placed, Proof
from portal.certificates.kinds import Channel, Choice, Kind, Option
from portal.certificates.models import CertificateOrder, CertificatePayment
from portal.certificates.paper import press
from portal.certificates.register import Household, Member, Register
from portal.certificates.rules import Barrier, Failure, Outcome, State, Verdict
from portal.certificates.sheets import Issuer, PersonOnRecord, Receipt, Sheet
from portal.certificates.slips import RECEIPT, Say, words
from portal.config import Settings
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.crypto import derive_key, token_hash
from portal.core.db import Instant, insert_once
from portal.core.errors import Refusal
from portal.core.ids import ClientId, ResidentId, new_id
from portal.core.reference import new_reference

if TYPE_CHECKING:
    from portal.certificates.sealing.keys import Keys

__all__ = [
    "Barrier",
    "Caller",
    "Channel",
    "Choice",
    "Desk",
    "Document",
    "Failure",
    "Household",
    "Issuer",
    "Kind",
    "Member",
    "Offer",
    "Option",
    "Outcome",
    "Payment",
    "PersonOnRecord",
    "Placed",
    "Proof",
    "Receipt",
    "Register",
    "Say",
    "State",
    "Verdict",
]

Answer = checking.Answer
Order = CertificateOrder

failed = settling.failed
unsettled = settling.unsettled
settled = settling.settled
settle = settling.settle
Method = rules.Method
order_at_machine = orders.mine
OrderOwnerWrong = rules.OrderOwnerWrong
revoke = settling.revoke
may_settle = settling.may_settle
owed_by = settling.owed_by
order_of = settling.order_of
by_reference = settling.by_reference
check = checking.check
verification_address = checking.address
check_document = checking.check_document
read_issue_number = numbers.read_issue_number
OrderUnknown = rules.OrderUnknown
title_of = kinds.title_of
questions = kinds.questions
fee = kinds.fee
NAMES = kinds.NAMES
RECORDS = kinds.RECORDS
MAX_COPIES = kinds.MAX_COPIES
both = slips.both
Takings = day_takings.Takings
takings = day_takings.takings
attest = attesting.register
note_attested = attesting.note_document
city_as_issuer = attesting.issuer

OPEN_TO_PAPER = settling.OPEN_TO_PAPER
FORGOTTEN_AFTER = timedelta(minutes=30)
HISTORY = 50


def open_desk(settings: Settings) -> Desk:
    """The desk of this city, reading the resident register; cheap enough to open for each request."""
    key = derive_key(settings.master, "certificate-owner")
    return Desk(from_residents, key, settings.base_url, partial(keys, settings))


def keys(settings: Settings) -> "Keys":
    """What the city signs certificates with, and what it publishes of it."""
    from portal.certificates.sealing.keys import keys  # here: only who draws papers carries what signs them

    return keys(settings)


def kinds_for(session: Session, desk: Desk, caller: Caller) -> list[Offer]:
    """Every kind with its fee here, and why not where this person cannot have it. Charges nobody, changes nothing."""
    try:
        issuing.check_may_have(session, desk, caller.resident_id, caller.channel)
        why_not = None
    except Refusal as refusal:
        why_not = refusal
    return [_offer(session, caller, kind, why_not) for kind in Kind]


def window_caller(staff: Actor, resident_id: UUID) -> Caller:
    """A member of staff who asks what can be issued to somebody."""
    return Caller(ClientId(staff.id or new_id()), new_id(), ResidentId(resident_id), staff.office, Channel.WINDOW)


def may_have(session: Session, desk: Desk, resident_id: UUID, channel: Channel) -> bool:
    """Whether the rules let this person have a certificate there today; opens nobody's data."""
    try:
        issuing.check_may_have(session, desk, ResidentId(resident_id), channel)
    except Refusal:
        return False
    return True


def _offer(session: Session, caller: Caller, kind: Kind, why_not: Refusal | None) -> Offer:
    try:
        issuing.check_has(session, caller.resident_id, kind)
    except Refusal as refusal:
        why_not = why_not or refusal
    return Offer(
        kind=kind,
        name=kinds.NAMES[kind],
        fee=kinds.fee(kind, caller.channel, caller.office),
        options=kinds.questions(kind, caller.channel, clock.today()),
        max_copies=kinds.MAX_COPIES,
        why_not=why_not,
    )


def order(
    session: Session,
    desk: Desk,
    caller: Caller,
    *,
    kind: str,
    options: Mapping[str, str],
    copies: int,
    delivery: str = "",
    postage: int = 0,
    order_id: UUID | None = None,
) -> Placed:
    """Order a certificate for the person whose card is on the machine; binds it to card, card session, device and wish.

    *order_id* is for who wants the same order for the same form; *postage* comes on top of the fee.
    """
    wanted = rules.check_wish(kind, options, copies, caller.channel)
    reference, order_id = new_reference(), order_id or new_id()
    sheet = issuing.sheet_for(session, desk, caller, wanted, options, case_ref=reference)
    if press().undrawable(sheet.names()):
        raise rules.NameNeedsWindow
    placed = CertificateOrder(
        id=order_id,
        reference=reference,
        state=State.ORDERED,
        kind=wanted,
        options=dict(options),
        copies=copies,
        fee=kinds.fee(wanted, caller.channel, caller.office, kinds.purpose_of(options)) * copies,
        postage=postage,
        channel=caller.channel,
        office=caller.office,
        resident_id=caller.resident_id,
        device_id=caller.device_id,
        session_id=caller.session_id,
        card=caller.card,
        delivery=delivery,
        digest=contents.digest(desk.key, sheet),
        birth_marks=contents.birth_marks(desk.key, order_id, sheet),
        ordered_at=clock.now(),
    )
    owner = orders.owner_token(desk, placed, caller.device_id)
    placed.owner_hash = token_hash(owner)
    session.add(placed)
    session.flush()
    return Placed(placed.id, reference, owner, placed.total, title_of(options, kind), copies)


def pay(session: Session, desk: Desk, order_id: UUID, proof: Proof, payment: Payment) -> CertificateOrder:
    """Take the fee; from here a paper or a refund is owed. The issue number is given out now."""
    found = orders.mine(session, desk, order_id, proof)
    if payment.amount != found.total:
        raise rules.AmountWrong(fee=found.total)
    at = clock.now()
    row = {
        "device_id": found.device_id,
        "receipt": payment.receipt,
        "order_id": found.id,
        "amount": payment.amount,
        "method": payment.method,
        "at": at,
    }
    if insert_once(session, CertificatePayment.__table__, row) == 0:  # type: ignore[arg-type]
        return _paid_before(session, found, payment)
    standing = desk.register.standing(session, ResidentId(found.resident_id))
    if standing is None:
        raise rules.NotOnRegister
    year, ward = at.astimezone(clock.JST).year, "" if found.kind in kinds.TAXES else standing.ward
    return orders.move(
        session,
        found,
        State.PAID,
        since=(State.ORDERED,),
        paid_at=at,
        paid_with=payment.method if payment.method in rules.BY_POINTS else "",
        issue_number=numbers.next_issue_number(session, ward, year),
        verification_code=numbers.new_verification_code(),
    )


def render(
    session: Session, desk: Desk, order_id: UUID, proof: Proof, *, complete: Callable[[Sheet], Sheet] | None = None
) -> Document:
    """The paper of a paid order. Asking again gives the same bytes, until it is printed or refunded.

    Fit for a GET: the order becomes `rendered` in the short transaction that ends a look, before the answer leaves.
    """
    found = orders.mine(session, desk, order_id, proof)
    if found.state not in OPEN_TO_PAPER:
        raise rules.OrderStateWrong(state=found.state)
    if (found.options.get("number") == "yes") != (complete is not None):
        raise rules.OnlyAtWindow
    sheet = issuing.same_sheet(session, desk, found)
    document = issuing.document(desk, found, complete(sheet) if complete else sheet)
    if found.document_sha256 not in (None, document.sha256):
        raise rules.RegisterChanged
    hand_out = partial(_hand_out, order_id=found.id, whose=found.resident_id, document=document)
    audit.afterwards(session, hand_out)
    return document


def printed(session: Session, desk: Desk, order_id: UUID, proof: Proof, *, job: str) -> CertificateOrder:
    """The paper lies in the tray: the order is done and can no longer be refunded."""
    found = orders.mine(session, desk, order_id, proof)
    if found.state == State.PRINTED and found.print_job == job:
        return found
    since = (*OPEN_TO_PAPER, State.OWED)  # a jam that was cleared may give the paper after all
    done = orders.move(session, found, State.PRINTED, since=since, print_job=job, closed_at=clock.now())
    return done


def abandon(session: Session, session_id: UUID) -> int:
    """The card session ended: its unpaid orders are cancelled (paid ones stay printable). Returns how many."""
    unpaid = session.scalars(
        select(CertificateOrder).where(
            CertificateOrder.session_id == session_id, CertificateOrder.state == State.ORDERED
        )
    ).all()
    cancelled = 0
    for found in unpaid:
        with suppress(rules.OrderStateWrong):  # paid in the same instant: then it is not ours to cancel
            orders.move(session, found, State.CANCELLED, since=(State.ORDERED,), closed_at=clock.now())
            cancelled += 1
    return cancelled


def cancel_forgotten(session: Session, _payload: dict[str, Any]) -> None:
    """Cancel orders nobody paid: a machine that lost its power cannot say so (worker, every ten minutes)."""
    unpaid = session.scalars(
        select(CertificateOrder).where(
            CertificateOrder.state == State.ORDERED,
            CertificateOrder.channel != Channel.ONLINE,  # who ordered at home has days to pay (online.service)
            CertificateOrder.ordered_at < clock.now() - FORGOTTEN_AFTER,
        )
    ).all()
    for found in unpaid:
        with suppress(rules.OrderStateWrong):
            orders.move(session, found, State.CANCELLED, since=(State.ORDERED,), closed_at=clock.now())


def history(session: Session, resident_id: UUID) -> list[CertificateOrder]:
    """The orders a resident paid for, and those from home that wait for it, newest first."""
    query = select(CertificateOrder).where(CertificateOrder.resident_id == resident_id, _is_shown())
    return list(session.scalars(query.order_by(CertificateOrder.ordered_at.desc()).limit(HISTORY)))


def waits_for_its_owner(session: Session, order_id: UUID) -> bool:
    """Paid while nobody was there to get the file."""
    state = select(CertificateOrder.state).where(CertificateOrder.id == order_id)
    return session.scalar(state) == State.PAID


def own(session: Session, resident_id: UUID, order_id: UUID) -> CertificateOrder:
    """One order of this resident's; somebody else's is as unknown as none."""
    mine = CertificateOrder.resident_id == resident_id
    found = session.scalar(select(CertificateOrder).where(CertificateOrder.id == order_id, mine, _is_shown()))
    if found is None:
        raise rules.OrderUnknown
    return found


def _is_shown() -> ColumnElement[bool]:
    """At a machine what was not paid for never was an order."""
    unpaid = CertificateOrder.state.in_((State.ORDERED, State.CANCELLED))
    return or_(CertificateOrder.channel == Channel.ONLINE, not_(unpaid))


def has_receipt(order: CertificateOrder) -> bool:
    """A receipt is for money the city keeps."""
    return order.state == State.PRINTED and order.total > 0 and not order.paid_with


def issuer_of(order: CertificateOrder) -> Issuer:
    """Who attests a paid order. Raises OrderUnknown before a number was given out."""
    if order.issue_number is None:
        raise rules.OrderUnknown
    return contents.issuer(numbers.ward_of(order.issue_number))


def receipt(sheet: Receipt) -> bytes:
    """A5 PDF of a receipt (words from `receipt_words`)."""
    return press().receipt(sheet)


def receipt_words(say: Say, say_japanese: Say) -> dict[str, tuple[str, str]]:
    """The fixed words of a receipt in the reader's language, with the Japanese beside them."""
    return words(RECEIPT, say, say_japanese)


def _paid_before(session: Session, found: CertificateOrder, payment: Payment) -> CertificateOrder:
    """A payment that is there already: fine if it is the same one for the same order."""
    row = session.get(CertificatePayment, (found.device_id, payment.receipt))
    if row is None or row.order_id != found.id or (row.amount, row.method) != (payment.amount, payment.method):
        raise rules.PaymentUsed
    return found


def _hand_out(session: Session, *, order_id: UUID, whose: UUID, document: Document) -> None:
    """The last look before the paper leaves: still owed, and still the same paper. Refused, nothing leaves."""
    sha256 = CertificateOrder.document_sha256
    same = or_(sha256.is_(None), sha256 == document.sha256)
    values = {
        "document_sha256": document.sha256,
        "pages": document.pages,
        "rendered_at": func.coalesce(CertificateOrder.rendered_at, literal(clock.now(), Instant)),
    }
    orders.change(session, order_id, whose, to=State.RENDERED, since=OPEN_TO_PAPER, only_if=same, values=values)
