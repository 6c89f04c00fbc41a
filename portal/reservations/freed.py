"""Freed places: to whoever waits longest, or back to the public after a while. The one way a place becomes free.

A freed place keeps its slots taken until it is settled, so nobody can take it past the line. `settle` is done by the
worker and moves it one step; it locks the place's row, so two workers never offer it twice, and what it promises for
later (an answer's end, the return) stands in the outbox in the same transaction: killed anywhere, nothing is lost.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.reservations import days, offers, rules, slots, waiting_rules
from portal.reservations.slots import Stay
from portal.reservations.terms import terms
from portal.reservations.waiting_models import FreedPlace
from portal.reservations.waiting_rules import PlaceState

SETTLE = "reservations.settle-place"
ON_THE_WAY = (PlaceState.FREE, PlaceState.OFFERED)


def without(stay: Stay, other: Stay) -> list[Stay]:
    """What of *stay* lies outside *other*, in rows without a gap."""
    shared = set(other.starts) if other.office == stay.office else set()
    rows: list[Stay] = []
    for start in stay.starts:
        if start in shared:
            continue
        if rows and rows[-1].starts[-1] + rules.SLOT == start:
            rows[-1] = replace(rows[-1], count=rows[-1].count + 1)
        else:
            rows.append(replace(stay, starts_at=start, count=1))
    return rows


def give_back(session: Session, stay: Stay) -> None:
    """A visit does not need *stay* any more. What is near and nobody waits for is public in this very transaction;
    places kept for staff go back to the staff, those of a closed day to nobody."""
    now = clock.now()
    near = stay.starts_at - now <= terms().at_once
    if _is_no_place(session, stay) or (near and not offers.anybody_waits(session, stay, now=now)):
        slots.release(session, stay.office, stay.starts_at, stay.count, kept=stay.kept)
        return
    _keep(session, stay, now)


def exchange(session: Session, old: Stay, new: Stay, lapsed: Sequence[Stay] = ()) -> bool:
    """Take what *new* needs beyond *old* (and those of *lapsed* holds with it), then give back what *old* held beyond
    *new*; False if *new* is full.

    Of visits of the public, slots are only taken here: two people changing places with each other cannot wait for
    each other.
    """
    if old.kept or _is_no_place(session, old):
        return slots.exchange(session, [old, *lapsed], [new])
    if not slots.exchange(session, lapsed, [new] if new.kept else without(new, old)):
        return False
    for row in [old] if new.kept else without(old, new):
        _keep(session, row, clock.now())
    return True


def _is_no_place(session: Session, stay: Stay) -> bool:
    day = stay.starts_at.astimezone(JST).date()
    return stay.kept or days.is_closed(session, stay.office, day)


def drop(session: Session, office: str, span: tuple[datetime, datetime]) -> None:
    """The office closes: what is on its way within *span* is nobody's place any more, offered or not."""
    on_the_way = update(FreedPlace).where(FreedPlace.state.in_(ON_THE_WAY), FreedPlace.office == office)
    gone = on_the_way.where(FreedPlace.starts_at.between(*span)).values(state=str(PlaceState.RETURNED))
    session.execute(gone, execution_options={"synchronize_session": False})


def _keep(session: Session, stay: Stay, now: datetime) -> None:
    least, most = (60 * minutes for minutes in terms().delay_minutes)
    place = FreedPlace(
        id=new_id(),
        office=stay.office,
        starts_at=stay.starts_at,
        slots=stay.count,
        state=str(PlaceState.FREE),
        freed_at=now,
        returns_at=waiting_rules.returns_at(stay.starts_at, now, terms(), least + secrets.randbelow(most - least + 1)),
        look_again_at=now,
    )
    session.add(place)
    session.flush()
    look_again(session, place.id, now)


def look_again(session: Session, place_id: UUID, at: datetime) -> None:
    """Promise to settle the place at *at*; once too often does no harm."""
    outbox.post(session, SETTLE, {"place": str(place_id)}, lane=outbox.Lane.URGENT, at=at)


def settle(session: Session, payload: dict[str, Any]) -> None:
    """Move one freed place a step on its way (worker): an unanswered offer ends, the next person is asked, or the
    place is public again. Done twice, the second time finds nothing due."""
    query = select(FreedPlace).where(FreedPlace.id == UUID(payload["place"])).with_for_update()
    place = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if place is None or place.state not in ON_THE_WAY:
        return
    now = clock.now()
    if place.state == PlaceState.OFFERED and not offers.ended(session, place, now):
        return
    if (due := _next_step(session, place, now)) is not None:
        place.look_again_at = due
        look_again(session, place.id, due)


def _next_step(session: Session, place: FreedPlace, now: datetime) -> datetime | None:
    """Offer it, hold it till the morning, leave it lying a while, or return it (None: nothing more is due)."""
    when = waiting_rules.next_offer(now, terms())
    if when <= waiting_rules.last_offer(place.starts_at, terms()):
        if when == now:
            if until := offers.make(session, place, now):
                return until
        elif offers.anybody_waits(session, stay_of(place), now=now, place_id=place.id):
            return when
    if now < place.returns_at and now + rules.LAST_CALL < place.starts_at:
        return place.returns_at
    place.state = str(PlaceState.RETURNED)
    slots.release(session, place.office, place.starts_at, place.slots)
    return None


def stay_of(place: FreedPlace) -> Stay:
    """The slots of a freed place."""
    return Stay(place.office, place.starts_at, place.slots)


def settle_all(session: Session, _payload: dict[str, Any]) -> None:
    """Look at every place that should have moved by now (worker, every 10 min): no promise is lost for good."""
    late = clock.now() - timedelta(minutes=1)
    query = select(FreedPlace.id).where(FreedPlace.state.in_(ON_THE_WAY), FreedPlace.look_again_at < late)
    for place_id in session.scalars(query.limit(500)):
        look_again(session, place_id, clock.now())


def ask_again(session: Session) -> None:
    """Somebody new waits: each place that lies ready is looked at once more."""
    for place_id in session.scalars(select(FreedPlace.id).where(FreedPlace.state == PlaceState.FREE)):
        look_again(session, place_id, clock.now())
