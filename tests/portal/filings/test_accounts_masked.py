"""Account numbers of a company before those who apply for it and may not see its accounts (decision 0099)."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.applications import cases
from portal.applications import service as applications
from portal.applications.models import Application
from portal.applications.rules import Reason
from portal.applications.service import Asked
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo.filings import EVENT, event
from tests.browser import Page, Visitor
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.filings import acting
from tests.portal.filings.test_pages import act_for_the_shop, begin, case_of

NUMBER, STARS = "1000001", "****001"
OTHER, OTHER_STARS = "7654321", "****321"


@pytest.fixture(params=["kenji", "midori"])
def helper(request: pytest.FixtureRequest, town: None, business_client: BusinessClient) -> Visitor:
    """A member of the company, and an agent with nothing but applications."""
    visitor = business_client(request.param)
    if request.param == "midori":
        act_for_the_shop(visitor)
    return visitor


def account_of(database: Database) -> dict[str, Any]:
    with database.command("look") as session:
        return session.scalars(select(Application)).one().answers["account"]


def section_of(visitor: Visitor, case: str) -> str:
    """The page that asks for the account."""
    with_account = [name for name, texts in event().items() if "account-number" in texts]
    if with_account:
        return with_account[0]
    from portal.applications.procedures import catalogue

    procedure = catalogue.find(EVENT)
    assert procedure
    return next(one.name for one in procedure.sections if any(field.name == "account" for field in one.fields))


def typed_number(page: Page) -> str:
    return next(page.find("input", id="account-number")).get("value") or ""


def shows(page: Page, number: str = NUMBER) -> bool:
    """Whether an account's number stands on a page; that of the company ends with the same digits."""
    return re.search(rf"(?<!\d){number}(?!\d)", page.body.decode()) is not None


def hides(page: Page, *numbers: str) -> None:
    assert not [number for number in numbers or (NUMBER,) if shows(page, number)], page.path


def test_who_may_not_see_it_fills_in_sends_and_reads_with_stars(
    database: Database, town: None, helper: Visitor, business_client: BusinessClient, staff_client: StaffClient
) -> None:
    shoko = business_client("shoko")
    case = case_of(begin(shoko, EVENT))
    step = f"{case}/steps/{section_of(shoko, case)}"
    assert typed_number(shoko.get(step)) == NUMBER
    page = helper.get(step)
    hides(page)
    assert typed_number(page) == STARS
    kept = account_of(database)
    hides(helper.submit(page, step))
    assert account_of(database) == kept, "the page as it stood"
    check = helper.get(f"{case}/check")
    hides(check)
    assert STARS in check.text
    assert shows(shoko.get(f"{case}/check"))
    for place in ("tasks", "steps/event", "resume"):
        hides(helper.get(f"{case}/{place}"))
    with database.command("papers") as session:
        # Plans are handed in elsewhere; here the answers alone matter.
        one = session.scalars(select(Application)).one()
        session.execute(update(Application).values(state="submitted", submitted_at=one.saved_at))
    for place in ("", "/sheet", "/done"):
        hides(helper.get(f"{case}{place}"))
    hides(helper.get("/business/applications"))
    sheet = helper.get(f"{case}/sheet")
    assert STARS in sheet.text
    assert shows(shoko.get(f"{case}/sheet"))
    changed = f"{case}/change/{section_of(shoko, case)}"
    page = helper.get(changed)
    assert typed_number(page) == STARS
    hides(helper.submit(page, changed, **{"account-holder": "ｶ)ｶｸｳｼﾖｳﾃﾝ"}))
    assert account_of(database)["number"] == NUMBER
    ritsuko = staff_client(Role.LICENSER)
    assert shows(ritsuko.get(case.replace("/business/", "/staff/"))), "the section needs it whole"


def test_a_number_one_types_is_kept_and_shown_with_stars_afterwards(
    database: Database, town: None, helper: Visitor, business_client: BusinessClient
) -> None:
    shoko = business_client("shoko")
    case = case_of(begin(shoko, EVENT))
    step = f"{case}/steps/{section_of(shoko, case)}"
    helper.submit(helper.get(step), step, **{"account-number": OTHER})
    assert account_of(database)["number"] == OTHER
    page = helper.get(step)
    hides(page, OTHER, NUMBER)
    assert typed_number(page) == OTHER_STARS
    refused = helper.submit(page, step, **{"account-number": STARS.replace("1", "9")})
    assert refused.status == 422, "stars of no number that was kept"
    with database.command("look") as session:
        assert "account" not in session.scalars(select(Application)).one().answers


def test_with_a_fault_elsewhere_the_number_is_neither_lost_nor_shown(
    database: Database, town: None, helper: Visitor, business_client: BusinessClient
) -> None:
    shoko = business_client("shoko")
    case = case_of(begin(shoko, EVENT))
    step = f"{case}/steps/{section_of(shoko, case)}"
    faulty = helper.submit(helper.get(step), step, **{"account-bank_code": "x"})
    assert faulty.status == 422
    hides(faulty)
    page = helper.get(step)
    hides(page)
    assert typed_number(page) == STARS
    helper.submit(page, step, **{"account-bank_code": "9999" if not event() else _code(shoko, database)})
    hides(helper.get(step))
    with database.command("look") as session:
        one = session.scalars(select(Application)).one()
        kept = one.answers.get("account", {}).get("number") or one.typed["account-number"][0]
        assert kept == NUMBER


def _code(shoko: Visitor, database: Database) -> str:
    """The bank's code as the company told it."""
    with database.command("look") as session:
        return session.scalars(select(Application)).one().known["company.account"]["bank_code"]


def test_a_correction_comes_back_whole(
    database: Database, town: None, helper: Visitor, business_client: BusinessClient
) -> None:
    with database.command("apply") as session:
        case = acting.begin(session, acting.shoko(session), EVENT)
        one = cases.open_case(session, case)
        session.execute(update(Application).values(state="submitted", submitted_at=one.saved_at))
        session.refresh(one)
        applications.claim(session, case, acting.clerk(session))
        asked = [Asked("account", Reason.INCORRECT, "名義を確かめてください。")]
        applications.ask_correction(session, case, acting.clerk(session), asked)
    page = helper.get(f"/business/applications/{case}/correction")
    hides(page)
    assert typed_number(page) == STARS
    done = helper.submit(page, page.path, **{"account-holder": "ｶ)ｶｸｳｼﾖｳﾃﾝ"})
    hides(done)
    assert done.status in (200, 422)
    if done.status == 422:  # what else follows from the answers is asked too
        assert re.search(r"account-number", done.body.decode())
    with database.command("look") as session:
        one = cases.open_case(session, case)
        assert one.answers["account"]["number"] == NUMBER
