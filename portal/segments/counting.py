"""How many people conditions choose, before anything is sent: in all, by ward, age and language, and who is left out.

One statement gives all of it, with each group's sum of keys (see rules.guarded). Opens nobody's data; who counted
which conditions is on record.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, Integer, case, cast, func, literal, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import WARDS
from portal.core.audit import Action, did
from portal.residents import service as residents
from portal.residents.service import Person
from portal.segments import asking
from portal.segments.asking import Asking
from portal.segments.attributes import LANGUAGES
from portal.segments.conditions import Condition
from portal.segments.models import Blur
from portal.segments.rules import Count, guarded
from portal.segments.sql import MAY_BE_CHOSEN, where

# Ages at which a band begins (years); the last is open.
BANDS = (0, 6, 18, 40, 65, 75)
PRIME = 1_000_003
Group = TypeVar("Group", bound=Hashable)
MOVED, DIED = "moved", "died"
REASONS = (MOVED, DIED)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """All of a dry run. Bands are told by the age they begin with; `left_out` fit the conditions, but get nothing.

    Who is under 支援措置 is in no number: by comparing two of them a clerk could find out where somebody lives. The blur
    is no help there: of equal sets it is equal.
    """

    people: Count
    wards: dict[str, Count]
    bands: dict[int, Count]
    languages: dict[str, Count]
    left_out: dict[str, Count]


def count(session: Session, condition: Condition, *, by: Asking, case_ref: str = "") -> Count:
    """How many would be chosen now, as it may be shown."""
    _on_record(session, case_ref)
    asking.check(session, condition, by)
    salt = salt_of(session)
    return _sum(session.execute(select(*sums(salt)).where(MAY_BE_CHOSEN, where(condition))).all(), salt)


def breakdown(session: Session, condition: Condition, *, by: Asking, case_ref: str = "") -> Breakdown:
    """The same by ward, age band and language, and how many fit but are left out, by reason."""
    _on_record(session, case_ref)
    asking.check(session, condition, by)
    salt, day = salt_of(session), clock.today()
    fits = where(condition)
    groups = (Person.ward, _band(day), Person.language)
    numbers = sums(salt)
    chosen = session.execute(select(*groups, *numbers).where(MAY_BE_CHOSEN, fits).group_by(*groups)).all()
    reason, gone = case((Person.left_because == DIED, DIED), else_=MOVED), Person.moved_out.is_not(None)
    out = session.execute(select(reason, *numbers).where(gone, fits).group_by(reason)).all()
    return Breakdown(
        people=_sum(chosen, salt),
        wards=_by(chosen, WARDS, lambda row: row[0], salt),
        bands=_by(chosen, BANDS, lambda row: row[1], salt),
        languages=_by(chosen, LANGUAGES, lambda row: row[2], salt),
        left_out=_by(out, REASONS, lambda row: row[0], salt),
    )


def exists(session: Session, condition: Condition) -> bool:
    """Whether anybody would be chosen: for deciding, not for showing."""
    return session.scalar(select(Person.id).where(MAY_BE_CHOSEN, where(condition)).limit(1)) is not None


def reachable(session: Session, among: Collection[UUID]) -> set[UUID]:
    """Who of *among* may be sent anything at all; opens nobody's data."""
    return set(session.scalars(select(Person.id).where(Person.id.in_(among), MAY_BE_CHOSEN)))


def _on_record(session: Session, case_ref: str) -> None:
    did(session, Action.LOOK, whose=None, what="segments.count", case_ref=case_ref)


def salt_of(session: Session) -> int:
    return session.scalars(select(Blur.salt)).one()


def sums(salt: int) -> tuple[Any, Any]:
    """How many, and the sum of their keys: both add up over groups."""
    return func.count(), func.coalesce(func.sum(_key(salt)), 0)


def _key(salt: int) -> Any:
    """Each person's key, below PRIME: by their number, and by what only this database knows."""
    return cast(Person.addressee_number, BigInteger) % PRIME * salt % PRIME


def _band(day: date) -> Any:
    begins = [(Person.birth_date <= residents.years_before(day, age), literal(age, Integer)) for age in reversed(BANDS)]
    return case(*begins, else_=literal(0, Integer))


def _by(
    rows: Iterable[Sequence[Any]], groups: Iterable[Group], of: Callable[[Sequence[Any]], Group], salt: int
) -> dict[Group, Count]:
    rows = list(rows)
    return {group: _sum([row for row in rows if of(row) == group], salt) for group in groups}


def _sum(rows: Iterable[Sequence[Any]], salt: int) -> Count:
    rows = list(rows)
    return guarded(sum(row[-2] for row in rows), sum(int(row[-1]) for row in rows), salt)
