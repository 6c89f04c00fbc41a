"""Public tenders for programs: all of them with their winners, and the search the national site offers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.procurement import ocds
from portal.procurement.models import Agency, Tender, TenderBid
from portal.procurement.rules import PUBLIC, Category, Method

CATEGORIES = {"1": Category.GOODS, "2": Category.WORKS, "3": Category.SERVICES}
CODES = {category: code for code, category in CATEGORIES.items()}
COUNT, MOST = 10, 1_000


def everything(session: Session) -> Sequence[Any]:
    """(tender, body, winning bid or None), the newest first."""
    won = (TenderBid.tender_id == Tender.id) & TenderBid.won.is_(True)
    return session.execute(
        select(Tender, Agency, TenderBid)
        .join(Agency, Agency.code == Tender.agency_code)
        .outerjoin(TenderBid, won)
        .where(Tender.state.in_(PUBLIC))
        .order_by(Tender.submissions_until.desc(), Tender.number)
    ).all()


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for; "" and None ask for nothing."""

    words: str = ""
    title: str = ""
    body: str = ""
    city_code: str = ""
    category: str = ""
    issued_from: date | None = None
    issued_to: date | None = None
    count: int = COUNT


@dataclass(frozen=True, slots=True)
class Answer:
    hits: int
    lines: Sequence[Any]


def read_query(said: Mapping[str, str]) -> Query | None:
    """The national site's parameters; None without one of the four it needs. What cannot be read is left out."""
    first, _, last = said.get("CFT_Issue_Date", "").partition("/")
    count = said.get("Count", "")
    query = Query(
        words=_clean(said.get("Query", "")),
        title=_clean(said.get("Project_Name", "")),
        body=_clean(said.get("Organization_Name", "")),
        city_code=_clean(said.get("LG_Code", ""))[:6],
        category=CATEGORIES.get(said.get("Category", ""), ""),
        issued_from=_day(first),
        issued_to=_day(last),
        count=min(int(count), MOST) if count.isascii() and count.isdecimal() and len(count) < 6 else COUNT,
    )
    return query if query.words or query.title or query.body or query.city_code else None


def _clean(text: str) -> str:
    return "".join(sign for sign in text[:100] if sign.isprintable())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def found(session: Session, asked: Query) -> Answer:
    """How many fit, and the newest of them."""
    query = select(Tender, Agency).join(Agency, Agency.code == Tender.agency_code)
    query = query.where(Tender.state.in_(PUBLIC), Tender.published_at.is_not(None))
    if asked.words:
        texts = (Tender.title, Tender.description, Agency.name)
        query = query.where(or_(*(text.contains(asked.words, autoescape=True) for text in texts)))
    if asked.title:
        query = query.where(Tender.title.contains(asked.title, autoescape=True))
    if asked.body:
        query = query.where(Agency.name.contains(asked.body, autoescape=True))
    if asked.city_code:
        query = query.where(Agency.city_code == asked.city_code)
    if asked.category:
        query = query.where(Tender.category == asked.category)
    if asked.issued_from:
        query = query.where(Tender.published_at >= _begin(asked.issued_from))
    if asked.issued_to and asked.issued_to < date.max:
        query = query.where(Tender.published_at < _begin(asked.issued_to + timedelta(days=1)))
    hits = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(Tender.published_at.desc(), Tender.number).limit(asked.count)
    return Answer(hits, session.execute(newest).all())


def _begin(day: date) -> datetime:
    """Japan's midnight; that of the first day of all lies before every calendar of instants."""
    return datetime.combine(max(day, date.min + timedelta(days=1)), time(), JST)


def fields(tender: Tender, agency: Agency, *, place: int, base: str) -> Iterator[tuple[str, str]]:
    """One result, tag by tag. TenderSubmissionDeadline is the end of bidding here, as its name says."""
    yield "ResultId", str(place)
    yield "Key", tender.ocid
    yield "ExternalDocumentURI", f"{base}/business/tenders/{tender.number}"
    yield "ProjectName", tender.title
    yield "Date", ocds.moment(tender.published_at) if tender.published_at else ""
    yield "FileType", "html"
    yield "LgCode", agency.city_code[:2]
    yield "PrefectureName", agency.prefecture
    yield "CityCode", agency.city_code
    yield "CityName", agency.city
    yield "OrganizationName", agency.name
    yield "Certification", "".join(tender.grades)
    yield "CftIssueDate", ocds.moment(tender.published_at) if tender.published_at else ""
    yield "PeriodEndTime", ocds.moment(tender.submissions_until)
    yield "Category", CODES[Category(tender.category)]
    yield "ProcedureType", ocds.JAPANESE_METHODS[Method(tender.method)]
    yield "Location", tender.region
    yield "TenderSubmissionDeadline", ocds.moment(tender.submissions_until)
    yield "ProjectDescription", tender.description
