"""The calls of a body's own system: set grades, propose suspensions (a person puts them in force), and read both."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from flask import request
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose, looked
from portal.core.permissions import Scope
from portal.core.text import TextRefused
from portal.procurement import suspending
from portal.procurement.grades import service
from portal.procurement.grading import QualificationRow
from portal.procurement.models import Agency, Qualification, Suspension
from portal.procurement.registers.service import body_of
from portal.procurement.rules import CATEGORY_WORDS, CompanyUnknown, SuspensionState
from portal.web import pace
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.machine import BodyNotUnderstood, Day
from portal.web.room import Room

room = Room("grades_api", __name__, "/api/v1")
BODY = Access.client(Scope.GRADES)
STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)
LONGEST_GROUND = 500


def _in_order(last: date, info: ValidationInfo, first: str) -> date:
    if first in info.data and last < info.data[first]:
        raise ValueError("the last day is before the first")
    return last


class GradeIn(BaseModel):
    """`company` is the 法人番号 or a number of ours; days of both ends count."""

    model_config = STRICT
    company: str = Field(min_length=1, max_length=20)
    category: Literal["goods", "works", "services"]
    grade: Literal["A", "B", "C", "D"]
    valid_from: Day
    valid_until: Day

    @field_validator("valid_until")
    @classmethod
    def check_days(cls, last: date, info: ValidationInfo) -> date:
        return _in_order(last, info, "valid_from")


class Grades(BaseModel):
    model_config = STRICT
    grades: list[GradeIn] = Field(min_length=1, max_length=1_000)


class GradeOutcomes(BaseModel):
    """Of each in its order: `new`, `changed`, `same`, `overtaken` (a later one in this call speaks of the same company,
    category and first day), or `procurement-company-unknown`."""

    outcomes: list[str]


class Grade(BaseModel):
    company: str
    category: str
    grade: str
    valid_from: date
    valid_until: date


class GradePage(BaseModel):
    """Ask again with `after`=`next` for those that follow; `next` is empty at the end."""

    grades: list[Grade]
    next: str


class SuspensionIn(BaseModel):
    """It waits for a person of the body, who puts it in force on the page 「等級と指名停止」."""

    model_config = STRICT
    company: str = Field(min_length=1, max_length=20)
    ground: str = Field(min_length=1, max_length=LONGEST_GROUND)
    begins_on: Day
    ends_on: Day

    @field_validator("ground")
    @classmethod
    def read_ground(cls, typed: str) -> str:
        try:
            return text.single_line(typed, longest=LONGEST_GROUND)
        except TextRefused as refused:
            raise ValueError(refused.code) from None

    @field_validator("ends_on")
    @classmethod
    def check_days(cls, last: date, info: ValidationInfo) -> date:
        return _in_order(last, info, "begins_on")


class SuspensionOut(BaseModel):
    """`state` is proposed, in-force or lifted. The company's objection and the answer are told to its own body alone."""

    suspension: UUID
    body: str
    company: str
    ground: str
    begins_on: date
    ends_on: date
    state: str
    objection: str
    objected_at: datetime | None
    answer: str
    answered_at: datetime | None


class SuspensionPage(BaseModel):
    """Ask again with `after`=`next` for those that follow; `next` is empty at the end."""

    suspensions: list[SuspensionOut]
    next: str


class Standing(BaseModel):
    company: str
    name: str
    grades: list[Grade]
    suspensions: list[SuspensionOut]


@room.api(
    "/grades", method="POST", access=BODY, purpose=Purpose.OPERATION, body=Grades, answer=GradeOutcomes, status=201
)
def set_grades(session: Session, actor: Actor, body: Grades) -> GradeOutcomes:
    """Set grades of companies; the newest word on a company, category and first day counts, and the company is told of what
    is new. The next period may be set before it begins: the current one counts until then."""
    agency = _enter(session, actor)
    rows = [
        QualificationRow(companies.number_in(one.company), one.category, one.grade, one.valid_from, one.valid_until)
        for one in body.grades
    ]
    return GradeOutcomes(outcomes=service.take(session, agency, rows))


def _enter(session: Session, actor: Actor) -> Agency:
    """The body a system acts for, if it is not too fast."""
    pace.take(session, f"grades:{actor.id}", limit=hall().settings.send_limit)
    return body_of(session, actor)


@room.api("/grades", access=BODY, purpose=Purpose.OPERATION, answer=GradePage, query={"after": "string"})
def grades(session: Session, actor: Actor) -> GradePage:
    """The grades this body gave, by number of the company, category and first day."""
    rows = service.of_body(session, body_of(session, actor), after=_after_grade())
    listed = [_grade(one, key) for one, key in rows]
    more = len(listed) == service.LISTED
    last = listed[-1] if more else None
    return GradePage(grades=listed, next=f"{last.company}:{last.category}:{last.valid_from}" if last else "")


