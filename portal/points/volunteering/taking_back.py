"""Hours that were paid are taken back: by the organisation that approved them, for two weeks, then by the city.

A small sum at once, a larger one when a second person of the city agrees. The grant is reversed exactly; what was spent
is owed (`programmes.debts`). Fewer minutes that count instead are paid anew, by the terms of the activity's day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.points.events import HoursTakenBack
from portal.points.programmes import debts
from portal.points.volunteering import back_rules, hosting, hours, rules
from portal.points.volunteering.back_rules import State
from portal.points.volunteering.models import VolunteerActivity, VolunteerHost, VolunteerPlace, VolunteerTakeback
from portal.points.volunteering.rules import Place


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: so many minutes count instead (0: none), and why, as the person reads it."""

    minutes: int
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """What waits for a second person."""

    back: VolunteerTakeback
    place: VolunteerPlace
    activity: VolunteerActivity
    host: str


def place_of(session: Session, place_id: UUID) -> tuple[VolunteerPlace, VolunteerActivity]:
    """A place and its activity. Raises ActivityUnknown."""
    place = session.get(VolunteerPlace, place_id)
    if place is None:
        raise rules.ActivityUnknown
    return place, hosting.activity(session, place.activity_id)


def of_host(session: Session, one: VolunteerActivity, places: Sequence[VolunteerPlace]) -> set[UUID]:
    """The places the organisation's people may take back: what the city decided stays with the city."""
    keepers, now = set(hosting.keepers(session, one.host_id)), clock.now()
    return {
        place.id
        for place in places
        if place.settled_by in keepers
        and back_rules.is_in_time(place.state, place.minutes, place.settled_at, now, within=back_rules.HOST_WITHIN)
    }


def of_city(places: Sequence[VolunteerPlace]) -> set[UUID]:
    """The places the city may take back."""
    now, within = clock.now(), back_rules.CITY_WITHIN
    return {
        place.id
        for place in places
        if back_rules.is_in_time(place.state, place.minutes, place.settled_at, now, within=within)
    }


def _settled_by_host(session: Session, place: VolunteerPlace) -> bool:
    return place.settled_by in hosting.keepers(session, hosting.activity(session, place.activity_id).host_id)


def by_host(session: Session, keeper: Actor, place_id: UUID, wish: Wish) -> VolunteerTakeback:
    """Somebody of the organisation. Raises ActivityUnknown, BackTooLate, NothingPaid, NotFewer, BackWaiting, PotEmpty."""
    assert keeper.id
    place, one = place_of(session, place_id)
    hosting.own_activity(session, keeper.id, one.id)
    back_rules.check_host(place.settled_at, clock.now())
    if not _settled_by_host(session, place):
        raise back_rules.BackTooLate(days=back_rules.HOST_WITHIN.days)
    return _ask(session, keeper, place, wish)


def by_city(session: Session, actor: Actor, place_id: UUID, wish: Wish) -> VolunteerTakeback:
    """The city's section. Raises ActivityUnknown, BackOver, NothingPaid, NotFewer, BackWaiting, PotEmpty."""
    place, _one = place_of(session, place_id)
    back_rules.check_city(place.settled_at, clock.now())
    return _ask(session, actor, place, wish)


def _ask(session: Session, actor: Actor, place: VolunteerPlace, wish: Wish) -> VolunteerTakeback:
    place = _held(session, place.id)
    points = debts.paid(session, f"place:{place.id}")
    if place.state != Place.SETTLED or not place.minutes or not points:
        raise back_rules.NothingPaid
    back_rules.check_minutes(wish.minutes, place.minutes)
    row = {
        "id": new_id(), "place_id": place.id, "resident_id": place.resident_id, "minutes": wish.minutes, "why": wish.why,
        "points": points, "needs_second": back_rules.needs_second(points), "state": str(State.OPEN),
        "open_key": str(place.id), "asked_by": actor.id, "asked_label": actor.label, "asked_at": clock.now(),
        "decided_label": "", "owed": 0,
    }  # fmt: skip
    if not insert_once(session, VolunteerTakeback.__table__, row):  # type: ignore[arg-type]
        raise back_rules.BackWaiting
    did(session, Action.CREATE, whose=place.resident_id, what="volunteer_takebacks", case_ref=str(place.id)[:8])
    back = session.get_one(VolunteerTakeback, row["id"])
    if not back.needs_second:
        _do(session, back, place)
    return back


def _held(session: Session, place_id: UUID) -> VolunteerPlace:
    """Nobody else changes the place until the end."""
    query = select(VolunteerPlace).where(VolunteerPlace.id == place_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def decide(session: Session, actor: Actor, back_id: UUID, *, yes: bool) -> None:
    """The second person. Raises OwnBack, Decided, NothingPaid, PotEmpty."""
    back = session.get(VolunteerTakeback, back_id)
    if back is None:
        raise rules.Decided
    if back.asked_by == actor.id:
        raise back_rules.OwnBack
    place = _held(session, back.place_id)
    values = {"decided_by": actor.id, "decided_label": actor.label, "decided_at": clock.now()}
    if not yes:
        values |= {"state": str(State.REFUSED), "open_key": None}
    still = VolunteerTakeback.id == back_id, VolunteerTakeback.state == State.OPEN
    open_one = VolunteerTakeback.decided_by.is_(None)
    if session.execute(update(VolunteerTakeback).where(*still, open_one).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.Decided
    session.refresh(back)
    did(session, Action.CHANGE, whose=back.resident_id, what="volunteer_takebacks", case_ref=str(back.place_id)[:8])
    if yes:
        _do(session, back, place)


def _do(session: Session, back: VolunteerTakeback, place: VolunteerPlace) -> None:
    one = hosting.activity(session, place.activity_id)
    taken = debts.take_back(session, place.resident_id, f"place:{place.id}", case_ref=one.title[:80])
    if not taken.points:
        raise back_rules.NothingPaid
    place.minutes, place.note = back.minutes, back.why
    place.settled_at, place.settled_by = clock.now(), back.decided_by or back.asked_by
    back.state, back.open_key, back.points, back.owed = State.DONE, None, taken.points, taken.owed
    session.flush()
    hours.pay(session, one, [place])
    emit(session, HoursTakenBack(resident_id=place.resident_id, back_id=back.id))


def waiting(session: Session, *, limit: int = 200) -> list[Case]:
    """What waits for a second person, the oldest first."""
    query = (
        select(VolunteerTakeback, VolunteerPlace, VolunteerActivity, VolunteerHost.name)
        .join(VolunteerPlace, VolunteerPlace.id == VolunteerTakeback.place_id)
        .join(VolunteerActivity, VolunteerActivity.id == VolunteerPlace.activity_id)
        .join(VolunteerHost, VolunteerHost.id == VolunteerActivity.host_id)
        .where(VolunteerTakeback.state == State.OPEN)
        .order_by(VolunteerTakeback.asked_at, VolunteerTakeback.id)
        .limit(limit)
    )
    return [Case(*row) for row in session.execute(query)]
