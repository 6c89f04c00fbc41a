"""Confidential notices are read by whom the company lets, one by one, and for as long."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from portal.companies import ending, grants, service
from portal.companies.models import BusinessNotice, BusinessPerson, CompanyGrant, CompanyMember, Delegation
from portal.companies.rules import REMIND_OF_END, GrantUnknown, Topic
from portal.core import clock
from portal.core.uow import Database
from portal.demo.business_people import AGENT_NUMBER, OFFICER
from tests.browser import Page, Visitor
from tests.portal.companies.people import BusinessClient
from tests.portal.company_mailbox import mailboxes
from tests.portal.company_mailbox.mailboxes import OWN, said, send

PAGE = "/business/mailbox/grants"


def person(database: Database, name: str) -> UUID:
    with database.command("look") as session:
        known = select(BusinessPerson.id).where(BusinessPerson.name == name).order_by(BusinessPerson.seen_at.desc())
        return session.scalars(known.limit(1)).one()


def give(visitor: Visitor, who: UUID, **fields: object) -> Page:
    """By the page that says about what and until when; as it stands, about everything and for good."""
    page = f"{PAGE}/{who}/give"
    return visitor.submit(visitor.get(page), page, **fields)


def test_a_member_and_an_agent_are_let_read_and_no_more(database: Database, business_client: BusinessClient) -> None:
    send(database, what=said(title="親展の通知", confidential=True))
    shoko, kenji, midori = (business_client(name) for name in ("shoko", "kenji", "midori"))
    agent, clerk = mailboxes.company(database, AGENT_NUMBER), person(database, "架空 健二")
    for reader, who, where in ((kenji, clerk, "/business/mailbox"), (midori, agent, "/business/mailbox/all")):
        assert "親展の通知" not in reader.get(where).text
        given = give(shoko, who)
        assert "読めるようになりました" in given.text
        assert "親展の通知" in reader.get(where).text
        shoko.submit(shoko.get(PAGE), f"{PAGE}/{who}/revoke")
        assert "親展の通知" not in reader.get(where).text
    assert OFFICER.name in shoko.get(PAGE).text, "who decided stays on the page"
    assert kenji.get(PAGE).status == 403
    assert kenji.post(f"{PAGE}/{clerk}/give", {"topics": "tax"}, page=kenji.get("/business")).status == 403
    assert midori.post(f"{PAGE}/{clerk}/give", {"topics": "tax"}, page=midori.get(PAGE)).status == 404, (
        "it is another company's person"
    )


def test_only_who_reads_the_mailbox_is_let(database: Database, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    page = shoko.get(PAGE)
    for who in (UUID(int=1), person(database, OFFICER.name)):
        assert shoko.get(f"{PAGE}/{who}/give").status == GrantUnknown.status
        assert shoko.post(f"{PAGE}/{who}/give", {"topics": "tax"}, page=page).status == GrantUnknown.status


def test_a_grant_ends_with_the_delegation_and_does_not_come_back(
    database: Database, business_client: BusinessClient
) -> None:
    send(database, what=said(title="親展の通知", confidential=True))
    shoko, midori = business_client("shoko"), business_client("midori")
    agent = mailboxes.company(database, AGENT_NUMBER)
    give(shoko, agent)
    with database.command("look") as session:
        given = session.scalars(select(Delegation)).one()
        scopes, ends_on = given.scopes, given.ends_on
    revoke = f"/business/delegations/{given.id}/revoke"
    shoko.submit(shoko.get(revoke), revoke)
    assert midori.get("/business/mailbox/all").text.count("親展の通知") == 0
    with database.command("again") as session:
        company_id = service.company_of(session, OWN).id  # type: ignore[union-attr]
        known = select(BusinessPerson).where(BusinessPerson.name == OFFICER.name)
        officer = session.scalars(known.order_by(BusinessPerson.seen_at.desc()).limit(1)).one()
        service.delegate(
            session, service.actor_of(officer, company_id), agent_key=AGENT_NUMBER, profession="zeirishi",
            scopes=scopes, ends_on=ends_on,
        )  # fmt: skip
        assert session.scalars(select(CompanyGrant)).one().revoked_at is not None
    assert "親展の通知" not in midori.get("/business/mailbox/all").text


def test_a_delegation_that_names_it_is_taken_back_there_too(
    database: Database, business_client: BusinessClient
) -> None:
    send(database, what=said(title="親展の通知", confidential=True))
    with database.command("give") as session:
        given = session.scalars(select(Delegation)).one()
        given.scopes = [*given.scopes, "confidential"]
    midori, shoko = business_client("midori"), business_client("shoko")
    assert "親展の通知" in midori.get("/business/mailbox/all").text
    shoko.submit(shoko.get(PAGE), f"{PAGE}/{mailboxes.company(database, AGENT_NUMBER)}/revoke")
    assert "親展の通知" not in midori.get("/business/mailbox/all").text
    with database.command("look") as session:
        assert "mailbox" in session.scalars(select(Delegation)).one().scopes


DAY = timedelta(days=1)


def typed(day: date) -> dict[str, str]:
    """A day as its three fields have it."""
    return {"ends_on-year": str(day.year), "ends_on-month": str(day.month), "ends_on-day": str(day.day)}


def night(database: Database) -> None:
    with database.job("ends") as session:
        ending.look(session, {})


def test_a_tax_accountant_reads_tax_letters_until_a_day_and_nothing_else(
    database: Database, business_client: BusinessClient
) -> None:
    for title, topic in (("差押えの予告", Topic.TAX), ("立入検査", Topic.LICENCES)):
        send(database, what=said(title=title, confidential=True, topic=topic))
    shoko, midori = business_client("shoko"), business_client("midori")
    agent, own = mailboxes.company(database, AGENT_NUMBER), mailboxes.company(database)
    last = clock.today() + 30 * DAY
    assert give(shoko, agent, topics=[]).status == 422
    assert give(shoko, agent, topics="tax", **typed(clock.today() - DAY)).status == 422
    assert "税金" in give(shoko, agent, topics="tax", **typed(last)).text
    everything: list[Callable[[], str]] = [
        lambda: midori.get("/business/mailbox/all").text,
        lambda: midori.get(f"/business/mailbox/all?company={own}&q=予告").text,
    ]
    assert all("差押えの予告" in look() and "立入検査" not in look() for look in everything)
    with clock.freeze(clock.now() + 29 * DAY):
        assert "差押えの予告" in business_client("midori").get("/business/mailbox/all").text
    with clock.freeze(clock.now() + 32 * DAY):
        assert "差押えの予告" not in business_client("midori").get("/business/mailbox/all").text


def test_giving_it_anew_ends_what_stood_and_the_page_keeps_both(
    database: Database, business_client: BusinessClient
) -> None:
    shoko, agent = business_client("shoko"), mailboxes.company(database, AGENT_NUMBER)
    for topics in (["tax"], ["tax", "labour"], ["tax", "labour"]):
        give(shoko, agent, topics=topics)
    with database.command("look") as session:
        found = session.scalars(select(CompanyGrant).order_by(CompanyGrant.given_at)).all()
        assert [(one.topics, one.revoked_at is None) for one in found] == [(["tax"], False), (["labour", "tax"], True)]
    assert shoko.get(PAGE).text.count("労働・社会保険") == 2, "in the list, and in what was decided when"


def test_the_representative_is_reminded_once_before_a_grant_and_a_delegation_end(
    database: Database, business_client: BusinessClient
) -> None:
    shoko, agent = business_client("shoko"), mailboxes.company(database, AGENT_NUMBER)
    today = clock.today()
    give(shoko, agent, topics="tax", **typed(today + REMIND_OF_END + 2 * DAY))
    with database.command("till then") as session:
        session.execute(update(Delegation).values(ends_on=today + REMIND_OF_END + 3 * DAY))
    night(database)
    assert told(database) == 0
    for days in (3, 4, 5):
        with clock.freeze(clock.now() + days * DAY):
            night(database)
    assert told(database) == 2
    assert "委任は" in shoko.get("/business/mailbox").text
    assert "委任は" not in business_client("kenji").get("/business/mailbox").text, "it is for who decides on it"


def told(database: Database) -> int:
    with database.command("look") as session:
        return len(session.scalars(select(BusinessNotice.id).where(BusinessNotice.key.startswith("ends:"))).all())


def test_what_ran_out_is_ended_with_nobodys_hand(database: Database, business_client: BusinessClient) -> None:
    shoko, agent = business_client("shoko"), mailboxes.company(database, AGENT_NUMBER)
    business_client("kenji")
    clerk = person(database, "架空 健二")
    give(shoko, agent)
    give(shoko, clerk)
    night(database)
    with database.command("over") as session:
        assert {one.revoked_at for one in session.scalars(select(CompanyGrant))} == {None}
        session.execute(update(Delegation).values(ends_on=clock.today() - DAY))
        gone = update(CompanyMember).where(CompanyMember.person_id == clerk)
        session.execute(gone.values(ended_at=clock.now()))
    night(database)
    with database.command("look") as session:
        ended = session.execute(select(CompanyGrant.revoked_at.is_not(None), CompanyGrant.revoked_by)).all()
        assert [tuple(row) for row in ended] == [(True, None)] * 2


def test_what_was_decided_comes_in_pages(
    database: Database, business_client: BusinessClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants, "PAGE", 2)
    shoko, agent = business_client("shoko"), mailboxes.company(database, AGENT_NUMBER)
    for topic in ("tax", "labour", "licences", "contracts", "access"):
        give(shoko, agent, topics=[topic])
    shown = [shoko.get(f"{PAGE}?page={page}") for page in (1, 2, 3)]
    assert [len(list(next(page.find("tbody")).iter("tr"))) for page in shown] == [2, 2, 1]
    assert f"{PAGE}?page=3" in shown[0].links()
