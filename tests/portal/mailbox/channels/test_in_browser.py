"""A browser shows what a push service brings, from the portal's own service worker, under the portal's own policy."""

import json
import time
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from portal.demo import cast
from tests.patience import PATIENCE
from tests.portal.mailbox.channels.conftest import Person

TOLD = {"title": "まもなくお呼びします：A012", "body": "「お知らせ」へ", "url": "/mailbox", "tag": "t", "lang": "ja"}
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(({ title, body, tag, lang, data }) => ({ title, body, tag, lang, url: data.url }))"""
IS_READY = "async () => (await navigator.serviceWorker.ready).active.state === 'activated'"
# Only the way to a browser maker's push service is missing here: what it would give is given.
WITHOUT_MAKER = "given => { PushManager.prototype.subscribe = async () => ({ toJSON: () => given }); }"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def phone(browser: Browser, hanako: Person, address: str) -> Iterator[Page]:
    """花子's page "How I am told", on a phone of 390 px."""
    with browser.new_context(
        viewport={"width": 390, "height": 844}, permissions=["notifications"], base_url=address, locale="ja-JP"
    ) as context:
        page = context.new_page()
        page.goto("/sign-in?next=/mailbox/channels")
        page.fill("[name=login_id]", cast.HANAKO.login_id)
        page.fill("[name=password]", cast.HANAKO.password)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/mailbox/channels")
        yield page


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_push_message_is_shown_and_nothing_is_asked_before_the_button(
    phone: Page, hanako: Person, address: str
) -> None:
    assert phone.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    phone.evaluate(WITHOUT_MAKER, hanako.push_service.browser("phone").subscription())
    phone.get_by_role("button", name="この端末で通知を受け取る").press("Enter")
    expect(phone.locator(".banner--success")).to_contain_text("保存しました")
    expect(phone.locator("#devices ~ ul li")).to_have_count(1)
    registrations: list[str] = []

    def note(told: dict[str, Any]) -> None:
        known = [one["registrationId"] for one in told["registrations"] if one["scopeURL"] == f"{address}/"]
        registrations.extend(known)

    line = phone.context.new_cdp_session(phone)
    line.on("ServiceWorker.workerRegistrationUpdated", note)
    line.send("ServiceWorker.enable")
    _until(lambda: registrations, phone)
    _until(lambda: phone.evaluate(IS_READY), phone)
    facts = {"origin": address, "registrationId": registrations[0], "data": json.dumps(TOLD)}

    def is_shown() -> bool:
        """Told again where the browser was too busy to hear it: the same tag is the same notification."""
        line.send("ServiceWorker.deliverPushMessage", facts)
        phone.wait_for_timeout(250)
        return bool(phone.evaluate(SHOWN))

    _until(is_shown, phone)
    assert phone.evaluate(SHOWN) == [TOLD]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_phone_shows_push_messages_to_who_signed_out_and_keeps_nothing_typed(phone: Page, hanako: Person) -> None:
    phone.evaluate(WITHOUT_MAKER, hanako.push_service.browser("phone").subscription())
    phone.get_by_role("button", name="この端末で通知を受け取る").press("Enter")
    expect(phone.locator(".banner--success")).to_contain_text("保存しました")
    phone.evaluate("sessionStorage.setItem('draft /x', 'typed')")
    phone.get_by_role("button", name="メニュー").press("Enter")
    with phone.expect_response("**/sign-out") as answered:
        phone.get_by_role("button", name="ログアウト").press("Enter")
    assert answered.value.all_headers()["clear-site-data"] == '"cache"'
    phone.wait_for_url("**/sign-in")
    assert phone.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 1
    assert phone.evaluate("sessionStorage.length") == 0


def _until(found: Callable[[], Any], page: Page) -> None:
    ends = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < ends, "it did not come"
        page.wait_for_timeout(25)  # lets the browser's own messages in
