"""The worklist: what waits, for whom, until when. One query a page, one for the counts; it opens nobody's data."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.applications import cases, rules
from portal.applications.casework import files, reach, statutory
from portal.applications.casework.models import CaseDecision, CaseFile
from portal.applications.casework.rules import AGES, PAGE_SIZE, DecisionState
from portal.applications.casework.statutory import Reading
from portal.applications.models import Application
from portal.applications.rules import State
from portal.companies import service as companies
from portal.core import clock
from portal.core.actor import Actor

DUE = ("overdue", "today", "soon")
WHO = ("mine", "unclaimed", "second")
OF = ("residents", "companies")
MOST_NEIGHBOURS = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a clerk wants to see. Empty means all; `state` empty means all that waits to be checked."""

    procedure: str = ""
    state: str = ""
    office: str = ""
    due: str = ""
    age: int = 0
    who: str = ""
    of: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list; it names no person. `second`: a decision waits for a second person. `company`: who applied,
    where it is a company."""

    id: UUID
    reference: str
    procedure: str
    title: str
    state: State
    office: str
    submitted_at: datetime
    claimed_by: UUID | None
    claimed_label: str
    claimed_at: datetime | None
    reading: Reading
    second: bool
    company: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits to be checked, in all and by what is asked most."""

    waiting: int = 0
    overdue: int = 0
    today: int = 0
    soon: int = 0
    mine: int = 0
    unclaimed: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list and how many lines and pages there are."""

    lines: list[Line] = field(default_factory=list)
    total: int = 0
    page: int = 1
    pages: int = 1


def read(session: Session, clerk: Actor, wanted: Wanted) -> Page:
    """One page of what *clerk* may see, the first due first, then the oldest."""
    conditions = _conditions(session, clerk, wanted)
    total = session.scalar(_joined(select(func.count())).where(*conditions)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(wanted.page, 1), pages)
    query = _sorted(_joined(select(Application, CaseFile.office, _waits_for_second())).where(*conditions))
    rows = session.execute(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).all()
    pauses = files.pauses_of(session, [row[0].id for row in rows])
    names = companies.names_of(session, [row[0].company_id for row in rows if row[0].company_id])
    lines = [
        replace(_line(found, office, second, pauses[found.id]), company=names.get(found.company_id, ("", ""))[0])
        for found, office, second in rows
    ]
    return Page(lines, total, page, pages)


def _joined(query: Any) -> Any:
    """From applications to their files; cases older than files have none."""
    return query.select_from(Application).outerjoin(CaseFile, CaseFile.application_id == Application.id)


def _sorted(query: Any) -> Any:
    return query.order_by(CaseFile.due_on.is_(None), CaseFile.due_on, Application.submitted_at, Application.id)


def _line(found: Application, office: str | None, second: bool, pauses: tuple[statutory.Pause, ...]) -> Line:
    held = found.claimed_at is not None and found.claimed_at > clock.now() - rules.CLAIM_LASTS
    return Line(
        id=found.id,
        reference=found.reference,
        procedure=found.procedure,
        title=cases.title_of(found.procedure, found.version),
        state=State(found.state),
        office=office or "",
        submitted_at=found.submitted_at or found.saved_at,
        claimed_by=found.claimed_by if held else None,
        claimed_label=found.claimed_label if held else "",
        claimed_at=found.claimed_at if held else None,
        reading=files.reading(found, pauses),
        second=bool(second),
    )


def _waits_for_second() -> ColumnElement[bool]:
    return exists().where(
        CaseDecision.application_id == Application.id, CaseDecision.state == str(DecisionState.PROPOSED)
    )


def _free() -> ColumnElement[bool]:
    idle_since = clock.now() - rules.CLAIM_LASTS
    return or_(Application.claimed_by.is_(None), Application.claimed_at < idle_since)


def _mine(clerk: Actor) -> ColumnElement[bool]:
    return and_(Application.claimed_by == clerk.id, Application.claimed_at >= clock.now() - rules.CLAIM_LASTS)


def _for_second(clerk: Actor) -> ColumnElement[bool]:
    """A proposal of somebody else: one's own waits for others."""
    return exists().where(
        CaseDecision.application_id == Application.id,
        CaseDecision.state == str(DecisionState.PROPOSED),
        CaseDecision.proposed_by != clerk.id,
    )


def _due(kind: str) -> ColumnElement[bool]:
    today = clock.today()
    if kind == "overdue":
        return CaseFile.due_on < today
    if kind == "today":
        return CaseFile.due_on == today
    return and_(CaseFile.due_on > today, CaseFile.due_on <= statutory.soon_until(today))


def _within(session: Session, clerk: Actor) -> list[ColumnElement[bool]]:
    allowed = reach.procedures_of(session, clerk)
    return [] if allowed is None else [Application.procedure.in_(sorted(allowed))]


def _conditions(session: Session, clerk: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Filters as SQL; what no filter knows filters nothing."""
    states = [wanted.state] if wanted.state in set(State) - {State.DRAFT} else sorted(rules.TO_CHECK)
    found = [Application.state.in_(states), *_within(session, clerk)]
    if wanted.procedure:
        found.append(Application.procedure == wanted.procedure)
    if wanted.office:
        found.append(CaseFile.office == wanted.office)
    if wanted.due in DUE:
        found.append(_due(wanted.due))
    if wanted.age in AGES:
        found.append(Application.submitted_at < clock.now() - timedelta(days=wanted.age))
    if wanted.of in OF:
        found.append(
            Application.company_id.is_not(None) if wanted.of == "companies" else Application.company_id.is_(None)
        )
    who = {"mine": _mine(clerk), "unclaimed": _free(), "second": _for_second(clerk)}
    if wanted.who in who:
        found.append(who[wanted.who])
    return found


def counts(session: Session, clerk: Actor) -> Counts:
    """The counts above the list, of all that waits to be checked."""

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = _joined(
        select(
            func.count(),
            number(_due("overdue")),
            number(_due("today")),
            number(_due("soon")),
            number(_mine(clerk)),
            number(_free()),
            number(_for_second(clerk)),
        )
    )
    row = session.execute(query.where(*_conditions(session, clerk, Wanted()))).one()
    return Counts(*(int(count) for count in row))


def neighbours(session: Session, clerk: Actor, wanted: Wanted, of: UUID) -> tuple[UUID | None, UUID | None]:
    """The cases before and after one in the clerk's own list."""
    query = _sorted(_joined(select(Application.id)).where(*_conditions(session, clerk, wanted)))
    ids: Sequence[UUID] = session.scalars(query.limit(MOST_NEIGHBOURS)).all()
    if of not in ids:
        return None, ids[0] if ids else None
    place = ids.index(of)
    return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)
