"""What a resident wants on the card for help, by their own form and consent: sealed here, on the card at the next touch.

Kept as the text that the card is to carry. The portal opens it for its owner, and when an order is written for the card.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.cards import service
from portal.cards.models import CardContent, ServiceId
from portal.cards.rules import Service, Wanted
from portal.core import audit, clock
from portal.core.audit import Action
from portal.core.crypto import mac
from portal.core.envelope import KeyRing, Wrapped, open_part, seal_part

SEALED = frozenset({Service.EMERGENCY, Service.SHELTER})
DIGITS = 32
REWRAPPED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Seals:
    """The keys of this sub-room: `ring` wraps, `marking` makes digests (32 bytes, used for nothing else)."""

    ring: KeyRing
    marking: bytes = field(repr=False)


def mark(seals: Seals, name: Service, payload: str) -> str:
    """What tells one payload from another without saying it: a keyed digest; of what is no secret, the word itself."""
    if name not in SEALED or not payload:
        return payload[:DIGITS]
    return mac(seals.marking, str(name).encode(), payload.encode()).hex()[:DIGITS]


def keep(session: Session, seals: Seals, resident_id: UUID, name: Service, content: Mapping[str, Any]) -> None:
    """Keep what the resident agreed to; the service is used from now on. It replaces what was there before."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    keep_text(session, seals, resident_id, name, text)
    service.use(session, resident_id, name)
    audit.did(session, Action.CHANGE, whose=resident_id, what="card_contents")


def keep_text(session: Session, seals: Seals, resident_id: UUID, name: Service, text: str) -> None:
    """The same of the text as a card carries it."""
    bound = _bound(resident_id, name)
    key, wrapped = seals.ring.new_key(bound)
    row = session.get(CardContent, (resident_id, str(name)))
    if row is None:
        row = CardContent(resident_id=resident_id, service=str(name))
        session.add(row)
    row.key_id, row.wrapped_key, row.sealed = wrapped.key_id, wrapped.sealed, seal_part(key, 0, text.encode(), bound)
    row.digest, row.consent_at, row.changed_at = mark(seals, name, text), clock.now(), clock.now()
    session.flush()


def withdraw(session: Session, resident_id: UUID, name: Service) -> None:
    """The consent is taken back: nothing of it stays here, and the card loses it at its next touch."""
    gone = delete(CardContent).where(CardContent.resident_id == resident_id, CardContent.service == str(name))
    if session.execute(gone).rowcount:  # type: ignore[attr-defined]
        audit.did(session, Action.DELETE, whose=resident_id, what="card_contents")
        service.leave(session, resident_id, name)


def of(session: Session, resident_id: UUID) -> dict[str, CardContent]:
    """service -> what is kept, sealed as it is."""
    found = session.scalars(select(CardContent).where(CardContent.resident_id == resident_id))
    return {row.service: row for row in found}


def opened(session: Session, seals: Seals, resident_id: UUID, name: Service) -> dict[str, Any]:
    """What is kept, for its owner; {} where there is nothing."""
    text = _text(session, seals, resident_id, name)
    said = json.loads(text) if text else {}
    return said if isinstance(said, dict) else {}


def payload(session: Session, seals: Seals, resident_id: UUID, one: Wanted) -> str:
    """What the card is to carry beside the id, opened for the order that writes it; "" for nothing."""
    if not one.content:
        return ""
    if one.service in SEALED:
        audit.looked(session, whose=resident_id, what="card_contents")
        return _text(session, seals, resident_id, one.service)
    row = session.get(ServiceId, (resident_id, str(one.service)))
    return row.note if row else ""


def rewrap(session: Session, ring: KeyRing) -> int:
    """Wrap some keys that another key wrapped with the current one; how many (0: all are done)."""
    query = select(CardContent).where(CardContent.key_id != ring.current).limit(REWRAPPED_AT_ONCE)
    rows = session.scalars(query.with_for_update()).all()
    for row in rows:
        bound = _bound(row.resident_id, Service(row.service))
        wrapped = ring.wrap(ring.unwrap(Wrapped(row.key_id, row.wrapped_key), bound), bound)
        values = {"key_id": wrapped.key_id, "wrapped_key": wrapped.sealed}
        same = CardContent.resident_id == row.resident_id, CardContent.service == row.service
        session.execute(update(CardContent).where(*same).values(**values))
    return len(rows)


def _text(session: Session, seals: Seals, resident_id: UUID, name: Service) -> str:
    row = session.get(CardContent, (resident_id, str(name)))
    if row is None:
        return ""
    bound = _bound(resident_id, name)
    key = seals.ring.unwrap(Wrapped(row.key_id, row.wrapped_key), bound)
    return open_part(key, 0, row.sealed, bound).decode()


def _bound(resident_id: UUID, name: Service) -> bytes:
    """What a seal says: whose, and for which service."""
    return b"card-content-v1\0" + resident_id.bytes + str(name).encode()
