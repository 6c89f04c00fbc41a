"""Two records side by side, as a browser shows them: the record that stands twice in the demo's register."""

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast, double
from tests.conftest import ResidentClient, StaffClient
from tests.portal.cards.test_in_browser import Show, is_sound, show  # noqa: F401 - a fixture
from tests.portal.points.books import wrong

pytestmark = pytest.mark.journey
HERE = "/staff/points/joins"


def press(page: BrowserPage, button: str) -> BrowserPage:
    page.locator(f"button[value={button}]").click()
    return page


def test_two_records_are_compared_joined_and_taken_apart_without_barriers(
    database: Database,
    cast_residents: None,
    cast_staff: None,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    with database.command("demo") as session:
        double.load(session)
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    waiting = str(is_sound(show(keeper, HERE)).locator("table a").first.get_attribute("href"))
    is_sound(show(keeper, waiting))
    asked = is_sound(show(keeper, f"{HERE}/new"))
    asked.fill("#gone", double.NUMBER)
    asked.fill("#kept", cast.AOI.addressee_number)
    seen = is_sound(press(asked, "compare"))
    expect(seen.locator("main")).to_contain_text("架空 あおい")
    expect(is_sound(press(seen, "propose")).locator("main")).to_contain_text("チェックを入れてください")
    deciding = is_sound(show(chief, waiting))
    deciding.check("#sure")
    expect(is_sound(press(deciding, "join")).locator("main")).to_contain_text("名寄せ済み")
    mine = is_sound(show(keeper, waiting))
    mine.fill("#answer", "別の方でした。")
    mine.locator("form[action$='/apart'] button").click()
    leaving = is_sound(show(chief, waiting))
    expect(is_sound(press(leaving, "apart")).locator("main")).to_contain_text("解除済み")
    assert wrong(database) == []
