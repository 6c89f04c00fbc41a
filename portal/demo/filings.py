"""Applications of the cast's company and of others, open and ended: sent by its own people, and one by its agent."""

import io
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from PIL import Image, ImageDraw
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.attachments import service as attachments
from portal.applications.rules import Reason
from portal.applications.service import Asked, Outcome
from portal.basics import service as basics
from portal.basics.rules import Kind as FactKind
from portal.basics.service import Told
from portal.companies.models import BusinessPerson, Company, CompanyMember
from portal.companies.rules import Role
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.ids import new_id
from portal.demo import cast
from portal.demo.business_people import AGENT, CLERK, COMPANY, OFFICER
from portal.demo.tenders import _actor
from portal.files import service as files
from portal.procurement.filings import service as filings
from portal.procurement.registers import service as registers
from portal.procurement.registers.rules import Row

Typed = dict[str, dict[str, list[str]]]
LICENCE = "飲食店営業許可"
LAW = "食品衛生法第55条"
RENEWAL, EVENT, TAX = "restaurant-licence-renewal", "event-permit", "tax-payment-certificate"


def load(session: Session, settings: Settings) -> None:
    """A renewal that waits, one that was approved, an event that is to be corrected, a certificate that was refused, and a
    draft."""
    license_shops(session, settings)
    employ(session)
    shoko, kenji, midori = (_person(session, one) for one in (OFFICER, CLERK, AGENT))
    ritsuko, naoto = _actor(session, cast.LICENSER), _actor(session, cast.PROCESSOR)
    _decided(session, settings, shoko, naoto, TAX, tax(), days=60, refusal="対象の年度の申告がまだ届いていません。")
    _decided(session, settings, kenji, naoto, TAX, tax(), days=40)
    _decided(session, settings, midori, ritsuko, RENEWAL, renewal(session, "千市保 第2号"), days=25)
    _send(session, settings, shoko, RENEWAL, renewal(session, "千市保 第1号"), days=2)
    asked = _send(session, settings, midori, EVENT, event(), days=6)
    _ask(session, ritsuko, asked)
    filings.start(session, settings.file_ring, kenji, TAX)


def license_shops(session: Session, settings: Settings) -> None:
    """Two licences of the cast's company; it told one of them itself as well."""
    ritsuko, today, own = _actor(session, cast.LICENSER), clock.today(), COMPANY.corporate_number
    for number, left in (("千市保 第1号", 45), ("千市保 第2号", 30)):
        issued = today - timedelta(days=2190 - left)
        registers.register(
            session,
            ritsuko,
            Row(own, "licence", LICENCE, number, issued, today + timedelta(days=left), "", LAW, "public"),
        )
    said = {"name": LICENCE, "number": "千市保 第2号", "body": "千葉市"}
    told = Told(said, today - timedelta(days=2160), today + timedelta(days=30), "許可証")
    basics.enter(session, settings.file_ring, _person(session, OFFICER), FactKind.LICENCE, told)


def employ(session: Session) -> None:
    """The clerk of the cast's company has signed in before."""
    shoko = _person(session, OFFICER)
    issuer = session.get_one(BusinessPerson, shoko.id).issuer
    kenji = BusinessPerson(
        id=new_id(), issuer=issuer, subject=CLERK.subject, name=CLERK.name, account_type="member", seen_at=clock.now()
    )
    session.add(kenji)
    session.flush()
    member = {"company_id": shoko.company, "person_id": kenji.id, "role": Role.MEMBER, "since": clock.now()}
    session.execute(insert(CompanyMember), [{**member, "ended_at": None}])


def _person(session: Session, someone: object) -> Actor:
    """Somebody of the cast who acts for the cast's company."""
    subject: str = someone.subject  # type: ignore[attr-defined]
    person = session.scalars(select(BusinessPerson).where(BusinessPerson.subject == subject)).one()
    company = session.scalars(select(Company).where(Company.key == COMPANY.corporate_number)).one()
    return Actor(ActorKind.BUSINESS, person.id, label=f"gBizID {person.account_type}", company=company.id)


