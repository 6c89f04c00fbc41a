"""Branches: a number, a mailbox and people of their own; bids and registers stay the company's; the head office sees all."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.companies import rules, service
from portal.companies.branches import rules as branch_rules
from portal.companies.branches import service as branches
from portal.companies.branches.service import Said
from portal.companies.models import BusinessPerson, Company, CompanyMember, Delegation
from portal.companies.rules import Power, Role
from portal.core.actor import Actor
from portal.core.reference import is_sound
from portal.core.uow import Database
from portal.demo import businesses
from portal.demo.business_people import AGENT_NUMBER, CLERK, OFFICER, corporate_number
from tests.browser import Page, Visitor
from tests.portal.companies.files import line, written
from tests.portal.companies.people import BusinessClient
from tests.portal.companies.test_companies import act_for, company, give, tell
from tests.portal.companies.test_register import take

INAGE = Said("稲毛支店", "千葉県", "千葉市稲毛区", "架空町2丁目1番1号")


def open_by_page(visitor: Visitor, name: str = "稲毛支店") -> Page:
    page = visitor.get("/business/branches/new")
    return visitor.submit(
        page,
        "/business/branches/new",
        office=name,
        prefecture="千葉県",
        city="千葉市稲毛区",
        street="架空町２丁目１番１号",
    )


def signed_in(session: Session, subject: str) -> BusinessPerson:
    """Who came through the provider of this test, not their row in the demo city."""
    mine = (BusinessPerson.subject == subject, BusinessPerson.issuer != businesses.ISSUER)
    return session.scalars(select(BusinessPerson).where(*mine)).one()


def person(database: Database, subject: str) -> UUID:
    with database.command("look") as session:
        return signed_in(session, subject).id


def acting(database: Database, subject: str, company_id: UUID) -> Actor:
    with database.command("look") as session:
        return service.actor_of(signed_in(session, subject), company_id)


def branch_of(database: Database, office: str = "稲毛支店") -> Company:
    with database.command("look") as session:
        return session.scalars(select(Company).where(Company.office == office)).one()


def assign(visitor: Visitor, branch: Company, who: UUID, role: Role = Role.CLERK, *, alone: bool = False) -> Page:
    page = visitor.get(f"/business/branches/{branch.id}")
    box = {"alone": "y"} if alone else {}
    return visitor.submit(page, f"/business/branches/{branch.id}/people", person=str(who), role=str(role), **box)


def test_a_branch_has_a_number_of_the_citys_and_what_is_sent_to_it(
    database: Database, business_client: BusinessClient
) -> None:
    shoko = business_client("shoko")
    page = open_by_page(shoko)
    assert (page.status, page.heading) == (200, "株式会社架空商店 稲毛支店"), page.text
    branch = branch_of(database)
    assert is_sound(branch.key.replace("-", ""))
    assert service.number_in(branch.key.lower().replace("-", " ")) == branch.key
    assert (branch.address, branch.region) == ("千葉県千葉市稲毛区架空町2丁目1番1号", "千葉県千葉市稲毛区")
    tell(database, branch.key, "zweig")
    tell(database, corporate_number(1), "haupt")
    assert "zweig" in shoko.get("/business/mailbox/all").text
    assert "zweig" not in shoko.get("/business/mailbox").text
    assert act_for(shoko, branch.id).heading == branch.name
    mailbox = shoko.get("/business/mailbox").text
    assert "zweig" in mailbox
    assert "haupt" not in mailbox


def test_who_works_for_a_branch_alone_sees_nothing_else(database: Database, business_client: BusinessClient) -> None:
    shoko, kenji = business_client("shoko"), business_client("kenji")
    open_by_page(shoko)
    branch, clerk = branch_of(database), person(database, CLERK.subject)
    tell(database, branch.key, "zweig")
    tell(database, corporate_number(1), "haupt")
    assert "zweig" in kenji.get("/business/mailbox/all").text, "a member of the head office sees branches"
    assert assign(shoko, branch, clerk, alone=True).status == 200
    assert kenji.get("/business/mailbox").status == 403, "out of the head office at once"
    everything = kenji.get("/business/mailbox/all").text
    assert "zweig" in everything
    assert "haupt" not in everything
    again = business_client("kenji")
    assert again.get("/business").heading == branch.name, "a sign-in leads to the branch"
    assert again.get("/business/mailbox").status == 200
    assert again.get("/business/delegations/new").status == 403
    assert again.get(f"/business/branches/{branch.id}").status == 403
    shoten = company(database, corporate_number(1))
    chosen = again.post(f"/business/companies/{shoten}/act-for", page=again.get("/business/company"))
    assert chosen.status == 403
    shoko.submit(shoko.get("/business/company"), f"/business/people/{clerk}/release")
    assert "haupt" in kenji.get("/business/mailbox").text


def test_bids_and_registers_stay_the_companys(database: Database, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    open_by_page(shoko)
    branch = branch_of(database)
    act_for(shoko, branch.id)
    for path in ("/business/qualifications", "/business/registrations", "/business/searches"):
        assert shoko.get(path).status in (403, 404), path
    front = shoko.get("/business").links()
    assert "/business/qualifications" not in front
    assert "/business/registrations" not in front
    with database.command("look") as session:
        assert service.bidder_of(session, branch.key) is None
        assert service.bidder_of(session, corporate_number(1)) is not None


def test_a_manager_of_a_branch_lets_agents_act_for_it_and_for_nothing_else(
    database: Database, business_client: BusinessClient
) -> None:
    shoko, kenji, midori = business_client("shoko"), business_client("kenji"), business_client("midori")
    open_by_page(shoko)
    branch = branch_of(database)
    assign(shoko, branch, person(database, CLERK.subject), Role.MANAGER, alone=True)
    act_for(kenji, branch.id)
    assert kenji.get("/business/branches/new").status == 403
    assert give(kenji, AGENT_NUMBER, "mailbox").path == "/business/company"
    assert give(kenji, AGENT_NUMBER, "tenders").status == 422
    tell(database, branch.key, "zweig")
    act_for(midori, branch.id)
    assert "zweig" in midori.get("/business/mailbox").text


def test_only_people_of_the_company_are_given_a_branch(database: Database, business_client: BusinessClient) -> None:
    shoko, _midori = business_client("shoko"), business_client("midori")
    open_by_page(shoko)
    branch = branch_of(database)
    assert assign(shoko, branch, person(database, "midori")).status == 422
    assert assign(shoko, branch, person(database, OFFICER.subject), alone=True).status == 422
    officer = acting(database, OFFICER.subject, company(database, corporate_number(1)))
    stranger = person(database, "midori")
    with database.command("give") as session, pytest.raises(branch_rules.NotOfCompany):
        branches.assign(session, officer, branch.id, person_id=stranger, role=Role.CLERK, alone=False)


def test_a_strangers_branch_is_nobodys(database: Database, business_client: BusinessClient) -> None:
    shoko, midori = business_client("shoko"), business_client("midori")
    open_by_page(shoko)
    branch = branch_of(database)
    assert midori.get(f"/business/branches/{branch.id}").status == 404
    assert midori.get(f"/business/branches/{branch.id}/close").status == 404
    act = midori.post(f"/business/companies/{branch.id}/act-for", page=midori.get("/business/companies"))
    assert act.status == 403


def test_a_closed_branch_gets_nothing_new_and_the_head_office_ends_what_was_begun(
    database: Database, business_client: BusinessClient
) -> None:
    shoko, kenji, midori = business_client("shoko"), business_client("kenji"), business_client("midori")
    open_by_page(shoko)
    branch = branch_of(database)
    tell(database, branch.key, "zweig")
    assign(shoko, branch, person(database, CLERK.subject), alone=True)
    act_for(shoko, branch.id)
    give(shoko, AGENT_NUMBER, "mailbox")
    act_for(midori, branch.id)
    act_for(kenji, branch.id)
    act_for(shoko, company(database, corporate_number(1)))
    shoko.submit(shoko.get(f"/business/branches/{branch.id}/close"), f"/business/branches/{branch.id}/close")
    assert branch_of(database).closed_on
    assert kenji.get("/business/mailbox").status == 403
    assert midori.get("/business/mailbox").status == 403
    act_for(shoko, branch.id)
    assert "zweig" in shoko.get("/business/mailbox").text
    assert shoko.get("/business/delegations/new").status == 403
    standing_of(database, branch.id, {Power.MAILBOX, Power.CONFIDENTIAL, Power.APPLICATIONS})
    act_for(shoko, company(database, corporate_number(1)))
    assert open_by_page(shoko).status == 200, "another office may have the name now"
    assert shoko.get(f"/business/branches/{branch.id}/change").status == 200
    page = shoko.get(f"/business/branches/{branch.id}")
    assert not [link for link in page.links() if link.endswith(("/change", "/close"))]


def standing_of(database: Database, branch_id: UUID, powers: set[Power]) -> None:
    officer = acting(database, OFFICER.subject, branch_id)
    with database.command("look") as session:
        found = service.standing(session, officer)
        assert found.powers == powers
        with pytest.raises(rules.AccountClosed):
            service.check_open(found)
        assert session.scalars(select(Delegation).where(Delegation.company_id == branch_id)).one().revoked_at


def test_two_open_branches_have_two_names(database: Database, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    assert open_by_page(shoko).status == 200
    again = open_by_page(shoko)
    assert again.status == 422
    assert list(again.find("p", class_="field__error"))
    open_by_page(shoko, "緑支店")
    midori = branch_of(database, "緑支店")
    page = shoko.get(f"/business/branches/{midori.id}/change")
    assert next(page.find("input", name="street")).get("value") == "架空町2丁目1番1号"
    assert shoko.submit(page, f"/business/branches/{midori.id}/change", office="稲毛支店").status == 422
    assert shoko.submit(page, f"/business/branches/{midori.id}/change", office="土気支店").heading.endswith("土気支店")


def test_branches_follow_the_name_and_the_end_of_their_company(
    database: Database, business_client: BusinessClient
) -> None:
    shoko = business_client("shoko")
    open_by_page(shoko)
    take(database, written([line(1, "株式会社架空大商店", process="12")]))
    assert branch_of(database).name == "株式会社架空大商店 稲毛支店"
    take(database, written([line(1, "株式会社架空大商店", process="71", closed_on="2026-10-01", close_cause="01")]))
    assert str(branch_of(database).closed_on) == "2026-10-01"


def test_branches_go_on_when_their_company_does_and_what_was_closed_before_stays_so(
    database: Database, business_client: BusinessClient
) -> None:
    shoko = business_client("shoko")
    open_by_page(shoko)
    open_by_page(shoko, "緑支店")
    midori = branch_of(database, "緑支店")
    shoko.submit(shoko.get(f"/business/branches/{midori.id}/close"), f"/business/branches/{midori.id}/close")
    by_itself = branch_of(database, "緑支店").closed_on
    days = {"updated": "2099-01-01", "closed_on": "2026-10-01", "close_cause": "01"}
    take(database, written([line(1, "株式会社架空商店", process="71", **days)]))
    assert str(branch_of(database).closed_on) == "2026-10-01"
    take(database, written([line(1, "株式会社架空商店", process="72", updated="2099-01-02")]))
    assert branch_of(database).closed_on is None
    assert by_itself
    assert branch_of(database, "緑支店").closed_on == by_itself


def test_who_leaves_the_company_leaves_its_branches(database: Database, business_client: BusinessClient) -> None:
    shoko, kenji = business_client("shoko"), business_client("kenji")
    open_by_page(shoko)
    branch, clerk = branch_of(database), person(database, CLERK.subject)
    assign(shoko, branch, clerk, alone=True)
    with database.command("elsewhere") as session:
        found = session.get_one(BusinessPerson, clerk)
        claims = {"iss": found.issuer, "sub": found.subject, "name": found.name, "account_type": "entry"}
        service.recognise(session, claims)
    assert kenji.get("/business/mailbox/all").status == 403
    with database.command("look") as session:
        assert service.standings(session, clerk) == []
    business_client("kenji")
    shoten = company(database, corporate_number(1))
    with database.command("look") as session:
        mine = select(CompanyMember).where(CompanyMember.person_id == clerk)
        rows = {row.company_id: row for row in session.scalars(mine)}
        assert rows[branch.id].ended_at, "a branch is given anew by the company"
        assert not rows[shoten].confined


@pytest.mark.parametrize("wrong", [{"kind": "branch"}, {"head_id": UUID(int=1)}])
def test_the_database_knows_what_a_branch_is(
    database: Database, business_client: BusinessClient, wrong: dict[str, Any]
) -> None:
    shoten = company(database, corporate_number(1))
    change = update(Company).where(Company.id == shoten).values(**wrong)
    with database.command("wrong") as session, pytest.raises(IntegrityError):
        session.execute(change)
