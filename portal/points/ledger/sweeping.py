"""What the night does to points: those past their day expire, and what was set aside too long comes back."""

from contextlib import suppress
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.ids import new_id
from portal.points.ledger import joining, service
from portal.points.ledger.entering import Entry, enter, lock
from portal.points.ledger.models import PointHold, PointLot, PointTransfer
from portal.points.ledger.rules import EXPIRED, HoldEnded, Kind, Reason

EXPIRE = "points.expire"
RELEASE = "points.release-lapsed"
BATCH = 5_000
AT_ONCE = 500
"""Holds that end in one transaction: their owners wait for its end."""


def expire(session: Session, _payload: dict[str, Any], *, batch: int = BATCH) -> None:
    """Take what is past its day out of residents' lots, *batch* lots at a time; promises the next batch (worker)."""
    if expire_some(session, clock.today(), batch=batch) == batch:
        outbox.wake(session, EXPIRE, lane=outbox.Lane.BULK)


def expire_some(session: Session, today: date, *, batch: int = BATCH) -> int:
    """The same for one batch; how many lots it was. What was spent since they were looked up is not taken again: the
    accounts are locked before what remains is read. (No key of a day: points that come back into a lot of the past expire
    once more.)"""
    past = PointLot.remaining > 0, PointLot.expires_on < today
    found = session.execute(
        select(PointLot.number, PointLot.account_id).where(*past).order_by(PointLot.account_id).limit(batch)
    ).all()
    if not found:
        return 0
    lock(session, list({lot.account_id for lot in found}))
    target = service.named(session, EXPIRED, Kind.EXPIRY)
    left = select(PointLot.number, PointLot.account_id, PointLot.remaining).where(
        PointLot.number.in_([lot.number for lot in found]), PointLot.remaining > 0
    )
    enter(
        session,
        [
            Entry(f"expiry:{lot}:{new_id()}", account, target, remaining, Reason.EXPIRY, drawn=[(lot, remaining)])
            for lot, account, remaining in session.execute(left)
        ],
    )
    return len(found)


def release_lapsed(session: Session, _payload: dict[str, Any], *, batch: int = AT_ONCE) -> None:
    """What was set aside until a moment that has passed goes back into its lots; promises the next batch (worker). All
    accounts are locked first, in the order everybody locks them: one after the other, as holds come, would let the night
    and a person wait for each other."""
    lapsed = select(PointHold.number).where(PointHold.state == "open", PointHold.until <= clock.now())
    found = session.scalars(lapsed.order_by(PointHold.number).limit(batch)).all()
    owners = select(PointTransfer.source_id).where(PointTransfer.number.in_(found)).distinct()
    joining.lock_all(session, session.scalars(owners).all())
    for number in found:
        with suppress(HoldEnded):  # somebody released it while we waited
            service.release(session, number)
    if len(found) == batch:
        outbox.wake(session, RELEASE, lane=outbox.Lane.BULK)
