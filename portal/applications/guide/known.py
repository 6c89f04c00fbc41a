"""What the resident register answers instead of the person: about the household, the children, the resident."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications.guide.schema import Known, KnownValue
from portal.core import clock
from portal.residents import service as residents
from portal.residents.service import Person

RELATIONS: Mapping[str, str] = {
    "世帯主": "self",
    "妻": "spouse",
    "夫": "spouse",
    "子": "child",
    "父": "parent",
    "母": "parent",
}
JAPAN = "日本"


def look(session: Session, resident_id: UUID) -> tuple[dict[str, str], dict[str, Any]]:
    """(answers to questions by Known, values for forms by KnownValue); the look is on record."""
    person = residents.look_up(session, resident_id)
    household = residents.household_of(session, person)
    children = residents.children_of(session, person)
    return answers_of(person, household, children), values_of(person, children)


def answers_of(person: Person, household: list[Person], children: list[Person]) -> dict[str, str]:
    """Answers in the words of yes-no questions."""
    today = clock.today()
    facts = {
        Known.SEVERAL: len(household) > 1,
        Known.CHILDREN: bool(children),
        Known.SCHOOL_CHILDREN: any(1 <= school_year(child.birth_date, today) <= 9 for child in children),
        Known.SMALL_CHILDREN: any(school_year(child.birth_date, today) < 1 for child in children),
        Known.SENIORS: any(age(one.birth_date, today) >= 75 for one in household),
        Known.FOREIGN: person.nationality != JAPAN,
        Known.JAPANESE: person.nationality == JAPAN,
        Known.PARTNER: residents.partner_of(person, household) is not None,
        Known.OVER_65: age(person.birth_date, today) >= 65,
    }
    return {str(name): "yes" if holds else "no" for name, holds in facts.items()}


def values_of(person: Person, children: list[Person]) -> dict[str, Any]:
    """Answers of forms; what is not certain (children in several school years) is left out."""
    today = clock.today()
    years = {str(one.id): school_year(one.birth_date, today) for one in children}
    at_school = {child: year for child, year in years.items() if 1 <= year <= 9}
    found: dict[str, Any] = {KnownValue.RELATION: RELATIONS.get(person.relation, "other")}
    if at_school:
        found[KnownValue.AT_SCHOOL] = list(at_school)
    if len(set(at_school.values())) == 1:
        found[KnownValue.SCHOOL_YEAR] = next(iter(at_school.values()))
    return {str(name): value for name, value in found.items()}


def school_year(born: date, today: date) -> int:
    """1 to 9 in compulsory school, below 1 before it: who is six on 1 April begins (学校教育法第17条).

    Born on 1 April counts to the year before: one is a year older at the end of the day before (年齢計算ニ関スル法律).
    """
    begins = born.year + (7 if (born.month, born.day) > (4, 1) else 6)
    this_year = today.year if (today.month, today.day) >= (4, 1) else today.year - 1
    return this_year - begins + 1


def age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
