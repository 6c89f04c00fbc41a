"""The certificate desk: order, pay, render, print, refund. The caller owns the transaction.

Every step after the order asks for proof: the device that speaks and the owner token it got with the order. The
token is a keyed hash over order, card session, device and resident, so a row that came to belong to somebody
else, a crossed answer or another machine fails here and no paper leaves. Every change of state is one
conditional UPDATE: of two that race, one wins on SQLite and PostgreSQL alike. Repeating a step that already
happened with the same facts gives the same answer.

Money: an order in state paid or rendered is owed either a paper or a refund. `printed` and `failed` decide it,
once; what the machine could not pay back is told (`RefundOwed`).
"""

import hashlib
import hmac
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, true, update
from sqlalchemy.orm import Session

from portal.certificates import contents, from_residents, numbers, rules
from portal.certificates.desk import Caller, Desk, Document, Offer, Payment, Placed, Proof
from portal.certificates.events import RefundOwed
from portal.certificates.models import CertificateOrder, CertificatePayment
from portal.certificates.paper import press
from portal.certificates.register import Household, Member, Register
from portal.certificates.rules import Barrier, Channel, Choice, Failure, Kind, Option, State
from portal.certificates.sheets import Issuer, Marks, PersonOnRecord, Receipt, ResidentRecord, Scope, VisitSlip
from portal.certificates.slips import RECEIPT, VISIT_SLIP, Say, words
from portal.config import Settings
from portal.core import audit, clock
from portal.core.audit import Action
from portal.core.crypto import b64url, derive_key, mac, token_hash
from portal.core.db import Instant, insert_once
from portal.core.errors import Refusal
from portal.core.events import emit
from portal.core.ids import ClientId, ResidentId, new_id
from portal.core.money import Yen

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
    "Payment",
    "PersonOnRecord",
    "Placed",
    "Proof",
    "Receipt",
    "Register",
    "Say",
    "State",
    "VisitSlip",
]

OPEN_TO_PAPER = (State.PAID, State.RENDERED)
FORGOTTEN_AFTER = timedelta(minutes=30)


def open_desk(settings: Settings) -> Desk:
    """The desk of this city, reading the resident register; cheap enough to open for each request."""
    return Desk(from_residents.household, derive_key(settings.master, "certificate-owner"), settings.base_url)


def kinds_for(session: Session, desk: Desk, caller: Caller) -> list[Offer]:
    """Every kind with its fee here, and why not where this person cannot have it. Charges nobody, changes nothing."""
    try:
        _household_for(session, desk, caller.resident_id)
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
    household = _household_for(session, desk, caller.resident_id)
    record = contents.resident_record(household, caller.resident_id, options)
    if press().undrawable(record.names()):
        raise rules.NameNeedsWindow
    placed = CertificateOrder(
        id=new_id(),
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
        ordered_at=clock.now(),
    )
    owner = _owner_token(desk, placed, caller.device_id)
    placed.owner_hash = token_hash(owner)
    session.add(placed)
    session.flush()
    return Placed(placed.id, owner, Yen(placed.fee), title_of(placed), copies)


def title_of(order: CertificateOrder) -> str:
    """The msgid that names this order's certificate."""
    return rules.WITH_SCOPE[Scope(order.options["scope"])]


def pay(session: Session, desk: Desk, order_id: UUID, proof: Proof, payment: Payment) -> CertificateOrder:
    """Take the fee; from here a paper or a refund is owed. The issue number is given out now."""
    found = _mine(session, desk, order_id, proof)
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
    ward = contents.ward_of(desk.register(session, ResidentId(found.resident_id)))
    return _move(
        session,
        found,
        State.PAID,
        since=(State.ORDERED,),
        paid_at=at,
        issue_number=numbers.next_issue_number(session, ward, at.astimezone(clock.JST).year),
        verification_code=numbers.new_verification_code(),
    )


