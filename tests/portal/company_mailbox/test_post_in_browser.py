"""A company's mailbox in a real browser: on a small phone, without scripts, by keyboard; nothing sticks out sideways."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from portal.companies.models import BusinessDelivery
from portal.company_mailbox.post.models import BusinessFile
from portal.core.uow import Database
from portal.demo.business_people import AGENT_NUMBER
from portal.demo.gbizid import Provider
from tests.portal.companies import people as business_people
from tests.portal.company_mailbox import mailboxes
from tests.portal.company_mailbox.mailboxes import OWN, said, send
from tests.portal.files.papers import pdf

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
    """The agent's phone of 390 px; scripts are off, so the last form of the sign-in is pressed."""
    size = {"width": 390, "height": 844}
    with browser.new_context(viewport=size, base_url=address, locale="ja-JP", java_script_enabled=False) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto("/business/sign-in/gbizid?next=/business")
        page.locator("button[value=midori]").click()
        page.locator("form[action='/business/sign-in/finish'] button").press("Enter")
        page.wait_for_url("**/business")
        yield page


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_an_agent_finds_answers_and_writes_for_a_company(phone: Page, database: Database, tmp_path: Path) -> None:
    notice = send(database, [OWN, AGENT_NUMBER], said("reply", options=["はい", "いいえ"]))
    own = mailboxes.company(database)
    phone.get_by_role("link", name="代理するすべての事業者").press("Enter")
    phone.locator("select[name=company]").select_option(str(own))
    phone.locator("input[name=q]").fill("調査")
    phone.locator("input[name=q]").press("Enter")
    expect(phone.locator(".list__row")).to_have_count(1)
    phone.locator(".list__title a").press("Enter")
    expect(phone.locator("h1")).to_have_text("架空の調査")
    phone.locator("input[name=choice][value='1']").press("Space")
    phone.locator("textarea[name=words]").fill("代理で答えます。")
    phone.locator("form[action*='/answer'] button").press("Enter")
    expect(phone.locator(".banner--success")).to_be_visible()
    phone.locator("details:has(textarea[name=body]) summary").press("Enter")
    phone.locator("textarea[name=body]").fill("添付します。")
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(pdf())
    phone.locator("input[name=files]").set_input_files(paper)
    phone.locator("form[action*='/messages'] button").press("Enter")
    expect(phone.locator(".talk__message")).to_have_count(1)
    with database.command("look") as session:
        found = session.get_one(BusinessDelivery, (notice, own))
        assert (found.choice, found.said) == (1, "代理で答えます。")
        assert session.scalars(select(BusinessFile)).one().notice_id == notice


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_nothing_sticks_out_of_a_narrow_phone(browser: Browser, phone: Page, address: str, database: Database) -> None:
    notice = send(database, [OWN, AGENT_NUMBER], said("reply", options=["はい", "いいえ"], confidential=True))
    with browser.new_context(viewport={"width": 320, "height": 640}, base_url=address, locale="ja-JP") as context:
        context.add_cookies(phone.context.cookies())  # type: ignore[arg-type]
        page = context.new_page()
        for path in ("", "/all", "/grants", "/mail", f"/{notice}"):
            page.goto(f"/business/mailbox{path}")
            expect(page.locator("h1")).to_be_visible()
            assert not page.evaluate(WIDER), path
