"""Public tenders for programs: all of them with their winners, and the search the national site offers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, false, func, or_, select
from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.procurement import ocds, words_sought
from portal.procurement.models import Agency, Tender, TenderBid
from portal.procurement.rules import PUBLIC, Category, Method

CATEGORIES = {"1": Category.GOODS, "2": Category.WORKS, "3": Category.SERVICES}
OTHERS = "9"  # neither goods nor works nor services: nothing here is that
CODES = {category: code for code, category in CATEGORIES.items()}
COUNT, MOST = 10, 1_000
# 公示種別 of the national site's search (its guide to the 検索API, 1.1). Its third are bidders designated among those who
# answered a notice, as ours are; nothing here is the second, and quotations and negotiated contracts are none of them.
PROCEDURES: dict[str, tuple[Method, ...]] = {"1": (Method.OPEN,), "2": (), "3": (Method.SELECTIVE,)}
HINTS = {
    "Procedure_Type": (
        "1（一般競争入札）、2（簡易公募型競争入札）、3（簡易公募型指名競争入札）を指定してください。複数は半角カンマで区切ります。"
    ),
    "Category": "1（物品）、2（工事）、3（役務）、9（その他）を指定してください。",
    "Certification": "A、B、C、D を指定してください。複数は半角カンマで区切ります。",
    "LG_Code": "都道府県は2桁、市区町村は5桁か6桁のコードを指定してください。複数は半角カンマで区切ります。",
}
DAY_NAMES = ("CFT_Issue_Date", "Tender_Submission_Deadline", "Period_End_Time", "Opening_Tenders_Event")
DAYS_HINT = "YYYY-MM-DD、YYYY-MM-DD/、/YYYY-MM-DD、YYYY-MM-DD/YYYY-MM-DD のいずれかで指定してください。"


def everything(session: Session) -> Iterator[Any]:
    """(tender, body, winning bid or None), the newest first; read in pieces."""
    won = (TenderBid.tender_id == Tender.id) & TenderBid.won.is_(True)
    yield from session.execute(
        select(Tender, Agency, TenderBid)
        .join(Agency, Agency.code == Tender.agency_code)
        .outerjoin(TenderBid, won)
        .where(Tender.state.in_(PUBLIC))
        .order_by(Tender.submissions_until.desc(), Tender.number)
        .execution_options(yield_per=500)
    )


def bids(session: Session) -> Iterator[Any]:
    """(tender, body, bid) of all that were published with results, the newest tender first; read in pieces."""
    yield from session.execute(
        select(Tender, Agency, TenderBid)
        .join(Agency, Agency.code == Tender.agency_code)
        .join(TenderBid, TenderBid.tender_id == Tender.id)
        .where(Tender.state.in_(PUBLIC))
        .order_by(Tender.decided_at.desc(), Tender.number, TenderBid.amount, TenderBid.number)
        .execution_options(yield_per=500)
    )


class Unreadable(ValueError):
    """The name of a parameter that cannot be read. It is told: a search without it would find what nobody asked for."""

    @property
    def words(self) -> str:
        """Which one, and what it takes."""
        name = str(self)
        hint = HINTS.get(name, DAYS_HINT if name in DAY_NAMES else "")
        return f"{name} を読み取れません。{hint}"


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last day, either may be open."""

    first: date | None = None
    last: date | None = None

    def of(self, moment: Any) -> list[ColumnElement[bool]]:
        """That a column's *moment* lies in them, by Japan's days."""
        found = [moment >= _begin(self.first)] if self.first else []
        if self.last and self.last < date.max:
            found.append(moment < _begin(self.last + timedelta(days=1)))
        return found


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for; what is empty asks for nothing."""

    words: str = ""
    title: str = ""
    body: str = ""
    cities: tuple[str, ...] = ()
    category: str = ""
    methods: tuple[str, ...] | None = None
    grades: tuple[str, ...] = ()
    issued: Days = Days()
    closes: Days = Days()
    opens: Days = Days()
    delivered: Days = Days()
    count: int = COUNT


@dataclass(frozen=True, slots=True)
class Answer:
    hits: int
    lines: Sequence[Any]


def read_query(said: Mapping[str, str]) -> Query | None:
    """The national site's parameters; None without one of the four it needs. Raises Unreadable."""
    query = Query(
        words=_clean(said.get("Query", "")),
        title=_clean(said.get("Project_Name", "")),
        body=_clean(said.get("Organization_Name", "")),
        cities=_codes(said, "LG_Code", r"\d{2}|\d{5,6}"),
        category=_one_of(said, "Category", {**CATEGORIES, OTHERS: OTHERS}),
        methods=_methods(said),
        grades=_codes(said, "Certification", "[A-D]"),
        issued=_days(said, "CFT_Issue_Date"),
        closes=_days(said, "Tender_Submission_Deadline"),
        delivered=_days(said, "Period_End_Time"),
        opens=_days(said, "Opening_Tenders_Event"),
        count=_count(said),
    )
    return query if query.words or query.title or query.body or query.cities else None