def _send(session: Session, settings: Settings, actor: Actor, procedure: str, typed: Typed, *, days: int) -> UUID:
    """Begin, type what is not known, attach and send, so many days ago."""
    with clock.freeze(clock.now() - timedelta(days=days)):
        draft = filings.start(session, settings.file_ring, actor, procedure)
        for section, texts in typed.items():
            if section in ("plans", "documents"):
                attach(session, settings, actor, draft, section)
            applications.save_page(session, actor, draft, section, texts)
            session.flush()
        applications.submit(session, actor, draft)
    return draft


def _decided(
    session: Session, settings: Settings, actor: Actor, clerk: Actor, procedure: str, typed: Typed, *, days: int,
    refusal: str = "",
) -> None:  # fmt: skip
    sent = _send(session, settings, actor, procedure, typed, days=days)
    with clock.freeze(clock.now() - timedelta(days=days - 4)):
        applications.claim(session, sent, clerk)
        outcome = Outcome.REJECT if refusal else Outcome.APPROVE
        applications.decide(session, sent, clerk, outcome, refusal)


def _ask(session: Session, clerk: Actor, case_id: UUID) -> None:
    with clock.freeze(clock.now() - timedelta(days=3)):
        applications.claim(session, case_id, clerk)
        words = "この公園は広さが2,000平方メートルです。使う範囲の広さを書いてください。"
        applications.ask_correction(session, case_id, clerk, [Asked("area", Reason.INCORRECT, words)])


def attach(session: Session, settings: Settings, actor: Actor, draft: UUID, section: str) -> None:
    """A made-up plan where one is asked for."""
    if section != "plans":
        return
    photo = files.prepare("会場図.jpg", _plan(), megabytes=settings.file_megabytes, scan=None)
    attachments.add(session, actor, draft, section, [attachments.Upload("plan", photo.name, photo)], settings)


def _plan() -> bytes:
    page = Image.new("RGB", (900, 600), "#f4f6f8")
    draw = ImageDraw.Draw(page)
    draw.rectangle((40, 40, 860, 560), outline="#3d6f9e", width=4)
    for place in range(5):
        draw.rectangle((90 + place * 150, 120, 190 + place * 150, 200), fill="#c3ced9")
    draw.rectangle((300, 360, 600, 500), fill="#8796a5")
    out = io.BytesIO()
    page.save(out, "JPEG", quality=80)
    return out.getvalue()


def _day(name: str, day: date) -> dict[str, list[str]]:
    parts: Mapping[str, str] = {"era": "ce", "year": str(day.year), "month": str(day.month), "day": str(day.day)}
    return {f"{name}-{part}": [text] for part, text in parts.items()}


def renewal(session: Session, number: str) -> Typed:
    """What a restaurant types beside what is known."""
    company = session.scalars(select(Company.id).where(Company.key == COMPANY.corporate_number)).one()
    chosen = next(one for one, _body in registers.of_company(session, company) if one.number == number)
    return {
        "licence": {"licence": [str(chosen.id)]},
        "kitchen": {"shop_name": ["喫茶かくう"], "changed": ["no"]},
        "manager": {"manager_name": ["架空 料理"], "manager_ground": ["cook"], "haccp": ["guide"]},
        "documents": {},
    }


def event() -> Typed:
    """A market in a park."""
    first = clock.today() + timedelta(days=50)
    account = {
        "bank": "架空銀行", "bank_code": "9998", "branch": "千葉支店", "branch_code": "101", "kind": "ordinary",
        "number": "1000001", "holder": "カ)カクウシヨウテン",
    }  # fmt: skip
    return {
        "event": {
            "event_name": ["架空みなと市"], "purpose": ["market"], **_day("first_day", first),
            **_day("last_day", first + timedelta(days=1)), "visitors": ["800"],
        },
        "place": {"place": ["park"], "place_name": ["架空みなと公園"], "area": ["20000"]},
        "safety": {"fire": ["no"], "food": ["yes"], "safety_phone": ["0430000009"]},
        "refund": {f"account-{part}": [text] for part, text in account.items()},
        "plans": {},
    }  # fmt: skip


def tax() -> Typed:
    """A certificate for a bank."""
    return {
        "certificate": {"kind": ["none-open"], "copies": ["1"], "used_for": ["架空銀行"]},
        "delivery": {"delivery": ["post"]},
    }
