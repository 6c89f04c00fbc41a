"""The certificate desk: order, pay, render, print. The caller owns the transaction.

Every step after the order asks for proof: the device that speaks and the owner token it got with the order (orders).
Repeating a step that already happened with the same facts gives the same answer. An order in state paid or rendered
is owed either a paper or a refund: `printed` and `failed` decide it, once; what the machine could not pay back is for
staff (settling). Whoever holds a paper can have it checked (checking).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import Session

from portal.certificates import checking, contents, from_residents, numbers, orders, rules, settling, slips
from portal.certificates.desk import Caller, Desk, Document, Offer, Payment, Placed, Proof
from portal.certificates.models import CertificateOrder, CertificatePayment
from portal.certificates.paper import press
from portal.certificates.register import Household, Member, Register
from portal.certificates.rules import Barrier, Channel, Choice, Failure, Kind, Option, Outcome, State, Verdict
from portal.certificates.sheets import Issuer, Marks, PersonOnRecord, Receipt, ResidentRecord
from portal.certificates.slips import RECEIPT, Say, words
from portal.config import Settings
from portal.core import audit, clock
from portal.core.crypto import derive_key, token_hash
from portal.core.db import Instant, insert_once
from portal.core.errors import Refusal
from portal.core.ids import ResidentId, new_id
from portal.core.money import Yen
from portal.core.reference import new_reference

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
may_settle = settling.may_settle
owed_by = settling.owed_by
order_of = settling.order_of
by_reference = settling.by_reference
check = checking.check
verification_address = checking.address
check_document = checking.check_document
read_issue_number = numbers.read_issue_number
title_of = rules.title_of
both = slips.both

OPEN_TO_PAPER = settling.OPEN_TO_PAPER
PAGE = re.compile(rb"/Type\s*/Page\b")
FORGOTTEN_AFTER = timedelta(minutes=30)
HISTORY = 50


def open_desk(settings: Settings) -> Desk:
    """The desk of this city, reading the resident register; cheap enough to open for each request."""
    return Desk(from_residents, derive_key(settings.master, "certificate-owner"), settings.base_url)


def kinds_for(session: Session, desk: Desk, caller: Caller) -> list[Offer]:
    """Every kind with its fee here, and why not where this person cannot have it. Charges nobody, changes nothing."""
    try:
        _check_may_have(session, desk, caller.resident_id)
        why_not = None
    except Refusal as refusal:
        why_not = refusal
    return [
        Offer(
            kind=kind,
            name=rules.NAMES[kind],
            fee=rules.fee(kind, caller.channel, caller.office),
            options=rules.OPTIONS[kind],
            max_copies=rules.MAX_COPIES,
            why_not=why_not,
        )
        for kind in Kind
    ]


def order(
    session: Session, desk: Desk, caller: Caller, *, kind: str, options: Mapping[str, str], copies: int
) -> Placed:
    """Order a certificate for the person whose card is on the machine; binds it to card session and device."""
    wanted = rules.check_wish(kind, options, copies)
    reference, order_id = new_reference(), new_id()
    record = _record(session, desk, caller.resident_id, options, reference)
    if press().undrawable(record.names()):
        raise rules.NameNeedsWindow
    placed = CertificateOrder(
        id=order_id,
        reference=reference,
        state=State.ORDERED,
        kind=wanted,
        options=dict(options),
        copies=copies,
        fee=rules.fee(wanted, caller.channel, caller.office) * copies,
        channel=caller.channel,
        office=caller.office,
        resident_id=caller.resident_id,
        device_id=caller.device_id,
        session_id=caller.session_id,
        digest=contents.digest(desk.key, record),
        birth_marks=contents.birth_marks(desk.key, order_id, record),
        ordered_at=clock.now(),
    )
    owner = orders.owner_token(desk, placed, caller.device_id)
    placed.owner_hash = token_hash(owner)
    session.add(placed)
    session.flush()
    return Placed(placed.id, reference, owner, Yen(placed.fee), rules.title_of(options), copies)


def pay(session: Session, desk: Desk, order_id: UUID, proof: Proof, payment: Payment) -> CertificateOrder:
    """Take the fee; from here a paper or a refund is owed. The issue number is given out now."""
    found = orders.mine(session, desk, order_id, proof)
    if payment.amount != found.fee:
        raise rules.AmountWrong(fee=found.fee)
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
    year = at.astimezone(clock.JST).year
    return orders.move(
        session,
        found,
        State.PAID,
        since=(State.ORDERED,),
        paid_at=at,
        issue_number=numbers.next_issue_number(session, standing.ward, year),
        verification_code=numbers.new_verification_code(),
    )


def render(session: Session, desk: Desk, order_id: UUID, proof: Proof) -> Document:
    """The paper of a paid order. Asking again gives the same bytes, until it is printed or refunded.

    Fit for a GET: the order becomes `rendered` in the short transaction that ends a look, before the answer leaves.
    """
    found = orders.mine(session, desk, order_id, proof)
    if found.state not in OPEN_TO_PAPER:
        raise rules.OrderStateWrong(state=found.state)
    resident_id = ResidentId(found.resident_id)
    record = _record(session, desk, resident_id, found.options, found.reference)
    if not hmac.compare_digest(contents.digest(desk.key, record), found.digest):
        raise rules.RegisterChanged
    document = _document(desk, found, record)
    if found.document_sha256 not in (None, document.sha256):
        raise rules.RegisterChanged
    hand_out = partial(_hand_out, order_id=found.id, whose=resident_id, document=document)
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
            CertificateOrder.state == State.ORDERED, CertificateOrder.ordered_at < clock.now() - FORGOTTEN_AFTER
        )
    ).all()
    for found in unpaid:
        with suppress(rules.OrderStateWrong):
            orders.move(session, found, State.CANCELLED, since=(State.ORDERED,), closed_at=clock.now())


def history(session: Session, resident_id: UUID) -> list[CertificateOrder]:
    """The orders a resident paid for, newest first."""
    query = select(CertificateOrder).where(
        CertificateOrder.resident_id == resident_id,
        CertificateOrder.state.not_in((State.ORDERED, State.CANCELLED)),
    )
    return list(session.scalars(query.order_by(CertificateOrder.ordered_at.desc()).limit(HISTORY)))


def own(session: Session, resident_id: UUID, order_id: UUID) -> CertificateOrder:
    """One order of this resident's; somebody else's is as unknown as none."""
    found = session.get(CertificateOrder, order_id)
    if found is None or found.resident_id != resident_id or found.state in (State.ORDERED, State.CANCELLED):
        raise rules.OrderUnknown
    return found


def has_receipt(order: CertificateOrder) -> bool:
    """A receipt is for money the city keeps."""
    return order.state == State.PRINTED and order.fee > 0


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


def _check_may_have(session: Session, desk: Desk, resident_id: ResidentId) -> str:
    """The ward that attests, if the rules let a machine hand a copy out today; opens nobody's data."""
    standing = desk.register.standing(session, resident_id)
    if standing is None:
        raise rules.NotOnRegister
    rules.check_may_have(standing.applicant, clock.today())
    return standing.ward


