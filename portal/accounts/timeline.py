"""The account's own timeline: what happened in it, for its owner to read."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import AccountEvent
from portal.core import clock
from portal.core.ids import new_id

EVENTS_SHOWN = 20


def tell(session: Session, resident_id: UUID, *, kind: str, device: str = "") -> None:
    """Add a line to the account's timeline."""
    session.add(AccountEvent(id=new_id(), resident_id=resident_id, at=clock.now(), kind=kind, device=device[:120]))


def newest(session: Session, resident_id: UUID) -> Sequence[AccountEvent]:
    """The newest lines of the account's timeline."""
    query = select(AccountEvent).where(AccountEvent.resident_id == resident_id)
    return session.scalars(query.order_by(AccountEvent.at.desc()).limit(EVENTS_SHOWN)).all()
