"""What each activity cost the city: points given, what they are worth in yen, people, points for a person and an hour.

Activities of few people stand together in one line: what one of them got is nobody's business outside the list of names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, literal, select, type_coerce
from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.core.small_numbers import is_few
from portal.points.partners.rules import YEN_PER_POINT
from portal.points.programmes.models import PointEarning
from portal.points.volunteering.models import VolunteerActivity, VolunteerHost, VolunteerPlace
from portal.points.volunteering.rules import Place

HOUR = 60
MOST = 5_000


@dataclass(frozen=True, slots=True)
class Cost:
    """One activity (or `count` small ones together, without a name) that began in the days asked for."""

    id: UUID | None
    title: str
    host: str
    day: date | None
    is_event: bool
    people: int
    minutes: int
    points: int
    count: int = 1

    @property
    def yen(self) -> int:
        return self.points * YEN_PER_POINT

    @property
    def each(self) -> float:
        """Points for one person."""
        return self.points / self.people if self.people else 0.0

    @property
    def hourly(self) -> float:
        """Points for an hour of one person."""
        return self.points * HOUR / self.minutes if self.minutes else 0.0


def costs(session: Session, first: date, last: date) -> list[Cost]:
    """Of activities that began from *first* to *last*, the dearest first; then the small ones of each kind together."""
    found = _all(session, _begin(first), _begin(last + timedelta(days=1)))
    small = sorted((one for one in found if is_few(one.people)), key=lambda one: one.is_event)
    together = [_together(is_event, list(some)) for is_event, some in groupby(small, key=lambda one: one.is_event)]
    return [one for one in found if not is_few(one.people)] + together


def _together(is_event: bool, some: Sequence[Cost]) -> Cost:
    """People are counted once an activity: who was at two of them counts twice, as in the lines above."""
    people, minutes, points = (sum(getattr(one, name) for one in some) for name in ("people", "minutes", "points"))
    return Cost(None, "", "", None, is_event, people, minutes, points, len(some))


def _all(session: Session, begin: datetime, end: datetime) -> list[Cost]:
    given = (
        select(func.sum(PointEarning.given))
        .where(PointEarning.fact == _fact(session), PointEarning.reversed_at.is_(None))
        .scalar_subquery()
    )
    points = func.coalesce(func.sum(given), 0)
    query = (
        select(
            VolunteerActivity.id, VolunteerActivity.title, VolunteerHost.name, VolunteerActivity.starts_at,
            VolunteerActivity.is_event, func.count(), func.sum(VolunteerPlace.minutes), points,
        )
        .join(VolunteerHost, VolunteerHost.id == VolunteerActivity.host_id)
        .join(VolunteerPlace, VolunteerPlace.activity_id == VolunteerActivity.id)
        .where(VolunteerActivity.starts_at >= begin, VolunteerActivity.starts_at < end)
        .where(VolunteerPlace.state == Place.SETTLED, VolunteerPlace.minutes > 0)
        .group_by(VolunteerActivity.id, VolunteerHost.name)
        .order_by(points.desc(), VolunteerActivity.starts_at, VolunteerActivity.id)
        .limit(MOST)
    )  # fmt: skip
    return [
        Cost(id, title, host, at.astimezone(JST).date(), is_event, people, int(minutes), int(sum_))
        for id, title, host, at, is_event, people, minutes, sum_ in session.execute(query)
    ]


def _fact(session: Session) -> ColumnElement[str]:
    """`place:<id>` as earnings name it, by the database itself."""
    if session.get_bind().dialect.name != "sqlite":
        return literal("place:") + cast(VolunteerPlace.id, String)
    sign = type_coerce(VolunteerPlace.id, String)
    parts = [func.substr(sign, begin, long) for begin, long in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))]
    name: ColumnElement[str] = literal("place:") + parts[0]
    for part in parts[1:]:
        name = name + literal("-") + part
    return name


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), JST)
