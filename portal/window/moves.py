"""How a number moves: from state to state by one conditional UPDATE, and in turn with the office's other calls."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.window.models import Ticket, TicketCounter
from portal.window.rules import State, TicketNotFound

NO_SYNC = {"synchronize_session": False}
CALLS = "calls"


def try_move(session: Session, ticket: Ticket, of: set[State], to: State, **values: Any) -> bool:
    """Bring the number from one of the states *of* to *to*; False if it was in none of them any more."""
    moved = session.execute(
        update(Ticket).where(Ticket.id == ticket.id, Ticket.state.in_(of)).values(state=str(to), **values),
        execution_options=NO_SYNC,
    )
    session.refresh(ticket)
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return False
    record(session, ticket, f"tickets(state={to})")
    return True


def record(session: Session, ticket: Ticket, what: str) -> None:
    """Put a step on record; a walk-in's number is nobody's data."""
    if ticket.resident_id is not None:
        audit.did(session, Action.CHANGE, whose=ticket.resident_id, what=what, case_ref=ticket.reference)


def at_office(session: Session, office: str, ticket_id: UUID) -> Ticket:
    """The number, if it is of this office and of today; else TicketNotFound."""
    ticket = session.get(Ticket, ticket_id, populate_existing=True)
    if ticket is None or ticket.office != office:
        raise TicketNotFound
    return ticket


def hold(session: Session, office: str, series: str, *, first: int = 1) -> None:
    """Lock one series of numbers of today until the commit; a new one begins with *first*."""
    row = {"office": office, "day": clock.today(), "lane": series, "last": first - 1}
    insert_once(session, TicketCounter.__table__, row)  # type: ignore[arg-type]
    session.execute(
        update(TicketCounter).where(*_of(office, series)).values(last=TicketCounter.last), execution_options=NO_SYNC
    )


def next_number(session: Session, office: str, series: str, *, last: int | None = None) -> int | None:
    """The next number of a held series; None beyond the *last* one.

    The counter's row stays locked until the commit: a number that was drawn exists, one rolled back never did.
    """
    drawn = update(TicketCounter).where(*_of(office, series)).values(last=TicketCounter.last + 1)
    if last is not None:
        drawn = drawn.where(TicketCounter.last < last)
    number: int | None = session.scalar(drawn.returning(TicketCounter.last), execution_options=NO_SYNC)
    return number


def _of(office: str, series: str) -> tuple[ColumnElement[bool], ...]:
    return TicketCounter.office == office, TicketCounter.day == clock.today(), TicketCounter.lane == series


def last_number(session: Session, office: str, series: str) -> int:
    """The last number drawn of a series today; 0 before the first."""
    return session.scalar(select(TicketCounter.last).where(*_of(office, series))) or 0


def take_turn(session: Session, office: str) -> int:
    """The number of the next call at *office*. Its row is locked until the commit, so desks call one after the other
    and nobody is passed over once more than the rule says."""
    hold(session, office, CALLS)
    number = next_number(session, office, CALLS)
    assert number is not None
    return number
