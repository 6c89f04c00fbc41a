"""A code at the window by keyboard alone, and pages for who has too few points, as a browser shows them."""

import pytest
from playwright.sync_api import expect

from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points.programmes.rules import Unit
from tests.conftest import ResidentClient, StaffClient
from tests.portal.cards.test_in_browser import Show, is_sound, show  # noqa: F401 - a fixture
from tests.portal.points.books import wrong
from tests.portal.points.offered import programme
from tests.portal.points.test_codes_at_the_window import DESK, codes
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_spending import balance

pytestmark = pytest.mark.journey


def test_a_code_is_given_at_the_window_by_keyboard_alone(
    database: Database,
    cast_residents: None,
    cast_staff: None,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    programme(database, unit=Unit.ACT, points=50)
    clerk = staff_client(Role.WINDOW)
    code = codes(database, clerk)[0]
    page = is_sound(show(clerk, DESK))
    page.locator("#number").focus()
    page.keyboard.type(cast.TARO.addressee_number)
    page.keyboard.press("Tab")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("この方にポイントを渡しますか")
    expect(is_sound(page).locator("main")).to_contain_text(cast.TARO.name)
    expect(page.locator("button[autofocus]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("50ポイントを追加しました")
    is_sound(page)
    assert balance(database, cast.TARO) == 50
    assert wrong(database) == []


def test_pages_for_who_has_no_points_and_for_a_family_without_barriers(
    database: Database,
    cast_residents: None,
    resident_client: ResidentClient,
    show: Show,  # noqa: F811
) -> None:
    hanako = resident_client("hanako")
    for path in ("/points", "/points/family"):
        is_sound(show(hanako, path))
    for days_ago in (1, 0):
        earn(database, resident(database), 90, days_ago=days_ago)
    page = show(hanako, "/points/family")
    page.get_by_label(cast.TARO.name).check()
    page.get_by_label("100ポイント").check()
    page.get_by_role("button", name="譲る").click()
    expect(page.locator("main")).to_contain_text(f"{cast.TARO.name}さんに100ポイントを譲りました。")
    is_sound(page)
    expect(is_sound(show(hanako, "/points")).locator("main")).to_contain_text(f"家族に譲りました: {cast.TARO.name}")
