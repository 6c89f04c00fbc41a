"""Delegations at gBizID: exactly what it says, for that person alone, until a sign-in no longer says it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from portal.companies import gbizid_claims, service
from portal.companies.gbizid_claims import ClaimsUnsound, Delegated
from portal.companies.models import (
    BusinessNotice,
    BusinessPerson,
    Company,
    CompanyGrant,
    CompanyMember,
    GbizidDelegation,
)
from portal.companies.rules import Power
from portal.core import clock
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.demo.business_people import DELEGATED, corporate_number
from portal.demo.gbizid import claims_of
from tests.portal.companies.people import BusinessClient
from tests.portal.companies.test_companies import act_for, company, tell

AS_DELEGATE = f"{DELEGATED.subject}:delegate"


def standings_of(database: Database, company_id: UUID) -> list[Any]:
    with database.command("look") as session:
        person = session.scalars(select(BusinessPerson.id).where(BusinessPerson.subject == DELEGATED.subject)).one()
        return [one for one in service.standings(session, person) if one.company_id == company_id]


def test_a_delegate_does_exactly_what_was_named_and_the_company_sees_it(
    database: Database, business_client: BusinessClient
) -> None:
    zeiko, shoko = business_client(AS_DELEGATE), business_client("shoko")
    shoten = company(database, corporate_number(1))
    tell(database, corporate_number(1), "offen")
    tell(database, corporate_number(1), "geheim", confidential=True)
    assert zeiko.get("/business").heading == "架空税理士事務所", "their own business first"
    assert act_for(zeiko, shoten).heading == "株式会社架空商店"
    mailbox = zeiko.get("/business/mailbox").text
    assert "offen" in mailbox
    assert "geheim" not in mailbox
    for path in ("/business/qualifications", "/business/basics/new/contact", "/business/delegations/new"):
        assert zeiko.get(path).status == 403, path
    assert [one.powers for one in standings_of(database, shoten)] == [{Power.MAILBOX, Power.APPLICATIONS}]
    page = shoko.get("/business/company").text
    assert "架空 税子" in page
    assert "架空 税子" in shoko.get("/business/mailbox").text, "the company was told"


def test_it_is_over_when_a_sign_in_no_longer_says_it(database: Database, business_client: BusinessClient) -> None:
    zeiko = business_client(AS_DELEGATE)
    shoten = company(database, corporate_number(1))
    act_for(zeiko, shoten)
    business_client(DELEGATED.subject)
    assert zeiko.get("/business/mailbox").status == 403, "over in every browser"
    business_client(AS_DELEGATE)
    assert zeiko.get("/business/mailbox").status == 200
    with database.command("look") as session:
        assert session.scalars(select(GbizidDelegation)).one().ended_at is None


@pytest.mark.parametrize("days", [{"ends_on": -1}, {"begins_on": 1}])
def test_it_holds_on_its_days_alone(database: Database, business_client: BusinessClient, days: dict[str, int]) -> None:
    zeiko = business_client(AS_DELEGATE)
    act_for(zeiko, company(database, corporate_number(1)))
    moved = {name: clock.today() + timedelta(days=number) for name, number in days.items()}
    with database.command("later") as session:
        session.execute(update(GbizidDelegation).values(**moved))
    assert zeiko.get("/business/mailbox").status == 403


def test_a_company_stops_it_at_once_and_no_sign_in_brings_it_back(
    database: Database, business_client: BusinessClient
) -> None:
    zeiko, shoko, kenji = business_client(AS_DELEGATE), business_client("shoko"), business_client("kenji")
    act_for(zeiko, company(database, corporate_number(1)))
    stop = next(link for link in shoko.get("/business/company").links() if "/gbizid-delegations/" in link)
    assert kenji.get(stop).status == 403
    assert zeiko.get(stop).status == 403
    shoko.submit(shoko.get(stop), stop)
    assert zeiko.get("/business/mailbox").status == 403
    business_client(AS_DELEGATE)
    assert standings_of(database, company(database, corporate_number(1))) == []


def test_what_a_company_granted_a_former_member_gives_a_delegate_nothing(
    database: Database, business_client: BusinessClient
) -> None:
    business_client(AS_DELEGATE)
    shoten = company(database, corporate_number(1))
    with database.command("grant of years ago") as session:
        person = session.scalars(select(BusinessPerson.id).where(BusinessPerson.subject == DELEGATED.subject)).one()
        session.add(
            CompanyGrant(id=new_id(), company_id=shoten, person_id=person, given_at=clock.now(), given_by=person)
        )  # fmt: skip
    assert [one.powers for one in standings_of(database, shoten)] == [{Power.MAILBOX, Power.APPLICATIONS}]


def test_who_has_no_firm_of_their_own_here_reads_by_delegation_all_the_same(
    database: Database, business_client: BusinessClient
) -> None:
    zeiko, shoten = business_client(AS_DELEGATE), company(database, corporate_number(1))
    tell(database, corporate_number(1), "offen")
    act_for(zeiko, shoten)
    with database.command("their own business is none of the city's") as session:
        person = session.scalars(select(BusinessPerson.id).where(BusinessPerson.subject == DELEGATED.subject)).one()
        session.execute(update(CompanyMember).where(CompanyMember.person_id == person).values(ended_at=clock.now()))
        notice = session.scalars(select(BusinessNotice.id).where(BusinessNotice.key == "offen")).one()
    for path in ("/business/mailbox", "/business/mailbox/all", f"/business/mailbox/{notice}"):
        page = zeiko.get(path)
        assert (page.status, "offen" in page.text) == (200, True), path
        assert "/business/mailbox/labels" not in list(page.links())
    labels = zeiko.get("/business/mailbox/labels")
    assert zeiko.submit(labels, "/business/mailbox/labels", name="架空").status == 403


def test_a_delegation_of_a_company_nobody_knows_harms_no_sign_in(
    database: Database, business_client: BusinessClient
) -> None:
    business_client(DELEGATED.subject)
    last = clock.today() + timedelta(days=9)
    with database.command("sign-in") as session:
        person = session.scalars(select(BusinessPerson).where(BusinessPerson.subject == DELEGATED.subject)).one()
        said = Delegated("1", corporate_number(987_654), ("mailbox",), last - timedelta(days=20), last)
        claims = {"iss": person.issuer, "sub": person.subject, "name": person.name, "account_type": "prime"}
        assert service.recognise(session, {**claims, "delegations": [said]})[1]
        assert session.scalars(select(GbizidDelegation)).all() == []
        assert session.scalars(select(Company.id).where(Company.key == said.company)).all() == []


def test_claims_are_read_by_the_names_of_the_guide() -> None:
    read = gbizid_claims.read(claims_of(DELEGATED, delegated=True))
    assert (read["account_type"], read["corporate_number"], read["trade_name"]) == ("prime", "", "架空税理士事務所")
    assert (read["address"], read["region"]) == ("千葉県千葉市中央区架空町5番6号", "千葉県千葉市中央区")
    [one] = read["delegations"]
    assert (one.company, one.scopes) == (corporate_number(1), ("applications", "mailbox"))
    assert one.ends_on.month == 12


@pytest.mark.parametrize(
    ("wrong", "scopes"),
    [
        ({"corp_no": "1234567890123"}, None),
        ({"delegation_end": "20261332"}, None),
        ({"delegation_end": None}, None),
        ({"delegation_no": ""}, None),
        ({"business_type": "個人事業主"}, None),
        ({"category_info": []}, ()),
        ({"category_info": "OMT_MAILBOX"}, ()),
        ({"category_info": [{"category_cd": "OMT_MAILBOX", "active_flg": False}]}, ()),
        ({"category_info": [{"category_cd": "OMT_MAILBOX", "active_flg": "true"}]}, ()),
        ({"category_info": [{"category_cd": "OMT_PEOPLE", "active_flg": True}, 7, {"active_flg": True}]}, ()),
    ],
)
def test_what_cannot_be_understood_gives_nothing(wrong: dict[str, Any], scopes: tuple[str, ...] | None) -> None:
    said = claims_of(DELEGATED, delegated=True)
    found = gbizid_claims.delegations({**said["delegation_info"], **wrong})
    assert [one.scopes for one in found] == ([] if scopes is None else [scopes])


@pytest.mark.parametrize("said", [None, 3, "x", [], {}, [{}], [None]])
def test_no_delegation_is_no_delegation(said: object) -> None:
    assert gbizid_claims.delegations(said) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"account_type": "9"},
        {"account_type": None},
        {"user_last_nm": "", "user_first_nm": None},
        {"corp_type": 1},
        {"corp_type": 1, "corporate_number": ""},
        {"corp_type": None, "corporate_number": None},
    ],
)
def test_claims_that_say_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ClaimsUnsound):
        gbizid_claims.read({**claims_of(DELEGATED, delegated=False), **wrong})


def test_an_unproved_account_acts_for_nobody() -> None:
    entry = {**claims_of(DELEGATED, delegated=True), "account_type": 1, "corp_type": 1}
    read = gbizid_claims.read({**entry, "corporate_number": corporate_number(1)})
    assert (read["account_type"], read["corporate_number"], read["delegations"]) == ("entry", "", [])
