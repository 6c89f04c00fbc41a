"""Sign-in of companies: who gBizID says it is, for which company, once; and what does not fit is refused."""

from urllib.parse import urlsplit

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from portal.companies import service
from portal.companies.models import BusinessPerson, Company, CompanyMember
from portal.core.uow import Database
from portal.demo.business_people import CLERK, OFFICER
from portal.demo.gbizid import Provider
from portal.web.session import OIDC_COOKIE
from tests.browser import Visitor
from tests.portal.companies.files import line, written
from tests.portal.companies.people import BusinessClient, at_provider, sign_in, trust
from tests.portal.companies.test_register import take


@pytest.fixture
def trusted(app: Flask, gbizid: Provider) -> Provider:
    trust(app, gbizid)
    return gbizid


def test_a_representative_opens_the_account_of_the_registers_company(
    app: Flask, database: Database, trusted: Provider
) -> None:
    take(database, written([line(1, "株式会社架空商店")]))
    page = sign_in(Visitor(app), "shoko")
    assert (page.path, page.heading) == ("/business", "株式会社架空商店")
    with database.command("look") as session:
        company = session.scalars(select(Company)).one()
        assert (company.key, company.name) == (OFFICER.corporate_number, "株式会社架空商店")
        assert session.scalars(select(CompanyMember.role)).all() == ["prime"]
    again = sign_in(Visitor(app), "shoko")
    assert again.heading == "株式会社架空商店"
    member = sign_in(Visitor(app), "kenji")
    assert member.heading == "株式会社架空商店"


def test_who_is_not_in_the_register_or_closed_is_told(app: Flask, database: Database, trusted: Provider) -> None:
    unknown = sign_in(Visitor(app), "shoko")
    assert unknown.status == 422
    take(database, written([line(1, "株式会社架空商店", closed_on="2026-01-05", close_cause="01")]))
    closed = sign_in(Visitor(app), "shoko")
    assert closed.status == 409
    with database.command("look") as session:
        assert session.scalars(select(Company)).all() == []


@pytest.mark.parametrize(("subject", "words"), [("shinjin", "エントリー"), ("kenji", "Prime")])
def test_who_has_no_company_yet_is_told_why(app: Flask, trusted: Provider, subject: str, words: str) -> None:
    page = sign_in(Visitor(app), subject)
    assert page.path == "/business/companies"
    assert words in page.text


def test_an_entry_account_is_led_on(app: Flask, trusted: Provider) -> None:
    visitor = Visitor(app)
    page = sign_in(visitor, "shinjin")
    assert "/business/by-post" in page.links()
    for way in ("プライム", "メンバー", "手紙", "入札への参加はできません"):
        assert way in page.text
    assert visitor.get("/business/by-post").status == 200, "the letter can be asked for while signed in"
    page = visitor.submit(visitor.get("/business/companies"), "/business/sign-out")
    assert page.path == "/business"
    assert "プライムを申請し" not in sign_in(Visitor(app), "kenji").text, "a Member waits for the representative alone"


def test_a_sole_proprietor_gets_a_number_of_our_own(app: Flask, database: Database, trusted: Provider) -> None:
    for _ in range(2):
        page = sign_in(Visitor(app), "daiku")
        assert page.heading == "架空大工店"
    with database.command("look") as session:
        assert [(one.kind, len(one.key)) for one in session.scalars(select(Company))] == [("sole", 14)]


