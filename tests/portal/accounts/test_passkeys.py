"""A passkey is registered, opens the account, confirms a session, and a replayed answer opens nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Response, expect
from werkzeug.serving import make_server

from portal.demo import cast
from tests import serving
from tests.browser import Visitor
from tests.conftest import ResidentClient

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def address(app: Flask, cast_residents: None) -> Iterator[str]:
    """The portal on a free port, under its name: passkeys do not work under a number."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving.begin(server)
    yield f"http://localhost:{server.server_port}"
    serving.end(server)


@dataclass
class Phone:
    """A browser with a built-in authenticator, and the requests it sent."""

    page: Page
    address: str

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sign_in_by_password(self, path: str) -> None:
        self.open(path)
        self.page.fill("#login_id", cast.HANAKO.login_id)
        self.page.fill("#password", cast.HANAKO.password)
        self.page.press("#password", "Enter")
        self.page.wait_for_url(self.address + path)

    def press_passkey(self) -> Response:
        """Press the passkey button and go where it leads; returns the answer to what the authenticator signed."""
        with self.page.expect_navigation():
            return self.press_in_vain()

    def press_in_vain(self) -> Response:
        """Press the passkey button on a page that is going to stay."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST" and _signed(answer)) as waiting:
            self.page.click("[data-passkey-start]")
        return waiting.value


def _signed(answer: Response) -> bool:
    return '"clientDataJSON"' in (answer.request.post_data or "")


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Phone]:
    page = browser.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP").new_page()
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield Phone(page, address)
    page.context.close()


@pytest.mark.journey
def test_a_passkey_is_set_up_opens_the_account_and_cannot_be_replayed(phone: Phone) -> None:
    page = phone.page
    phone.sign_in_by_password("/account/passkeys")
    assert phone.press_passkey().status == 200
    expect(page.locator("a[href$='/remove']")).to_have_count(0)  # the password alone no longer changes passkeys
    phone.open("/sign-in/stronger?next=/account/passkeys")
    assert phone.press_passkey().status == 200
    page.wait_for_url(phone.address + "/account/passkeys")
    expect(page.locator("a[href$='/remove']")).to_have_count(1)
    page.context.clear_cookies()
    phone.open("/sign-in?next=/account")
    answer = phone.press_passkey()
    assert answer.status == 200
    page.wait_for_url(phone.address + "/account")
    replay = page.evaluate(
        """async ([url, body, token]) => (await fetch(url, {method: "POST", body, headers: {
            "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token}})).status""",
        [answer.url, answer.request.post_data, page.locator("[name=csrf_token]").first.input_value()],
    )
    assert replay == 410


@pytest.mark.journey
def test_the_last_word_is_the_owners(phone: Phone) -> None:
    """After confirming, the passkey can be removed, and then it opens nothing."""
    page = phone.page
    phone.sign_in_by_password("/account/passkeys")
    phone.press_passkey()
    phone.open("/sign-in/stronger?next=/account/passkeys")
    phone.press_passkey()
    page.wait_for_url(phone.address + "/account/passkeys")
    page.click("a[href$='/remove']")
    page.click("form[action$='/remove'] button")
    expect(page.locator("a[href$='/remove']")).to_have_count(0)
    page.context.clear_cookies()
    phone.open("/sign-in")
    assert phone.press_in_vain().status == 403
    expect(page.locator("[data-passkey-status]")).not_to_be_empty()


@pytest.mark.parametrize("body", [None, [], {}, {"rawId": 5}, {"rawId": "AAAA", "id": "AAAA", "response": {}}, "x"])
def test_rubbish_for_a_passkey_is_refused_without_a_bug(app: Flask, cast_residents: None, body: Any) -> None:
    visitor = Visitor(app)
    token = visitor.get("/sign-in").csrf_token
    headers = {"X-CSRF-Token": token, "Accept": "application/json"}
    assert visitor.client.post("/sign-in/passkey/options", json={}, headers=headers).status_code == 200
    answer = visitor.client.post("/sign-in/passkey", json=body, headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "passkey-refused"


def test_an_answer_nobody_asked_for_is_over(app: Flask, cast_residents: None) -> None:
    visitor = Visitor(app)
    headers = {"X-CSRF-Token": visitor.get("/sign-in").csrf_token, "Accept": "application/json"}
    assert visitor.client.post("/sign-in/passkey", json={"rawId": "AAAA"}, headers=headers).status_code == 410


def test_a_strangers_browser_gets_another_challenge(app: Flask, cast_residents: None) -> None:
    challenges = set()
    for _ in range(3):
        visitor = Visitor(app)
        headers = {"X-CSRF-Token": visitor.get("/sign-in").csrf_token, "Accept": "application/json"}
        options = visitor.client.post("/sign-in/passkey/options", json={}, headers=headers).get_json()
        assert options["userVerification"] == "required"
        challenges.add(options["challenge"])
    assert len(challenges) == 3


def test_under_a_number_the_page_leads_to_the_name(app: Flask) -> None:
    page = Visitor(app).get("/sign-in", base_url="http://127.0.0.1:8000")
    assert "http://localhost:8000/sign-in" in page.links()


def test_without_a_passkey_the_stronger_sign_in_leads_to_setting_one_up(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    page = visitor.get("/sign-in/stronger?next=/my-data/looks")
    link = next(link for link in page.links() if link.startswith("/account/passkeys"))
    assert visitor.get(link).status == 200