def _clean(text: str) -> str:
    return "".join(sign for sign in text[:100] if sign.isprintable() or sign == "\u3000").strip()


def _codes(said: Mapping[str, str], name: str, form: str) -> tuple[str, ...]:
    """Codes with commas between them."""
    found = tuple(code for code in re.split(r"[,\s]+", said.get(name, "")) if code)
    if len(found) > 50 or not all(re.fullmatch(form, code, re.ASCII) for code in found):
        raise Unreadable(name)
    return found


def _one_of(said: Mapping[str, str], name: str, known: Mapping[str, str]) -> str:
    typed = said.get(name, "").strip()
    if typed and typed not in known:
        raise Unreadable(name)
    return known[typed] if typed else ""


def _methods(said: Mapping[str, str]) -> tuple[str, ...] | None:
    """Ours of the national site's codes; empty where nothing here is what was asked for, None where nothing was."""
    codes = _codes(said, "Procedure_Type", "[123]")
    return tuple(str(method) for code in codes for method in PROCEDURES[code]) if codes else None


def _count(said: Mapping[str, str]) -> int:
    typed = said.get("Count", "").strip() or str(COUNT)
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
        raise Unreadable("Count")
    return min(int(typed), MOST)


def _days(said: Mapping[str, str], name: str) -> Days:
    """「2026-11-01/2026-11-30」, with either side open; one day alone is that day."""
    first, stroke, last = said.get(name, "").strip().partition("/")
    try:
        days = [date.fromisoformat(day) if day else None for day in (first, last if stroke else first)]
    except ValueError:
        raise Unreadable(name) from None
    return Days(*days)


def found(session: Session, asked: Query) -> Answer:
    """How many fit, and the newest of them. Raises Unreadable: words with an operator too many."""
    query = select(Tender, Agency).join(Agency, Agency.code == Tender.agency_code)
    query = query.where(Tender.state.in_(PUBLIC), Tender.published_at.is_not(None), *_conditions(asked))
    hits = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(Tender.published_at.desc(), Tender.number).limit(asked.count)
    return Answer(hits, session.execute(newest).all())


def _conditions(asked: Query) -> Iterator[ColumnElement[bool]]:
    texts = (Tender.title, Tender.description, Agency.name)
    if asked.words:
        try:
            yield words_sought.condition(asked.words, lambda word: or_(*(_has(text, word) for text in texts)))
        except words_sought.Unreadable:
            raise Unreadable("Query") from None
    for column, words in ((Tender.title, asked.title), (Agency.name, asked.body)):
        if words:
            yield _has(column, words)
    if asked.cities:
        yield or_(*(Agency.city_code.startswith(code) for code in asked.cities))
    if asked.category:
        yield Tender.category == asked.category
    if asked.methods is not None:
        yield Tender.method.in_(asked.methods)
    if asked.grades:
        yield or_(*(cast(Tender.grades, Text).contains(f'"{grade}"') for grade in asked.grades))
    yield from asked.issued.of(Tender.published_at)
    yield from asked.closes.of(Tender.submissions_until)
    if asked.delivered != Days():
        yield false()  # the day of delivery: it stands in the papers alone, and what is not known is not found
    if asked.opens != Days():
        yield Tender.sealed.is_(True)
        yield from asked.opens.of(Tender.submissions_until)


def _has(column: Any, words: str) -> ColumnElement[bool]:
    return or_(*(column.icontains(one, autoescape=True) for one in words_sought.widths(words)))


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
    yield "Category", CODES[Category(tender.category)]
    yield "ProcedureType", ocds.JAPANESE_METHODS[Method(tender.method)]
    yield "Location", tender.region
    yield "TenderSubmissionDeadline", ocds.moment(tender.submissions_until)
    if tender.sealed:
        yield "OpeningTendersEvent", ocds.moment(tender.submissions_until)
    yield "ProjectDescription", tender.description
