"""Card sessions at kiosks: opened by a device, owned by whoever's card signs the challenge."""

import hashlib
from pathlib import Path
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.cards import service as cards
from portal.certificates import service as certificates
from portal.certificates.events import RefundOwed
from portal.core import clock, journal
from portal.core.actor import Actor
from portal.core.audit import afterwards, looked
from portal.core.ids import ResidentId, new_id
from portal.kiosks import rules
from portal.kiosks.models import KioskSession

log = journal.get_logger("kiosks")


def open_session(session: Session, device: Actor, language: str) -> tuple[KioskSession, bytes]:
    """A new use of the machine and the bytes its card must sign."""
    session_id, now = new_id(), clock.now()
    challenge = accounts.new_challenge(session, f"kiosk:{session_id}")
    opened = KioskSession(
        id=session_id,
        device_id=device.id,
        challenge_id=challenge.id,
        language=language,
        started_at=now,
        seen_at=now,
    )
    session.add(opened)
    session.flush()
    return opened, challenge.bytes


def present_card(
    session: Session, device: Actor, session_id: UUID, *, certificate: bytes, signature: bytes, ca_file: Path
) -> ResidentId:
    """Whose card it is, proved by its signature; the session is theirs from here on."""
    used = _alive(session, device, session_id)
    challenge = accounts.use_challenge(session, used.challenge_id, f"kiosk:{used.id}")
    resident_id = accounts.person_by_card(session, certificate, signature, challenge, ca_file)
    used.card = hashlib.sha256(certificate).hexdigest()
    if _is_stopped(session, resident_id, used.card):
        raise rules.CardStopped
    used.resident_id, used.seen_at = resident_id, clock.now()
    looked(session, whose=resident_id, what="kiosks.session")
    return resident_id


def _is_stopped(session: Session, resident_id: ResidentId, fingerprint: str) -> bool:
    """Whoever reported a card as lost was promised that it works nowhere. A card registered since is another one."""
    card = cards.card_of(session, resident_id)
    if card is None or card.stopped_at is None:
        return False
    known = accounts.cards_of(session, resident_id)
    return not any(one.fingerprint == fingerprint and one.enrolled_at > card.stopped_at for one in known)


def person_at(session: Session, device: Actor, session_id: UUID) -> ResidentId:
    """The resident this device may act for now; each use keeps the session alive, once its answer leaves."""
    used = _alive(session, device, session_id)
    if used.resident_id is None:
        raise rules.CardNeeded
    afterwards(session, lambda later: _still_here(later, session_id))
    return ResidentId(used.resident_id)


def card_at(session: Session, session_id: UUID) -> str:
    """The fingerprint of the card that opened this session; "" before one did."""
    used = session.get(KioskSession, session_id)
    return used.card if used else ""


def _still_here(session: Session, session_id: UUID) -> None:
    """A touch: five more minutes."""
    session.execute(
        update(KioskSession)
        .where(KioskSession.id == session_id, KioskSession.ended_at.is_(None))
        .values(seen_at=clock.now())
    )


def end_session(session: Session, device: Actor, session_id: UUID) -> None:
    """The card left or the person stopped: nothing more is done in their name; unpaid orders are cancelled."""
    ended = session.execute(
        update(KioskSession)
        .where(KioskSession.id == session_id, KioskSession.device_id == device.id, KioskSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )
    if ended.rowcount:  # type: ignore[attr-defined]
        certificates.abandon(session, session_id)


def on_refund_owed(_session: Session, event: RefundOwed) -> None:
    """A machine kept money without giving paper: operators, who watch the log, send somebody to it."""
    log.warning("refund.owed", order=str(event.order_id), device=str(event.device_id), reason=event.reason)


def _alive(session: Session, device: Actor, session_id: UUID) -> KioskSession:
    used = session.get(KioskSession, session_id)
    if used is None or used.device_id != device.id or not rules.is_alive(used.seen_at, used.ended_at, clock.now()):
        raise rules.SessionExpired
    return used
