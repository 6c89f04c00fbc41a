"""Readers divided: by the conditions that chose them (which of a segment's alternatives brought whom), by ward, by age.

A clerk writes conditions and lists, so two notices could be compared: each number is blurred as in a dry run.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import case, literal, select
from sqlalchemy.orm import Session

from portal.residents.service import Person
from portal.segments.conditions import Condition
from portal.segments.counting import salt_of, sums
from portal.segments.rules import Count, guarded
from portal.segments.sql import where

Label = TypeVar("Label", bound=Hashable)
MOST = 12
"""More lines than a page of figures can say something with."""
CHOICES = ("language", "birth_month", "relation", "town", "consent")
"""Attributes whose value is a list of choices; wards have a table of their own on every page of figures."""


@dataclass(frozen=True, slots=True)
class Divided:
    """One alternative (None: fits none of them today) with how many readers, and how many of them are marked."""

    condition: Condition | None
    people: Count
    marked: Count


def alternatives(condition: Condition) -> list[Condition]:
    """The first "any" among conditions that all apply, or the choices of the first attribute that offers some; nothing
    where everybody fits the very same."""
    every = condition.get("all", [condition])
    for one in every:
        if len(one.get("any", ())) > 1:
            return list(one["any"][:MOST])
    for one in every:
        if len(found := list(_choices(one))) > 1:
            return found[:MOST]
    return []


def _choices(one: Condition) -> Iterator[Condition]:
    ((name, value),) = one.items()
    if name in CHOICES:
        yield from ({name: [choice]} for choice in value)
    elif name == "fact" and "values" in value:
        yield from ({name: {**value, "values": [choice]}} for choice in value["values"])


def divided(session: Session, condition: Condition, *, of: Any, mark: Any, only: Any) -> list[Divided]:
    """Readers (rows whose column *of* names a resident, and that fit *only*) by the first alternative each fits today;
    *mark* is not null where a row counts as marked. Whoever is under 支援措置 is in no number."""
    parts = alternatives(condition)
    if not parts:
        return []
    place = case(*((where(one), literal(number)) for number, one in enumerate(parts)), else_=literal(-1))
    found = shared(session, place, range(-1, len(parts)), of=of, mark=mark, only=only)
    return [Divided(one, *found[number]) for number, one in [*enumerate(parts), (-1, None)]]


def shared(
    session: Session, part: Any, labels: Iterable[Label], *, of: Any, mark: Any, only: Any
) -> dict[Label, tuple[Count, Count]]:
    """(people, how many of them are marked) for each of *labels* that *part* of a person may be; also where nobody is."""
    salt = salt_of(session)
    query = (
        select(part, mark.is_not(None), *sums(salt))
        .select_from(Person)
        .join(of.class_, of == Person.id)
        .where(only, Person.protected.is_(False))
        .group_by(part, mark.is_not(None))
    )
    rows = session.execute(query).all()
    return {label: _counts([row for row in rows if row[0] == label], salt) for label in labels}


def _counts(mine: Sequence[Any], salt: int) -> tuple[Count, Count]:
    """Read by no more than got it, and of few not even that."""
    people, marked = (_sum(some, salt) for some in (mine, [row for row in mine if row[1]]))
    if people.shown is None or marked.shown is None:
        return people, Count(None)
    return people, Count(min(people.shown, marked.shown))


def _sum(rows: Sequence[Any], salt: int) -> Count:
    return guarded(sum(row[2] for row in rows), sum(int(row[3]) for row in rows), salt)