def render(session: Session, desk: Desk, order_id: UUID, proof: Proof) -> Document:
    """The paper of a paid order. Asking again gives the same bytes, until it is printed or refunded.

    Fit for a GET: the order becomes `rendered` in the short transaction that ends a look, before the answer leaves.
    """
    found = _mine(session, desk, order_id, proof)
    if found.state not in OPEN_TO_PAPER:
        raise rules.OrderStateWrong(state=found.state)
    resident_id = ResidentId(found.resident_id)
    household = _household_for(session, desk, resident_id)
    record = contents.resident_record(household, resident_id, found.options)
    if not hmac.compare_digest(contents.digest(desk.key, record), found.digest):
        raise rules.RegisterChanged
    document = _document(desk, found, record)
    if found.document_sha256 not in (None, document.sha256):
        raise rules.RegisterChanged
    for person_id in contents.covered(household, resident_id, found.options):
        audit.looked(session, whose=person_id, what=f"certificates.{found.kind}", case_ref=found.issue_number or "")
    audit.afterwards(session, partial(_hand_out, order_id=found.id, whose=resident_id, sha256=document.sha256))
    return document


def printed(session: Session, desk: Desk, order_id: UUID, proof: Proof, *, job: str) -> CertificateOrder:
    """The paper lies in the tray: the order is done and can no longer be refunded."""
    found = _mine(session, desk, order_id, proof)
    if found.state == State.PRINTED and found.print_job == job:
        return found
    done = _move(session, found, State.PRINTED, since=OPEN_TO_PAPER, print_job=job, closed_at=clock.now())
    return done


def failed(
    session: Session, desk: Desk, order_id: UUID, proof: Proof, *, reason: Failure, refunded: bool
) -> CertificateOrder:
    """No paper. Unpaid: cancelled. Paid and money returned: refunded. Money not returned: staff are told."""
    found = _mine(session, desk, order_id, proof)
    if found.state in (State.REFUNDED, State.CANCELLED):
        return found
    if found.state == State.ORDERED:
        return _move(session, found, State.CANCELLED, since=(State.ORDERED,), failure=reason, closed_at=clock.now())
    if refunded:
        return _move(session, found, State.REFUNDED, since=OPEN_TO_PAPER, failure=reason, closed_at=clock.now())
    told_before = found.failure is not None
    owed = _move(session, found, State(found.state), since=OPEN_TO_PAPER, failure=reason)
    if not told_before:
        emit(session, RefundOwed(order_id=owed.id, device_id=owed.device_id, reason=reason))
    return owed


def abandon(session: Session, session_id: UUID) -> int:
    """The card session ended: its unpaid orders are cancelled (paid ones stay printable). Returns how many."""
    orders = session.scalars(
        select(CertificateOrder).where(
            CertificateOrder.session_id == session_id, CertificateOrder.state == State.ORDERED
        )
    ).all()
    cancelled = 0
    for found in orders:
        with suppress(rules.OrderStateWrong):  # paid in the same instant: then it is not ours to cancel
            _move(session, found, State.CANCELLED, since=(State.ORDERED,), closed_at=clock.now())
            cancelled += 1
    return cancelled


def cancel_forgotten(session: Session, _payload: dict[str, Any]) -> None:
    """Cancel orders nobody paid: a machine that lost its power cannot say so (worker, every ten minutes)."""
    orders = session.scalars(
        select(CertificateOrder).where(
            CertificateOrder.state == State.ORDERED, CertificateOrder.ordered_at < clock.now() - FORGOTTEN_AFTER
        )
    ).all()
    for found in orders:
        with suppress(rules.OrderStateWrong):
            _move(session, found, State.CANCELLED, since=(State.ORDERED,), closed_at=clock.now())


def unsettled(session: Session, device_id: ClientId) -> list[CertificateOrder]:
    """Orders of a device that were paid and have neither paper nor refund, oldest first (after a restart)."""
    return list(
        session.scalars(
            select(CertificateOrder)
            .where(CertificateOrder.device_id == device_id, CertificateOrder.state.in_(OPEN_TO_PAPER))
            .order_by(CertificateOrder.paid_at)
        )
    )


def visit_slip(slip: VisitSlip) -> bytes:
    """A5 PDF of a reservation slip (words from `slip_words`)."""
    return press().visit_slip(slip)


def receipt(sheet: Receipt) -> bytes:
    """A5 PDF of a receipt (words from `receipt_words`)."""
    return press().receipt(sheet)


def slip_words(say: Say, say_japanese: Say) -> dict[str, tuple[str, str]]:
    """The fixed words of a visit slip in the reader's language, with the Japanese beside them."""
    return words(VISIT_SLIP, say, say_japanese)


def receipt_words(say: Say, say_japanese: Say) -> dict[str, tuple[str, str]]:
    """The fixed words of a receipt in the reader's language, with the Japanese beside them."""
    return words(RECEIPT, say, say_japanese)


