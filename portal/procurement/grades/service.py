"""Grades come in by file and by program, one path for both: the newest word of a body on a company and category counts, and
the company is told of what is new in it. And what a body may read of it all."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.core.words import N_
from portal.procurement import agencies, rules
from portal.procurement.agencies import QualificationRow
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
Key = tuple[str, str]
"""(number of the company, category)"""


def take(session: Session, agency: Agency, rows: Sequence[QualificationRow]) -> list[str]:
    """What became of each row, in its order: `new`, `changed`, `same`, `overtaken` (a later row speaks of the same
    company and category), or the code of an unknown company."""
    session.execute(select(Agency.code).where(Agency.code == agency.code).with_for_update())  # files come one by one
    newest: dict[Key, QualificationRow] = {(row.number, row.category): row for row in rows}
    found: dict[Key, str] = {}
    last = list(newest.values())
    for start in range(0, len(last), AT_ONCE):
        found |= _take(session, agency, last[start : start + AT_ONCE])
    return [
        found[row.number, row.category]
        if newest[row.number, row.category] is row or found[row.number, row.category] == UNKNOWN
        else OVERTAKEN
        for row in rows
    ]


def _take(session: Session, agency: Agency, rows: Sequence[QualificationRow]) -> dict[Key, str]:
    ids = companies.ids_of(session, sorted({row.number for row in rows}))
    said = (Qualification.grade, Qualification.valid_from, Qualification.valid_until)
    mine = Qualification.agency_code == agency.code, Qualification.company_id.in_(ids.values())
    before = {
        (company, category): tuple(now)
        for company, category, *now in session.execute(
            select(Qualification.company_id, Qualification.category, *said).where(*mine)
        )
    }
    outcomes = {
        (row.number, row.category): _outcome(before.get((ids[row.number], row.category)), row)
        if row.number in ids
        else UNKNOWN
        for row in rows
    }
    news = [row for row in rows if outcomes[row.number, row.category] in (NEW, CHANGED)]
    if news:
        _keep(session, agency, [(ids[row.number], row) for row in news])
    return outcomes


def _outcome(before: tuple[Any, ...] | None, row: QualificationRow) -> str:
    if before is None:
        return NEW
    return SAME if before == (row.grade, row.valid_from, row.valid_until) else CHANGED


def _keep(session: Session, agency: Agency, rows: Sequence[tuple[UUID, QualificationRow]]) -> None:
    told = tuple_(Qualification.company_id, Qualification.category)
    keys = [(company, row.category) for company, row in rows]
    session.execute(delete(Qualification).where(Qualification.agency_code == agency.code, told.in_(keys)))
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
    """(qualification, number of the company) of a body, by number and category; up to LISTED *after* one."""
    place = tuple_(Company.key, Qualification.category)
    query = (
        select(Qualification, Company.key)
        .join(Company, Company.id == Qualification.company_id)
        .where(Qualification.agency_code == agency.code)
        .order_by(Company.key, Qualification.category)
    )
    return session.execute((query.where(place > after) if after else query).limit(LISTED)).all()


def of_company(session: Session, agency: Agency, company_id: UUID) -> Sequence[Qualification]:
    """What this body says of a company, by category."""
    mine = Qualification.agency_code == agency.code, Qualification.company_id == company_id
    return session.scalars(select(Qualification).where(*mine).order_by(Qualification.category)).all()


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
    agencies.move(session, found, SuspensionState.PROPOSED, SuspensionState.LIFTED)
    session.refresh(found)
    return found
