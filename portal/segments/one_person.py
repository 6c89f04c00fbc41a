"""Would this person get it, and why or why not: the same conditions, asked of one resident.

Opening them is a look at their data, on record with the purpose of the unit and what it was about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.facts import service as facts
from portal.residents import service as residents
from portal.residents.service import Person
from portal.segments import asking, conditions
from portal.segments.asking import Asking
from portal.segments.attributes import Someone
from portal.segments.conditions import Condition
from portal.segments.models import ListMember


@dataclass(frozen=True, slots=True)
class Answer:
    """`parts` are the outermost conditions with whether each holds. Of who died or moved away nothing more is said. Who is
    under 支援措置 is answered like everybody, but lives in no ward and no town: by asking one after the other a clerk
    would learn where. They are reached in the agreed way."""

    chosen: bool
    left_out: bool
    parts: tuple[tuple[Condition, bool], ...]


def would_get(
    session: Session, condition: Condition, addressee_number: str, *, by: Asking, case_ref: str
) -> Answer | None:
    """The answer for the resident of a 統合宛名番号; None for nobody's number."""
    asking.check(session, condition, by)
    person = residents.find_by_number(session, addressee_number, case_ref=case_ref)
    if person is None:
        return None
    audit.looked(session, whose=person.id, what="segments.person", case_ref=case_ref)
    someone, day = _read(session, person, condition, case_ref), clock.today()
    if someone.left_out:
        return Answer(chosen=False, left_out=True, parts=())
    parts = tuple((one, conditions.holds(one, someone, day)) for one in _outermost(condition))
    return Answer(all(holds for _, holds in parts), False, parts)


def _outermost(condition: Condition) -> Iterator[Condition]:
    yield from condition.get("all", [condition])


def _read(session: Session, person: Person, condition: Condition, case_ref: str) -> Someone:
    """No more of the person than the conditions ask for."""
    asked = {value["name"] for name, value in conditions.leaves(condition) if name == "fact"}
    known = facts.facts_of(session, person.id, only=asked, case_ref=case_ref) if asked else []
    return Someone(
        birth_date=person.birth_date,
        ward="" if person.protected else person.ward,
        town="" if person.protected else person.town,
        relation=person.relation,
        household=household(session, person),
        language=person.language,
        moved_in=person.moved_in,
        facts=tuple((fact.name, fact.value) for fact in known),
        consents=frozenset(one.topic for one in facts.consents_of(session, person.id) if one.withdrawn_at is None),
        lists=lists_with(session, person.id),
        left_out=person.moved_out is not None,
    )


def household(session: Session, person: Person) -> tuple[tuple[str, date], ...]:
    """(relation, birth date) of everybody who lives in the person's household; opens nobody's data."""
    query = select(Person.relation, Person.birth_date).where(
        Person.household_number == person.household_number, Person.moved_out.is_(None)
    )
    return tuple((row.relation, row.birth_date) for row in session.execute(query))


def lists_with(session: Session, resident_id: UUID) -> frozenset[str]:
    found = session.scalars(select(ListMember.list_id).where(ListMember.resident_id == resident_id))
    return frozenset(map(str, found))
