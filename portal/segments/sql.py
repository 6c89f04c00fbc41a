"""Conditions as SQL, one statement, the same text on SQLite and PostgreSQL.

Whoever is under 支援措置 or not on the register any more (moved, died) is left out here, so by every way to choose.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, extract, false, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from portal.core import clock
from portal.core.addresses import WARDS
from portal.facts import service as facts
from portal.facts.service import FactKind
from portal.residents import service as residents
from portal.residents.service import Person
from portal.segments.conditions import Condition
from portal.segments.models import ListMember

MAY_BE_CHOSEN = and_(Person.moved_out.is_(None), Person.protected.is_(False))


def ids(condition: Condition, *, after: UUID | None = None, last: UUID | None = None) -> Select[UUID]:
    """The ids of whom the condition chooses, past *after* up to *last*, in no order: to build set-based statements on."""
    wanted = select(Person.id).where(MAY_BE_CHOSEN)
    if after is not None:
        wanted = wanted.where(Person.id > after)
    if last is not None:
        wanted = wanted.where(Person.id <= last)
    return wanted.where(where(condition)) if condition != {"all": []} else wanted


def where(condition: Condition, *, day: date | None = None) -> ColumnElement[bool]:
    """Who fits, as a condition of a query about `Person`; says nothing of who may be chosen."""
    return _where(condition, day or clock.today())


def _where(condition: Condition, day: date) -> ColumnElement[bool]:
    ((name, value),) = condition.items()
    if name == "all":
        return and_(true(), *(_where(one, day) for one in value))
    if name == "any":
        return or_(false(), *(_where(one, day) for one in value))
    if name == "not":
        return not_(_where(value, day))
    return SQL[name](value, day)


def _aged(born: Any, bounds: dict[str, int], day: date) -> ColumnElement[bool]:
    """Full years between, as a range of birth dates: an index can serve it."""
    found: list[ColumnElement[bool]] = []
    if "from" in bounds:
        found.append(born <= residents.years_before(day, bounds["from"]))
    if "to" in bounds:
        found.append(born > residents.years_before(day, bounds["to"] + 1))
    return and_(*found)


def _child(bounds: dict[str, int], day: date) -> ColumnElement[bool]:
    child = aliased(Person)
    minor = child.birth_date > residents.years_before(day, residents.ADULT)
    guards = or_(
        *(
            and_(child.relation == relation, Person.relation.in_(residents.guardian_relations(relation)))
            for relation in residents.GUARDED
        )
    )
    lives_there = and_(child.household_number == Person.household_number, child.moved_out.is_(None))
    grown = _aged(Person.birth_date, {"from": residents.ADULT}, day)
    return and_(grown, exists().where(lives_there, minor, _aged(child.birth_date, bounds, day), guards))


def _household_size(bounds: dict[str, int], _day: date) -> ColumnElement[bool]:
    other = aliased(Person)
    people = (
        select(func.count())
        .where(other.household_number == Person.household_number, other.moved_out.is_(None))
        .scalar_subquery()
    )
    return and_(
        *([people >= bounds["from"]] if "from" in bounds else []), *([people <= bounds["to"]] if "to" in bounds else [])
    )


def _town(names: list[str], _day: date) -> ColumnElement[bool]:
    parts = [(ward, name.removeprefix(ward)) for name in names for ward in WARDS if name.startswith(ward)]
    return or_(*(and_(Person.ward == ward, Person.town == town) for ward, town in parts))


def _moved_in(bounds: dict[str, str], _day: date) -> ColumnElement[bool]:
    first, last = (date.fromisoformat(bounds[end]) if end in bounds else None for end in ("from", "to"))
    return and_(*([Person.moved_in >= first] if first else []), *([Person.moved_in <= last] if last else []))


def _fact(said: dict[str, Any], day: date) -> ColumnElement[bool]:
    name, first, last = said["name"], said.get("from"), said.get("to")
    kind = facts.types()[name].kind
    if kind is FactKind.NUMBER and (first, last) != (None, None):
        return facts.in_range(name, least=first, most=last, of=Person.id, on=day)
    if kind is FactKind.DATE:
        first, last = (date.fromisoformat(end) if end else None for end in (first, last))
        return facts.in_days(name, first=first, last=last, of=Person.id, on=day)
    return facts.has_value(name, said.get("values", ()), of=Person.id, on=day)


def _consent(topics: list[str], _day: date) -> ColumnElement[bool]:
    return or_(*(facts.consent_stands(topic, of=Person.id) for topic in topics))


def _list(list_id: str, _day: date) -> ColumnElement[bool]:
    return exists().where(ListMember.resident_id == Person.id, ListMember.list_id == UUID(list_id))


SQL: dict[str, Callable[[Any, date], ColumnElement[bool]]] = {
    "age": lambda bounds, day: _aged(Person.birth_date, bounds, day),
    "birth_month": lambda months, _: extract("month", Person.birth_date).in_(months),
    "ward": lambda wards, _: Person.ward.in_(wards),
    "town": _town,
    "relation": lambda relations, _: Person.relation.in_(relations),
    "child": _child,
    "household_size": _household_size,
    "language": lambda languages, _: Person.language.in_(languages),
    "moved_in": _moved_in,
    "moved_in_within": lambda within, day: Person.moved_in.between(day - timedelta(days=within), day),
    "fact": _fact,
    "consent": _consent,
    "list": _list,
}
