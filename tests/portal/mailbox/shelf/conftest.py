"""A portal on a port, a phone of its own, and letters in mailboxes: for what a device keeps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.core import clock
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.demo import cast
from portal.mailbox.models import Delivery, Notice
from portal.residents import service as residents
from tests.journeys import browsers
from tests.patience import until

SECTION = new_id()


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class City:
    """Puts letters into mailboxes of the cast."""

    database: Database

    def id_of(self, person: cast.Resident) -> UUID:
        with self.database.command("look") as session:
            found = residents.find_by_number(session, person.addressee_number)
            assert found
            return found.id

    def put(self, person: cast.Resident, title: str, body: str = "本文です。", **facts: Any) -> UUID:
        """A letter of a section in one mailbox; returns its id."""
        owner, now = self.id_of(person), clock.now()
        usual = {"kind": "information", "state": "sent", "section": "保険年金課", "section_id": SECTION}
        texts = {"ja": {"title": title, "body": body}}
        with self.database.command("put") as session:
            notice = Notice(**usual | {"texts": texts, "written_at": now, "sent_at": now} | facts)
            session.add(notice)
            session.flush()
            session.add(Delivery(resident_id=owner, notice_number=notice.number, delivered_at=now))
            return notice.id

    def withdraw(self, notice_id: UUID) -> None:
        with self.database.command("withdraw") as session:
            session.query(Notice).where(Notice.id == notice_id).one().state = "withdrawn"


@pytest.fixture
def city(database: Database, cast_residents: None) -> City:
    return City(database)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=address, locale="ja-JP", timezone_id="Asia/Tokyo"
    )
    yield context
    context.close()


def sign_in(page: Page, person: cast.Resident, then: str = "/mailbox") -> None:
    page.goto(f"/sign-in?next={then}")
    page.locator("[name=login_id]").fill(person.login_id)
    page.locator("[name=password]").fill(person.password)
    browsers.press(page, "main form.form button[type=submit]")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="メニュー").press("Enter")
    with page.expect_navigation(url="**/sign-in"):
        page.get_by_role("button", name="ログアウト").press("Enter")


def open_letter(page: Page, notice_id: UUID) -> None:
    page.goto(f"/mailbox/{notice_id}")
    expect(page.locator("[data-shelf]")).to_have_attribute("data-ready", "")


def keep(page: Page, notice_id: UUID) -> None:
    """Keep a letter by keyboard; who does so for the first time says that the device is theirs."""
    open_letter(page, notice_id)
    page.locator("[data-shelf-keep] button").press("Enter")
    sure = page.locator("[data-shelf-yes]")
    if page.evaluate("localStorage.getItem('shelf')") is None:
        expect(sure).to_be_focused()
        sure.press("Enter")
    expect(page.locator("[data-shelf-kept]")).to_be_visible()


ROWS = """async () => {
  const known = (await indexedDB.databases()).some((one) => one.name === "shelf");
  if (!known) return 0;
  const opened = await new Promise((done) => { indexedDB.open("shelf").onsuccess = (event) => done(event.target.result); });
  let rows = 0;
  for (const name of opened.objectStoreNames) {
    rows += await new Promise((done) => {
      opened.transaction(name).objectStore(name).count().onsuccess = (event) => done(event.target.result);
    });
  }
  opened.close();
  return rows;
}"""


def rows(page: Page) -> int:
    """How much lies in the browser's store: key, facts, letters, files."""
    found: int = page.evaluate(ROWS)
    return found


def is_wiped(page: Page) -> None:
    until(
        lambda: rows(page) == 0 and page.evaluate("localStorage.getItem('shelf')") is None, "nothing is kept any more"
    )


Deed = Callable[[Page], None]