def _record(
    session: Session, desk: Desk, resident_id: ResidentId, options: Mapping[str, str], case_ref: str
) -> ResidentRecord:
    """What the copy says today, if it may be handed out: opens the people on it, on record once an order."""
    _check_may_have(session, desk, resident_id)
    household = desk.register.household(session, resident_id, contents.wish(options, case_ref))
    if household is None:
        raise rules.NotOnRegister
    return contents.resident_record(household, options)


def _paid_before(session: Session, found: CertificateOrder, payment: Payment) -> CertificateOrder:
    """A payment that is there already: fine if it is the same one for the same order."""
    row = session.get(CertificatePayment, (found.device_id, payment.receipt))
    if row is None or row.order_id != found.id or row.amount != payment.amount:
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


def _document(desk: Desk, order: CertificateOrder, record: ResidentRecord) -> Document:
    """Draw the paper; everything that could differ between two drawings comes from the order's own row."""
    if order.paid_at is None or order.issue_number is None or order.verification_code is None:
        raise rules.OrderStateWrong(state=order.state)
    marks = Marks(
        order_id=order.id,
        issue_number=order.issue_number,
        verification_code=order.verification_code,
        verification_url=verification_address(desk.base_url, order.issue_number, order.verification_code),
        issued_at=order.paid_at,
        issued_on=order.paid_at.astimezone(clock.JST).date(),
    )
    pdf = press().resident_record(record, marks)
    return Document(
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        keyword=f"order:{order.id}",
        copies=order.copies,
        pages=len(PAGE.findall(pdf)),
    )
