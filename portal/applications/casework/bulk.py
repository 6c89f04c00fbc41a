"""One decision for many cases: each case is decided in a transaction of its own by the worker, in the clerk's name.

What goes wrong with one case is kept beside it and stops no other. Sent twice, a run is one run; a case decided by
another run, or by hand, in the meantime is told as failed and left alone.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import cases
from portal.applications.casework import claims, decisions, reach
from portal.applications.casework.models import BulkItem, BulkRun
from portal.applications.casework.rules import MOST_AT_ONCE, NothingChosen, NotOneProcedure, Outcome, RunNotFound
from portal.core import audit, clock, outbox
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.staff import service as staff

DECIDE_ONE = "applications.decide-one"
GONE = "staff-unknown"


def start(
    session: Session, clerk: Actor, run_id: UUID, ids: Sequence[UUID], *, outcome: Outcome, words: str
) -> BulkRun:
    """Promise the decisions; the same *run_id* again changes nothing."""
    if (known := session.get(BulkRun, run_id)) is not None:
        return _own(known, clerk)
    ids = list(dict.fromkeys(ids))
    procedure = _one_procedure(session, clerk, ids)
    words = decisions.reasons(outcome, words)
    row = {"id": run_id, "clerk_id": clerk.id, "outcome": str(outcome), "words": words, "procedure": procedure}
    if insert_once(session, BulkRun.__table__, row | {"made_at": clock.now()}):  # type: ignore[arg-type]
        for application_id in ids:
            session.add(BulkItem(run_id=run_id, application_id=application_id, state="waiting"))
            payload = {"run": str(run_id), "application": str(application_id)}
            outbox.post(session, DECIDE_ONE, payload, key=f"{DECIDE_ONE}:{run_id}:{application_id}")
    session.flush()
    return _own(session.get_one(BulkRun, run_id), clerk)


def _own(run: BulkRun, clerk: Actor) -> BulkRun:
    if run.clerk_id != clerk.id:
        raise RunNotFound
    return run


def _one_procedure(session: Session, clerk: Actor, ids: Sequence[UUID]) -> str:
    """The procedure all of them are of; each must be one the clerk may open."""
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise NothingChosen
    found = [cases.open_case(session, application_id) for application_id in ids]
    for case in found:
        reach.check(session, clerk, case)
    if len({case.procedure for case in found}) != 1:
        raise NotOneProcedure
    return found[0].procedure


def open_run(session: Session, clerk: Actor, run_id: UUID) -> tuple[BulkRun, list[BulkItem]]:
    """A run of the clerk's own and what became of each case."""
    run = session.get(BulkRun, run_id, populate_existing=True)
    if run is None:
        raise RunNotFound
    items = session.scalars(select(BulkItem).where(BulkItem.run_id == run_id).order_by(BulkItem.application_id))
    return _own(run, clerk), list(items)


def decide_one(session: Session, payload: dict[str, Any]) -> None:
    """Decide one case of a run (worker)."""
    key = {"run_id": UUID(payload["run"]), "application_id": UUID(payload["application"])}
    item = session.get(BulkItem, key, with_for_update=True)
    if item is None or item.state != "waiting":
        return
    run = session.get_one(BulkRun, item.run_id)
    who = staff.actor_of(session, run.clerk_id)
    if who is None:
        item.state, item.code = "failed", GONE
        return
    clerk, _roles = who
    audit.on_behalf(session, clerk, Purpose.REVIEW)
    try:
        with session.begin_nested():
            _decide(session, item.application_id, clerk, run)
    except Refusal as refusal:
        item.state, item.code = "failed", refusal.code
    else:
        item.state = "done"


def _decide(session: Session, application_id: UUID, clerk: Actor, run: BulkRun) -> None:
    """A proposal of somebody else with the same outcome is confirmed; any other case is decided or proposed."""
    claims.claim(session, application_id, clerk)
    proposed = decisions.proposal(session, application_id)
    if proposed is not None and proposed.outcome == run.outcome:
        decisions.confirm(session, application_id, clerk)
        return
    decisions.decide(session, application_id, clerk, Outcome(run.outcome), run.words)
