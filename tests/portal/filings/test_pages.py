"""From the desk of a company to the section and back, on the pages."""

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from portal.applications.models import Application
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo.filings import EVENT, RENEWAL, TAX, event, tax
from portal.procurement.registers.models import Registration
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.files import papers
from tests.portal.filings import acting

OWN = "/business/applications"


def begin(visitor: Visitor, procedure: str) -> Page:
    start = f"/business/procedures/{procedure}"
    return visitor.submit(visitor.get(start), f"{start}/start")


def case_of(page: Page) -> str:
    return "/".join(page.path.split("/")[:4])


def go_through(visitor: Visitor, page: Page, typed: dict[str, Any]) -> Page:
    """Fill in each page that comes, until the check of the answers."""
    while "/steps/" in page.path or "/documents/" in page.path:
        section = page.path.rpartition("/")[2]
        fields = {name: texts[0] for name, texts in typed.get(section, {}).items()}
        if "/documents/" in page.path:
            fields = {"act": "on"}
        page = visitor.submit(page, next(_actions(page)), **fields)
        assert page.status == 200, page.text
    return page


def _actions(page: Page) -> Any:
    """Where the form of a page goes, the header's forms aside."""
    for form in page.find("form"):
        action = form.get("action") or page.path
        if form.get("method") == "post" and action.startswith(OWN):
            yield action


def act_for_the_shop(midori: Visitor) -> None:
    page = midori.get("/business/companies")
    actions = [form.get("action") or "" for form in page.find("form") if "act-for" in (form.get("action") or "")]
    for action in actions:
        if "株式会社架空商店" in midori.submit(page, action).text:
            return
    raise AssertionError(page.text)


def test_a_licence_is_renewed_from_the_desk(
    database: Database, town: None, business_client: BusinessClient, staff_client: StaffClient, worker: Worker
) -> None:
    shoko, ritsuko = business_client("shoko"), staff_client(Role.LICENSER)
    assert "飲食店営業許可の更新" in shoko.get("/business/procedures").text
    page = begin(shoko, RENEWAL)
    case = case_of(page)
    with database.command("look") as session:
        typed = acting.renewal(session, "千市保 第1号")
    assert page.path == f"{case}/steps/licence", "pages that are known are not asked"
    page = shoko.submit(page, page.path, licence=typed["licence"]["licence"][0])
    assert page.path == f"{case}/steps/company", "in order, but it need not be filled in"
    assert "株式会社架空商店" in str(page.body.decode())
    page = go_through(shoko, page, typed)
    assert page.path == f"{case}/check", page.text
    page = shoko.submit(page, f"{case}/submit")
    assert page.path == f"{case}/done"
    assert "12,000" in page.text
    listed = ritsuko.get("/staff/applications")
    assert "株式会社架空商店" in listed.text
    staff_page = case.replace(OWN, "/staff/applications")
    page = ritsuko.submit(ritsuko.get(staff_page), f"{staff_page}/claim")
    assert "7-9999-0100-0001" in page.text
    assert ritsuko.submit(page, f"{staff_page}/ready").status == 200
    worker.run_pending()
    assert "許可の登録を更新しました" in shoko.get(case).text
    letters = shoko.get(f"{case}/letters")
    (pdf,) = [link for link in letters.links() if "/letters/" in link]
    assert shoko.client.get(pdf).mimetype == "application/pdf"
    assert "認められました" in shoko.get("/business/mailbox").text
    assert "貴社が送った申請" in shoko.get("/business/reads").text
    assert "産業支援課" in shoko.get("/business/reads").text
    with database.command("look") as session:
        until = session.scalars(select(Registration.valid_until).where(Registration.number == "千市保 第1号")).one()
    assert until is not None
    assert f"{until.year}年" in shoko.get("/business/registrations").text


