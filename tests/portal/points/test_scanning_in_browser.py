"""The camera reads a coupon's code into the form, where the browser can; nobody else sees the button.

Chromium on Linux reads no codes and this machine has no camera: both are stood in for by the page's own means, so that the
portal's program, its page and its headers are the real ones.
"""

from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as BrowserPage

from portal.core.permissions import Role
from portal.core.uow import Database
from tests.browser import Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.cards.test_in_browser import Show, _answer, is_sound, show  # noqa: F401 - a fixture

pytestmark = pytest.mark.journey
STANDS_IN = """
window.seen = []
window.BarcodeDetector = class {
  static async getSupportedFormats() { return %s }
  async detect() { return window.seen.map(rawValue => ({rawValue})) }
}
const picture = document.createElement("canvas")
picture.width = picture.height = 64
setInterval(() => picture.getContext("2d").fillRect(0, 0, Math.random() * 64, 64), 50)
navigator.mediaDevices.getUserMedia = async wish => {
  if (window.refuses || wish.audio) throw new DOMException("no", "NotAllowedError")
  return window.stream = picture.captureStream()
}
"""
CAN, CANNOT = '["qr_code"]', '["ean_13"]'
BUTTON, VIDEO = "[data-scan] button", "[data-scan] video"


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserPage]:
    context = browser.new_context(locale="ja-JP", viewport={"width": 320, "height": 700})
    yield context.new_page()
    context.close()


def look(page: BrowserPage, visitor: Visitor, path: str, formats: str = CAN) -> None:
    page.context.route("**/*", lambda route: _answer(visitor.client, route))
    page.add_init_script(STANDS_IN % formats)
    page.goto(f"http://localhost{path}")


def test_the_camera_fills_the_field_and_ends(
    town: Database, shop: UUID, resident_client: ResidentClient, phone: BrowserPage
) -> None:
    look(phone, resident_client("ichiro"), f"/points/shops/{shop}")
    is_sound(phone)
    phone.click(BUTTON)
    expect(phone.locator(VIDEO)).to_be_visible()
    is_sound(phone)
    phone.evaluate("seen.push('OC1:AAAA-BBBB-CCCC:pool:1:x')")
    expect(phone.locator("[name=code]")).to_have_value("OC1:AAAA-BBBB-CCCC:pool:1:x")
    expect(phone.locator(VIDEO)).to_be_hidden()
    assert phone.evaluate("stream.getTracks().every(track => track.readyState === 'ended')")
    expect(phone.locator("main form [type=submit]").first).to_be_focused()


def test_pressed_again_it_ends_and_a_camera_that_is_refused_is_told(
    town: Database, staff_client: StaffClient, phone: BrowserPage
) -> None:
    look(phone, staff_client(Role.WINDOW), "/staff/coupons")
    phone.click(BUTTON)
    expect(phone.locator(VIDEO)).to_be_visible()
    phone.click(BUTTON)
    expect(phone.locator(VIDEO)).to_be_hidden()
    phone.evaluate("window.refuses = true")
    phone.click(BUTTON)
    expect(phone.locator("[data-scan] [role=status]")).to_contain_text("番号")


def test_where_no_code_can_be_read_there_is_no_button(
    town: Database,
    shop: UUID,
    resident_client: ResidentClient,
    phone: BrowserPage,
    show: Show,  # noqa: F811
) -> None:
    ichiro = resident_client("ichiro")
    look(phone, ichiro, f"/points/shops/{shop}", CANNOT)
    expect(phone.locator("[name=code]")).to_be_visible()
    expect(phone.locator(BUTTON)).to_be_hidden()
    plain = show(ichiro, f"/points/shops/{shop}")
    if not plain.evaluate("'BarcodeDetector' in window"):
        expect(plain.locator(BUTTON)).to_be_hidden()


def test_only_pages_that_scan_may_ask_for_the_camera(
    town: Database, shop: UUID, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    ichiro, clerk = resident_client("ichiro"), staff_client(Role.WINDOW)

    def may(visitor: Visitor, path: str) -> str:
        return visitor.get(path).headers["Permissions-Policy"].partition(",")[0]

    assert {may(ichiro, f"/points/shops/{shop}"), may(clerk, "/staff/coupons")} == {"camera=(self)"}
    assert {may(ichiro, "/points"), may(ichiro, f"/points/shops/{shop}/statements")} == {"camera=()"}
