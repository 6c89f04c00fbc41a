"""花子 signs in at home: browser, portal, bridge, pcscd and her card, all real; only the bridge sees the PIN."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from card_reader.bridge import Bridge
from card_reader.loopback import LoopbackServer
from card_reader.pcsc import open_card
from card_reader.sessions import jpki
from card_reader.simulator.authority import Authority
from portal.accounts import service
from portal.config import Settings
from portal.core.uow import Database
from portal.demo import cast
from portal.devices.service import recognise
from portal.residents import service as residents
from portal.web.hall import Hall
from tests import serving
from tests.card_reader.conftest import Insert
from tests.card_reader.readers import Readers, card_arrives, free_pair

pytestmark = pytest.mark.pcsc

PAIRING = "pairing-token-of-this-test-and-of-no-other"
READER = "Test Kiosk"


@pytest.fixture
def home(
    app: Flask, settings: Settings, database: Database, cast_residents: None, authority: Authority,
    card_templates: dict[str, dict[str, Any]],
) -> Iterator[tuple[str, int]]:  # fmt: skip
    """The portal on a free port, 花子's card registered; where her bridge is expected to listen."""
    port = free_pair()
    (settings.state_dir / "bridge.pairing").write_text(PAIRING)
    told = {"card_ca_file": authority.folder / "ca.pem", "bridge_url": f"http://127.0.0.1:{port}", "demo": True}
    trusting = settings.model_copy(update=told)
    app.extensions["portal"] = Hall(trusting, database, recognise)
    file = card_templates["hanako"]["applications"]["jpki"]["files"][f"{jpki.AUTH_CERTIFICATE:04X}"]
    with database.command("enrol") as session:
        person = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert person
        service.enrol_card(session, person.resident_id, base64.b64decode(file), trusting.card_ca)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving.begin(server)
    yield f"http://127.0.0.1:{server.server_port}", port
    serving.end(server)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="ja-JP", viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def type_pin(page: Page, bridge: str, pin: str) -> Page:
    with page.expect_popup() as opened:
        page.locator("[data-bridge-start]").click()
    prompt = opened.value
    prompt.wait_for_url(f"{bridge}/**")
    prompt.locator("#pin").fill(pin)
    return prompt


def test_she_signs_in_with_card_and_pin(home: tuple[str, int], page: Page, insert: Insert, readers: Readers) -> None:
    origin, port = home
    page.goto(f"{origin}/sign-in?next=/account")
    page.locator("a[href^='/sign-in/card']").click()
    page.locator("[data-bridge-start]").click()
    expect(page.locator("[data-bridge-status]")).to_contain_text(origin)  # what to start, and what it must allow
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    insert()
    card_arrives(READER)
    bridge = LoopbackServer(
        port, Bridge(lambda: open_card(READER), lambda: {"card": True}, origins=(origin,), pairing=PAIRING)
    )
    serving.begin(bridge)
    try:
        prompt = type_pin(page, bridge.url, "9999")
        prompt.locator("button[value=confirm]").click()
        expect(prompt.locator("[role=alert]")).to_be_visible()
        prompt.locator("#pin").fill("1234")
        prompt.locator("button[value=confirm]").click()
        page.wait_for_url(f"{origin}/account")
    finally:
        serving.end(bridge)
    expect(page.locator(".menu__who")).to_contain_text(cast.HANAKO.name)
    assert not [one for one in sent if re.search(r"\b(9999|1234)\b", one)], "no page of the portal sees a PIN"
