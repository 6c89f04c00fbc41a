"""Which of several periods of a grade counts on a day: the one begun last, as long as it has not ended.

A body loads the next period before it begins: until then the current one counts. From its first day a later period takes
the place of all before it, also of one that would have gone on longer.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from portal.procurement.models import Qualification


class Period(Protocol):
    """A grade with its days."""

    valid_from: Any
    valid_until: Any


One = TypeVar("One", bound=Period)


def counting(periods: Iterable[One], day: date) -> One | None:
    """Of the periods of one company, body and category the one that counts on *day*."""
    begun = [one for one in periods if one.valid_from <= day]
    last = max(begun, key=lambda one: one.valid_from, default=None)
    return last if last is not None and last.valid_until >= day else None


def current(periods: Sequence[One], day: date) -> list[One]:
    """Of the same those worth showing: the one begun last, also when it has ended, and those to come."""
    begun = [one for one in periods if one.valid_from <= day]
    last = max((one.valid_from for one in begun), default=day)
    return sorted((one for one in periods if one.valid_from >= last), key=lambda one: one.valid_from)


def counts_on(day: date) -> ColumnElement[bool]:
    """The condition of a qualification that counts on *day*."""
    later = aliased(Qualification)
    overtaken = exists().where(_same(later), later.valid_from > Qualification.valid_from, later.valid_from <= day)
    return and_(Qualification.valid_from <= day, Qualification.valid_until >= day, ~overtaken)


def newest_begun(agency_code: str, category: str, day: date) -> Select[Any, date]:
    """(company, first day) of the period begun last of each company: asked once for all instead of by the row."""
    mine = Qualification.agency_code == agency_code, Qualification.category == category
    return (
        select(Qualification.company_id, func.max(Qualification.valid_from).label("begun"))
        .where(*mine, Qualification.valid_from <= day)
        .group_by(Qualification.company_id)
    )


def followed_by(last: date) -> ColumnElement[bool]:
    """The condition of a qualification after which another begins on *last* or before: nothing ends then."""
    later = aliased(Qualification)
    return exists().where(_same(later), later.valid_from > Qualification.valid_from, later.valid_from <= last)


def _same(other: Any) -> ColumnElement[bool]:
    return and_(
        other.company_id == Qualification.company_id,
        other.agency_code == Qualification.agency_code,
        other.category == Qualification.category,
    )
