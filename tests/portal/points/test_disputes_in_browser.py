"""Pages of steps that are disputed, of what waits for budget and of points of the past: nothing axe holds against them, and
none wider than a small phone."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points.health import service
from tests.conftest import ResidentClient, StaffClient
from tests.portal.cards.test_in_browser import Show, is_sound, show  # noqa: F401 - a fixture
from tests.portal.points import offered
from tests.portal.points.offered import ONE
from tests.portal.points.phones import ago
from tests.portal.points.test_e_services import SENT, finish, offer
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_walking import agree, bring, walking

pytestmark = pytest.mark.journey


@pytest.fixture
def disputed(database: Database, cast_residents: None) -> Database:
    """太郎's days were refused; one application waits for budget; 花子 has points."""
    walking(database)
    agree(database, cast.HANAKO, cast.TARO)
    walked = {ago(day): 6_000 + 137 * day for day in range(1, 9)}
    bring(database, walked)
    bring(database, {day: steps + 1 for day, steps in walked.items()}, cast.TARO)
    with database.command("refuse") as session:
        service.refuse(session, ONE, offered.person(session, cast.TARO), "同じ記録が別の方から届いています。")
    offer(database, budget=10)
    finish(database, resident(database), 50)
    earn(database, resident(database), 300, days_ago=40)
    return database


def test_what_is_said_and_answered_has_no_barriers(
    disputed: Database,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    taro, keeper = resident_client("taro"), staff_client(Role.POINTS_KEEPER)
    page = is_sound(show(taro, "/points/health"))
    page.locator("a[href$='/health/object']").click()
    is_sound(page)
    page.locator("textarea").fill("毎朝いっしょに歩いています。")
    page.locator("main form [type=submit]").click()
    expect(page.locator("main")).to_contain_text("申し立てを受け付けました")
    is_sound(page)
    work = is_sound(show(keeper, "/staff/points-health"))
    work.locator("form[action*='/objections/'] input[name=note]").fill("確認しました。")
    work.locator("form[action*='/objections/'] button[value=clear]").click()
    expect(work.locator("main")).not_to_contain_text("毎朝いっしょに")


def test_what_waits_and_what_was_had_have_no_barriers(
    disputed: Database,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    keeper = staff_client(Role.POINTS_KEEPER)
    expect(is_sound(show(keeper, "/staff/points")).locator("main")).to_contain_text("1件の申請が予算待ち")
    is_sound(show(keeper, f"/staff/points/{SENT}"))
    past = is_sound(show(keeper, "/staff/points-past"))
    past.locator("[name=number]").fill(cast.HANAKO.addressee_number)
    past.locator("[name=at]").fill(f"{clock.today() - timedelta(days=20)}T12:00")
    past.locator("main form [type=submit]").click()
    expect(past.locator("main h2")).to_contain_text("300")
    is_sound(past)
    mine = is_sound(show(resident_client("hanako"), f"/points?on={clock.today() - timedelta(days=20)}"))
    expect(mine.locator("#then").locator("..")).to_contain_text("300")
