"""Pages on which a second member of staff agrees, as a browser shows them: nothing axe holds against them, and none wider
than a small phone."""

from uuid import UUID

import pytest
from playwright.sync_api import expect

from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points.health import attendance
from portal.points.ledger.rules import Reason
from portal.points.programmes.rules import Unit
from portal.points.volunteering import hosting
from tests.conftest import StaffClient
from tests.portal.cards.test_in_browser import Show, is_sound, show  # noqa: F401 - a fixture
from tests.portal.points import offered
from tests.portal.points.phones import ago
from tests.portal.points.test_attendance_by_two import CLASS, PATH, large, small
from tests.portal.points.test_terminal_moves import TERMINAL, propose, rival
from tests.portal.points.test_walking import send

__all__ = ["rival"]
pytestmark = pytest.mark.journey


def test_a_file_is_agreed_to_without_barriers(
    database: Database,
    cast_residents: None,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    title = {"ja": "健康教室"}
    offered.programme(
        database, code=CLASS, unit=Unit.ACT, reason=Reason.HEALTH, points=100, title=title, begins_on=ago(60)
    )
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    for content in (small(), large()):
        send(keeper, content, "came.csv", PATH, step="import", programme=CLASS)
    with database.command("look") as session:
        here = f"{PATH}/{attendance.files(session)[0].id}"
    for visitor, path in ((keeper, PATH), (keeper, here), (chief, f"{here}/names")):
        is_sound(show(visitor, path))
    page = is_sound(show(chief, here))
    page.get_by_role("button", name="承認してポイントを付ける").click()
    expect(page.locator("main")).to_contain_text("承認済み・付与済み")
    is_sound(page)


def test_a_keeper_is_agreed_to_without_barriers(
    database: Database,
    cast_residents: None,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    offered.programme(database)
    made = offered.host(database)
    with database.command("name") as session:
        hosting.name_keeper(session, offered.ONE, made, cast.MARIA.addressee_number)
    chief = staff_client(Role.POINTS_CHIEF)
    expect(is_sound(show(chief, "/staff/volunteering")).locator("main")).to_contain_text("別の人の確認待ち")
    page = is_sound(show(chief, f"/staff/volunteering/hosts/{made}"))
    agree = page.locator("form[action$='/agree'] button")
    agree.click()
    expect(agree).to_have_count(0)


def test_a_terminal_moves_without_barriers(
    town: Database,
    shop: UUID,
    rival: UUID,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    propose(town, rival)
    chief = staff_client(Role.POINTS_CHIEF)
    is_sound(show(chief, "/staff/points"))
    is_sound(show(chief, f"/staff/partners/{shop}"))
    page = is_sound(show(chief, f"/staff/partners/{rival}"))
    page.get_by_role("link", name=TERMINAL).click()
    is_sound(page)
    page.locator("button[value=approve]").click()
    expect(page.locator("main")).to_contain_text("承認済み")
    is_sound(page)
