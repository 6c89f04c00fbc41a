"""What the demo's companies say of themselves, who read it, what bodies registered of them. The cast's company has changed
its bank after it was paid once, and one of its entries is a year old."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.basics import service as basics
from portal.basics.models import CompanyFact
from portal.basics.rules import Kind
from portal.basics.service import Told
from portal.companies.models import BusinessPerson, Company, CompanyMember
from portal.companies.rules import Role
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.envelope import KeyRing
from portal.core.ids import new_id
from portal.demo import cast
from portal.demo.business_people import COMPANY, OFFICER, corporate_number
from portal.demo.tenders import CITY, WATER, _actor
from portal.devices import service as devices
from portal.procurement.models import AgencySection
from portal.procurement.once import service as once
from portal.procurement.once.models import FactRead
from portal.procurement.once.rules import Task
from portal.procurement.registers import service as registers
from portal.procurement.registers.models import Registration
from portal.procurement.registers.rules import Row

CLIENTS = ("register-sangyo", "grades-keiyaku")
EVERY = 25  # of so many made-up companies one has told its basics
LICENCES = (
    ("産業廃棄物収集運搬業許可", "廃棄物の処理及び清掃に関する法律", "public"),
    ("屋外広告業登録", "千葉市屋外広告物条例（架空）", "bodies"),
    ("食品営業許可", "", "own"),
)


def load(session: Session, settings: Settings) -> None:
    """Everything; ids apart the same each time."""
    ring, shoko = settings.file_ring, _officer(session)
    _tell_basics(session, ring, shoko, OFFICER.name)
    _made_up(session, ring, settings)
    _read_and_change(session, ring, shoko)
    _register(session)
    for name in CLIENTS:
        if (machine := devices.find(session, name)) is not None:
            registers.let_client_act(session, machine.id, CITY)


def _officer(session: Session) -> Actor:
    person = session.scalars(select(BusinessPerson).where(BusinessPerson.subject == OFFICER.subject)).one()
    company = session.scalars(select(Company).where(Company.key == COMPANY.corporate_number)).one()
    return Actor(ActorKind.BUSINESS, person.id, company=company.id)


def contents(officer: str, serial: int, number: str) -> list[tuple[Kind, dict[str, str]]]:
    """Sound facts of a company."""
    holder = "カ)カクウシヨウテン" if number == COMPANY.corporate_number else f"カ)カクウ{serial}"
    return [
        (Kind.CONTACT, {"section": "経理", "person": officer, "phone": "0430000009", "email": "keiri@example.jp"}),
        (Kind.BANK, {"bank": "架空銀行", "bank_code": "9998", "branch": "千葉支店", "branch_code": "101",
                     "account": "ordinary", "number": f"{1_000_000 + serial:07d}", "holder": holder}),
        (Kind.OFFICER, {"title": "代表取締役", "name": officer, "kana": "カクウ ショウコ"}),
        (Kind.CAPITAL, {"yen": str(3_000_000 + serial % 40 * 500_000)}),
        (Kind.ITEMS, {"items": "文具と事務用品の販売、印刷"}),
        (Kind.INVOICE, {"number": f"T{number}"}),
    ]  # fmt: skip


def _tell_basics(session: Session, ring: KeyRing, actor: Actor, officer: str) -> None:
    today = clock.today()
    with clock.freeze(clock.now() - timedelta(days=200)):
        for kind, content in contents(officer, 1, COMPANY.corporate_number):
            _enter(session, ring, actor, kind, content, today - timedelta(days=900))
        place = {
            "place": "factory",
            "name": "稲毛倉庫",
            "postal_code": "2630001",
            "address": "千葉市稲毛区架空町2丁目99番3号",
        }
        _enter(session, ring, actor, Kind.ADDRESS, place, today - timedelta(days=700))
    licence = {"name": "古物商許可", "number": "第999999999999号", "body": "千葉県公安委員会"}
    _enter(session, ring, actor, Kind.LICENCE, licence, today - timedelta(days=1500))
    old = CompanyFact.company_id == actor.company, CompanyFact.kind.in_([Kind.LICENCE, Kind.ITEMS])
    session.execute(update(CompanyFact).where(*old).values(confirmed_at=clock.now() - timedelta(days=370)))


def _enter(session: Session, ring: KeyRing, actor: Actor, kind: Kind, content: dict[str, str], since: date) -> Any:
    return basics.enter(session, ring, actor, kind, Told(content, since, None, "登記事項証明書"))


def _made_up(session: Session, ring: KeyRing, settings: Settings) -> None:
    """Some of the made-up companies have a representative, who told their basics."""
    chosen = session.scalars(select(Company).where(Company.kind == "corporation").order_by(Company.key)).all()[
        10::EVERY
    ]
    for serial, company in enumerate(chosen, start=2):
        person = BusinessPerson(
            id=new_id(), issuer=settings.gbizid_issuer or "made-up", subject=f"daihyo-{serial}",
            name=f"架空 代表{serial}", account_type="prime", seen_at=clock.now(),
        )  # fmt: skip
        session.add(person)
        session.flush()
        member = {"company_id": company.id, "person_id": person.id, "role": Role.PRIME, "since": clock.now()}
        session.execute(insert(CompanyMember), [{**member, "ended_at": None}])
        actor = Actor(ActorKind.BUSINESS, person.id, company=company.id)
        for kind, content in contents(person.name, serial, company.key)[:: 1 + serial % 2]:
            _enter(session, ring, actor, kind, content, clock.today() - timedelta(days=300 + serial))


def _read_and_change(session: Session, ring: KeyRing, shoko: Actor) -> None:
    """Paid once; then the company moved to another bank, so the section hears of it. Two requests: one is answered."""
    kaoru, ritsuko = _actor(session, cast.BUYER), _actor(session, cast.LICENSER)
    company = shoko.company
    assert company
    with clock.freeze(clock.now() - timedelta(days=40)):
        once.open_for(session, ring, kaoru, company, task=Task.PAYMENT, case_ref="支払 第120号")
    water = session.scalars(select(AgencySection.section_id).where(AgencySection.agency_code == WATER)).one()
    session.add(
        FactRead(
            id=new_id(), company_id=company, agency_code=WATER, section_id=water, member_id=new_id(),
            task=Task.CONTRACT, case_ref="契約 第33号", at=clock.now() - timedelta(days=12),
        )
    )  # fmt: skip
    bank = next(fact for fact in basics.current(session, ring, company, [Kind.BANK]))
    moved = {**bank.content, "bank": "架空信用金庫", "bank_code": "9997", "branch": "本店", "branch_code": "001"}
    basics.enter(
        session, ring, shoko, Kind.BANK, Told(moved, clock.today(), None, "通帳の写し"), instead=bank.id
    )  # fmt: skip
    due = clock.today() + timedelta(days=14)
    once.ask(session, kaoru, company, task=Task.CONTRACT, case_ref="契約 第210号", due_on=due)
    once.ask(session, ritsuko, company, task=Task.LICENSING, case_ref="許可 第7号", due_on=due)
    other = session.scalars(select(Company.id).where(Company.key == corporate_number(4))).one()
    once.ask(session, kaoru, other, task=Task.QUALIFICATION, case_ref="資格 第15号", due_on=due)


def _register(session: Session) -> None:
    """Of the cast's company one that ends in three weeks, a commendation, a certificate it objects to; of every third
    made-up company a licence."""
    ritsuko, today = _actor(session, cast.LICENSER), clock.today()
    own = COMPANY.corporate_number
    for row in (
        Row(own, "licence", "屋外広告業登録", "千市広 第1号", today - timedelta(days=1800), today + timedelta(days=21),
            "市内に限る", "千葉市屋外広告物条例（架空）", "bodies"),
        Row(own, "commendation", "優良事業者表彰", "表彰 第12号", today - timedelta(days=150), None, "",
            "千葉市表彰規則（架空）", "public"),
        Row(own, "certificate", "市税の滞納がないことの証明", "納証 第345号", today - timedelta(days=60),
            today + timedelta(days=30), "", "", "own"),
    ):  # fmt: skip
        registers.register(session, ritsuko, row)
    registers.remind_of_ends(session, {})
    _object(session)
    rows = []
    for serial, company in enumerate(session.scalars(select(Company.id).order_by(Company.key))):
        if serial % 3 or serial < 3:
            continue
        name, law, sight = LICENCES[serial % len(LICENCES)]
        issued = today - timedelta(days=100 + serial % 1500)
        rows.append(
            {
                "id": new_id(), "company_id": company, "agency_code": CITY, "kind": "licence", "name": name,
                "number": f"千市産 第{serial + 100}号", "issued_on": issued, "valid_until": issued + timedelta(days=1825),
                "terms": "", "law": law, "sight": sight, "reminded": 0, "entered_by": ritsuko.id,
                "changed_at": clock.now(), "withdrawn_at": None, "reason": "", "objection": "", "objected_at": None,
                "answer": "", "answered_at": None,
            }
        )  # fmt: skip
    session.execute(insert(Registration), rows)


def _object(session: Session) -> None:
    objected = "証明の対象の年度が1年ずれています。確かめてください。"
    session.execute(
        update(Registration)
        .where(Registration.number == "納証 第345号")
        .values(objection=objected, objected_at=clock.now() - timedelta(days=1))
    )
