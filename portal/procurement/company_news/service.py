"""Bodies hear what the national register changed of companies they graded, licensed, suspended or read, and settle it.

A merger moves suspensions at once (`heirs`); grades a body passes on by its own decision, licences it registers anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, union, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.events import CorporationEnded, CorporationMoved, MailboxTakenOver, MergerUndone
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import in_the_same_commit
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.procurement import body_news, heirs
from portal.procurement.agencies import QualificationRow, agency_of
from portal.procurement.company_news import rules
from portal.procurement.company_news.models import CompanyNews
from portal.procurement.company_news.rules import Kind, Outcome
from portal.procurement.grades import periods
from portal.procurement.grades import service as grades
from portal.procurement.models import Agency, Qualification, Suspension, Tender, TenderInterest
from portal.procurement.once.models import FactRead
from portal.procurement.registers.models import Registration
from portal.procurement.rules import State, SuspensionState
from portal.procurement.searches import service as searches

LINK = "/staff/companies/news"
Company = companies.AnyCompany


@in_the_same_commit
def on_corporation_ended(session: Session, event: CorporationEnded) -> None:
    """A company ended or was merged: no moment is left in which its heir would be free of its suspensions."""
    heirs.pass_on(session, event.company_id)
    heirs.tell_of_quotations(session, event.company_id)
    _overtake(session, event.company_id)
    merged = companies.successors(session, [event.company_id]).get(event.company_id)
    kind, what = (Kind.MERGED, merged[0]) if merged else (Kind.CLOSED, "")
    for body in sorted(session.scalars(_bodies(event.company_id))):
        if _keep(session, body, event.company_id, kind, f"{kind}:{event.company_id.hex}:{what}"):
            key = f"ended:{event.company_id}:{body}:{clock.today()}"
            _mail(session, body, body_news.ENDED, key)


@in_the_same_commit
def on_merger_undone(session: Session, event: MergerUndone) -> None:
    """It goes on, and nothing that followed from its merger does."""
    heirs.pass_on(session, event.company_id)
    overtaken = _overtake(session, event.company_id)
    for body in sorted({*session.scalars(_bodies(event.company_id)), *overtaken}):
        _keep(session, body, event.company_id, Kind.UNDONE, f"{Kind.UNDONE}:{event.event_id.hex}")


@in_the_same_commit
def on_corporation_moved(session: Session, event: CorporationMoved) -> None:
    """Another name or address: whoever used the old one hears of it, by mail once a day for all companies together."""
    for body in sorted(session.scalars(_bodies(event.company_id))):
        key = f"{Kind.MOVED}:{event.change_id.hex}"
        if _keep(session, body, event.company_id, Kind.MOVED, key, change_id=event.change_id):
            _mail(session, body, body_news.MOVED, f"moved:{body}:{clock.today()}")


@in_the_same_commit
def on_mailbox_taken_over(session: Session, event: MailboxTakenOver) -> None:
    """With the mailbox go saved searches, and interest told in tenders that are still open."""
    searches.take_over(session, event.company_id, event.by_company)
    still = Tender.state == State.ACTIVE, Tender.submissions_until > clock.now()
    told = select(TenderInterest.tender_id).join(Tender, Tender.id == TenderInterest.tender_id)
    for tender in session.scalars(told.where(TenderInterest.company_id == event.company_id, *still)).all():
        row = {"tender_id": tender, "company_id": event.by_company, "person_id": event.by_person, "at": clock.now()}
        if insert_once(session, TenderInterest.__table__, row):  # type: ignore[arg-type]
            did(session, Action.CREATE, whose=event.by_company, what="tender_interests", case_ref=str(tender))


def _bodies(company_id: UUID) -> Select[str]:
    """Bodies with a grade, a licence or a suspension of it that still counts, or that read its basics not long ago."""
    today, since = clock.today(), clock.now() - rules.USED_FOR
    said = union(
        select(Qualification.agency_code).where(
            Qualification.company_id == company_id, Qualification.valid_until >= today
        ),
        select(Registration.agency_code).where(
            Registration.company_id == company_id, Registration.withdrawn_at.is_(None)
        ),
        select(Suspension.agency_code).where(
            Suspension.company_id == company_id, Suspension.state != SuspensionState.LIFTED, Suspension.ends_on >= today
        ),
        select(FactRead.agency_code).where(
            FactRead.company_id.in_(companies.ids_with(company_id)), FactRead.at >= since
        ),
    ).subquery()
    return select(said.c[0])


def _keep(
    session: Session, body: str, company_id: UUID, kind: Kind, key: str, *, change_id: UUID | None = None
) -> bool:
    row = {
        "id": new_id(), "agency_code": body, "company_id": company_id, "kind": str(kind), "key": key,
        "change_id": change_id, "told_at": clock.now(), "settled_at": None, "settled_by": None, "outcome": "",
    }  # fmt: skip
    return bool(insert_once(session, CompanyNews.__table__, row))  # type: ignore[arg-type]


def _mail(session: Session, body: str, matter: str, key: str) -> None:
    body_news.post(session, body, matter, to=Permission.COMPANY_READ, link=LINK, key=key)


def _overtake(session: Session, company_id: UUID) -> Sequence[str]:
    """What waits of an end or merger of this company is not the newest word any more; whose it was."""
    waits = (
        CompanyNews.company_id == company_id, CompanyNews.settled_at.is_(None), CompanyNews.kind != Kind.MOVED
    )  # fmt: skip
    bodies = session.scalars(select(CompanyNews.agency_code).where(*waits)).all()
    newer = {"settled_at": clock.now(), "outcome": Outcome.OVERTAKEN}
    session.execute(update(CompanyNews).where(*waits).values(**newer))
    return bodies


# --- the body's desk ------------------------------------------------------------------------------------------------


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
    return [_line(session, news, company) for news, company in found], -(-count // rules.PAGE)


def waiting(session: Session, actor: Actor) -> int:
    """How much of it nobody of this body has settled."""
    mine = CompanyNews.agency_code == agency_of(session, actor).code, CompanyNews.settled_at.is_(None)
    return session.scalar(select(func.count()).select_from(CompanyNews).where(*mine)) or 0


def _line(session: Session, news: CompanyNews, company: Any) -> Line:
    today, body = clock.today(), news.agency_code
    heir = companies.successors(session, [company.id]).get(company.id) if news.kind == Kind.MERGED else None
    kept = _running(session, body, company.id)
    licences = select(Registration).where(Registration.company_id == company.id, Registration.agency_code == body)
    licences = licences.where(Registration.withdrawn_at.is_(None)).order_by(Registration.kind, Registration.number)
    out = select(Suspension).where(Suspension.company_id == company.id, Suspension.agency_code == body)
    out = out.where(Suspension.state != SuspensionState.LIFTED, Suspension.ends_on >= today)
    return Line(
        news, company, companies.register_change(session, news.change_id), heir, kept,
        session.scalars(licences).all(), session.scalars(out.order_by(Suspension.ends_on)).all(),
        _passable(session, body, company.id, kept) if heir and news.settled_at is None else (),
    )  # fmt: skip


def _running(session: Session, body: str, company_id: UUID) -> Sequence[Qualification]:
    """Grades that count today or are to begin."""
    counts: ColumnElement[bool] = periods.counts_on(clock.today()) | (Qualification.valid_from > clock.today())
    mine = select(Qualification).where(Qualification.company_id == company_id, Qualification.agency_code == body)
    return session.scalars(mine.where(counts).order_by(Qualification.category, Qualification.valid_from)).all()


def _passable(session: Session, body: str, company_id: UUID, kept: Sequence[Qualification]) -> Sequence[Qualification]:
    heir = companies.heir_account(session, company_id)
    if heir is None:
        return ()
    has = {one.category for one in _running(session, body, heir.id)}
    return [one for one in kept if one.category not in has]


def note(session: Session, actor: Actor, news_id: UUID) -> None:
    """Somebody of the body has seen it; nothing more follows from it here. Raises NewsMoved."""
    _settle(session, actor, news_id, Outcome.NOTED)


def pass_grades(session: Session, actor: Actor, news_id: UUID) -> None:
    """The body gives its heir the grades the merged company had, in the categories in which it has none of its own, until
    the same day; the heir is told. Raises NewsMoved, NothingToPass."""
    news = _settle(session, actor, news_id, Outcome.PASSED)
    agency, heir = session.get_one(Agency, news.agency_code), companies.heir_account(session, news.company_id)
    kept = _running(session, agency.code, news.company_id) if news.kind == Kind.MERGED else ()
    passed = _passable(session, agency.code, news.company_id, kept)
    if heir is None or not passed:
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
