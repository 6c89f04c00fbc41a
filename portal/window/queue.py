"""The queues of one office on one day: who waits, whose turn it is, how long it takes, what the board shows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.window import kinds, rules, turn_rules
from portal.window.models import Desk, Ticket
from portal.window.rules import Lane, State
from portal.window.turn_rules import Estimate, Turn

CALLS_SHOWN = 6
NUMBERS_SHOWN = 24
# A desk that has called nobody for this long is not counted on: its clerk is at lunch, or away.
STILL_THERE = timedelta(minutes=30)


def waiting(session: Session, office: str, of_kinds: Collection[str] = ()) -> list[Turn]:
    """Today's waiting numbers of *office*, of these kinds of window (none: of all), in the order of calls."""
    query = select(
        Ticket.id, Ticket.lane, Ticket.needs, Ticket.starts_at, Ticket.drawn_at, Ticket.number, Ticket.passed_over
    ).where(Ticket.office == office, Ticket.day == clock.today(), Ticket.state == State.WAITING)
    if of_kinds:
        query = query.where(Ticket.kind.in_(of_kinds))
    turns = [
        Turn(row.id, Lane(row.lane), row.needs, row.starts_at, row.drawn_at, row.number, row.passed_over)
        for row in session.execute(query)
    ]
    return turn_rules.in_order(turns, clock.now())


def order(session: Session, office: str, of_kinds: Collection[str] = ()) -> list[UUID]:
    """Their ids, in the order of calls."""
    return [turn.id for turn in waiting(session, office, of_kinds)]


def count_waiting(session: Session, office: str, kind: str) -> int:
    """How many people wait for one kind of window."""
    query = select(func.count()).where(
        Ticket.office == office, Ticket.day == clock.today(), Ticket.state == State.WAITING, Ticket.kind == kind
    )
    return session.scalar(query) or 0


def before(session: Session, ticket: Ticket) -> int:
    """How many people of the same kind of window are called before this number; 0 once it does not wait."""
    turns = order(session, ticket.office, [ticket.kind])
    return turns.index(ticket.id) if ticket.id in turns else 0


def estimate(session: Session, office: str, kind: str, people: int) -> Estimate:
    """How long *people* take at the desks that serve this kind of window now."""
    minutes = turn_rules.handling_minutes(_visits(session, office, kind), kinds.giving(office, kind).minutes)
    return turn_rules.estimate(people, minutes, _desks(session, office, kind))


def _visits(session: Session, office: str, kind: str) -> list[timedelta]:
    """How long today's newest visits of a kind took; one that was sent on says nothing about its last window."""
    query = (
        select(Ticket.serving_at, Ticket.called_at, Ticket.ended_at)
        .where(Ticket.office == office, Ticket.day == clock.today(), Ticket.kind == kind)
        .where(Ticket.state == State.SERVED, Ticket.forwarded_at.is_(None))
        .order_by(Ticket.ended_at.desc())
        .limit(turn_rules.REMEMBERED)
    )
    return [row.ended_at - (row.serving_at or row.called_at) for row in session.execute(query)]


def _desks(session: Session, office: str, kind: str) -> int:
    """Desks of today that serve a kind and have called somebody a short while ago."""
    query = select(Desk.kinds).where(
        Desk.office == office, Desk.day == clock.today(), Desk.called_at >= clock.now() - STILL_THERE
    )
    return sum(1 for served in session.scalars(query) if not served or kind in served.split())


def last_calls(session: Session, office: str, kind: str) -> list[str]:
    """The numbers of one kind of window called last, newest first."""
    query = (
        select(Ticket.label)
        .where(Ticket.office == office, Ticket.day == clock.today(), Ticket.kind == kind)
        .where(Ticket.call_number.is_not(None))
        .order_by(Ticket.call_number.desc())
        .limit(3)
    )
    return list(session.scalars(query))


@dataclass(frozen=True, slots=True)
class Queued:
    """One number; it names nobody."""

    id: UUID
    label: str
    kind: str
    lane: Lane
    state: State
    needs: bool
    reference: str
    drawn_at: datetime
    starts_at: datetime | None
    window: int | None
    called_at: datetime | None
    recalled: int
    passed_over: int
    park_reason: str
    called_by: UUID | None


SHOWN = tuple(getattr(Ticket, name) for name in Queued.__slots__)


def queue(session: Session, office: str, states: Collection[State], of_kinds: Collection[str] = ()) -> list[Queued]:
    """Today's numbers of *office* in one of *states*; those that wait in the order of calls, the others by number.

    Who did not come is listed only as long as they may come back.
    """
    now = clock.now()
    query = (
        select(*SHOWN)
        .where(Ticket.office == office, Ticket.day == clock.today(), Ticket.state.in_(states))
        .where(or_(Ticket.state != State.NO_SHOW, Ticket.ended_at >= now - rules.BACK_IN))
        .order_by(Ticket.label)
    )
    if of_kinds:
        query = query.where(Ticket.kind.in_(of_kinds))
    places = {id: place for place, id in enumerate(order(session, office, of_kinds))}
    rows = [_queued(row) for row in session.execute(query)]
    return sorted(rows, key=lambda one: places.get(one.id, -1))


def _queued(row: Row[Any]) -> Queued:
    """A row of SHOWN; lane and state are words of closed lists."""
    facts = row._asdict()
    return Queued(**{**facts, "lane": Lane(facts["lane"]), "state": State(facts["state"])})


@dataclass(frozen=True, slots=True)
class Call:
    """One call on the board; `id` changes with each recall, so that the board chimes again. `language` is the one
    the number was drawn in: it is called in it after Japanese."""

    id: str
    ticket: str
    window: int
    language: str


@dataclass(frozen=True, slots=True)
class Board:
    """What everybody in the hall may see: calls, newest first, and the numbers that wait, by kind of window."""

    office: str
    calls: Sequence[Call]
    waiting: Sequence[tuple[str, Sequence[str]]]


def board(session: Session, office: str) -> Board:
    """Today's calls and waiting numbers of *office*."""
    called = session.execute(
        select(Ticket.label, Ticket.window, Ticket.call_number, Ticket.language)
        .where(Ticket.office == office, Ticket.day == clock.today(), Ticket.call_number.is_not(None))
        .where(Ticket.window.is_not(None))
        .order_by(Ticket.call_number.desc())
        .limit(CALLS_SHOWN)
    )
    calls = [Call(f"{row.label}.{row.call_number}", row.label, row.window, row.language) for row in called]
    rows = queue(session, office, [State.WAITING])
    return Board(
        office, calls, [(kind, [row.label for row in rows if row.kind == kind]) for kind in kinds.here(office)]
    )
