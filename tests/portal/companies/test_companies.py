"""Acting for a company: one's own, another's by delegation, and the mailbox each may read."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from portal.companies import notices, rules, service
from portal.companies.models import BusinessDelivery, BusinessPerson, Company, Delegation
from portal.companies.rules import Power, Profession
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.demo.business_people import AGENT_NUMBER, corporate_number
from tests.browser import Page, Visitor
from tests.portal.companies.people import BusinessClient

TEXT = ("%(company)s lets you act for it", "%(company)s lets you act for it")


def company(database: Database, key: str) -> UUID:
    with database.command("look") as session:
        return session.scalars(select(Company.id).where(Company.key == key)).one()


def tell(database: Database, key: str, name: str, *, confidential: bool = False) -> None:
    with database.command("tell") as session:
        notices.tell(
            session, [(company_id, "") for company_id in [service.company_of(session, key).id]],  # type: ignore[union-attr]
            key=name, text=TEXT, facts={"company": name}, confidential=confidential,
        )  # fmt: skip


def give(visitor: Visitor, agent: str, *scopes: str, days: int = 30) -> Page:
    last = clock.today() + timedelta(days=days)
    page = visitor.get("/business/delegations/new")
    asked = visitor.submit(
        page, "/business/delegations/new", agent=agent, profession="gyoseishoshi", scopes=list(scopes),
        **{"ends_on-era": "ce"}, **{f"ends_on-{part}": str(getattr(last, part)) for part in ("year", "month", "day")},
    )  # fmt: skip
    return visitor.submit(asked, "/business/delegations/new", scopes=list(scopes)) if asked.status == 200 else asked


def act_for(visitor: Visitor, company_id: UUID) -> Page:
    return visitor.submit(visitor.get("/business/companies"), f"/business/companies/{company_id}/act-for")


def test_an_agent_acts_within_the_scope_and_until_it_is_taken_back(
    database: Database, business_client: BusinessClient
) -> None:
    daiku, midori = business_client("daiku"), business_client("midori")
    page = give(daiku, AGENT_NUMBER, "mailbox")
    assert page.path == "/business/company", page.text
    with database.command("look") as session:
        giver = session.scalars(select(Company).where(Company.kind == "sole")).one()
    tell(database, giver.key, "offen")
    tell(database, giver.key, "geheim", confidential=True)
    assert act_for(midori, giver.id).heading == giver.name
    assert "offen" in midori.get("/business/mailbox").text
    assert "geheim" not in midori.get("/business/mailbox").text
    assert "geheim" in daiku.get("/business/mailbox").text
    assert midori.get("/business/delegations/new").status == 403
    revoke = next(link for link in daiku.get("/business/company").links() if link.endswith("/revoke"))
    assert midori.get(revoke).status == 403
    daiku.submit(daiku.get(revoke), revoke)
    assert midori.get("/business/mailbox").status == 403
    assert str(giver.id) not in midori.get("/business/companies").text


def test_a_delegation_ends_with_its_last_day(database: Database, business_client: BusinessClient) -> None:
    midori = business_client("midori")
    shoten = company(database, corporate_number(1))
    act_for(midori, shoten)
    assert midori.get("/business/mailbox").status == 200
    with database.command("later") as session:
        session.execute(update(Delegation).values(ends_on=clock.today() - timedelta(days=1)))
    assert midori.get("/business/mailbox").status == 403


def test_strangers_choose_nobodys_company(database: Database, business_client: BusinessClient) -> None:
    kenji, stranger = business_client("kenji"), company(database, corporate_number(7))
    refused = kenji.post(f"/business/companies/{stranger}/act-for", page=kenji.get("/business/company"))
    assert refused.status == 403
    tell(database, corporate_number(7), "fremd")
    with database.command("look") as session:
        notice = session.scalars(select(BusinessDelivery.notice_id)).one()
    assert kenji.get(f"/business/mailbox/{notice}").status == 404
    assert kenji.get("/business/delegations/new").status == 403


@pytest.mark.parametrize(
    ("agent", "scopes", "days"),
    [
        (corporate_number(1), ["mailbox"], 30),
        (corporate_number(4_999), ["mailbox"], 30),
        ("1234567890123", ["mailbox"], 30),
        (AGENT_NUMBER, [], 30),
        (AGENT_NUMBER, ["people"], 30),
        (AGENT_NUMBER, ["mailbox"], -1),
        (AGENT_NUMBER, ["mailbox"], 4_000),
    ],
)
def test_a_delegation_that_cannot_be_is_explained(
    business_client: BusinessClient, agent: str, scopes: list[str], days: int
) -> None:
    page = give(business_client("shoko"), agent, *scopes, days=days)
    assert page.status == 422
    assert list(page.find("p", class_="field__error"))
    assert next(page.find("input", name="agent")).get("value") == agent


def test_opening_is_the_receipt(database: Database, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    tell(database, corporate_number(1), "eins")
    tell(database, corporate_number(1), "eins")
    page = shoko.get("/business/mailbox")
    links = [link for link in page.links() if re.fullmatch(r"/business/mailbox/[0-9a-f-]{36}", link)]
    assert len(links) == 1
    assert shoko.get(links[0]).status == 200
    with database.command("look") as session:
        delivery = session.scalars(select(BusinessDelivery)).one()
        assert delivery.read_at
        assert delivery.read_by


def test_powers_that_cannot_be_delegated_are_never_given() -> None:
    assert rules.powers_of([str(power) for power in Power] + ["x"]) == set(Power) - {Power.PEOPLE}
    assert {str(one) for one in Profession} == {str(one) for one in rules.PROFESSION_WORDS}


def test_a_person_without_a_company_has_no_standing(database: Database) -> None:
    with database.command("look") as session, pytest.raises(rules.NoStanding):
        service.standing(session, Actor(Kind.BUSINESS, UUID(int=1)))


def test_public_pages_of_the_register(app: object, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    page = shoko.get("/business/search?q=架空商店")
    assert "株式会社架空商店" in page.text
    assert shoko.get(f"/business/corporations/{corporate_number(1)}").heading == "株式会社架空商店"
    assert shoko.get("/business/corporations/1").status == 404
    assert shoko.get("/business/search?q=架").status == 200


def test_who_the_agent_is_stands_there_before_it_may_act(database: Database, business_client: BusinessClient) -> None:
    daiku = business_client("daiku")
    last = clock.today() + timedelta(days=30)
    scopes = ["mailbox", "applications"]
    form = {"agent": "６－９９９９－０１００－０００２", "profession": "gyoseishoshi", "ends_on-era": "ce"}
    form |= {f"ends_on-{part}": str(getattr(last, part)) for part in ("year", "month", "day")}
    asked = daiku.submit(daiku.get("/business/delegations/new"), "/business/delegations/new", scopes=scopes, **form)
    assert "架空行政書士法人みどり" in asked.text
    assert "6-9999-0100-0002" in asked.text
    assert "お知らせを読む / 公共機関に申請する" in asked.text
    with database.command("look") as session:
        own = select(Delegation).join(Company, Company.id == Delegation.company_id).where(Company.kind == "sole")
        assert session.scalars(own).all() == []
    assert [field.get("value") for field in asked.find("input", name="scopes")] == scopes
    daiku.submit(asked, "/business/delegations/new", scopes=scopes)
    with database.command("look") as session:
        given = session.scalars(own).one()
        assert (given.ends_on, given.scopes) == (last, ["applications", "mailbox"])


def test_among_many_companies_one_is_found_by_a_part_of_its_name(
    database: Database, business_client: BusinessClient
) -> None:
    midori = business_client("midori")
    page = midori.get("/business/companies")
    assert not list(page.find("input", name="q")), "a few are found by eye"
    with database.command("many") as session:
        agent = session.scalars(select(Company).where(Company.key == AGENT_NUMBER)).one()
        giver = session.scalars(select(BusinessPerson.id).limit(1)).one()
        for number in range(12):
            one = Company(
                id=new_id(), key=f"TE{number:02}-0000-0000", kind="corporation", name=f"架空コウジ{number:02}", address="",
                region="", created_at=clock.now(),
            )  # fmt: skip
            session.add(one)
            session.flush()
            session.add(
                Delegation(
                    id=new_id(),
                    company_id=one.id,
                    agent_id=agent.id,
                    profession="tax",
                    scopes=["mailbox"],
                    ends_on=clock.today() + timedelta(days=30),
                    given_by=giver,
                    given_at=clock.now(),
                )
            )
    page = midori.get("/business/companies")
    assert list(page.find("input", name="q"))
    names = re.findall(r"架空コウジ\d\d", page.text)
    assert names == sorted(names)
    for typed in ("ｺｳｼﾞ07", "こうじ０７", "te07-0000"):
        assert re.findall(r"架空コウジ\d\d", midori.get(f"/business/companies?q={typed}").text) == ["架空コウジ07"], (
            typed
        )
    assert "見つかりません" in midori.get("/business/companies?q=どこにもない").text
