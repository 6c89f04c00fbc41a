"""Grades come in by file and by program, one path for both: the newest word of a body on a company, category and period
counts, and the company is told of what is new in it. And what a body may read of it all."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.core.words import N_
from portal.procurement import rules, suspending
from portal.procurement.grading import QualificationRow
from portal.procurement.models import Agency, Qualification, Suspension
from portal.procurement.rules import SuspensionState

PAGE = "/business/qualifications"
GRADED = (
    N_("%(agency)s has set your grade for tenders"),
    N_("The grade and its days stand on the page of your grades. If something is wrong, you can object there."),
)
NEW, CHANGED, SAME, OVERTAKEN = "new", "changed", "same", "overtaken"
UNKNOWN = rules.CompanyUnknown.code
AT_ONCE = 1_000
LISTED = 500
Company = companies.AnyCompany
Key = tuple[str, str, date]
"""(number of the company, category, first day)"""


def take(session: Session, agency: Agency, rows: Sequence[QualificationRow]) -> list[str]:
    """What became of each row, in its order: `new`, `changed`, `same`, `overtaken` (a later row speaks of the same
    company, category and first day), or the code of an unknown company. A period stands beside those before it and after
    it; those that were said earlier to begin within its days it replaces."""
    session.execute(select(Agency.code).where(Agency.code == agency.code).with_for_update())  # files come one by one
    newest: dict[Key, QualificationRow] = {_key(row): row for row in rows}
    found: dict[Key, str] = {}
    last = sorted(newest.values(), key=_key)
    for start in range(0, len(last), AT_ONCE):
        found |= _take(session, agency, last[start : start + AT_ONCE])
    return [found[_key(row)] if newest[_key(row)] is row or found[_key(row)] == UNKNOWN else OVERTAKEN for row in rows]


def _key(row: QualificationRow) -> Key:
    return row.number, row.category, row.valid_from


def _take(session: Session, agency: Agency, rows: Sequence[QualificationRow]) -> dict[Key, str]:
    ids = companies.ids_of(session, sorted({row.number for row in rows}))
    mine = Qualification.agency_code == agency.code, Qualification.company_id.in_(ids.values())
    before = {
        (one.company_id, one.category, one.valid_from): one
        for one in session.scalars(select(Qualification).where(*mine))
    }
    outcomes = {
        _key(row): _outcome(before.get((ids[row.number], row.category, row.valid_from)), row)
        if row.number in ids
        else UNKNOWN
        for row in rows
    }
    news = [(ids[row.number], row) for row in rows if outcomes[_key(row)] in (NEW, CHANGED)]
    if news:
        said = {(ids[row.number], row.category, row.valid_from) for row in rows if row.number in ids}
        _keep(session, agency, news, _within([one for key, one in before.items() if key not in said], news))
    return outcomes


def _outcome(before: Qualification | None, row: QualificationRow) -> str:
    if before is None:
        return NEW
    return SAME if (before.grade, before.valid_until) == (row.grade, row.valid_until) else CHANGED


def _within(before: Sequence[Qualification], news: Sequence[tuple[UUID, QualificationRow]]) -> list[Qualification]:
    """Those said earlier that were to begin on a day of which a new period speaks."""
    days: dict[tuple[UUID, str], list[tuple[date, date]]] = {}
    for company, row in news:
        days.setdefault((company, row.category), []).append((row.valid_from, row.valid_until))
    return [
        one
        for one in before
        if any(first < one.valid_from <= last for first, last in days.get((one.company_id, one.category), ()))
    ]


def _keep(
    session: Session,
    agency: Agency,
    rows: Sequence[tuple[UUID, QualificationRow]],
    replaced: Sequence[Qualification],
) -> None:
    for one in replaced:
        session.delete(one)
    session.flush()
    told = tuple_(Qualification.company_id, Qualification.category, Qualification.valid_from)
    keys = [(company, row.category, row.valid_from) for company, row in rows]
    session.execute(delete(Qualification).where(Qualification.agency_code == agency.code, told.in_(keys)))
    session.expire_all()
    values = [
        {
            "company_id": company, "agency_code": agency.code, "category": row.category, "grade": row.grade,
            "valid_from": row.valid_from, "valid_until": row.valid_until,
        }
        for company, row in rows
    ]  # fmt: skip
    session.execute(insert(Qualification), values)
    did(session, Action.CHANGE, whose=None, what="qualifications", case_ref=f"{agency.code} {len(values)} rows")
    companies.tell(
        session, [(company, "") for company in sorted({company for company, _row in rows}, key=str)],
        key=f"graded:{agency.code}:{new_id().hex[-12:]}", text=GRADED, sender=agency.name, link=PAGE,
        facts={"agency": agency.name},
    )  # fmt: skip


def of_body(session: Session, agency: Agency, *, after: Key | None = None) -> Sequence[Any]:
    """(qualification, number of the company) of a body, by number, category and first day; up to LISTED *after* one."""
    place = tuple_(Company.key, Qualification.category, Qualification.valid_from)
    query = (
        select(Qualification, Company.key)
        .join(Company, Company.id == Qualification.company_id)
        .where(Qualification.agency_code == agency.code)
        .order_by(Company.key, Qualification.category, Qualification.valid_from)
    )
    return session.execute((query.where(place > after) if after else query).limit(LISTED)).all()


def of_company(session: Session, agency: Agency, company_id: UUID) -> Sequence[Qualification]:
    """What this body says of a company now and for later, and said before, by category and first day."""
    mine = Qualification.agency_code == agency.code, Qualification.company_id == company_id
    return session.scalars(
        select(Qualification).where(*mine).order_by(Qualification.category, Qualification.valid_from)
    ).all()


def suspensions(
    session: Session, agency: Agency, *, company_id: UUID | None = None, after: UUID | None = None
) -> Sequence[Any]:
    """(suspension, body, number of the company) that a body may read, up to LISTED *after* one: its own in every state, and
    those of others in force (指名停止 is made public)."""
    query = (
        select(Suspension, Agency.name, Company.key)
        .join(Agency, Agency.code == Suspension.agency_code)
        .join(Company, Company.id == Suspension.company_id)
        .where((Suspension.agency_code == agency.code) | (Suspension.state == SuspensionState.IN_FORCE))
        .order_by(Suspension.id)
    )
    if company_id is not None:
        query = query.where(Suspension.company_id == company_id)
    return session.execute((query.where(Suspension.id > after) if after else query).limit(LISTED)).all()


def suspension(session: Session, agency: Agency, suspension_id: UUID) -> tuple[Suspension, str]:
    """One of a body's own with the company's number; raises SuspensionUnknown."""
    row = session.execute(
        select(Suspension, Company.key)
        .join(Company, Company.id == Suspension.company_id)
        .where(Suspension.id == suspension_id, Suspension.agency_code == agency.code)
    ).first()
    if row is None:
        raise rules.SuspensionUnknown
    return row[0], row[1]


def drop(session: Session, agency: Agency, client: Actor, suspension_id: UUID) -> Suspension:
    """A system takes back what it proposed itself, as long as nobody put it in force. Raises SuspensionUnknown,
    SuspensionMoved."""
    found, _key = suspension(session, agency, suspension_id)
    if found.proposed_by != client.id:
        raise rules.SuspensionMoved
    suspending.move(session, found, SuspensionState.PROPOSED, SuspensionState.LIFTED)
    session.refresh(found)
    return found
