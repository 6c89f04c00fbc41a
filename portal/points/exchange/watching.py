"""Looks after exchanges that do not get on: silence ends those nothing was taken for, and shows those it was (worker)."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.points.events import ExchangeCameBack
from portal.points.exchange import rules
from portal.points.exchange.models import ExchangeDifference, PointExchange
from portal.points.exchange.rules import Difference, State
from portal.points.ledger import joining
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import known
from portal.points.ledger.models import PointHold, PointTransfer
from portal.points.ledger.rules import HoldEnded

CARRY = "points.exchange"
WATCH = "points.watch-exchanges"
AT_ONCE = 500
REMINDS = timedelta(hours=12)


def promise(session: Session, one: PointExchange) -> None:
    """Its next call to the programme."""
    outbox.post(session, CARRY, {"exchange": one.reference}, key=f"{CARRY}:{one.reference}:{one.state}")


def watch(session: Session, _payload: dict[str, Any]) -> None:
    """Done again it adds nothing (worker, every ten minutes; it needs no answer of the programme)."""
    lapse(session)
    show_stuck(session)
    remind(session)


def tell_back(session: Session, one: PointExchange) -> None:
    """Whoever left the page hears that the points are there again."""
    emit(session, ExchangeCameBack(resident_id=one.resident_id, reference=one.reference))


def lapse(session: Session) -> None:
    """What no programme answered until the hold's end: the points are back, and the programme is told to forget it."""
    over = (PointHold.until <= clock.now()) | (PointHold.state == "released")
    query = select(PointExchange).join(PointHold, PointHold.number == PointExchange.hold)
    query = query.where(PointExchange.state == State.ASKED, over).order_by(PointExchange.reference).limit(AT_ONCE)
    found = session.scalars(query.with_for_update(of=PointExchange)).all()
    owners = select(PointTransfer.source_id).where(PointTransfer.number.in_([one.hold for one in found]))
    joining.lock_all(session, session.scalars(owners).all())
    for one in found:
        with suppress(HoldEnded):  # the night was earlier
            ledger.release(session, one.hold)
        one.state = State.LAPSED
        session.flush()
        tell_back(session, one)
        did(session, Action.CHANGE, whose=one.resident_id, what="points.balance", case_ref=one.reference)
        promise(session, one)


def show_stuck(session: Session) -> None:
    """Points taken for good a day ago, and no word of the programme: somebody is told."""
    before = clock.now() - rules.STUCK
    query = select(PointExchange).where(PointExchange.state == State.TAKEN, PointExchange.asked_at < before)
    found = session.scalars(query.order_by(PointExchange.asked_at).limit(AT_ONCE)).all()
    taken = known(session, [f"capture:{one.hold}" for one in found])
    long_ago = set(
        session.scalars(
            select(PointTransfer.number).where(
                PointTransfer.number.in_(taken.values()), PointTransfer.recorded_at < before
            )
        )
    )
    for one in found:
        if taken.get(f"capture:{one.hold}") in long_ago:
            find(session, one, Difference.STUCK)


def remind(session: Session) -> None:
    """Promises that were given up because the programme was silent for long are made anew, one a day; what only has to be
    forgotten there is let be after a month."""
    now = clock.now()
    over = update(PointExchange).where(
        PointExchange.state == State.LAPSED, PointExchange.asked_at < now - rules.GIVEN_UP
    )
    session.execute(over.values(state=str(State.ENDED)))
    session.expire_all()
    states = [str(state) for state in (State.ASKED, State.TAKEN, State.LAPSED)]
    stuck = select(PointExchange).where(PointExchange.state.in_(states), PointExchange.asked_at < now - REMINDS)
    for one in session.scalars(stuck.order_by(PointExchange.asked_at).limit(1_000)):
        key = f"{CARRY}:{one.reference}:{one.state}:{clock.today()}"
        outbox.post(session, CARRY, {"exchange": one.reference}, key=key)


def find(session: Session, one: PointExchange, kind: Difference) -> None:
    """Something about this exchange waits for staff; found again it is the same."""
    row = {
        "id": new_id(), "key": one.reference, "kind": str(kind), "here": one.points, "there": 0,
        "found_at": clock.now(), "settled_at": None, "settled_label": "", "note": "",
    }  # fmt: skip
    insert_once(session, ExchangeDifference.__table__, row)  # type: ignore[arg-type]


def came_right(session: Session, one: PointExchange) -> None:
    """The programme has done it after all: nobody needs to look at it any more."""
    open_ones = update(ExchangeDifference).where(
        ExchangeDifference.key == one.reference,
        ExchangeDifference.kind.in_([str(kind) for kind in rules.DECIDABLE]),
        ExchangeDifference.settled_at.is_(None),
    )
    session.execute(open_ones.values(settled_at=clock.now(), settled_label=rules.BY_ITSELF))
