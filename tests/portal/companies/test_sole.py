"""Sole proprietors by our own number: sign-up, invoice number, another name, the end, and beginning again."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies import rules, service, sole
from portal.companies.branches import service as branches
from portal.companies.branches.service import Said
from portal.companies.models import BusinessPerson, Company, Delegation
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.uow import Database
from portal.demo.business_people import AGENT_NUMBER, SOLE, corporate_number
from portal.demo.gbizid import Provider
from tests.house.test_at_the_same_instant import together
from tests.portal.companies.people import BusinessClient
from tests.portal.companies.test_companies import act_for, give, tell


def business(database: Database) -> Company:
    with database.command("look") as session:
        return session.scalars(select(Company).where(Company.kind == "sole")).one()


def test_a_sole_proprietor_brings_name_and_address_and_changes_them_at_gbizid(
    app: Flask, database: Database, gbizid: Provider, business_client: BusinessClient
) -> None:
    daiku = business_client("daiku")
    before = business(database)
    with database.command("sign-in") as session:
        person = session.scalars(select(BusinessPerson).where(BusinessPerson.subject == SOLE.subject)).one()
        claims = {
            "iss": person.issuer, "sub": person.subject, "name": person.name, "account_type": "prime",
            "trade_name": "架空大工工務店", "address": "千葉県千葉市緑区架空町3番1号", "region": "千葉県千葉市緑区",
        }  # fmt: skip
        service.recognise(session, claims)
    after = business(database)
    assert (after.id, after.key) == (before.id, before.key)
    assert (after.name, after.region) == ("架空大工工務店", "千葉県千葉市緑区")
    assert "架空大工工務店" in daiku.get("/business/company").text
    assert "架空大工工務店" in daiku.get("/business/mailbox/all").text, "told once"


def test_the_invoice_number_of_a_corporation_is_not_a_sole_proprietors(business_client: BusinessClient) -> None:
    daiku = business_client("daiku")
    page = daiku.get("/business/basics/new/invoice")
    refused = daiku.submit(page, "/business/basics/new/invoice", number=f"T{corporate_number(3)}")
    assert refused.status == 422
    assert list(refused.find("p", class_="field__error"))
    kept = daiku.submit(page, "/business/basics/new/invoice", number=f"T{corporate_number(4_999)}")
    assert kept.path == "/business/basics", kept.text


def test_a_closed_business_is_read_and_nothing_more_until_it_opens_again(
    database: Database, business_client: BusinessClient
) -> None:
    daiku, midori = business_client("daiku"), business_client("midori")
    give(daiku, AGENT_NUMBER, "mailbox", "basics")
    tell(database, business(database).key, "offen")
    act_for(midori, business(database).id)
    assert midori.get("/business/mailbox").status == 200
    daiku.submit(daiku.get("/business/company/close"), "/business/company/close")
    assert business(database).closed_on
    assert midori.get("/business/mailbox").status == 403
    assert "offen" in daiku.get("/business/mailbox").text
    for path in ("/business/basics/new/contact", "/business/delegations/new", "/business/branches/new"):
        assert daiku.get(path).status == 403, path
    closed = business(database).id
    with database.command("look") as session:
        assert session.scalars(select(Delegation).where(Delegation.company_id == closed)).one().revoked_at
    assert business_client("daiku").get("/business").heading == "架空大工店", "a sign-in opens nothing anew"
    assert business(database).closed_on
    daiku.submit(daiku.get("/business/company"), "/business/company/open-again")
    assert business(database).closed_on is None
    assert daiku.get("/business/delegations/new").status == 200
    assert midori.get("/business/mailbox").status == 403, "agents are let in anew"


def test_a_corporation_is_not_closed_here(business_client: BusinessClient) -> None:
    shoko, kenji = business_client("shoko"), business_client("kenji")
    for visitor in (shoko, kenji):
        assert visitor.get("/business/company/close").status == 409
        assert not [link for link in visitor.get("/business/company").links() if link.endswith("/close")]


def test_nothing_is_begun_for_a_business_that_is_being_closed(
    database: Database, business_client: BusinessClient
) -> None:
    business_client("daiku")
    with database.command("look") as session:
        person = session.scalars(select(BusinessPerson.id).where(BusinessPerson.subject == SOLE.subject)).one()
    daiku = Actor(Kind.BUSINESS, person, company=business(database).id)
    until, place = clock.today(), ("千葉県", "千葉市稲毛区", "架空町1番1号")

    def delegate(session: Session) -> Any:
        return service.delegate(
            session, daiku, agent_key=AGENT_NUMBER, profession="other", scopes=["mailbox"], ends_on=until
        )

    for turn in range(6):
        acts: list[Callable[[Session], Any]] = [
            lambda session: sole.close(session, daiku),
            lambda session: branches.open_branch(session, daiku, Said(f"第{turn}支店", *place)),  # noqa: B023
            delegate,
        ]

        def act(place: int) -> None:
            try:
                with database.command("at once") as session:
                    acts[place](session)  # noqa: B023
            except (rules.AccountClosed, rules.PowerMissing):
                pass

        together(act, len(acts))
        with database.command("look") as session:
            mine = select(Company).where(Company.head_id == daiku.company, Company.closed_on.is_(None))
            given = select(Delegation).where(Delegation.company_id == daiku.company, Delegation.revoked_at.is_(None))
            assert (session.scalars(mine).all(), session.scalars(given).all()) == ([], [])
            session.execute(update(Company).where(Company.id == daiku.company).values(closed_on=None))
