"""What only a browser can say: axe finds nothing, nothing is wider than a phone, targets are large enough."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import chromium
from tests.portal.web import showcase

NAMES = ["components", "error", "accessibility", "waiting", "board", "staff"]
SMALL_TARGETS = """() => [...document.querySelectorAll(
    '.button, .input, .tool, .menu__link, .pagination__link, .choice__label')]
  .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 43.5)
  .map((node) => node.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with showcase.served() as address:
        yield address


def open_page(browser: Browser, address: str, *, width: int, dark: bool = False) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme="dark" if dark else "light")
    page.goto(address)
    return page


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [
        *((name, 390, False) for name in NAMES),
        ("components", 1280, False),
        ("staff", 1280, True),
        ("components", 390, True),
    ],
)
def test_axe_finds_nothing(browser: Browser, address: str, name: str, width: int, dark: bool) -> None:
    page = open_page(browser, f"{address}/{name}", width=width, dark=dark)
    found = chromium.barriers(page)
    page.close()
    assert [chromium.named(barrier) for barrier in found] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_scrolls_sideways_on_a_small_phone(browser: Browser, address: str, name: str) -> None:
    page = open_page(browser, f"{address}/{name}", width=320)
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert wide == 320


def test_targets_are_44_pixels_high(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/components", width=390)
    small = page.evaluate(SMALL_TARGETS)
    page.close()
    assert small == []


def test_the_content_policy_stops_nothing_of_ours(browser: Browser, address: str) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/components")
    page.get_by_role("button", name="Copy the number").wait_for()
    page.close()
    assert complaints == []


def test_a_typed_date_appears_in_both_calendars(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/components", width=390)
    page.locator("#birth-day").fill("２８")
    page.get_by_text("February 28, 1994 (平成6年2月28日)").wait_for()
    page.close()


def test_the_menu_opens_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{address}/components")
    assert not page.get_by_role("link", name="Settings").is_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Settings").wait_for()
    page.locator(".menu__close").click()
    page.locator("details.languages summary").click()
    page.get_by_role("link", name="日本語").wait_for()
    context.close()


def test_staff_find_the_keys_and_the_search(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/staff", width=1280)
    expect(page.locator("#staff-search")).to_be_focused()
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")  # the browser closes it after the key's own event
    page.keyboard.press("/")
    expect(page.locator("#staff-search")).to_be_focused()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys on this device").uncheck()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.keyboard.press("/")  # who works by voice turned single keys off
    assert page.evaluate("document.activeElement.id") != "staff-search"
    page.close()


def test_the_end_of_a_session_is_announced_and_put_off(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.clock.install()
    page.route("**/session/extend", lambda route: route.fulfill(status=204))
    page.goto(f"{address}/components")
    page.clock.run_for(780_000)  # this clock goes on by itself too: a slow machine may take a minute for the next line
    assert not page.get_by_role("dialog").is_visible()
    page.clock.run_for(101_000)
    page.get_by_role("dialog", name="You will be signed out soon").wait_for()
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    page.get_by_role("button", name="Stay signed in").click()
    page.get_by_role("dialog").wait_for(state="hidden")
    page.close()