def test_an_agent_goes_on_with_a_draft_and_hands_in_a_plan(
    database: Database, town: None, business_client: BusinessClient, staff_client: StaffClient
) -> None:
    shoko, midori = business_client("shoko"), business_client("midori")
    case = case_of(begin(shoko, EVENT))
    assert midori.get(case).status == 404, "she acts for her own firm"
    act_for_the_shop(midori)
    assert midori.get(f"{case}/resume").path == f"{case}/tasks", "a long form begins with its list of pages"
    plans = midori.get(f"{case}/documents/plans")
    assert midori.submit(plans, f"{case}/documents/plans", act="on").status == 422, "a plan is needed"
    page = midori.submit(plans, f"{case}/documents/plans", plan=(BytesIO(papers.pdf()), "会場図.pdf"), act="add")
    (plan,) = [link for link in page.links() if "/files/" in link]
    assert shoko.client.get(plan).mimetype == "application/pdf"
    go_through(midori, midori.get(f"{case}/steps/event"), event())
    page = midori.submit(midori.get(f"{case}/check"), f"{case}/submit")
    assert page.path == f"{case}/done", page.text
    assert "架空行政書士法人みどり" in shoko.get(case).text
    assert "送った人：架空 みどり" in shoko.get(case).text
    ritsuko = staff_client(Role.LICENSER)
    staff_page = case.replace(OWN, "/staff/applications")
    page = ritsuko.submit(ritsuko.get(staff_page), f"{staff_page}/claim")
    (paper,) = [link for link in page.links() if "/files/" in link]
    assert ritsuko.client.get(paper).mimetype == "application/pdf"
    assert business_client("daiku").client.get(plan).status_code == 404


def test_others_find_no_door(
    database: Database, town: None, business_client: BusinessClient, resident_client: ResidentClient
) -> None:
    shoko, hanako, daiku = business_client("shoko"), resident_client("hanako"), business_client("daiku")
    case = case_of(begin(shoko, TAX))
    own_id = case.rpartition("/")[2]
    for page in ("", "/resume", "/tasks", "/steps/company", "/check", "/done", "/sheet", "/correction", "/withdraw",
                 "/letters", "/change/company", "/documents/documents"):  # fmt: skip
        assert daiku.get(f"{case}{page}").status == 404, page
        assert hanako.get(f"{case}{page}").status == 404, page
        assert hanako.get(f"/applications/{own_id}{page}").status == 404, page
        assert shoko.get(f"/applications/{own_id}{page}").status == 404, page
    assert hanako.get(f"/reservations/new?application={own_id}").status in (404, 409)
    assert hanako.get(f"/procedures/{TAX}").status == 404
    assert shoko.get("/business/procedures/moving-within-city").status == 404
    assert TAX not in str(hanako.get("/procedures").links())
    assert daiku.post(f"{case}/submit", {}, page=daiku.get("/business")).status == 404


def test_a_page_of_two_members_shows_both_versions(
    database: Database, town: None, business_client: BusinessClient
) -> None:
    shoko, kenji = business_client("shoko"), business_client("kenji")
    case = case_of(begin(shoko, TAX))
    mine, theirs = (one.get(f"{case}/steps/delivery") for one in (shoko, kenji))
    assert shoko.submit(mine, f"{case}/steps/delivery", delivery="post").status == 200
    assert kenji.submit(theirs, f"{case}/steps/delivery", delivery="counter").status == 409


@pytest.mark.parametrize("who", ["shoko", "kenji"])
def test_withdrawn_and_thrown_away(database: Database, town: None, business_client: BusinessClient, who: str) -> None:
    person = business_client(who)
    page = begin(person, TAX)
    case = case_of(page)
    page = go_through(person, page, tax())
    person.submit(page, f"{case}/submit")
    assert person.get(f"{case}/withdraw").status == 200
    page = person.post(f"{case}/withdraw", {}, page=person.get(f"{case}/withdraw"))
    assert "取り下げ" in page.text
    again = case_of(begin(person, TAX))
    page = person.post(f"{again}/withdraw", {}, page=person.get(f"{again}/withdraw"))
    assert page.path == OWN
    with database.command("look") as session:
        assert [one.state for one in session.scalars(select(Application))] == ["withdrawn"]
