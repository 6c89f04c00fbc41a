"""Pages of shops' contracts and of codes on paper, as a browser shows them: nothing axe holds against them, and none wider
than a small phone."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from portal.config import Settings
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points.partners import changes, contracts
from portal.points.partners.models import PartnerChange, PointPartner
from portal.points.programmes.rules import Unit
from portal.web.signed_in import WebSession
from tests.conftest import ResidentClient, StaffClient
from tests.portal.cards.test_in_browser import Show, is_sound, show  # noqa: F401 - a fixture
from tests.portal.points.offered import ONE, OTHER, person, programme
from tests.portal.points.shops import FACTS
from tests.portal.points.test_family_and_paper import sheet, sheet_with_portals_key
from tests.portal.points.test_partner_changes import NEW

pytestmark = pytest.mark.journey


def test_a_shop_changes_its_account_and_its_contract_without_barriers(
    shop: UUID,
    town: Database,
    settings: Settings,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    ichiro, keeper, chief = resident_client("ichiro"), staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    with town.command("soon over") as session:
        session.execute(update(WebSession).where(WebSession.kind == "resident").values(assurance=2))
        session.execute(update(PointPartner).values(contract_until=clock.today() + timedelta(days=40)))
    mine, theirs = f"/points/shops/{shop}", f"/staff/partners/{shop}"
    is_sound(show(ichiro, f"{mine}/contract"))
    is_sound(show(ichiro, f"{mine}/account"))
    with town.command("ask") as session:
        one = contracts.partner(session, shop)
        which = changes.ask_for_account(session, settings.file_ring, person(session, cast.ICHIRO), one, NEW).id
        renewal = changes.ask_for_renewal(session, one, None).id
    for path in (f"{theirs}/changes", f"{theirs}/changes/{which}", f"{theirs}/changes/{renewal}", "/staff/partners"):
        is_sound(show(keeper, path))
    with town.command("check") as session:
        changes.check(session, ONE, session.get_one(PartnerChange, which))
    is_sound(show(chief, f"{theirs}/changes/{which}"))
    with town.command("agree") as session:
        changes.decide(session, OTHER, session.get_one(PartnerChange, which), yes=True)
    is_sound(show(keeper, f"{theirs}/changes/{which}"))
    is_sound(show(keeper, theirs))
    page = is_sound(show(ichiro, f"{mine}/contract"))
    page.locator("form[action$='/stop'] button").first.click()
    expect(page.locator("body")).to_contain_text("取りやめ")
    assert FACTS["name"] in page.title()


def test_a_new_sheet_has_a_page_to_fetch_it_from(
    database: Database,
    cast_residents: None,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    programme(database, unit=Unit.ACT, points=50)
    page = show(staff_client(Role.POINTS_KEEPER), "/staff/points-sheets")
    page.locator("select[name=last-era]").select_option("ce")
    last = clock.today() + timedelta(days=30)
    for part in ("year", "month", "day"):
        page.locator(f"input[name=last-{part}]").fill(str(getattr(last, part)))
    page.locator("input[name=count]").fill("100")
    page.locator("main form button").first.click()
    expect(page.locator("h1")).to_have_text("シートができました")
    is_sound(page)
    expect(page.locator("main")).to_contain_text("同僚")
    with page.expect_download() as fetched:
        page.locator("form[action$='/paper'] button").click()
    assert fetched.value.suggested_filename.endswith(".pdf")
    expect(page.locator("h1")).to_have_text("シートができました")


def test_codes_on_paper_have_no_barriers_and_the_square_fills_the_code_in(
    database: Database,
    cast_residents: None,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    programme(database, unit=Unit.ACT, points=50)
    keeper = staff_client(Role.POINTS_KEEPER)
    code = sheet_with_portals_key(database, keeper)[0]
    sheets = is_sound(show(keeper, "/staff/points-sheets"))
    stop = str(sheets.locator("a[href$='/stop']").get_attribute("href"))
    sheet(database, 100)  # worth much: it waits
    release = is_sound(show(keeper, "/staff/points-sheets")).locator("form[action$='/release'] button")
    expect(release).to_have_text("シートを承認する")
    release.click()
    expect(release).to_have_count(0)
    asked = is_sound(show(keeper, stop))
    expect(asked.locator("button.button--danger")).to_contain_text("2")
    entering = is_sound(show(resident_client("hanako"), f"/points/codes#{code}"))
    expect(entering.locator("input[name=code]")).to_have_value(code)
    assert code not in entering.url
    entering.locator("main form button").click()
    expect(entering.locator("main")).to_contain_text("50")
