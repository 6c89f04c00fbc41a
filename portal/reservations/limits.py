"""Limits per person, so that times are not hoarded or traded. The database holds the number of planned visits."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Uuid, bindparam, delete, func, or_, select, text
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.among import Among
from portal.core.db import Instant
from portal.reservations import rules
from portal.reservations.models import Booking, HoldCount
from portal.reservations.rules import (
    EndedBy,
    State,
    TooManyCancels,
    TooManyChanges,
    TooManyHolds,
    TooManyPlanned,
)

BOOKINGS = Booking.__table__.c
_COUNT_HOLD = text(
    "INSERT INTO hold_counts (resident_id, day, times) VALUES (:resident_id, :day, 1) ON CONFLICT (resident_id) "
    "DO UPDATE SET times = CASE WHEN hold_counts.day = :day THEN hold_counts.times + 1 ELSE 1 END, day = :day "
    "WHERE hold_counts.day <> :day OR hold_counts.times < :most RETURNING times"
).bindparams(bindparam("resident_id", type_=Uuid), bindparam("day", type_=Date))
_BY_PERSON = (BOOKINGS.ended_by == EndedBy.PERSON) & (BOOKINGS.changed_at > bindparam("since", type_=Instant))
_COUNTED = Among(
    select(BOOKINGS.resident_id, BOOKINGS.state, BOOKINGS.nth).where(or_(BOOKINGS.state == State.BOOKED, _BY_PERSON)),
    BOOKINGS.resident_id,
)


class Planned:
    """The visits some people have planned, read together, and which numbers are still free for new ones."""

    def __init__(self, session: Session, resident_ids: Sequence[UUID]) -> None:
        self._used: defaultdict[UUID, list[int | None]] = defaultdict(list)
        self._cancels: Counter[UUID] = Counter()
        since = clock.now() - rules.CANCELS_COUNT_FOR
        for resident_id, state, nth in _COUNTED.rows(session, set(resident_ids), since=since):
            if state == State.BOOKED:
                self._used[resident_id].append(nth)
            else:
                self._cancels[resident_id] += 1

    def add(self, resident_id: UUID) -> int:
        """Which of the person's planned visits a new one is (1 …): unique while it is planned, so that two at once
        cannot pass the limit together. Raises TooManyPlanned, TooManyCancels."""
        if self._cancels[resident_id] >= rules.CANCELS_IN_30_DAYS:
            raise TooManyCancels(most=rules.CANCELS_IN_30_DAYS)
        used = self._used[resident_id]
        if len(used) >= rules.PLANNED_AT_ONCE:
            raise TooManyPlanned(most=rules.PLANNED_AT_ONCE)
        nth = next(number for number in range(1, rules.PLANNED_AT_ONCE + 1) if number not in used)
        used.append(nth)
        return nth


def next_planned(session: Session, resident_id: UUID) -> int:
    """The same for one person."""
    return Planned(session, [resident_id]).add(resident_id)


def lock_planned(session: Session, resident_id: UUID) -> None:
    """Hold the person's planned visits until the end, in one order: two changes at once come one after the other."""
    planned = select(Booking.id).where(Booking.resident_id == resident_id, Booking.state == State.BOOKED)
    session.execute(planned.order_by(Booking.id).with_for_update()).all()


def moves_with_this(session: Session, booking: Booking) -> int:
    """How often the person will have moved this visit today, with this move; raises TooManyChanges. The caller holds
    the person's planned visits (`lock_planned`)."""
    today = clock.today()
    moved = select(func.coalesce(func.sum(Booking.moves), 0)).where(
        Booking.resident_id == booking.resident_id, Booking.moved_on == today
    )
    if (session.scalar(moved) or 0) >= rules.CHANGES_A_DAY:
        raise TooManyChanges(most=rules.CHANGES_A_DAY)
    return booking.moves + 1 if booking.moved_on == today else 1


def one_more_hold(session: Session, resident_id: UUID) -> None:
    """Count a time that is held for this person now; raises TooManyHolds. One statement counts and decides; a hold that
    is refused later on takes its count with it, because the transaction is undone."""
    wanted = {"resident_id": resident_id, "day": clock.today(), "most": rules.HOLDS_A_DAY}
    if session.execute(_COUNT_HOLD, wanted).first() is None:
        raise TooManyHolds(most=rules.HOLDS_A_DAY)


def forget_counts(session: Session, _payload: dict[str, Any]) -> None:
    """Drop the counts of days that are over (worker, daily)."""
    session.execute(delete(HoldCount).where(HoldCount.day < clock.today()))
