"""A company renews its licence in a browser, on a phone; what it told is filled in."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from tests import chromium, serving
from tests.portal.companies.people import BusinessClient


@pytest.fixture
def address(app: Flask, town: None) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving.begin(server)
    yield f"http://localhost:{server.server_port}"
    serving.end(server)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_renewing_a_licence_on_a_phone(browser: Browser, address: str, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en")
    context.add_cookies(
        [
            {"name": one.key, "value": one.value, "domain": "localhost", "path": "/", "secure": True}
            for one in shoko.client._cookies.values()
        ]
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}/business/procedures/restaurant-licence-renewal?lang=en")
    page.click("form[action$='/start'] button")
    page.wait_for_url("**/steps/licence")
    assert [chromium.named(barrier) for barrier in chromium.barriers(page)] == []
    page.get_by_label("千市保 第1号").check()
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/steps/company")
    expect(page.locator("[name=company_name]")).to_have_value("株式会社架空商店")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/steps/company_contact")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/steps/kitchen")
    page.fill("[name=shop_name]", "喫茶かくう")
    page.check("[name=changed][value=yes]")
    expect(page.locator("[name=changes]")).to_be_visible()
    page.fill("[name=changes]", "冷蔵庫を新しくしました。")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/steps/manager")
    page.fill("[name=manager_name]", "架空 料理")
    page.check("[name=manager_ground][value=cook]")
    page.check("[name=haccp][value=own]")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/documents/documents")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/check")
    assert [chromium.named(barrier) for barrier in chromium.barriers(page)] == []
    page.get_by_role("button", name="Send with these answers").click()
    page.wait_for_url("**/done")
    expect(page.locator("h1")).to_have_text("We received the application of your company")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{address}/business/reads")
    expect(page.locator("main")).to_contain_text("An application your company sent")
    assert complaints == []
    context.close()
