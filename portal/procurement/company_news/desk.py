"""The body's desk: what waits, beside what the body itself has said of the company, and how it is settled."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.procurement.agencies import agency_of
from portal.procurement.company_news import rules
from portal.procurement.company_news.models import CompanyNews
from portal.procurement.company_news.rules import Kind, Outcome
from portal.procurement.grades import periods
from portal.procurement.grades import service as grades
from portal.procurement.grading import QualificationRow
from portal.procurement.models import Agency, Qualification, Suspension
from portal.procurement.registers.models import Registration
from portal.procurement.rules import SuspensionState

Company = companies.AnyCompany


class OfCompany(Protocol):
    """Something a body has said of a company."""

    company_id: Any


Row = TypeVar("Row", bound=OfCompany)


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of news with what the body itself has said of the company; `passable` grades its heir does not have."""

    news: CompanyNews
    company: Any
    change: Any
    heir: tuple[str, str] | None
    grades: Sequence[Qualification]
    registrations: Sequence[Registration]
    suspensions: Sequence[Suspension]
    passable: Sequence[Qualification]


def listed(session: Session, actor: Actor, *, settled: bool, page: int = 1) -> tuple[list[Line], int]:
    """(a page of what waits, the oldest first, or of what is settled, the newest first; how many pages)."""
    mine = CompanyNews.agency_code == agency_of(session, actor).code
    which = CompanyNews.settled_at.is_not(None) if settled else CompanyNews.settled_at.is_(None)
    count = session.scalar(select(func.count()).select_from(CompanyNews).where(mine, which)) or 0
    order = (CompanyNews.settled_at.desc(), CompanyNews.id) if settled else (CompanyNews.told_at, CompanyNews.id)
    query = select(CompanyNews, Company).join(Company, Company.id == CompanyNews.company_id).where(mine, which)
    found = session.execute(query.order_by(*order).limit(rules.PAGE).offset((page - 1) * rules.PAGE)).all()
    return _lines(session, agency_of(session, actor).code, [(row[0], row[1]) for row in found]), -(-count // rules.PAGE)


def waiting(session: Session, actor: Actor) -> int:
    """How much of it nobody of this body has settled."""
    mine = CompanyNews.agency_code == agency_of(session, actor).code, CompanyNews.settled_at.is_(None)
    return session.scalar(select(func.count()).select_from(CompanyNews).where(*mine)) or 0


def _lines(session: Session, body: str, found: Sequence[tuple[CompanyNews, Any]]) -> list[Line]:
    """A page by a handful of statements, however many lines it has."""
    ids = {company.id for _news, company in found}
    heirs = companies.successors(session, {company.id for news, company in found if news.kind == Kind.MERGED})
    accounts = companies.heir_accounts(session, heirs)
    changes = companies.register_changes(session, [news.change_id for news, _company in found if news.change_id])
    kept = _running(session, body, ids | set(accounts.values()))
    licences, out = _registrations(session, body, ids), _suspensions(session, body, ids)

    def line(news: CompanyNews, company: Any) -> Line:
        is_merger, change = news.kind == Kind.MERGED, changes.get(news.change_id) if news.change_id else None
        return Line(
            news, company, change, heirs.get(company.id) if is_merger else None, kept.get(company.id, ()),
            licences.get(company.id, ()), out.get(company.id, ()),
            _passable(kept, company.id, accounts) if is_merger and news.settled_at is None else (),
        )  # fmt: skip

    return [line(news, company) for news, company in found]


def _by_company(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row.company_id, []).append(row)
    return found


def _running(session: Session, body: str, ids: Collection[UUID]) -> Mapping[UUID, Sequence[Qualification]]:
    """By company its grades that count today or are to begin."""
    counts: ColumnElement[bool] = periods.counts_on(clock.today()) | (Qualification.valid_from > clock.today())
    mine = select(Qualification).where(Qualification.company_id.in_(ids), Qualification.agency_code == body)
    return _by_company(session.scalars(mine.where(counts).order_by(Qualification.category, Qualification.valid_from)))


def _registrations(session: Session, body: str, ids: Collection[UUID]) -> Mapping[UUID, Sequence[Registration]]:
    mine = select(Registration).where(Registration.company_id.in_(ids), Registration.agency_code == body)
    stand = mine.where(Registration.withdrawn_at.is_(None)).order_by(Registration.kind, Registration.number)
    return _by_company(session.scalars(stand))


def _suspensions(session: Session, body: str, ids: Collection[UUID]) -> Mapping[UUID, Sequence[Suspension]]:
    mine = select(Suspension).where(Suspension.company_id.in_(ids), Suspension.agency_code == body)
    stand = mine.where(Suspension.state != SuspensionState.LIFTED, Suspension.ends_on >= clock.today())
    return _by_company(session.scalars(stand.order_by(Suspension.ends_on, Suspension.id)))


def _passable(
    kept: Mapping[UUID, Sequence[Qualification]], merged: UUID, accounts: Mapping[UUID, UUID]
) -> Sequence[Qualification]:
    """Grades of a merged company in categories in which its heir has none."""
    if merged not in accounts:
        return ()
    has = {one.category for one in kept.get(accounts[merged], ())}
    return [one for one in kept.get(merged, ()) if one.category not in has]


# --- settling -------------------------------------------------------------------------------------------------------


def note(session: Session, actor: Actor, news_id: UUID) -> None:
    """Somebody of the body has seen it; nothing more follows from it here. Raises NewsMoved."""
    _settle(session, actor, news_id, Outcome.NOTED)


def pass_grades(session: Session, actor: Actor, news_id: UUID) -> None:
    """The body gives its heir the grades the merged company had, in the categories in which it has none of its own, until
    the same day; the heir is told. Raises NewsMoved, NothingToPass."""
    news = _settle(session, actor, news_id, Outcome.PASSED)
    agency, heir = session.get_one(Agency, news.agency_code), companies.heir_account(session, news.company_id)
    if heir is None or news.kind != Kind.MERGED:
        raise rules.NothingToPass
    kept = _running(session, agency.code, {news.company_id, heir.id})
    passed = _passable(kept, news.company_id, {news.company_id: heir.id})
    if not passed:
        raise rules.NothingToPass
    today = clock.today()
    rows = [
        QualificationRow(heir.key, one.category, one.grade, max(one.valid_from, today), one.valid_until)
        for one in passed
    ]
    grades.take(session, agency, rows)


def _settle(session: Session, actor: Actor, news_id: UUID, outcome: Outcome) -> CompanyNews:
    mine = CompanyNews.id == news_id, CompanyNews.agency_code == agency_of(session, actor).code
    settled = update(CompanyNews).where(*mine, CompanyNews.settled_at.is_(None))
    values = {"settled_at": clock.now(), "settled_by": actor.id, "outcome": outcome}
    if not session.execute(settled.values(**values)).rowcount:  # type: ignore[attr-defined]
        raise rules.NewsMoved
    news = session.get_one(CompanyNews, news_id, populate_existing=True)
    did(session, Action.CHANGE, whose=news.company_id, what="company_news", case_ref=str(news.id))
    return news