def _after_grade() -> tuple[str, str, date] | None:
    typed = request.args.get("after", "")
    number, _, rest = typed.partition(":")
    category, _, first = rest.partition(":")
    try:
        day = date.fromisoformat(first) if typed else date.min
    except ValueError:
        day = None
    if typed and (day is None or category not in CATEGORY_WORDS):
        raise BodyNotUnderstood(fields="after", details={"fields": ["after"]})
    return (number, category, day) if typed and day else None


def _grade(one: Qualification, key: str) -> Grade:
    return Grade(
        company=key, category=one.category, grade=one.grade, valid_from=one.valid_from, valid_until=one.valid_until
    )


@room.api("/companies/<number>/standing", access=BODY, purpose=Purpose.OPERATION, answer=Standing)
def standing(session: Session, actor: Actor, number: str) -> Standing:
    """A company's grades of this body, its suspensions by this body, and those of others in force."""
    agency, company = body_of(session, actor), companies.company_of(session, companies.number_in(number))
    if company is None:
        raise CompanyUnknown
    looked(session, whose=company.id, what="qualifications", case_ref=agency.code)
    found = service.suspensions(session, agency, company_id=company.id)
    return Standing(
        company=company.key,
        name=company.name,
        grades=[_grade(one, company.key) for one in service.of_company(session, agency, company.id)],
        suspensions=[_suspension(*row, mine=agency) for row in found],
    )


def _suspension(one: Suspension, body: str, key: str, *, mine: Agency) -> SuspensionOut:
    own: dict[str, Any] = dict.fromkeys(("objection", "answer"), "") | dict.fromkeys(("objected_at", "answered_at"))
    if one.agency_code == mine.code:
        own = {name: getattr(one, name) for name in own}
    return SuspensionOut(
        suspension=one.id, body=body, company=key, ground=one.ground, begins_on=one.begins_on, ends_on=one.ends_on,
        state=str(SuspensionState(one.state)), **own,
    )  # fmt: skip


@room.api(
    "/suspensions",
    method="POST",
    access=BODY,
    purpose=Purpose.OPERATION,
    body=SuspensionIn,
    answer=SuspensionOut,
    status=201,
)
def propose(session: Session, actor: Actor, body: SuspensionIn) -> SuspensionOut:
    """Propose a suspension (指名停止); nothing follows until a person of the body puts it in force."""
    agency = _enter(session, actor)
    number = companies.number_in(body.company)
    made = suspending.propose(
        session, actor, agency, number=number, ground=body.ground, begins_on=body.begins_on, ends_on=body.ends_on
    )
    return _suspension(made, agency.name, number, mine=agency)


@room.api("/suspensions", access=BODY, purpose=Purpose.OPERATION, answer=SuspensionPage, query={"after": "string"})
def suspensions(session: Session, actor: Actor) -> SuspensionPage:
    """Suspensions of this body in every state, and those of others in force."""
    agency = body_of(session, actor)
    rows = service.suspensions(session, agency, after=_after())
    more = len(rows) == service.LISTED
    return SuspensionPage(
        suspensions=[_suspension(*row, mine=agency) for row in rows], next=str(rows[-1][0].id) if more else ""
    )


def _after() -> UUID | None:
    typed = request.args.get("after", "")
    try:
        return UUID(typed) if typed else None
    except ValueError:
        raise BodyNotUnderstood(fields="after", details={"fields": ["after"]}) from None


@room.api("/suspensions/<uuid:suspension>", access=BODY, purpose=Purpose.OPERATION, answer=SuspensionOut)
def show(session: Session, actor: Actor, suspension: UUID) -> SuspensionOut:
    """One suspension of this body: whether a person put it in force, and what the company says."""
    agency = body_of(session, actor)
    one, key = service.suspension(session, agency, suspension)
    return _suspension(one, agency.name, key, mine=agency)


@room.api(
    "/suspensions/<uuid:suspension>/drop", method="POST", access=BODY, purpose=Purpose.OPERATION, answer=SuspensionOut
)
def drop(session: Session, actor: Actor, suspension: UUID) -> SuspensionOut:
    """Take back what this system proposed, as long as nobody put it in force; later a person lifts it."""
    agency = _enter(session, actor)
    service.drop(session, agency, actor, suspension)
    one, key = service.suspension(session, agency, suspension)
    return _suspension(one, agency.name, key, mine=agency)
