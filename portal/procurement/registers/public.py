"""What the law shows everybody: registrations marked so, and suspensions in force. Of corporations alone: the name of a sole
proprietor is a person's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock
from portal.procurement.models import Agency, Suspension
from portal.procurement.registers.models import Registration
from portal.procurement.registers.rules import Sight
from portal.procurement.rules import SuspensionState

MOST = 20
MOST_IN_FILE = 50_000
SUSPENSION = "suspension"
Company = companies.AnyCompany


@dataclass(frozen=True, slots=True)
class Line:
    """One public word of a body about a corporation: `kind` is a registration's or SUSPENSION, `what` its name or ground."""

    kind: str
    company: str
    key: str
    what: str
    number: str
    body: str
    first: date
    last: date | None
    law: str


def found(session: Session, words: str = "", *, most: int = MOST) -> tuple[list[Line], bool]:
    """Suspensions first, then what ends next; and whether there are more. *words* is a part of a name, or a number."""
    lines: list[Line] = []
    for query, line in ((_suspensions(words), _suspension), (_registrations(words), _registration)):
        left = most - len(lines)
        lines += [line(row) for row in session.execute(query.limit(left + 1))]
    return lines[:most], len(lines) > most


def everything(session: Session) -> Iterator[Line]:
    """All of it, for a table."""
    yield from found(session, most=MOST_IN_FILE)[0]


def _of_corporations(words: str) -> list[Any]:
    conditions: list[Any] = [Company.kind == "corporation"]
    number = companies.number_in(words)
    if number:
        return [*conditions, Company.key == number]
    return [*conditions, Company.name.contains(words, autoescape=True)] if words else conditions


def _suspensions(words: str) -> Any:
    today = clock.today()
    return (
        select(Suspension, Company.name, Company.key, Agency.name.label("body"))
        .join(Company, Company.id == Suspension.company_id)
        .join(Agency, Agency.code == Suspension.agency_code)
        .where(Suspension.state == SuspensionState.IN_FORCE, Suspension.ends_on >= today, *_of_corporations(words))
        .order_by(Suspension.begins_on.desc(), Suspension.id)
    )


def _registrations(words: str) -> Any:
    return (
        select(Registration, Company.name, Company.key, Agency.name.label("body"))
        .join(Company, Company.id == Registration.company_id)
        .join(Agency, Agency.code == Registration.agency_code)
        .where(
            Registration.sight == Sight.PUBLIC,
            Registration.withdrawn_at.is_(None),
            or_(Registration.valid_until.is_(None), Registration.valid_until >= clock.today()),
            *_of_corporations(words),
        )
        .order_by(Registration.valid_until.is_(None), Registration.valid_until, Registration.number, Registration.id)
    )


def _suspension(row: Any) -> Line:
    one = row[0]
    return Line(SUSPENSION, row.name, row.key, one.ground, "", row.body, one.begins_on, one.ends_on, "")


def _registration(row: Any) -> Line:
    one = row[0]
    return Line(one.kind, row.name, row.key, one.name, one.number, row.body, one.issued_on, one.valid_until, one.law)
