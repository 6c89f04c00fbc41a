"""What bodies wrote to companies of the demo: read, answered, overdue, confidential, scheduled, waiting for a second person;
a conversation; and an agent who reads for many companies. All of it is 架空 (fictitious)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.models import BusinessDelivery, BusinessNotice, BusinessPerson, Company, Delegation
from portal.companies.rules import Power, Profession, Topic
from portal.company_mailbox.post import service as post
from portal.company_mailbox.sendings import service as sendings
from portal.company_mailbox.sendings.models import CompanySending
from portal.company_mailbox.sendings.rules import Said
from portal.core import clock
from portal.core.actor import Actor
from portal.core.ids import new_id
from portal.demo import cast
from portal.demo.basics import _officer
from portal.demo.business_people import AGENT_NUMBER, COMPANY, OFFICER, corporate_number
from portal.demo.tenders import CITY, _actor
from portal.mailbox.rules import Kind, answer_terms
from portal.procurement.letters import choosing
from portal.procurement.letters.rules import Chosen
from portal.procurement.models import Agency

CLIENTS = 40  # companies that let the cast's agent act for them
OVER = 100


def load(session: Session) -> None:
    """Everything; ids apart the same each time."""
    kaoru, shoko = _actor(session, cast.BUYER), _officer(session)
    _delegations(session)
    near = [OFFICER_NUMBER, AGENT_NUMBER, *(corporate_number(serial) for serial in range(3, 3 + CLIENTS))]
    today = clock.today()
    survey = _send(session, kaoru, near, Said(
        "災害時の協力についての調査（架空）",
        "大きな地震のとき、物資や車両でご協力いただけるかを伺います。\n\n回答はあとから変えられます。",
        Kind.REPLY, today + timedelta(days=21), 3, _ask("協力できる", "条件による", "できない"),
    ))  # fmt: skip
    rules = _send(session, kaoru, near[:20], Said(
        "入札参加者の心得が変わります（架空）",
        "令和9年1月から、電子での提出が原則になります。\n\n内容を確認のうえ、ボタンを押してください。",
        Kind.CONFIRMATION, today + timedelta(days=5), 7, _ask(),
    ))  # fmt: skip
    _age(session, rules, timedelta(days=6))
    late = _send(session, kaoru, near[:8], Said(
        "納品書の控えの提出について（架空）", "先月分の控えがまだ届いていません。", Kind.TASK, today, 0, _ask(),
    ))  # fmt: skip
    _age(session, late, timedelta(days=30), due=timedelta(days=2))
    secret = Said(
        "契約の変更についての協議（架空）", "契約の金額の変更について協議します。\n\n代表者の方だけがお読みください。",
        choices=_ask(), confidential=True, topic=Topic.CONTRACTS,
    )  # fmt: skip
    _send(session, kaoru, [OFFICER_NUMBER], secret, chief=_actor(session, cast.BUYING_CHIEF))
    taxes = Said(
        "納税証明書の確認について（架空）",
        "契約のため、未納の税がないことを確認します。\n\n税理士の方と一緒にご覧ください。",
        choices=_ask(), confidential=True, topic=Topic.TAX,
    )  # fmt: skip
    _send(session, kaoru, [OFFICER_NUMBER], taxes, chief=_actor(session, cast.BUYING_CHIEF))
    _trust(session, shoko, survey)
    _unsent(session, kaoru)
    _talk(session, kaoru, shoko, survey)


OFFICER_NUMBER = COMPANY.corporate_number


def _ask(*options: str) -> dict[str, Any]:
    return answer_terms([{"ja": one} for one in options], text=True, thread=True)


def _send(session: Session, member: Actor, numbers: list[str], said: Said, chief: Actor | None = None) -> UUID:
    agency = session.get_one(Agency, CITY)
    made = sendings.write(session, member, CITY, agency.name, said, Chosen(numbers=numbers).kept())
    chosen = choosing.companies_of(agency, Chosen(numbers=numbers))
    sendings.go(session, member, CITY, made.id, made.version, chosen, over=OVER)
    if chief is not None:
        sendings.approve(session, chief, CITY, made.id, made.version)
    return made.id


def _age(session: Session, notice: UUID, by: timedelta, *, due: timedelta | None = None) -> None:
    """It was sent some days ago."""
    at = clock.now() - by
    session.execute(update(BusinessNotice).where(BusinessNotice.id == notice).values(sent_at=at))
    session.execute(update(BusinessDelivery).where(BusinessDelivery.notice_id == notice).values(sent_at=at))
    session.execute(update(CompanySending).where(CompanySending.id == notice).values(written_at=at))
    if due is not None:
        day = clock.today() - due
        session.execute(update(BusinessNotice).where(BusinessNotice.id == notice).values(due_on=day))
        session.execute(update(CompanySending).where(CompanySending.id == notice).values(due_on=day))


def _unsent(session: Session, kaoru: Actor) -> None:
    """One waits for a second person, one for its time, one is a draft."""
    agency, chosen = session.get_one(Agency, CITY), Chosen(region="千葉県千葉市")
    many = Said("年末年始の窓口のご案内（架空）", "12月29日から1月3日まで、契約課の窓口を閉じます。", choices=_ask())
    waiting = sendings.write(session, kaoru, CITY, agency.name, many, chosen.kept())
    sendings.go(session, kaoru, CITY, waiting.id, 1, choosing.companies_of(agency, chosen), over=10)
    later = Said(
        "入札説明会のご案内（架空）",
        "来月の説明会のご案内です。",
        choices=_ask(),
        send_at=clock.now() + timedelta(days=3),
    )
    few = Chosen(numbers=[OFFICER_NUMBER, AGENT_NUMBER])
    scheduled = sendings.write(session, kaoru, CITY, agency.name, later, few.kept())
    sendings.go(session, kaoru, CITY, scheduled.id, 1, choosing.companies_of(agency, few), over=OVER)
    draft = Said("工事の書類の様式について（架空）", "下書きです。", choices=_ask())
    sendings.write(session, kaoru, CITY, agency.name, draft, Chosen(category="works", grades=["A", "B"]).kept())


def _trust(session: Session, shoko: Actor, survey: UUID) -> None:
    """The agent reads what is about taxes, until a day soon; and labels what its office has done."""
    agent = session.scalars(select(Company.id).where(Company.key == AGENT_NUMBER)).one()
    standing = next(one for one in companies.standings(session, shoko.id) if one.company_id == shoko.company)
    soon = clock.today() + timedelta(days=10)
    companies.give_grant(session, standing, shoko, agent, topics=[Topic.TAX], ends_on=soon)
    number = post.add_label(session, agent, "回答の準備中")
    have = select(BusinessDelivery.company_id).where(BusinessDelivery.notice_id == survey).limit(5)
    post.put_label(session, agent, number, [(company, survey) for company in session.scalars(have)])


def _talk(session: Session, kaoru: Actor, shoko: Actor, notice: UUID) -> None:
    """The cast's company answers and asks; the section has answered once, and a question waits."""
    standing = next(one for one in companies.standings(session, shoko.id) if one.company_id == shoko.company)
    post.settle(session, standing, shoko, notice, choice=1, words="トラックは平日の昼だけ出せます。")
    first = post.write_message(session, standing, shoko, notice, "車両の台数はいつまでに決めればよいですか。")
    talk = post.talk(session, standing.company_id, notice)
    if talk.thread is not None:
        words = "来月末までにお知らせください。"
        post.answer_message(session, kaoru, CITY, talk.thread.id, words, seen=str(first))
    post.write_message(session, standing, shoko, notice, "わかりました。保険の扱いも教えてください。")


def _delegations(session: Session) -> None:
    """Many small companies let the cast's agent read their mailbox."""
    agent = session.scalars(select(Company.id).where(Company.key == AGENT_NUMBER)).one()
    giver = session.scalars(select(BusinessPerson.id).where(BusinessPerson.subject == OFFICER.subject)).first()
    numbers = [corporate_number(serial) for serial in range(3, 3 + CLIENTS)]
    rows = [
        {
            "id": new_id(), "company_id": company, "agent_id": agent, "profession": str(Profession.SCRIVENER),
            "scopes": [str(Power.MAILBOX), str(Power.TENDERS)], "given_at": clock.now(), "given_by": giver,
            "ends_on": clock.today() + timedelta(days=365), "revoked_at": None,
        }
        for company in session.scalars(select(Company.id).where(Company.key.in_(numbers)))
    ]  # fmt: skip
    if rows:
        session.execute(insert(Delegation), rows)
