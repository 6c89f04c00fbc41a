"""Branches and the sign-in by letter in a real browser: a small phone, without scripts, nothing sticks out sideways."""

from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from portal.core.uow import Database
from portal.demo.business_people import corporate_number
from portal.demo.gbizid import Provider
from tests.portal.companies import people as business_people
from tests.portal.companies.test_by_post import PASSWORD, code_of, post_all

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def address(app: Flask, gbizid: Provider, cast_companies: None) -> Iterator[str]:
    business_people.trust(app, gbizid)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """A phone of 320 px without scripts."""
    size = {"width": 320, "height": 700}
    with browser.new_context(viewport=size, base_url=address, locale="ja-JP", java_script_enabled=False) as context:  # type: ignore[arg-type]
        yield context.new_page()


def fits(page: Page) -> None:
    assert page.evaluate(WIDER) is False, page.url


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_representative_opens_a_branch_on_a_phone(phone: Page, database: Database) -> None:
    phone.goto("/business/sign-in/gbizid?next=/business/company")
    phone.locator("button[value=shoko]").click()
    phone.locator("form[action='/business/sign-in/finish'] button").press("Enter")
    phone.get_by_role("link", name="支店を開く").press("Enter")
    fits(phone)
    phone.locator("input[name=office]").fill("稲毛支店")
    phone.locator("select[name=prefecture]").select_option("千葉県")
    phone.locator("input[name=city]").fill("千葉市稲毛区")
    phone.locator("input[name=street]").fill("架空町2丁目")
    phone.locator("main form button").press("Enter")
    expect(phone.locator("h1")).to_have_text("株式会社架空商店 稲毛支店")
    fits(phone)
    phone.get_by_role("button", name="この支店の担当として進む").press("Enter")
    expect(phone.locator("h1")).to_have_text("株式会社架空商店 稲毛支店")
    fits(phone)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_company_asks_and_comes_in_by_letter_on_a_phone(app: Flask, phone: Page, database: Database) -> None:
    phone.goto("/business/by-post")
    fits(phone)
    phone.locator("input[name=number]").fill(corporate_number(9))
    phone.locator("input[name=name]").fill("架空 九子")
    phone.locator("input[name=password]").fill(PASSWORD)
    phone.locator("input[name=again]").fill(PASSWORD)
    phone.locator("main form button").press("Enter")
    reference = phone.locator(".summary__value").first.inner_text().strip()
    fits(phone)
    post_all(database)
    phone.goto("/business/by-post/code")
    phone.locator("input[name=reference]").fill(reference)
    phone.locator("input[name=password]").fill(PASSWORD)
    phone.locator("input[name=code]").fill(code_of(app, database))
    fits(phone)
    phone.locator("main form button").press("Enter")
    phone.goto("/business/company")
    expect(phone.locator("main")).to_contain_text("架空 九子")
    fits(phone)
