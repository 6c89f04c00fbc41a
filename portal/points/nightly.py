"""What the night does for people: tells whose points run out soon, and lets ranks follow the twelve months."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core import clock, outbox
from portal.core.events import emit
from portal.points import rules, service
from portal.points.events import PointsExpiring
from portal.points.ledger.models import PointAccount, PointLot, PointTransfer
from portal.points.ledger.rules import EARNED

WARN = "points.warn"
RANKS = "points.ranks"
AHEAD = (60, 30, 7)
LATE = timedelta(days=3)
"""A night that did not happen is made up for; who was told already is not told again (the notice has a key)."""
BATCH = 5_000


def warn(session: Session, payload: dict[str, Any], *, batch: int = BATCH) -> None:
    """Tell people of points that run out in 60, 30 and 7 days, *batch* people at a time (worker, daily)."""
    today, after = clock.today(), UUID(payload["after"]) if payload.get("after") else None
    days = {today + timedelta(days=ahead) - timedelta(days=late): ahead for late in range(LATE.days) for ahead in AHEAD}
    query = (
        select(PointAccount.resident_id, PointLot.expires_on)
        .join(PointLot, PointLot.account_id == PointAccount.id)
        .where(PointLot.remaining > 0, PointLot.expires_on.in_(days), PointAccount.resident_id.is_not(None))
        .group_by(PointAccount.resident_id, PointLot.expires_on)
        .order_by(PointAccount.resident_id)
        .limit(batch)
    )
    found = session.execute(query if after is None else query.where(PointAccount.resident_id > after)).all()
    emit(session, *(PointsExpiring(resident_id=owner, day=day, days=days[day]) for owner, day in found if owner))
    if len(found) == batch:
        last = str(found[-1].resident_id)
        outbox.post(session, WARN, {"after": last}, key=f"{WARN}:{today}:{last}", lane=outbox.Lane.BULK)


def follow_ranks(session: Session, payload: dict[str, Any], *, batch: int = BATCH) -> None:
    """Ranks of whom earnings left the twelve months, or the days of grace after them (worker, daily)."""
    now, after = clock.now(), UUID(payload["after"]) if payload.get("after") else None
    ends = [rules.window_begins(now), rules.window_begins(now - rules.GRACE)]
    gone = or_(*(PointTransfer.at.between(end - LATE, end) for end in ends))
    query = (
        select(PointAccount.resident_id)
        .join(PointTransfer, PointTransfer.target_id == PointAccount.id)
        .where(
            gone, PointTransfer.reason.in_([str(reason) for reason in EARNED]), PointAccount.resident_id.is_not(None)
        )
        .distinct()
        .order_by(PointAccount.resident_id)
        .limit(batch)
    )
    found = session.scalars(query if after is None else query.where(PointAccount.resident_id > after)).all()
    people = service.other_records_too(session, [owner for owner in found if owner])
    now_held = service.ranks_of(session, people)
    cards.note_ranks(session, {owner: str(now_held.get(owner, rules.Rank.REGULAR)) for owner in people})
    if len(found) == batch:
        last = str(found[-1])
        outbox.post(session, RANKS, {"after": last}, key=f"{RANKS}:{now.date()}:{last}", lane=outbox.Lane.BULK)
