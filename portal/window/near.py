"""Near one's turn: whoever is known and has a mailbox is told once."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.events import emit
from portal.window import queue, rules
from portal.window.events import NumberNear
from portal.window.models import Ticket
from portal.window.moves import NO_SYNC
from portal.window.rules import State


def tell(session: Session, office: str, kind: str) -> None:
    """Tell the first ones of a queue that their turn is near; each number once, however the queue moves."""
    for before, ticket_id in enumerate(queue.order(session, office, [kind])[: rules.NEAR + 1]):
        ticket = session.get_one(Ticket, ticket_id)
        if ticket.resident_id is None or ticket.near_told_at is not None:
            continue
        told = session.execute(
            update(Ticket)
            .where(Ticket.id == ticket.id, Ticket.near_told_at.is_(None))
            .values(near_told_at=clock.now()),
            execution_options=NO_SYNC,
        )
        if told.rowcount == 1:  # type: ignore[attr-defined]
            emit(
                session,
                NumberNear(
                    ticket_id=ticket.id,
                    resident_id=ticket.resident_id,
                    label=ticket.label,
                    office=office,
                    before=before,
                    link=_page_of(ticket),
                ),
            )


def _page_of(ticket: Ticket) -> str:
    """Where the person sees it: with the visit, or on the number's own page."""
    return f"/reservations/{ticket.booking_id}/waiting" if ticket.booking_id else f"/number/{ticket.token}"


def still_waits(session: Session, ticket_id: UUID) -> bool:
    """Whether somebody with this number has not come to the window yet."""
    state = session.scalar(select(Ticket.state).where(Ticket.id == ticket_id))
    return state in (State.WAITING, State.PARKED, State.CALLED)
