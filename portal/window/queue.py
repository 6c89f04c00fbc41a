"""The queue of one office on one day: who is waiting, who is called where, what the board shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.window import rules
from portal.window.models import Ticket
from portal.window.rules import Lane, State

CALLS_SHOWN = 6
NUMBERS_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Queued:
    """One number; it names nobody."""

    id: UUID
    label: str
    lane: Lane
    state: State
    reference: str
    drawn_at: datetime
    window: int | None
    called_at: datetime | None
    recalled: int


def queue(session: Session, office: str, *states: State) -> list[Queued]:
    """Today's numbers of *office* in one of *states* (default: waiting), in the order they will be called."""
    rows = session.execute(
        select(
            Ticket.id,
            Ticket.label,
            Ticket.lane,
            Ticket.state,
            Ticket.reference,
            Ticket.drawn_at,
            Ticket.window,
            Ticket.called_at,
            Ticket.recalled,
        )
        .where(Ticket.office == office, Ticket.day == clock.today(), Ticket.state.in_(states or (State.WAITING,)))
        .order_by(Ticket.lane, Ticket.number)
    )
    return [
        Queued(
            row.id, row.label, Lane(row.lane), State(row.state), row.reference, row.drawn_at,
            row.window, row.called_at, row.recalled,
        )
        for row in rows
    ]  # fmt: skip


def before(session: Session, ticket: Ticket) -> int:
    """How many people are called before this number (express first, then in order of numbers)."""
    earlier = or_(Ticket.lane < ticket.lane, and_(Ticket.lane == ticket.lane, Ticket.number < ticket.number))
    query = select(func.count()).where(
        Ticket.office == ticket.office, Ticket.day == ticket.day, Ticket.state == State.WAITING, earlier
    )
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Call:
    """One call on the board; `id` changes with each recall, so that the board chimes again."""

    id: str
    ticket: str
    window: int


@dataclass(frozen=True, slots=True)
class Board:
    """What everybody in the hall may see: calls, newest first, and the numbers that wait, by lane."""

    calls: Sequence[Call]
    waiting: Sequence[tuple[Lane, Sequence[str]]]


def board(session: Session, office: str) -> Board:
    """Today's calls and waiting numbers of *office*, by one query."""
    rows = session.execute(
        select(Ticket.label, Ticket.lane, Ticket.state, Ticket.window, Ticket.called_at, Ticket.recalled)
        .where(
            Ticket.office == office,
            Ticket.day == clock.today(),
            or_(Ticket.state == State.WAITING, Ticket.called_at.is_not(None)),
        )
        .order_by(Ticket.lane, Ticket.number)
    ).all()
    called = sorted((row for row in rows if row.called_at), key=lambda row: row.called_at, reverse=True)
    calls = [Call(f"{row.label}.{row.recalled}", row.label, row.window) for row in called[:CALLS_SHOWN]]
    waiting = [
        (lane, [row.label for row in rows if row.state == State.WAITING and row.lane == lane]) for lane in rules.Lane
    ]
    return Board(calls, waiting)
