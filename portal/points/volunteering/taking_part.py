"""Residents look for something to do, take a place, come and go."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.points.programmes import rules as programme_rules
from portal.points.programmes import service as programmes
from portal.points.volunteering import hosting, rules
from portal.points.volunteering.event_rules import Kind, whole_time
from portal.points.volunteering.models import VolunteerActivity, VolunteerHost, VolunteerPlace
from portal.points.volunteering.rules import Place, State

PAGE = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """An activity with its organisation and the points it brings who stays to the end; 0: not known."""

    activity: VolunteerActivity
    host: str
    points: int

    @property
    def left(self) -> int:
        return self.activity.seats - self.activity.taken


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: from a day on, in a ward ("" for all), of a kind ("" for all)."""

    since: date
    ward: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Mine:
    """Somebody's place with its activity."""

    place: VolunteerPlace
    activity: VolunteerActivity
    host: str


def listed(session: Session, wanted: Wanted, *, skip: int = 0) -> list[Listed]:
    """What is open, the nearest first; one more than a page tells of another page."""
    begin = max(clock.now(), datetime.combine(wanted.since, time(), JST))
    query = (
        select(VolunteerActivity, VolunteerHost.name)
        .join(VolunteerHost, VolunteerHost.id == VolunteerActivity.host_id)
        .where(VolunteerActivity.state == State.OPEN, VolunteerActivity.starts_at >= begin)
        .order_by(VolunteerActivity.starts_at, VolunteerActivity.id)
    )
    if wanted.ward:
        query = query.where(VolunteerActivity.ward == wanted.ward)
    if wanted.kind:
        query = query.where(VolunteerActivity.is_event == (wanted.kind == Kind.EVENT))
    found = session.execute(query.offset(skip).limit(PAGE + 1)).all()
    return [Listed(one, name, worth(session, one)) for one, name in found]


def worth(session: Session, one: VolunteerActivity) -> int:
    """What staying from the beginning to the end brings, by the terms of the day."""
    terms = programmes.terms_on(session, one.programme, one.starts_at.astimezone(JST).date())
    if terms is None:
        return 0
    unit = programmes.programme(session, one.programme).unit
    minutes = whole_time(one.starts_at, one.ends_at)
    return programme_rules.worth(unit, terms.points, minutes if unit == programme_rules.Unit.HOUR else 1)


def look(session: Session, activity_id: UUID) -> Listed:
    """One activity. Raises ActivityUnknown."""
    one = hosting.activity(session, activity_id)
    return Listed(one, hosting.host(session, one.host_id).name, worth(session, one))


def place_of(session: Session, resident_id: UUID, activity_id: UUID) -> VolunteerPlace | None:
    """The person's place in an activity, withdrawn ones too."""
    query = select(VolunteerPlace).where(
        VolunteerPlace.activity_id == activity_id, VolunteerPlace.resident_id == resident_id
    )
    return session.scalars(query).one_or_none()


def mine(session: Session, resident_id: UUID, *, limit: int = 200) -> list[Mine]:
    """The person's activities, the latest first."""
    query = (
        select(VolunteerPlace, VolunteerActivity, VolunteerHost.name)
        .join(VolunteerActivity, VolunteerActivity.id == VolunteerPlace.activity_id)
        .join(VolunteerHost, VolunteerHost.id == VolunteerActivity.host_id)
        .where(VolunteerPlace.resident_id == resident_id)
        .order_by(VolunteerActivity.starts_at.desc())
        .limit(limit)
    )
    return [Mine(*row) for row in session.execute(query)]


def apply(session: Session, resident_id: UUID, activity_id: UUID) -> None:
    """Take a place; twice is one place. Raises ActivityOver, ActivityFull."""
    one = hosting.activity(session, activity_id)
    rules.check_can_apply(one.state, one.starts_at, clock.now())
    if _has_come_in(session, resident_id, activity_id):
        _take_seat(session, resident_id, activity_id)