def test_gbizid_decides_who_still_belongs(
    app: Flask, database: Database, business_client: BusinessClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kenji = business_client("kenji")
    assert kenji.get("/business/mailbox").status == 200
    with database.command("elsewhere") as session:
        person = session.scalars(select(BusinessPerson).where(BusinessPerson.subject == CLERK.subject)).one()
        claims = {"iss": person.issuer, "sub": person.subject, "name": person.name, "account_type": "entry"}
        service.recognise(session, claims)
    assert kenji.get("/business/mailbox").status == 403


def test_next_leads_to_pages_of_ours_only(app: Flask, trusted: Provider, database: Database) -> None:
    take(database, written([line(1, "株式会社架空商店")]))
    assert sign_in(Visitor(app), "shoko", next_page="/business/company").path == "/business/company"
    assert sign_in(Visitor(app), "shoko", next_page="//evil.example").path == "/business"
    assert urlsplit(Visitor(app).client.get("/business/company").headers["Location"]).path == "/business/sign-in"


def test_what_does_not_fit_is_refused(app: Flask, trusted: Provider, database: Database) -> None:
    take(database, written([line(1, "株式会社架空商店")]))
    ann, ben = Visitor(app), Visitor(app)
    back, other = at_provider(ann, "shoko"), at_provider(ben, "kenji")
    # Somebody else's code and state in this browser (login CSRF), a code with a strange state, and no cookie at all.
    assert ann.submit(ann.get(other), "/business/sign-in/finish").status == 422
    page = ann.get(back)
    assert ann.submit(page, "/business/sign-in/finish", state="x").status == 422
    assert ann.submit(page, "/business/sign-in/finish", code="x").status == 422
    carl = Visitor(app)
    assert carl.submit(carl.get(back), "/business/sign-in/finish").status == 422
    assert ann.submit(page, "/business/sign-in/finish").path == "/business"
    dora = Visitor(app)
    first = dora.get(at_provider(dora, "shoko"))
    kept = dora.client.get_cookie(OIDC_COOKIE)
    assert dora.submit(first, "/business/sign-in/finish").path == "/business"
    assert kept
    dora.client.set_cookie(OIDC_COOKIE, kept.value, secure=True)
    same = {name: next(first.find("input", name=name)).get("value") for name in ("code", "state")}
    again = dora.post("/business/sign-in/finish", same, page=dora.get("/business/companies"))
    assert again.status == 422, "a code is good once"


def test_the_verifier_is_the_browsers_own(app: Flask, trusted: Provider) -> None:
    """PKCE: who catches a code on its way back can do nothing with it."""
    code = dict(pair.split("=") for pair in at_provider(Visitor(app), "shoko").partition("?")[2].split("&"))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost/business/sign-in/back"}
    stolen = httpx.post(
        f"{trusted.issuer}/token",
        data=form | {"code_verifier": "x" * 43},
        auth=(trusted.client_id, trusted.client_secret),
    )
    assert stolen.json() == {"error": "invalid_grant"}


def test_without_a_provider_the_page_says_so(app: Flask) -> None:
    visitor = Visitor(app)
    assert "gBizID" in visitor.get("/business/sign-in", headers={"Accept-Language": "en"}).text
    assert visitor.get("/business/sign-in/gbizid").status == 404


def test_pages_of_companies_are_shut_to_residents_and_the_other_way_round(
    app: Flask, business_client: BusinessClient
) -> None:
    shoko = business_client("shoko")
    for path in ("/mailbox", "/account", "/staff/", "/points", "/my-data/looks"):
        assert shoko.get(path).status == 404, path
    assert shoko.get("/").path == "/business"
    assert shoko.get("/procedures").status == 200


def test_who_comes_back_to_a_company_belongs_to_it_again(
    app: Flask, database: Database, business_client: BusinessClient
) -> None:
    def member() -> CompanyMember:
        with database.command("look") as session:
            mine = select(BusinessPerson.id).where(BusinessPerson.subject == CLERK.subject)
            return session.scalars(select(CompanyMember).where(CompanyMember.person_id.in_(mine))).one()

    kenji = business_client("kenji")
    began = member().since
    with database.command("elsewhere") as session:
        person = session.scalars(select(BusinessPerson).where(BusinessPerson.subject == CLERK.subject)).one()
        claims = {"iss": person.issuer, "sub": person.subject, "name": person.name, "account_type": "entry"}
        service.recognise(session, claims)
    assert member().ended_at
    assert kenji.get("/business/mailbox").status == 403
    assert business_client("kenji").get("/business/mailbox").status == 200
    assert member().ended_at is None
    assert member().since != began
    assert kenji.get("/business/mailbox").status == 200, "the session is the person's, asked anew at each page"
