"""Mail to a company's own addresses: that something is there, by the hour, not at night, and none where it comes back."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import func, select, update

from portal.companies.models import CompanyMember, Delegation
from portal.company_mailbox.mails import addresses, sending
from portal.company_mailbox.mails.models import CompanyMail, CompanyMailAddress
from portal.company_mailbox.mails.queueing import SEND
from portal.config import Settings
from portal.core import clock, outbox
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo.business_people import AGENT_NUMBER, corporate_number
from portal.mailbox.channels.bounces import Bounce, Kind
from portal.mailbox.channels.ways import Ways
from portal.web.hall import Hall
from tests.browser import Visitor
from tests.portal.companies.people import BusinessClient
from tests.portal.company_mailbox import mailboxes
from tests.portal.company_mailbox.mailboxes import OWN, said, send
from tests.portal.mailbox.channels.conftest import PostOffice, mail_server, post_office  # noqa: F401 - fixtures

PAGE = "/business/mailbox/mail"
NOON = datetime(2026, 12, 7, 3, 0, tzinfo=UTC)  # a Monday, 12:00 in Japan
NIGHT = NOON + timedelta(hours=11)


@pytest.fixture
def posted(settings: Settings, post_office: PostOffice) -> Settings:  # noqa: F811
    return settings.model_copy(
        update={
            "smtp_url": SecretStr(f"smtp://127.0.0.1:{post_office.port}"),
            "mail_from": "city@city.example",
            "mail_bounces": "",
        }
    )


@pytest.fixture
def noon() -> Iterator[None]:
    with clock.freeze(NOON):
        yield


def address(database: Database, settings: Settings, number: str, to: str, **others: bool) -> UUID:
    """A confirmed address of that company."""
    company = mailboxes.company(database, number)
    with database.command("address") as session:
        person = session.scalars(select(CompanyMember.person_id)).first()
        row = CompanyMailAddress(
            id=new_id(), company_id=company, address=to, added_by=person, asked_at=clock.now(), tries=0,
            confirmed_at=clock.now(), paused="", **{"hourly": False, "others": False, **others},
        )  # fmt: skip
        session.add(row)
        return row.id


def carry(database: Database, settings: Settings) -> None:
    """What the worker does each minute."""
    errand = sending.errand(Ways.of(settings))
    with database.command("take") as session:
        taken = errand.take(session, {})
    brought = errand.carry(taken)
    with database.command("record") as session:
        errand.record(session, brought)


def states(database: Database) -> list[tuple[str, str]]:
    with database.command("look") as session:
        return [tuple(row) for row in session.execute(select(CompanyMail.state, CompanyMail.reason))]  # type: ignore[misc]


def text(mail: EmailMessage) -> str:
    return str(mail.get_content())


def test_a_mail_says_that_something_is_there_and_nothing_of_it(
    database: Database,
    cast_companies: None,
    posted: Settings,
    post_office: PostOffice,  # noqa: F811
    noon: None,
) -> None:
    address(database, posted, OWN, "info@shoten.example")
    send(database, [OWN, corporate_number(5)], said(title="差押えの予告", confidential=True))
    carry(database, posted)
    (mail,) = post_office.taken
    assert mail["To"] == "info@shoten.example"
    for secret in ("差押え", "市役所", "架空商店", OWN):
        assert secret not in text(mail) + str(mail["Subject"])
    assert "/business/mailbox" in text(mail)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    carry(database, posted)
    assert len(post_office.taken) == 1


def test_many_are_one_mail_an_hour_and_none_at_night(
    database: Database,
    cast_companies: None,
    posted: Settings,
    post_office: PostOffice,  # noqa: F811
) -> None:
    address(database, posted, OWN, "info@shoten.example", hourly=True)
    with clock.freeze(NOON + timedelta(minutes=5)):
        for _each in range(3):
            send(database)
        carry(database, posted)
        assert post_office.taken == []
    with clock.freeze(NOON + timedelta(minutes=61)):
        carry(database, posted)
    (mail,) = post_office.taken
    assert "3件" in str(mail["Subject"])
    with clock.freeze(NIGHT):
        send(database)
        carry(database, posted)
        assert len(post_office.taken) == 1
    with clock.freeze(NIGHT + timedelta(hours=11)):
        carry(database, posted)
    assert len(post_office.taken) == 2


def test_an_agent_is_told_of_those_it_reads_for(
    database: Database,
    cast_companies: None,
    posted: Settings,
    post_office: PostOffice,  # noqa: F811
    noon: None,
) -> None:
    address(database, posted, AGENT_NUMBER, "office@midori.example", others=True)
    send(database, [OWN, AGENT_NUMBER])
    send(database, [OWN], said(confidential=True))
    send(database, [corporate_number(8)])
    carry(database, posted)
    (mail,) = post_office.taken
    assert "2件" in str(mail["Subject"]), "not the confidential one, not a stranger's"
    assert "/business/mailbox/all" in text(mail)
    with database.command("over") as session:
        session.execute(update(Delegation).values(ends_on=clock.today() - timedelta(days=1)))
    send(database, [OWN])
    carry(database, posted)
    assert len(post_office.taken) == 1


def test_what_is_read_meanwhile_is_not_told(
    database: Database,
    business_client: BusinessClient,
    posted: Settings,
    post_office: PostOffice,  # noqa: F811
) -> None:
    address(database, posted, OWN, "info@shoten.example")
    notice = send(database)
    business_client("shoko").get(f"/business/mailbox/{notice}")
    with clock.freeze(clock.now() + timedelta(hours=14)):
        carry(database, posted)
    assert post_office.taken == []
    assert states(database) == [("skipped", "read")]


def test_an_address_that_is_refused_or_comes_back_gets_no_more(
    database: Database,
    cast_companies: None,
    posted: Settings,
    post_office: PostOffice,  # noqa: F811
    noon: None,
) -> None:
    first = address(database, posted, OWN, "gone@shoten.example")
    post_office.refuse = "550 5.1.1 nobody"
    send(database)
    carry(database, posted)
    assert states(database) == [("failed", "gone")]
    with database.command("look") as session:
        assert session.get_one(CompanyMailAddress, first).paused == "bounced"
    post_office.refuse = ""
    second = address(database, posted, corporate_number(6), "b@six.example")
    send(database, [corporate_number(6), OWN])
    carry(database, posted)
    assert [mail["To"] for mail in post_office.taken] == ["b@six.example"]
    with database.command("back") as session:
        name = session.scalars(select(CompanyMail.parcel).where(CompanyMail.address_id == second)).one()
        assert name
        assert sending.came_back(session, Bounce(name, Kind.COMPLAINT))
        assert not sending.came_back(session, Bounce(UUID(int=5), Kind.HARD))
        assert session.get_one(CompanyMailAddress, second, populate_existing=True).paused == "complained"


def pages(app: Flask, business_client: BusinessClient, posted: Settings) -> Visitor:
    shoko = business_client("shoko")
    hall: Hall = app.extensions["portal"]
    told = {name: getattr(posted, name) for name in ("smtp_url", "mail_from", "mail_bounces")}
    app.extensions["portal"] = Hall(hall.settings.model_copy(update=told), hall.database, hall.recognise_client)
    return shoko


def test_an_address_is_proved_by_a_code_and_stopped_by_a_link(
    app: Flask,
    database: Database,
    business_client: BusinessClient,
    posted: Settings,
    post_office: PostOffice,  # noqa: F811
) -> None:
    shoko = pages(app, business_client, posted)
    assert shoko.submit(shoko.get(PAGE), PAGE, address="x").status == 422
    page = shoko.submit(shoko.get(PAGE), PAGE, address="info@shoten.example", hourly="y")
    with database.command("look") as session:
        one = session.scalars(select(CompanyMailAddress.id)).one()
        taken = addresses.code_errand(Ways.of(posted)).take(session, {"address": str(one)})
    code = re.search(r"\d{6}", str(taken["Subject"]))
    assert code
    wrong = "0" * 6 if code[0] != "0" * 6 else "1" * 6
    confirm = f"{PAGE}/{one}/code"
    assert shoko.submit(page, confirm, code=wrong).status == 422
    page = shoko.submit(page, confirm, code=code[0])
    assert "使用中" in page.text
    token = addresses.tokens.stop_token(Ways.of(posted).key, one, "info@shoten.example")
    stop = f"/business/mail/stop?token={token}"
    assert app.test_client().get(f"{stop}x").status_code == 404
    assert Visitor(app).get(stop).status == 200
    assert app.test_client().post(stop).status_code == 200
    page = shoko.get(PAGE)
    assert "停止中" in page.text
    shoko.submit(page, f"{PAGE}/{one}/resume")
    shoko.submit(shoko.get(PAGE), f"{PAGE}/{one}/remove")
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(CompanyMailAddress)) == 0
    assert business_client("kenji").get(PAGE).status == 403


def test_five_wrong_codes_and_no_more(
    app: Flask,
    database: Database,
    business_client: BusinessClient,
    posted: Settings,
    post_office: PostOffice,  # noqa: F811
) -> None:
    shoko = pages(app, business_client, posted)
    page = shoko.submit(shoko.get(PAGE), PAGE, address="info@shoten.example")
    with database.command("look") as session:
        one = session.scalars(select(CompanyMailAddress)).one()
        right = addresses.tokens.code(Ways.of(posted).key, one.id, one.address, one.asked_at)
    wrong = "0" * 6 if right != "0" * 6 else "1" * 6
    for _each in range(5):
        assert shoko.submit(page, f"{PAGE}/{one.id}/code", code=wrong).status == 422
    assert shoko.submit(page, f"{PAGE}/{one.id}/code", code=right).status == 422


def test_a_promise_wakes_the_worker(database: Database, cast_companies: None, posted: Settings, noon: None) -> None:
    address(database, posted, OWN, "info@shoten.example")
    send(database)
    with database.command("look") as session:
        assert session.scalar(select(func.count()).where(outbox.Promise.kind == SEND))


def test_the_worker_knows_the_way(database: Database, worker: Worker, cast_companies: None) -> None:
    """Without a mail server nothing leaves, and nothing waits for ever."""
    address(database, Settings(), OWN, "info@shoten.example")
    send(database)
    with clock.freeze(clock.now() + timedelta(hours=14)):
        with database.command("wake") as session:
            outbox.post(session, SEND, {})
        worker.run_pending()
    assert states(database) == [("skipped", "off")]


def test_a_mail_speaks_the_language_of_who_reads_it(
    database: Database,
    cast_companies: None,
    posted: Settings,
    post_office: PostOffice,  # noqa: F811
    noon: None,
) -> None:
    for number, (language, to) in enumerate((("pt", "fabrica@city.example"), ("ja", "kojo@city.example"))):
        address(database, posted, corporate_number(20 + number), to, language=language)  # type: ignore[arg-type]
    send(database, [corporate_number(20), corporate_number(21)])
    carry(database, posted)
    by_address = {str(mail["To"]): mail for mail in post_office.taken}
    foreign, own = by_address["fabrica@city.example"], by_address["kojo@city.example"]
    assert "gBizID" in text(foreign)
    assert not re.search("[ぁ-ん]", text(foreign) + str(foreign["Subject"]))
    assert re.search("[ぁ-ん]", text(own))
