"""Pages that tell of fees paid with points, as a browser shows them: nothing axe holds against them, and none wider than a
small phone."""

import pytest

from portal.core import clock
from portal.core.clock import JST
from portal.core.permissions import Role
from portal.core.uow import Database
from tests.conftest import ResidentClient, StaffClient
from tests.portal.cards.test_in_browser import Show, is_sound, show  # noqa: F401 - a fixture
from tests.portal.kiosks.test_fees_by_points import coupon, failed, machine, pay  # noqa: F401 - a fixture
from tests.portal.kiosks.test_kiosk_api import Kiosk
from tests.portal.points.test_pages import earn, resident

pytestmark = pytest.mark.journey


def test_coupon_order_settling_and_closing_have_no_barriers(
    machine: Kiosk,  # noqa: F811
    database: Database,
    staff_client: StaffClient,
    resident_client: ResidentClient,
    show: Show,  # noqa: F811
) -> None:
    earn(database, resident(database), 300)
    session_id, _welcome = machine.greet("hanako")
    reference = coupon(database)
    hanako, window, operator = resident_client("hanako"), staff_client(Role.WINDOW), staff_client(Role.OPERATOR)
    is_sound(show(hanako, f"/points/coupons/{reference}"))
    done, kept = (machine.order(session_id) for _ in range(2))
    pay(machine, done, "coupon")
    is_sound(show(hanako, f"/certificates/{done['order']}"))
    assert pay(machine, kept, "points").status_code == 200
    day = clock.now().astimezone(JST).date()
    is_sound(show(operator, f"/staff/kiosk-closing?day={day}"))
    failed(machine, kept, refunded=False, kept=200)
    is_sound(show(hanako, f"/certificates/{kept['order']}"))
    is_sound(show(window, f"/staff/refunds/{kept['order']}"))
    is_sound(show(window, "/staff/refunds"))
