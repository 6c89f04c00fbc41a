"""Grades with their days: what all bodies say of a company, and the reminders before one ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock
from portal.core.words import N_
from portal.procurement import rules
from portal.procurement.grades import periods
from portal.procurement.models import Agency, Qualification

EXPIRING = (
    N_("Your grade at %(agency)s ends on %(until)s"),
    N_("Without a new one you are told of its tenders no more. Ask %(agency)s how to renew it."),
)


@dataclass(frozen=True, slots=True)
class QualificationRow:
    """One line of a file of grades."""

    number: str
    category: str
    grade: str
    valid_from: date
    valid_until: date


def of_company(session: Session, company_id: UUID) -> Sequence[Any]:
    """What all bodies say of a company now and for later: (qualification, name of the body)."""
    found = session.execute(
        select(Qualification, Agency.name)
        .join(Agency, Agency.code == Qualification.agency_code)
        .where(Qualification.company_id == company_id)
        .order_by(Agency.name, Agency.code, Qualification.category, Qualification.valid_from)
    ).all()
    by_word = groupby(found, key=lambda row: (row[0].agency_code, row[0].category))
    shown: list[Any] = []
    for _word, rows in by_word:
        lines = list(rows)
        kept = periods.current([one for one, _body in lines], clock.today())
        shown += [row for row in lines if row[0] in kept]
    return shown


def remind_of_expiry(session: Session, _payload: dict[str, Any]) -> None:
    """Tell each company ninety, thirty and seven days before a grade ends, each step once for a body and day (worker,
    daily). What came into the register later than that is told of at once, of the nearest step alone."""
    today = clock.today()
    ending = session.execute(
        select(Agency, Qualification.valid_until)
        .join(Qualification, Qualification.agency_code == Agency.code)
        .where(Qualification.valid_until.between(today, rules.horizon(today)), Qualification.valid_from <= today)
        .distinct()
    ).all()
    for agency, until in ending:
        _remind(session, agency, until, rules.step_due(until, today))


def _remind(session: Session, agency: Agency, until: date, step: int) -> None:
    key = f"expiry:{agency.code}:{until}:{step}:"
    mine = (
        Qualification.agency_code == agency.code,
        Qualification.valid_until == until,
        Qualification.valid_from <= clock.today(),
        ~periods.followed_by(until + timedelta(days=1)),
        Qualification.company_id.not_in(companies.told_like(key)),
    )
    if session.scalar(select(Qualification.company_id).where(*mine).limit(1)) is None:
        return
    companies.tell_selected(
        session,
        select(Qualification.company_id, literal("")).where(*mine).distinct(),
        key=f"{key}{clock.today()}",
        text=EXPIRING,
        facts={"agency": agency.name, "until": until.isoformat()},
        link="/business/qualifications",
        sender=agency.name,
    )
