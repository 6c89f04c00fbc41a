"""Consent: given once, shown, taken back with effect at once."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.facts import catalogue
from portal.facts.events import ConsentWithdrawn
from portal.facts.models import Consent
from portal.facts.rules import TopicUnknown


def give(session: Session, resident_id: UUID, topic: str) -> bool:
    """Put on record that the person agrees to *topic*; False if that stood already."""
    if topic not in catalogue.topics():
        raise TopicUnknown
    row = {"id": new_id(), "resident_id": resident_id, "topic": topic, "given_at": clock.now()}
    if insert_once(session, Consent.__table__, row) == 0:  # type: ignore[arg-type]
        return False
    did(session, Action.CREATE, whose=resident_id, what="consents", case_ref=topic)
    return True


def withdraw(session: Session, resident_id: UUID, topic: str) -> bool:
    """Take it back, from this moment on; False if none stood."""
    if topic not in catalogue.topics():
        raise TopicUnknown
    ended = session.execute(
        update(Consent)
        .where(Consent.resident_id == resident_id, Consent.topic == topic, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=clock.now())
    )
    if ended.rowcount == 0:  # type: ignore[attr-defined]
        return False
    did(session, Action.CHANGE, whose=resident_id, what="consents", case_ref=topic)
    emit(session, ConsentWithdrawn(resident_id=resident_id, topic=topic))
    return True


def of(session: Session, resident_id: UUID) -> list[Consent]:
    """Every consent of the person, the newest first; those with `withdrawn_at` None stand."""
    query = select(Consent).where(Consent.resident_id == resident_id).order_by(Consent.given_at.desc(), Consent.id)
    return list(session.scalars(query))


def stands(session: Session, resident_id: UUID, topic: str) -> bool:
    query = select(Consent.id).where(
        Consent.resident_id == resident_id, Consent.topic == topic, Consent.withdrawn_at.is_(None)
    )
    return session.scalar(query) is not None
