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
from portal.points.exchange import rules, watching
from portal.points.exchange.models import ExchangeDifference, PointExchange
from portal.points.exchange.programme import Programme
from portal.points.exchange.rules import Outcome, State
from portal.points.ledger import service as ledger

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


def settle(session: Session, actor: Actor, difference_id: UUID, note: str, outcome: Outcome = Outcome.NOTED) -> None:
    """Somebody found out what it was, and where points are at stake, whose they are. Raises DifferenceSettled,
    OutcomeNeeded."""
    found = session.get(ExchangeDifference, difference_id)
    if found is not None:  # the exchange first, as the worker does: two who wait for each other are none
        session.execute(select(PointExchange.hold).where(PointExchange.reference == found.key).with_for_update())
    still = update(ExchangeDifference).where(
        ExchangeDifference.id == difference_id, ExchangeDifference.settled_at.is_(None)
    )
    values = {"settled_at": clock.now(), "settled_label": actor.label, "note": note}
    if session.execute(still.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.DifferenceSettled
    assert found
    if found.kind in rules.DECIDABLE:
        _decide(session, found.key, outcome)
    did(session, Action.CHANGE, whose=None, what="point_exchange_differences", case_ref=str(difference_id)[:8])


def _decide(session: Session, reference: str, outcome: Outcome) -> None:
    """What a person found out. Done by their word it is not compared again: it has no `done_at`."""
    one = session.get_one(PointExchange, reference, populate_existing=True)
    if one.state not in (State.TAKEN, State.DONE):
        return  # decided with another difference of the same exchange
    if outcome is Outcome.NOTED:
        raise rules.OutcomeNeeded
    if outcome is Outcome.BACK:
        ledger.undo_capture(session, one.hold)
        one.state, one.done_at = State.RETURNED, None
        watching.tell_back(session, one)
    elif one.state == State.TAKEN:
        one.state = State.DONE
    session.flush()
    watching.came_right(session, one)
    did(session, Action.CHANGE, whose=one.resident_id, what="points.balance", case_ref=reference)


def counts(session: Session) -> dict[str, tuple[int, int]]:
    """state -> (exchanges, points)."""
    query = select(PointExchange.state, func.count(), func.sum(PointExchange.points)).group_by(PointExchange.state)
    return {state: (count, int(points)) for state, count, points in session.execute(query)}
