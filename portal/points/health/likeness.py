"""One phone used by two people: days with exactly, or nearly, the steps of somebody else."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from portal.points.health import rules
from portal.points.health.models import HealthDay
from portal.points.health.rules import Doubt


def likeness(session: Session, resident_id: UUID) -> tuple[Doubt | None, list[UUID]]:
    """Why the person's days look like somebody else's, if they do, and in which series of days those are."""
    same = [series for series, days in _equal(session, resident_id).items() if rules.is_same([days])]
    if same:
        return Doubt.SAME, same
    near = [series for series, days in _near(session, resident_id).items() if rules.is_near(days)]
    return (Doubt.NEAR, near) if near else (None, [])


def _equal(session: Session, resident_id: UUID) -> dict[UUID, int]:
    """Series of other people (or of somebody who took the consent back) -> on how many days they walked the same steps."""
    mine, other = aliased(HealthDay), aliased(HealthDay)
    query = (
        select(other.series, func.count().label("days"))
        .join(mine, (mine.day == other.day) & (mine.mark == other.mark))
        .where(mine.resident_id == resident_id, other.series != mine.series, mine.steps >= rules.THOUSAND)
        .group_by(other.series)
    )
    return {row.series: row.days for row in session.execute(query)}


def _near(session: Session, resident_id: UUID) -> dict[UUID, dict[int, int]]:
    """Series of other people -> how many more or fewer steps -> on how many days."""
    mine, other = aliased(HealthDay), aliased(HealthDay)
    apart = other.steps - mine.steps
    query = (
        select(other.series, apart, func.count())
        .join(mine, (mine.day == other.day) & other.steps.between(mine.steps - rules.NEAR, mine.steps + rules.NEAR))
        .where(mine.resident_id == resident_id, other.series != mine.series, mine.steps >= rules.THOUSAND)
        .group_by(other.series, apart)
    )
    found: dict[UUID, dict[int, int]] = {}
    for series, distance, days in session.execute(query):
        found.setdefault(series, {})[distance or 0] = days
    return found
