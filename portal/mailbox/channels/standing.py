"""What a message is about, and whether it still holds when it is sent: hours may lie between."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.mailbox.models import Dealing, Delivery, Notice
from portal.mailbox.rules import WITHDRAWN
from portal.reservations import service as reservations
from portal.window import service as window


def of_visit(booking_id: UUID, starts_at: datetime) -> str:
    """A visit at that time."""
    return f"visit {booking_id} {starts_at.isoformat()}"


def of_number(ticket_id: UUID) -> str:
    """A number that was not yet served."""
    return f"number {ticket_id}"


def still_stands(session: Session, about: str, whose: UUID) -> bool:
    """Whether what a message is about still is as it was for the person; what is about nothing does."""
    match about.split():
        case ["unread", number]:
            delivery = session.get(Delivery, (whose, int(number)))
            return delivery is not None and delivery.read_at is None and _is_there(session, int(number))
        case ["open", number]:
            dealing = session.get(Dealing, (whose, int(number)))
            return (dealing is None or dealing.settled_at is None) and _is_there(session, int(number))
        case ["visit", booking_id, starts_at]:
            starts = datetime.fromisoformat(starts_at)
            return reservations.still_planned(session, UUID(booking_id), starts) is not None
        case ["number", ticket_id]:
            return window.still_waits(session, UUID(ticket_id))
    return True


def _is_there(session: Session, number: int) -> bool:
    return session.scalar(select(Notice.state).where(Notice.number == number)) not in (None, WITHDRAWN)
