"""What only a browser shows: questions come and go, rows grow, the network goes, and a keyboard is enough."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests import chromium, serving

START = "form[action*='without-account'] button"
UNDERSTOOD = "fieldset[data-field=understood]"


@pytest.fixture
def address(app: Flask, cast_residents: None) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving.begin(server)
    yield f"http://localhost:{server.server_port}"
    serving.end(server)


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def phone(browser: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en")
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.goto(f"{address}/procedures/bulky-waste?lang=en")
    page.click(START)
    page.wait_for_url("**/steps/things")
    yield page
    context.close()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_form_is_filled_in_by_keyboard_and_outlives_the_network(phone: Page, complaints: list[str]) -> None:
    status, saved = phone.locator("[data-live-status]"), phone.locator("[data-autosave-status]")
    phone.focus("#things-0-what")
    for typed in ("chest", "90 x 45", "1"):
        phone.keyboard.type(typed)
        phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")  # the button that adds a row
    expect(phone.locator("#things-row-2")).to_be_focused()
    expect(status).to_have_text("One more was added.")
    phone.check("input[name=excluded][value=yes]")
    expect(phone.locator(UNDERSTOOD)).to_be_visible()
    expect(status).to_contain_text("There is one more question")
    assert [chromium.named(barrier) for barrier in chromium.barriers(phone)] == []
    phone.check("input[name=understood][value=advice]")
    phone.check("input[name=excluded][value=no]")
    expect(phone.locator(UNDERSTOOD)).to_be_hidden()
    assert "understood" not in phone.evaluate("[...new FormData(document.querySelector('form.form')).keys()]")
    expect(saved).to_contain_text("Saved at")
    phone.context.set_offline(True)
    phone.fill("#things-1-what", "bicycle")
    expect(saved).to_contain_text("No network")
    assert complaints == [] or all("ERR_INTERNET_DISCONNECTED" in said for said in complaints)
    complaints.clear()
    phone.context.set_offline(False)
    expect(saved).to_contain_text("Saved at")
    assert phone.evaluate("sessionStorage.length") == 0
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_what_was_typed_without_a_network_survives_a_reload_and_is_sent(phone: Page) -> None:
    saved = phone.locator("[data-autosave-status]")
    phone.route("**/autosave", lambda route: route.abort())
    phone.fill("#things-0-what", "piano")
    expect(saved).to_contain_text("Not saved")
    phone.reload()
    expect(phone.locator("#things-0-what")).to_have_value("piano")
    phone.unroute("**/autosave")
    expect(saved).to_contain_text("Saved at")
    assert phone.evaluate("sessionStorage.length") == 0
