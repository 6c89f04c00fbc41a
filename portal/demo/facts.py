"""What the sections of the demo city know: by rules over the register, the same for the same city, in a few statements
however large it is; and of the cast what their stories need."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, String, and_, case, exists, insert, literal, or_, select
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session, aliased

from portal.core import clock
from portal.core.db import Instant
from portal.demo import cast
from portal.facts import service as facts
from portal.facts.models import Consent, Fact
from portal.facts.service import FactRow
from portal.residents import rules
from portal.residents import service as residents
from portal.residents.service import Person

COLUMNS = ("resident_id", "name", "since", "value", "until", "source")
CAST_FACTS: tuple[tuple[cast.Resident, str, str], ...] = (
    (cast.ICHIRO, "care_level", "support-1"),
    (cast.ICHIRO, "pension", "receives"),
    (cast.ICHIRO, "tax_exempt", "y"),
    (cast.HANAKO, "insurance", "employees"),
    (cast.HANAKO, "child_allowance", "y"),
    (cast.SAKURA, "nursery", "enrolled"),
    (cast.MARIA, "insurance", "national"),
    (cast.MARIA, "tax_due", "24000"),
    (cast.MARIA, "municipal_housing", "y"),
    (cast.KAITO, "child_allowance", "y"),
    (cast.KAITO, "water_customer", "y"),
    (cast.AOI, "disability", "4"),
)


def load(session: Session) -> None:
    """Facts of everybody by rule, of the cast as written; 一郎 and every third neighbour agreed to have
    their tax data looked at. Loading twice adds nothing."""
    known = residents.find_by_number(session, cast.ICHIRO.addressee_number)
    if known is None or facts.consents_of(session, known.id):
        return
    today = clock.today()
    for name, value, who in _rules(today):
        since = literal(date(today.year - 1, 4, 1), Date)
        source = literal(facts.types()[name].owner)
        rows = select(Person.id, literal(name), since, as_type(value, String), literal(None, Date), source)
        session.execute(insert(Fact).from_select(COLUMNS, rows.where(Person.moved_out.is_(None), _neighbour(), who)))
    for person, name, value in CAST_FACTS:
        found = residents.find_by_number(session, person.addressee_number)
        assert found is not None
        row = FactRow(found.id, name, value, max(found.moved_in, date(today.year - 1, 4, 1)))
        facts.take(session, [row], source=facts.types()[name].owner)
    facts.give_consent(session, known.id, "tax")
    agreed = literal("tax"), literal(clock.now(), Instant), literal(None, Instant)
    consenting = select(Person.id, Person.id, *agreed).where(_neighbour(), _every(1, 3))
    columns = ("id", "resident_id", "topic", "given_at", "withdrawn_at")
    session.execute(insert(Consent).from_select(columns, consenting))


def _neighbour() -> ColumnElement[bool]:
    return Person.addressee_number < min(one.addressee_number for one in cast.RESIDENTS)


def _every(nth: int, of: int) -> ColumnElement[bool]:
    """Every *of*-th neighbour, by the number."""
    return as_type(Person.addressee_number, BigInteger) % of == nth


def _rules(today: date) -> list[tuple[str, Any, ColumnElement[bool]]]:
    """(fact, its value, who has it). Shares are rounded from the city's statistics; they make pages look right."""
    aged = lambda years: Person.birth_date <= rules.years_before(today, years)  # noqa: E731
    grown, child = aged(rules.ADULT), aliased(Person)
    has_child = exists().where(
        child.household_number == Person.household_number,
        child.relation.in_(rules.CHILDREN),
        child.birth_date > rules.years_before(today, rules.ADULT),
    )
    partner = aliased(Person)
    alone = ~exists().where(partner.household_number == Person.household_number, partner.relation.in_(rules.PARTNERS))
    is_head = Person.relation == rules.HEAD
    insurance = case((aged(75), "late-elderly"), (or_(aged(65), _every(3, 10)), "national"), else_="employees")
    care = as_type(as_type(Person.addressee_number, BigInteger) // 5 % 5 + 1, String)
    return [
        ("insurance", insurance, grown),
        ("pension", case((aged(65), "receives"), (_every(3, 10), "national"), else_="employees"), aged(20)),
        ("care_level", literal("care-") + care, and_(aged(75), _every(1, 5))),
        ("disability", as_type(as_type(Person.addressee_number, BigInteger) // 30 % 6 + 1, String), _every(7, 30)),
        ("child_allowance", literal("y"), and_(is_head, grown, has_child)),
        ("single_parent", literal("y"), and_(is_head, grown, has_child, alone)),
        ("child_rearing_allowance", literal("y"), and_(is_head, grown, has_child, alone, _every(1, 2))),
        ("school_year", _school_year(today), and_(~_born_after(today, 6), _born_after(today, 15))),
        ("water_customer", literal("y"), and_(is_head, _every(0, 4))),
        ("municipal_housing", literal("y"), and_(is_head, _every(5, 40))),
        ("dog", literal("1"), and_(is_head, _every(6, 12))),
        ("tax_exempt", literal("y"), and_(grown, _every(4, 5))),
        ("tax_due", literal("18000"), and_(grown, _every(9, 50))),
    ]


def _born_after(today: date, years: int) -> ColumnElement[bool]:
    """Younger than *years* on the day the running school year began (学校教育法 第17条)."""
    began = date(today.year - (today.month < 4), 4, 1)
    return Person.birth_date > rules.years_before(began, years)


def _school_year(today: date) -> ColumnElement[str]:
    return case(*((_born_after(today, 6 + year), str(year)) for year in range(1, 9)), else_="9")
