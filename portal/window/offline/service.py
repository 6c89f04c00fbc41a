"""Desks that may lose their line: the lease of a block, what their browser keeps, what was merged."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.crypto import token_hash
from portal.core.ids import new_id
from portal.reservations import service as reservations
from portal.window import desk, kinds, queue, visits
from portal.window import rules as window_rules
from portal.window.models import Desk
from portal.window.moves import hold, next_number
from portal.window.offline import merging, rules
from portal.window.offline.models import Lease, MergedStep
from portal.window.rules import State

merge = merging.merge
BLOCKS = "offline"
KNOWN = (State.WAITING, State.PARKED, State.NO_SHOW, *window_rules.AT_WINDOW)


@dataclass(frozen=True, slots=True)
class Lent:
    """A lease as its browser keeps it; `secret` is told once."""

    id: UUID
    secret: str
    block: int


def lease(session: Session, actor: Actor) -> Lent:
    """A block of numbers for this browser today. Raises office-closed-today, offline-blocks-gone."""
    if reservations.hours_on(session, actor.office, clock.today()) is None:
        raise window_rules.OfficeClosed
    hold(session, actor.office, BLOCKS, first=rules.FIRST_BLOCK)
    block = next_number(session, actor.office, BLOCKS, last=rules.LAST_BLOCK)
    if block is None or actor.id is None:
        raise rules.BlocksGone
    lent = Lent(new_id(), secrets.token_urlsafe(32), block)
    session.add(
        Lease(
            id=lent.id,
            secret_hash=token_hash(lent.secret),
            office=actor.office,
            day=clock.today(),
            block=block,
            staff_id=actor.id,
            issued_at=clock.now(),
        )
    )
    session.flush()
    return lent


@dataclass(frozen=True, slots=True)
class Giving:
    """A kind of window that gives numbers today, from when to when."""

    kind: str
    words: str
    letter: str
    opens: time
    until: time


@dataclass(frozen=True, slots=True)
class Known:
    """A number of today as a desk without network needs it. `share`: the window that calls it then; `mine`: this
    member of staff has it at the window."""

    row: queue.Queued
    share: int | None
    mine: bool
    number: int
    reserved: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that may still check in, by the hash of the reference on its slip. It names nobody."""

    hash: str
    starts_at: datetime
    kind: str
    express: bool


@dataclass(frozen=True, slots=True)
class Today:
    """What a desk keeps: its window and kinds (none: all), kinds that give numbers (none: closed), numbers, visits."""

    window: int | None
    served: Sequence[str]
    giving: Sequence[Giving]
    numbers: Sequence[Known]
    visits: Sequence[Visit]


def state(session: Session, actor: Actor, salt: bytes) -> Today:
    """The office now, for a desk that may lose its line in the next moment."""
    return Today(
        window=desk.window_of(session, actor),
        served=desk.kinds_of(session, actor),
        giving=_giving(session, actor.office),
        numbers=_numbers(session, actor),
        visits=[
            one
            for booking in reservations.of_day(session, actor.office, clock.today())
            for one in _visit(session, booking, salt)
        ],
    )


def _giving(session: Session, office: str) -> list[Giving]:
    try:
        return [
            Giving(str(one.kind), one.words, one.letter, *kinds.giving_hours(session, one, office, clock.today()))
            for one in kinds.here(office).values()
        ]
    except window_rules.OfficeClosed:
        return []


def _numbers(session: Session, actor: Actor) -> list[Known]:
    rows = queue.queue(session, actor.office, KNOWN)
    seats = _seats(session, actor.office)
    numbers = {row.id: rules.split(row.label)[1] for row in rows}
    return [
        Known(
            row=row,
            share=rules.dealt_to(row.id, [window for window, served in seats if not served or row.kind in served]),
            mine=row.called_by == actor.id and row.state in window_rules.AT_WINDOW,
            number=numbers[row.id],
            reserved=bool(row.reference),
        )
        for row in rows
    ]


def _seats(session: Session, office: str) -> list[tuple[int, list[str]]]:
    """Windows of today whose desk can go on without network, with what they serve."""
    ready = select(Lease.staff_id).where(Lease.office == office, Lease.day == clock.today())
    query = select(Desk.window, Desk.kinds).where(Desk.office == office, Desk.day == clock.today())
    found = session.execute(query.where(Desk.staff_id.in_(ready)).order_by(Desk.window))
    return [(row.window, row.kinds.split()) for row in found]


def _visit(session: Session, booking: reservations.Booking, salt: bytes) -> list[Visit]:
    """A visit under each number a slip of it may show: its own and those of its applications."""
    lane, kind = visits.lane_and_kind(session, booking)
    express = lane is window_rules.Lane.EXPRESS
    return [
        Visit(rules.visit_hash(reference, salt), booking.starts_at, kind, express)
        for reference in visits.references(session, booking)
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """A step that no longer fitted: when it was made, its number, which refusal tells it."""

    at: datetime
    label: str
    code: str
    facts: dict[str, Any]


def merged_today(session: Session, office: str) -> tuple[int, list[Told]]:
    """How many steps of desks of *office* were merged today, and what is to be told about them, newest first."""
    since = datetime.combine(clock.today(), time(0), clock.JST)
    query = select(MergedStep).join(Lease).where(Lease.office == office, MergedStep.merged_at >= since)
    steps = session.scalars(query.order_by(MergedStep.at.desc(), MergedStep.place.desc())).all()
    told = [Told(one.at, one.label, one.code, one.facts) for one in steps if one.outcome == rules.Outcome.CONFLICT]
    return len(steps), told


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Remove leases and steps a month after their day (worker, daily)."""
    session.execute(delete(Lease).where(Lease.day < clock.today() - rules.KEPT))
