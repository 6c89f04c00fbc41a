"""Each morning: what the programme says it captured against what is in the books here. Differences wait for staff."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.outbox import Errand
from portal.points.exchange import rules, service
from portal.points.exchange.models import ExchangeDifference, PointExchange
from portal.points.exchange.programme import Programme
from portal.points.exchange.rules import Difference, State

COMPARE = "points.compare-exchanges"
DAYS = timedelta(days=3)
"""So far back each morning looks, so that a morning that did not happen is made up for."""


def errand(settings: Settings) -> Errand:
    return Errand(take=_take, carry=partial(_carry, Programme.of(settings)), record=_record)


def _take(_session: Session, _payload: dict[str, Any]) -> date:
    return clock.today()


def _carry(programme: Programme | None, today: date) -> tuple[date, dict[str, int]] | None:
    """With the days around, because midnight is not the same instant in two houses; by the machine's clock, as there."""
    if programme is None:
        return None
    day = clock.machine_now().astimezone(JST).date()
    return today, programme.captured(day - DAYS - timedelta(days=1), day + timedelta(days=1))


def _record(session: Session, told: tuple[date, dict[str, int]] | None) -> None:
    service.remind(session)
    if told is None:
        return
    today, there = told
    begin, end = (datetime.combine(day, time(), JST) for day in (today - DAYS, today))
    query = select(PointExchange.reference, PointExchange.points)
    due = query.where(PointExchange.state == State.DONE, PointExchange.done_at >= begin, PointExchange.done_at < end)
    stuck = query.where(PointExchange.state == State.TAKEN, PointExchange.asked_at < begin - rules.HOLDS)
    here = {row.reference: row.points for part in (due, stuck) for row in session.execute(part)}
    taken = query.where(PointExchange.reference.in_(there), PointExchange.state.in_((State.TAKEN, State.DONE)))
    known = {row.reference: row.points for row in session.execute(taken)}
    for one in rules.compare(here, there, due=set(here), known=known):
        row = {
            "id": new_id(), "key": one.key, "kind": str(one.kind), "here": one.here, "there": one.there,
            "found_at": clock.now(), "settled_at": None, "settled_label": "", "note": "",
        }  # fmt: skip
        insert_once(session, ExchangeDifference.__table__, row)  # type: ignore[arg-type]


def differences(session: Session) -> Sequence[ExchangeDifference]:
    """Those that wait first, then the newest."""
    query = select(ExchangeDifference)
    waits = ExchangeDifference.settled_at.is_not(None)
    return session.scalars(query.order_by(waits, ExchangeDifference.found_at.desc()).limit(100)).all()


def may_give_back(session: Session, found: Sequence[ExchangeDifference]) -> set[UUID]:
    """Those of which the programme never said that it captured: the person can have the points again."""
    keys = {one.key: one.id for one in found if one.kind == Difference.MISSING_THERE and one.settled_at is None}
    query = select(PointExchange.reference).where(PointExchange.reference.in_(keys), PointExchange.state == State.TAKEN)
    return {keys[reference] for reference in session.scalars(query)}


def give_back(session: Session, actor: Actor, difference_id: UUID, note: str) -> None:
    """The programme does not have it and never will: the person's points are back. Raises DifferenceSettled."""
    found = session.get(ExchangeDifference, difference_id)
    if found is None or found.kind != Difference.MISSING_THERE:
        raise rules.DifferenceSettled
    settle(session, actor, difference_id, note)
    service.call_off(session, found.key)


def settle(session: Session, actor: Actor, difference_id: UUID, note: str) -> None:
    """Somebody found out what it was. Raises DifferenceSettled."""
    still = update(ExchangeDifference).where(
        ExchangeDifference.id == difference_id, ExchangeDifference.settled_at.is_(None)
    )
    values = {"settled_at": clock.now(), "settled_label": actor.label, "note": note}
    if session.execute(still.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.DifferenceSettled
    did(session, Action.CHANGE, whose=None, what="point_exchange_differences", case_ref=str(difference_id)[:8])


def counts(session: Session) -> dict[str, tuple[int, int]]:
    """state -> (exchanges, points)."""
    query = select(PointExchange.state, func.count(), func.sum(PointExchange.points)).group_by(PointExchange.state)
    return {state: (count, int(points)) for state, count, points in session.execute(query)}