def _take_seat(session: Session, resident_id: UUID, activity_id: UUID) -> None:
    taken = update(VolunteerActivity).where(
        VolunteerActivity.id == activity_id, VolunteerActivity.taken < VolunteerActivity.seats,
        VolunteerActivity.state == State.OPEN,
    )  # fmt: skip
    if session.execute(taken.values(taken=VolunteerActivity.taken + 1)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.ActivityFull
    did(session, Action.CREATE, whose=resident_id, what="volunteer_places", case_ref=str(activity_id)[:8])


def walk_in(session: Session, resident_id: UUID, activity_id: UUID) -> None:
    """A place for somebody who is there and had not applied, if one is left. Raises ActivityFull, ActivityOver."""
    if hosting.activity(session, activity_id).state != State.OPEN:
        raise rules.ActivityOver
    if _has_come_in(session, resident_id, activity_id):
        _take_seat(session, resident_id, activity_id)


def _has_come_in(session: Session, resident_id: UUID, activity_id: UUID) -> bool:
    """Whether the person had no place until now; a place that was withdrawn is taken up again."""
    row = {
        "id": new_id(), "activity_id": activity_id, "resident_id": resident_id, "state": str(Place.APPLIED),
        "applied_at": clock.now(), "device": "", "note": "",
    }  # fmt: skip
    if insert_once(session, VolunteerPlace.__table__, row):  # type: ignore[arg-type]
        return True
    return _change(session, resident_id, activity_id, Place.WITHDRAWN, Place.APPLIED)


def withdraw(session: Session, resident_id: UUID, activity_id: UUID) -> None:
    """Give the place to somebody else; twice is once. Raises ActivityOver once it began."""
    one = hosting.activity(session, activity_id)
    rules.check_can_apply(one.state, one.starts_at, clock.now())
    if not _change(session, resident_id, activity_id, Place.APPLIED, Place.WITHDRAWN):
        return
    freed = update(VolunteerActivity).where(VolunteerActivity.id == activity_id)
    session.execute(freed.values(taken=VolunteerActivity.taken - 1))
    did(session, Action.CHANGE, whose=resident_id, what="volunteer_places", case_ref=str(activity_id)[:8])


def _change(session: Session, resident_id: UUID, activity_id: UUID, before: Place, after: Place) -> bool:
    changed = update(VolunteerPlace).where(
        VolunteerPlace.activity_id == activity_id,
        VolunteerPlace.resident_id == resident_id,
        VolunteerPlace.state == before,
    )
    return session.execute(changed.values(state=str(after))).rowcount == 1  # type: ignore[attr-defined]


def come(
    session: Session, resident_id: UUID, activity_id: UUID, *, device: str, at: datetime | None = None
) -> VolunteerPlace:
    """By the code at the place, scanned *at* that moment: the first time one comes, later one goes; pressed twice in a row
    one has come. Where nobody has to apply, coming takes a place that is left. Raises NoPlace, NotNow, Decided,
    ActivityFull, ActivityOver."""
    one, now = hosting.activity(session, activity_id), at or clock.now()
    place = place_of(session, resident_id, activity_id)
    has_place = place is not None and place.state != Place.WITHDRAWN
    if one.state != State.OPEN or not (has_place or one.walk_in):
        raise rules.NoPlace
    rules.check_can_come(one.starts_at, one.ends_at, now)
    if not has_place:
        walk_in(session, resident_id, activity_id)
        place = place_of(session, resident_id, activity_id)
    assert place
    if rules.is_same_press(place.came_at, now):
        return place
    values = {"left_at": now} if place.came_at else {"came_at": now, "device": device}
    noted = update(VolunteerPlace).where(VolunteerPlace.id == place.id, VolunteerPlace.state == Place.APPLIED)
    if session.execute(noted.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.Decided
    session.refresh(place)
    did(session, Action.CHANGE, whose=resident_id, what="volunteer_places", case_ref=str(activity_id)[:8])
    return place
