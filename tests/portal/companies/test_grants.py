"""Confidential notices are read by whom the company lets, one by one, and for as long."""

from uuid import UUID

from sqlalchemy import select

from portal.companies import service
from portal.companies.models import BusinessPerson, CompanyGrant, Delegation
from portal.companies.rules import GrantUnknown
from portal.core.uow import Database
from portal.demo.business_people import AGENT_NUMBER, OFFICER
from tests.portal.companies.people import BusinessClient
from tests.portal.company_mailbox import mailboxes
from tests.portal.company_mailbox.mailboxes import OWN, said, send

PAGE = "/business/mailbox/grants"


def person(database: Database, name: str) -> UUID:
    with database.command("look") as session:
        known = select(BusinessPerson.id).where(BusinessPerson.name == name).order_by(BusinessPerson.seen_at.desc())
        return session.scalars(known.limit(1)).one()


def test_a_member_and_an_agent_are_let_read_and_no_more(database: Database, business_client: BusinessClient) -> None:
    send(database, what=said(title="親展の通知", confidential=True))
    shoko, kenji, midori = (business_client(name) for name in ("shoko", "kenji", "midori"))
    agent, clerk = mailboxes.company(database, AGENT_NUMBER), person(database, "架空 健二")
    for reader, who, where in ((kenji, clerk, "/business/mailbox"), (midori, agent, "/business/mailbox/all")):
        assert "親展の通知" not in reader.get(where).text
        given = shoko.submit(shoko.get(PAGE), f"{PAGE}/{who}/give")
        assert "読めるようになりました" in given.text
        assert "親展の通知" in reader.get(where).text
        shoko.submit(shoko.get(PAGE), f"{PAGE}/{who}/revoke")
        assert "親展の通知" not in reader.get(where).text
    assert OFFICER.name in shoko.get(PAGE).text, "who decided stays on the page"
    assert kenji.get(PAGE).status == 403
    assert kenji.post(f"{PAGE}/{clerk}/give", page=kenji.get("/business")).status == 403
    assert midori.post(f"{PAGE}/{clerk}/give", page=midori.get(PAGE)).status == 404, "it is another company's person"


def test_only_who_reads_the_mailbox_is_let(database: Database, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    page = shoko.get(PAGE)
    for who in (UUID(int=1), person(database, OFFICER.name)):
        refused = shoko.post(f"{PAGE}/{who}/give", page=page)
        assert refused.status == GrantUnknown.status


def test_a_grant_ends_with_the_delegation_and_does_not_come_back(
    database: Database, business_client: BusinessClient
) -> None:
    send(database, what=said(title="親展の通知", confidential=True))
    shoko, midori = business_client("shoko"), business_client("midori")
    agent = mailboxes.company(database, AGENT_NUMBER)
    shoko.submit(shoko.get(PAGE), f"{PAGE}/{agent}/give")
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
