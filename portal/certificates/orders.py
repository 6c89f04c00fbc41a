"""An order's row: who may touch it, and the one way its state changes. The caller owns the transaction.

The owner token is a keyed hash over order, card session, device and resident, so a row that came to belong to
somebody else, a crossed answer or another machine fails here and no paper leaves. Every change of state is one
conditional UPDATE: of two that race, one wins on SQLite and PostgreSQL alike.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, true, update
from sqlalchemy.orm import Session

from portal.certificates import rules
from portal.certificates.desk import Desk, Proof
from portal.certificates.models import CertificateOrder
from portal.certificates.rules import State
from portal.core import audit
from portal.core.audit import Action
from portal.core.crypto import b64url, mac, token_hash
from portal.core.ids import ClientId


def owner_token(desk: Desk, order: CertificateOrder, device_id: UUID) -> str:
    """What only the machine that placed this order for this card can show: bound to who, with what, and what was asked."""
    parts = (order.id, order.session_id, device_id, order.resident_id)
    request = [order.kind, order.options, order.copies, order.fee, order.channel, order.delivery, order.card]
    if order.postage:
        request.append(order.postage)
    asked = json.dumps(request, ensure_ascii=False, sort_keys=True).encode()
    return b64url(mac(desk.key, b"certificate-owner", *(part.bytes for part in parts), asked))


def owner_mark(card: str, order_id: UUID) -> str:
    """What stands in the PDF's own metadata as its owner: a machine that read the card computes the same.

    *card* is the SHA-256 (hex) of the card's certificate; the order's id in it keeps two papers of one person apart.
    """
    return hashlib.sha256(f"{card}:{order_id}".encode()).hexdigest()


def proof_of(desk: Desk, order: CertificateOrder) -> Proof:
    """What its owner would show: for a page that has made sure by itself whose order it is."""
    device = ClientId(order.device_id)
    return Proof(device, owner_token(desk, order, device))


def mine(session: Session, desk: Desk, order_id: UUID, proof: Proof) -> CertificateOrder:
    """The order, if this device holds its owner token; recomputed from the row, so a row that moved fails too."""
    found = session.get(CertificateOrder, order_id)
    if found is None:
        raise rules.OrderUnknown
    right = owner_token(desk, found, proof.device_id).encode()
    presented = proof.owner.encode()
    same_hash = hmac.compare_digest(token_hash(proof.owner), found.owner_hash)
    if not (hmac.compare_digest(right, presented) and same_hash):
        whose = found.resident_id
        audit.afterwards(session, lambda later: _note_stranger(later, whose))
        raise rules.OrderOwnerWrong
    return found


def move(
    session: Session, found: CertificateOrder, to: State, *, since: tuple[State, ...], **values: Any
) -> CertificateOrder:
    """Change the state if it still is one of `since`; otherwise refuse."""
    change(session, found.id, found.resident_id, to=to, since=since, only_if=true(), values=values)
    session.refresh(found)
    return found


def change(
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


def _note_stranger(session: Session, whose: UUID) -> None:
    audit.did(session, Action.REFUSED, whose=whose, what=f"certificate_orders {rules.OrderOwnerWrong.code}")
