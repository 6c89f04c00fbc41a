"""A company objects to a grade, the body answers; and everything companies object to, in one list for their body."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did, looked
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.procurement import body_news
from portal.procurement.agencies import agency_of
from portal.procurement.grades import periods, rules
from portal.procurement.grades.models import GradeObjection
from portal.procurement.models import Agency, Qualification, Suspension
from portal.procurement.registers.models import Registration

DESK, PAGE = "/staff/objections", "/business/qualifications"
ANSWERED = (
    N_("%(agency)s has answered your objection to a grade"),
    N_("The answer stands on the page of your grades and suspensions."),
)
Company = companies.AnyCompany
TABLE = "grade_objections"
LISTED = 200


def object_to(
    session: Session, actor: Actor, agency_code: str, category: str, words: str, *, begins: date | None = None
) -> None:
    """The company objects to what the body says of a period (the one begun last, else the next), once; those who may
    answer are told. Raises GradeMoved."""
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    said = select(Qualification).where(
        Qualification.company_id == standing.company_id, Qualification.agency_code == agency_code,
        Qualification.category == category,
    )  # fmt: skip
    shown = periods.current(session.scalars(said).all(), clock.today())
    now = next((one for one in shown if begins in (None, one.valid_from)), None)
    if now is None:
        raise rules.GradeMoved
    row = {
        "id": new_id(), "company_id": standing.company_id, "agency_code": agency_code, "category": category,
        "grade": now.grade, "valid_from": now.valid_from, "valid_until": now.valid_until, "words": words,
        "objected_at": clock.now(), "answer": "", "answered_at": None,
    }  # fmt: skip
    if not insert_once(session, GradeObjection.__table__, row):  # type: ignore[arg-type]
        raise rules.GradeMoved
    did(session, Action.CREATE, whose=standing.company_id, what=TABLE, case_ref=f"{agency_code} {row['id']}")
    body_news.post(
        session, agency_code, body_news.OBJECTION, to=Permission.TENDER_WRITE, link=f"{DESK}/{row['id']}",
        key=f"grade:{row['id']}",
    )  # fmt: skip


def of_company(session: Session, company_id: UUID) -> dict[tuple[str, str, str, Any, Any], GradeObjection]:
    """A company's objections, each by the word of a body it is about."""
    found = session.scalars(select(GradeObjection).where(GradeObjection.company_id == company_id))
    return {(one.agency_code, one.category, one.grade, one.valid_from, one.valid_until): one for one in found}


def own(session: Session, actor: Actor, objection_id: UUID) -> GradeObjection:
    """An objection to one's own body; that it was opened is on record for the company. Raises ObjectionMoved."""
    agency, found = agency_of(session, actor), session.get(GradeObjection, objection_id)
    if found is None or found.agency_code != agency.code:
        raise rules.ObjectionMoved
    looked(session, whose=found.company_id, what=TABLE, case_ref=f"{agency.code} {found.id}")
    return found


def answer(session: Session, actor: Actor, objection_id: UUID, words: str) -> None:
    """Answer it, once; the company is told. Raises ObjectionMoved."""
    agency = agency_of(session, actor)
    waits = (GradeObjection.id == objection_id, GradeObjection.agency_code == agency.code)
    answered = session.execute(
        update(GradeObjection)
        .where(*waits, GradeObjection.answered_at.is_(None))
        .values(answer=words, answered_at=clock.now())
    ).rowcount  # type: ignore[attr-defined]
    if not answered:
        raise rules.ObjectionMoved
    found = session.get_one(GradeObjection, objection_id)
    did(session, Action.CHANGE, whose=found.company_id, what=TABLE, case_ref=f"{agency.code} {found.id}")
    companies.tell(
        session, [(found.company_id, "")], key=f"grade-answered:{found.id}", text=ANSWERED, sender=agency.name, link=PAGE,
        facts={"agency": agency.name},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One objection as a body's list shows it; `about` is "grade", "suspension" or "registration"."""

    about: str
    company: str
    key: str
    words: str
    at: datetime
    answered_at: datetime | None
    link: str
    what: str


def of_body(session: Session, agency: Agency) -> Sequence[Line]:
    """Everything companies object to: what waits for an answer first, the longest first; then what was answered last."""
    found = [
        *_lines(session, agency, GradeObjection, "grade", GradeObjection.words, GradeObjection.category),
        *_lines(session, agency, Suspension, "suspension", Suspension.objection, Suspension.ground),
        *_lines(session, agency, Registration, "registration", Registration.objection, Registration.name),
    ]
    waiting = sorted((one for one in found if one.answered_at is None), key=lambda one: one.at)
    over = sorted((one for one in found if one.answered_at), key=lambda one: one.answered_at or one.at, reverse=True)
    return [*waiting, *over][:LISTED]


LINKS = {
    "grade": f"{DESK}/%s",
    "suspension": "/staff/suspensions#suspension-%s",
    "registration": "/staff/registrations/%s",
}


def _lines(session: Session, agency: Agency, table: Any, about: str, words: Any, what: Any) -> list[Line]:
    query = (
        select(table.id, Company.name, Company.key, words, table.objected_at, table.answered_at, what)
        .join(Company, Company.id == table.company_id)
        .where(table.agency_code == agency.code, table.objected_at.is_not(None))
        .order_by(table.answered_at.is_not(None), table.answered_at.desc(), table.objected_at)
        .limit(LISTED)
    )
    return [
        Line(about, name, key, said, at, answered, LINKS[about] % one, what)
        for one, name, key, said, at, answered, what in session.execute(query)
    ]