def _household_for(session: Session, desk: Desk, resident_id: ResidentId) -> Household:
    """The applicant's own household, if the rules let a machine hand it out today."""
    household = desk.register(session, resident_id)
    applicant = household.applicant(resident_id) if household else None
    if household is None or applicant is None:
        raise rules.NotOnRegister
    rules.check_may_have(applicant, clock.today())
    return household


def _owner_token(desk: Desk, order: CertificateOrder, device_id: UUID) -> str:
    parts = (order.id, order.session_id, device_id, order.resident_id)
    return b64url(mac(desk.key, b"certificate-owner", *(part.bytes for part in parts)))


def _mine(session: Session, desk: Desk, order_id: UUID, proof: Proof) -> CertificateOrder:
    """The order, if this device holds its owner token; recomputed from the row, so a row that moved fails too."""
    found = session.get(CertificateOrder, order_id)
    if found is None:
        raise rules.OrderUnknown
    right = _owner_token(desk, found, proof.device_id).encode()
    presented = proof.owner.encode()
    same_hash = hmac.compare_digest(token_hash(proof.owner), found.owner_hash)
    if not (hmac.compare_digest(right, presented) and same_hash):
        whose = found.resident_id
        audit.afterwards(session, lambda later: _note_stranger(later, whose))
        raise rules.OrderOwnerWrong
    return found


def _note_stranger(session: Session, whose: UUID) -> None:
    audit.did(session, Action.REFUSED, whose=whose, what=f"certificate_orders {rules.OrderOwnerWrong.code}")


def _paid_before(session: Session, found: CertificateOrder, payment: Payment) -> CertificateOrder:
    """A payment that is there already: fine if it is the same one for the same order."""
    row = session.get(CertificatePayment, (found.device_id, payment.receipt))
    if row is None or row.order_id != found.id or row.amount != payment.amount:
        raise rules.PaymentUsed
    return found


def _hand_out(session: Session, *, order_id: UUID, whose: UUID, sha256: str) -> None:
    """The last look before the paper leaves: still owed, and still the same paper. Refused, nothing leaves."""
    same = or_(CertificateOrder.document_sha256.is_(None), CertificateOrder.document_sha256 == sha256)
    values = {
        "document_sha256": sha256,
        "rendered_at": func.coalesce(CertificateOrder.rendered_at, literal(clock.now(), Instant)),
    }
    _change(session, order_id, whose, to=State.RENDERED, since=OPEN_TO_PAPER, only_if=same, values=values)


def _move(
    session: Session, found: CertificateOrder, to: State, *, since: tuple[State, ...], **values: Any
) -> CertificateOrder:
    """Change the state if it still is one of `since`; otherwise refuse."""
    _change(session, found.id, found.resident_id, to=to, since=since, only_if=true(), values=values)
    session.refresh(found)
    return found


def _change(
    session: Session,
    order_id: UUID,
    whose: UUID,
    *,
    to: State,
    since: tuple[State, ...],
    only_if: ColumnElement[bool],
    values: Mapping[str, Any],
) -> None:
    """One conditional UPDATE: of two that race, the database lets one through."""
    changed = session.execute(
        update(CertificateOrder)
        .where(CertificateOrder.id == order_id, CertificateOrder.state.in_(since), only_if)
        .values(state=to, **values)
        .returning(CertificateOrder.id)
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        raise rules.OrderStateWrong(state=to)
    audit.did(session, Action.CHANGE, whose=whose, what=f"certificate_orders(state={to})")


def _document(desk: Desk, order: CertificateOrder, record: ResidentRecord) -> Document:
    """Draw the paper; everything that could differ between two drawings comes from the order's own row."""
    if order.paid_at is None or order.issue_number is None or order.verification_code is None:
        raise rules.OrderStateWrong(state=order.state)
    marks = Marks(
        order_id=order.id,
        issue_number=order.issue_number,
        verification_code=order.verification_code,
        verification_url=f"{desk.base_url}/verify?code={order.verification_code}",
        issued_at=order.paid_at,
        issued_on=order.paid_at.astimezone(clock.JST).date(),
    )
    pdf = press().resident_record(record, marks)
    return Document(pdf, hashlib.sha256(pdf).hexdigest(), f"order:{order.id}", order.copies)
