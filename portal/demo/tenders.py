"""Public bodies of the demo, grades of its companies, and tenders in every state."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.companies.models import BusinessPerson, Company
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.business_days import business_days_from
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.demo import awards, businesses, cast, papers, quotations
from portal.demo.business_people import COMPANY, OFFICER, corporate_number
from portal.procurement import rules, suspending, tenders
from portal.procurement.clarifying import service as clarifying
from portal.procurement.grades import objections
from portal.procurement.models import Agency, AgencySection, Qualification, Tender
from portal.procurement.once.models import TaskGrant
from portal.procurement.once.rules import NEEDS, GrantState, Task
from portal.procurement.results import service as results
from portal.procurement.rules import BidLine, Category, Method
from portal.staff import service as staff
from portal.staff.models import Member

CITY, WATER = "chiba", "suido"
CATEGORIES = tuple(Category)
LAWS = {
    Task.QUALIFICATION: "地方自治法施行令第167条の5",
    Task.CONTRACT: "地方自治法第234条",
    Task.PAYMENT: "地方自治法第232条の4",
    Task.LICENSING: "千葉市の各許可条例（架空）",
}
SECTIONS = (
    (CITY, cast.BUYER.section, (Task.QUALIFICATION, Task.CONTRACT, Task.PAYMENT)),
    (CITY, cast.LICENSER.section, (Task.LICENSING,)),
    (CITY, "納税管理課", ()),
    (WATER, "水道企業団派遣室", (Task.CONTRACT, Task.PAYMENT)),
)


def load(session: Session, settings: Settings, *, companies: int = 60) -> None:
    """Everything; deterministic but for ids and numbers. A city with all its companies has all its past awards."""
    _found_agencies(session)
    _give_grades(session)
    past = awards.MANY if companies >= businesses.MANY else awards.FEW
    awards.load(session, CITY, WATER, count=past, companies=companies)
    kaoru = _actor(session, cast.BUYER)
    for place, (title, words, category, end) in enumerate(_tenders()):
        _run(session, settings, kaoru, title, words, category, end=end, place=place)
    _suspend(session, kaoru)
    quotations.load(session, settings, kaoru, _actor(session, cast.BUYING_CHIEF))


def _found_agencies(session: Session) -> None:
    place = {"prefecture": "千葉県", "city": "千葉市", "city_code": "121002"}
    session.add(Agency(code=CITY, name="架空の千葉市", number=corporate_number(900_001), **place))
    session.add(Agency(code=WATER, name="架空広域水道企業団", number=corporate_number(900_002), **place))
    session.flush()
    codes = {office.name: office.code for office in staff.offices(session)}
    for agency, section, tasks in SECTIONS:
        found = staff.section(session, office=codes[cast.BUYER.office], name=section)
        session.add(AgencySection(section_id=found.id, agency_code=agency))
        session.add_all(_grant(agency, found.id, task) for task in tasks)
    session.flush()


def _grant(agency: str, section_id: UUID, task: Task) -> TaskGrant:
    """A task that two administrators of the body decided on."""
    today, long_ago = clock.today(), clock.now() - timedelta(days=200)
    return TaskGrant(
        id=new_id(), agency_code=agency, section_id=section_id, task=task, law=LAWS[task], kinds=list(NEEDS[task]),
        valid_from=today - timedelta(days=199), valid_until=today + timedelta(days=700), state=GrantState.IN_FORCE,
        proposed_by=new_id(), proposed_at=long_ago, decided_by=new_id(), decided_at=long_ago + timedelta(hours=3),
        ended_by=None, ended_at=None,
    )  # fmt: skip


def _give_grades(session: Session) -> None:
    """Each company has a grade for one category, every third for two; the cast's is A for goods and B for services."""
    today = clock.today()
    days = {"valid_from": today - timedelta(days=200), "valid_until": today + timedelta(days=520)}
    rows: dict[tuple[Any, str], dict[str, Any]] = {}
    for serial, (company, key) in enumerate(session.execute(select(Company.id, Company.key).order_by(Company.key))):
        kinds = {CATEGORIES[serial % 3]} | ({CATEGORIES[(serial + 1) % 3]} if serial % 3 == 0 else set())
        grade = rules.GRADES[serial // 3 % 4]
        grades = {str(kind): grade for kind in kinds}
        if key == COMPANY.corporate_number:
            grades = {"goods": "A", "services": "B"}
        for kind, mark in grades.items():
            rows[company, kind] = {
                "company_id": company, "agency_code": CITY, "category": kind, "grade": mark, **days,
            }  # fmt: skip
    session.execute(insert(Qualification), list(rows.values()))


def _actor(session: Session, person: cast.Staff) -> Actor:
    member = session.scalars(select(Member).where(Member.login_id == person.login_id)).one()
    found = staff.actor_of(session, member.id)
    assert found
    return found[0]


def _tenders() -> list[tuple[str, str, str, str]]:
    return [
        ("本庁舎で使うコピー用紙の購入", "A4・A3の再生紙、年間の見込み数量による単価契約です。", "goods", "open"),
        ("市立図書館の書架の購入", "中央図書館の閉架書庫に置く移動書架です。", "goods", "amended"),
        ("公園12か所の樹木の手入れ", "剪定と落ち葉の片付けを行います。", "services", "questions"),
        ("道路の舗装を直す工事（若葉区）", "延長350メートルの打ち換えです。", "works", "open"),
        ("小学校の給食室の空調設備工事", "夏休みの間に行います。", "works", "planned"),
        ("広報紙の印刷", "毎月1日号、16ページ、4色です。", "services", "awarded"),
        ("区役所の事務机の購入", "昇降式の机120台です。", "goods", "mended"),
        ("下水道管の調査", "カメラによる調査、8キロメートルです。", "services", "unsuccessful"),
        ("倉庫の屋根の修理", "台風で傷んだ部分を直します。", "works", "cancelled"),
        ("災害用毛布の購入", "圧縮袋入り3,000枚です。", "goods", "draft"),
    ]


def _run(
    session: Session, settings: Settings, actor: Actor, title: str, words: str, category: str, *, end: str, place: int
) -> None:
    """Bring one tender to the state the demo shows it in; those that are over were published three weeks ago."""
    over = end in ("awarded", "mended", "unsuccessful")
    now = clock.now()
    with clock.freeze(now - timedelta(days=21 + place)) if over else clock.freeze(now):
        deadline = business_days_from(clock.today(), (14 if category == "works" else 8) + place % 3)
        facts = _facts(title, words, category, deadline, place)
        tender = tenders.write(session, actor, facts, ocid_prefix=settings.ocid_prefix)
        titles = (papers.SPECIFICATION, papers.FORM)[: 1 + place % 2]
        first = papers.attach(session, settings, actor, tender, *titles)[0]
        if end == "planned":
            tenders.plan(session, actor, tender.id, tender.version)
        elif end != "draft":
            tenders.publish(session, actor, tender.id, tender.version)
    if end == "amended":
        papers.attach_anew(session, settings, actor, tender, papers.SPECIFICATION, first)
    _go_on(session, actor, tender, facts, end)


def _facts(title: str, words: str, category: str, deadline: Any, place: int) -> dict[str, Any]:
    return {
        "title": title, "description": words, "category": category,
        "grades": ["A", "B"] if place % 2 == 0 else ["B", "C", "D"],
        "method": str(Method.LIMITED if place % 4 == 3 else Method.OPEN), "region": "千葉県千葉市" if place % 3 else "",
        "site_visit": "", "estimate": 4_000_000 + 350_000 * place,
        "documents": [{"title": "契約約款", "url": f"https://city.example/tenders/{place + 1}/yakkan.pdf"}],
        "questions_until": business_days_from(deadline, -3),
        "submissions_until": datetime.combine(deadline, time(17), JST), "sealed": False, "item": "", "quantity": None,
        "unit": "",
    }  # fmt: skip


def _go_on(session: Session, actor: Actor, tender: Tender, facts: dict[str, Any], end: str) -> None:
    if end == "amended":
        why = "数量を10台増やし、提出期限を延ばしました。"
        day = business_days_from(facts["submissions_until"].astimezone(JST).date(), 5)
        later = datetime.combine(day, time(17), JST)
        tenders.change(session, actor, tender.id, tender.version, {**facts, "submissions_until": later}, why)
    elif end == "cancelled":
        tenders.cancel(session, actor, tender.id, tender.version, "予算の見直しのため、今回は取りやめます。")
    elif end == "unsuccessful":
        tenders.decide(session, actor, tender.id, tender.version, [], winner="")
    elif end == "awarded":
        _decide(session, actor, tender, 3_900_000)
    elif end == "mended":
        _decide(session, actor, tender, 3_090_000)
        results.propose(session, actor, tender.id, "落札額の入力に誤りがありました（390万円を309万円と入力）。")
        results.confirm(session, _actor(session, cast.BUYING_CHIEF), tender.id)
        _decide(session, actor, tender, 3_900_000)
    elif end == "questions":
        shoko = session.scalars(select(BusinessPerson).where(BusinessPerson.subject == OFFICER.subject)).one()
        company = session.scalars(select(Company).where(Company.key == COMPANY.corporate_number)).one()
        somebody = Actor(Kind.BUSINESS, shoko.id, company=company.id)
        tenders.show_interest(session, somebody, tender)
        tenders.ask(session, somebody, tender, "落ち葉の処分の費用は、契約に含まれますか。")
        tenders.ask(session, somebody, tender, "作業できる時間帯を教えてください。")
        first = tenders.questions_of(session, tender.id, answered=False)[0]
        tenders.answer(session, actor, tender.id, first.id, "含まれます。市の処分場へ運んでください。")
        clarifying.write(session, somebody, tender, "資格の証明書は、昨年お出ししたものでよいですか。")
        clarifying.ask(session, actor, tender.id, company.id, "よいです。有効期限だけご確認ください。")
        clarifying.write(session, somebody, tender, "令和9年3月末までです。")
        objections.object_to(session, somebody, CITY, "services", "昨年度の清掃業務の実績が数えられていないようです。")


def _decide(session: Session, actor: Actor, tender: Tender, lowest: int) -> None:
    numbers = [corporate_number(serial) for serial in (1, 3, 4, 5)]
    bids = [BidLine(number, lowest + 40_000 * place) for place, number in enumerate(numbers)]
    tenders.decide(session, actor, tender.id, tender.version, bids, winner=numbers[0])


def _suspend(session: Session, actor: Actor) -> None:
    """One in force, one that waits for a second person."""
    today, chief = clock.today(), _actor(session, cast.BUYING_CHIEF)
    for serial, ground in ((9, "契約の不履行（架空）"), (10, "書類の虚偽の記載（架空）")):
        proposed = suspending.propose_suspension(
            session, actor, number=corporate_number(serial), ground=ground, begins_on=today,
            ends_on=today + timedelta(days=90),
        )  # fmt: skip
        if serial == 9:
            session.flush()
            suspending.put_in_force(session, chief, proposed)
