"""The door for rooms above: what a notice about volunteering needs to say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.points.volunteering.models import VolunteerActivity, VolunteerObjection, VolunteerPlace, VolunteerTakeback
from portal.points.volunteering.rules import Decision, Place


@dataclass(frozen=True, slots=True)
class About:
    """An activity, and how an objection about it was decided."""

    title: str
    day: date
    answer: str = ""
    is_upheld: bool = False
    is_event: bool = False


def of_activity(session: Session, activity_id: UUID) -> About:
    """What it is called and when it was to be."""
    one = session.get_one(VolunteerActivity, activity_id)
    return About(one.title, one.starts_at.astimezone(JST).date(), is_event=one.is_event)


def of_objection(session: Session, place_id: UUID) -> About:
    """The same with the city's answer."""
    place, found = session.get_one(VolunteerPlace, place_id), session.get_one(VolunteerObjection, place_id)
    about = of_activity(session, place.activity_id)
    return About(about.title, about.day, found.answer, found.state == Decision.YES, about.is_event)


@dataclass(frozen=True, slots=True)
class Back:
    """What was taken back, why, and what of it is owed."""

    about: About
    points: int
    owed: int
    minutes: int
    why: str


def of_takeback(session: Session, back_id: UUID) -> Back:
    """What the person is told about it."""
    found = session.get_one(VolunteerTakeback, back_id)
    place = session.get_one(VolunteerPlace, found.place_id)
    return Back(of_activity(session, place.activity_id), found.points, found.owed, found.minutes, found.why)


def minutes_between(
    session: Session, people: Sequence[UUID] | Select[UUID], begins: datetime, ends: datetime
) -> dict[UUID, int]:
    """Approved minutes of volunteering that began in that time, by person; those without any are left out."""
    query = (
        select(VolunteerPlace.resident_id, func.sum(VolunteerPlace.minutes))
        .join(VolunteerActivity, VolunteerActivity.id == VolunteerPlace.activity_id)
        .where(
            VolunteerPlace.resident_id.in_(people), VolunteerPlace.state == Place.SETTLED, VolunteerPlace.minutes > 0,
            VolunteerActivity.is_event.is_(False), VolunteerActivity.starts_at >= begins, VolunteerActivity.starts_at < ends,
        )
        .group_by(VolunteerPlace.resident_id)
    )  # fmt: skip
    return {who: int(minutes or 0) for who, minutes in session.execute(query)}
