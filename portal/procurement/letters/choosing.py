"""Which companies a notice is for: by their numbers, or by what this body says of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock
from portal.procurement.grades import periods
from portal.procurement.letters.rules import NUMBERS_SHOWN, Chosen
from portal.procurement.models import Agency, Qualification
from portal.procurement.registers.models import Registration

Company = companies.AnyCompany
SAMPLE = 10


def companies_of(agency: Agency, chosen: Chosen) -> Select[UUID]:
    """The companies that have an account and are not closed; a branch only where its own number is named."""
    query = select(Company.id).where(Company.closed_on.is_(None))
    if chosen.numbers:
        return query.where(Company.key.in_(list(chosen.numbers)))
    today, query = clock.today(), query.where(Company.head_id.is_(None))
    if chosen.category or chosen.grades:
        query = query.where(_qualified(agency, chosen, today))
    if chosen.region:
        query = query.where(Company.region.startswith(chosen.region, autoescape=True))
    if chosen.register:
        query = query.where(_registered(agency, chosen.register, today))
    return query


def _qualified(agency: Agency, chosen: Chosen, today: date) -> Any:
    found = exists().where(
        Qualification.company_id == Company.id,
        Qualification.agency_code == agency.code,
        periods.counts_on(today),
    )
    if chosen.category:
        found = found.where(Qualification.category == chosen.category)
    return found.where(Qualification.grade.in_(list(chosen.grades))) if chosen.grades else found


def _registered(agency: Agency, words: str, today: date) -> Any:
    return exists().where(
        Registration.company_id == Company.id,
        Registration.agency_code == agency.code,
        Registration.withdrawn_at.is_(None),
        or_(Registration.valid_until.is_(None), Registration.valid_until >= today),
        Registration.name.contains(words, autoescape=True),
    )


def count(session: Session, agency: Agency, chosen: Chosen) -> int:
    """How many they are now."""
    return session.scalar(select(func.count()).select_from(companies_of(agency, chosen).subquery())) or 0


def sample(session: Session, agency: Agency, chosen: Chosen) -> Sequence[Any]:
    """(name, number) of the first few."""
    query = select(Company.name, Company.key).where(Company.id.in_(companies_of(agency, chosen)))
    return session.execute(query.order_by(Company.key).limit(SAMPLE)).all()


def without_account(session: Session, chosen: Chosen) -> tuple[int, list[str]]:
    """How many of the numbers have no account here (or one that is closed), and the first of them."""
    known: set[str] = set()
    for start in range(0, len(chosen.numbers), 1_000):
        query = select(Company.key).where(Company.key.in_(list(chosen.numbers[start : start + 1_000])))
        known |= set(session.scalars(query.where(Company.closed_on.is_(None))))
    missing = [number for number in chosen.numbers if number not in known]
    return len(missing), missing[:NUMBERS_SHOWN]


def read_numbers(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """(numbers, what looks like one and is none) of the cells of a list; names and headings are passed over."""
    sound: dict[str, None] = {}
    wrong: list[str] = []
    for cell in cells:
        if number := companies.number_in(cell):
            sound[number] = None
        elif sum(sign.isdigit() for sign in cell) >= 10:
            wrong.append(cell[:20])
    return list(sound), wrong
