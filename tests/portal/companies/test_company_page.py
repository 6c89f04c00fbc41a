"""What the page of a company shows to whom, and who can be let act for it there."""

import pytest
from sqlalchemy import select

from portal.companies import people
from portal.companies import service as companies
from portal.companies.models import Company
from portal.core import clock
from portal.core.uow import Database
from portal.demo import business_people
from tests.portal.basics.people import shoko
from tests.portal.companies.people import BusinessClient
from tests.portal.procurement.desk import day_fields


@pytest.fixture
def others(database: Database, cast_companies: None) -> str:
    """The cast's company lets two others act; the name of the one that may more."""
    with database.command("let") as session:
        actor, own = shoko(session), business_people.COMPANY.corporate_number
        taken = [own, business_people.AGENT_NUMBER]
        other = session.scalars(
            select(Company).where(Company.kind == "corporation", Company.key.not_in(taken)).order_by(Company.key)
        ).first()
        assert other
        for key, scopes in ((business_people.AGENT_NUMBER, ["tenders"]), (other.key, ["mailbox", "confidential"])):
            companies.delegate(session, actor, agent_key=key, profession="other", scopes=scopes, ends_on=clock.today())
        return other.name


def test_an_agent_sees_its_own_delegation_and_nobody_elses(
    database: Database, others: str, business_client: BusinessClient
) -> None:
    owner, agent = business_client("shoko"), business_client("midori")
    assert others in owner.get("/business/company").text
    with database.command("look") as session:
        client = session.scalars(
            select(Company.id).where(Company.key == business_people.COMPANY.corporate_number)
        ).one()
    agent.submit(agent.get("/business/companies"), f"/business/companies/{client}/act-for")
    page = agent.get("/business/company")
    assert page.status == 200
    assert others not in page.text
    assert "架空 商子" not in page.text


def test_a_sole_proprietor_is_let_act_on_the_page(
    database: Database, cast_companies: None, business_client: BusinessClient
) -> None:
    said = {"iss": "https://gbizid.example", "sub": "sole", "name": "架空 行政", "account_type": "prime"}
    with database.command("sole") as session:
        who, _known = people.recognise(session, said)
        number = session.get_one(Company, who.company).key
    owner, path, day = business_client("shoko"), "/business/delegations/new", clock.today()
    typed = {
        "agent": number, "profession": "gyoseishoshi", "scopes": ["mailbox"],
        **day_fields("ends_on", day),
    }  # fmt: skip
    asked = owner.submit(owner.get(path), path, **typed)
    assert "架空 行政" in asked.text, "it is shown who will act, before it may"
    page = owner.submit(asked, path)
    assert (page.status, page.path) == (200, "/business/company"), page.text
    assert "架空 行政" in page.text
