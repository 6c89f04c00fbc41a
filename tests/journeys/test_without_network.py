"""A ward office loses its line: a real browser goes on, is closed, opened again, and merges once the line is back."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.window import service
from portal.window.models import Ticket
from portal.window.offline.models import MergedStep
from tests import chromium
from tests.journeys import browsers
from tests.journeys.browsers import press
from tests.journeys.day import sign_in_staff
from tests.patience import until
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY
from tests.portal.window.test_window import MONDAY, booked, check_in

OFFLINE = "/staff/window/offline"
ALL_KEPT = """async () => {
  const kept = await caches.open("offline-desk");
  const parts = performance.getEntriesByType("resource").map((one) => one.name).filter((url) => url.includes("/static/"));
  const found = await Promise.all([location.href, ...parts].map((url) => kept.match(url)));
  return parts.length > 10 && found.every(Boolean);
}"""


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


@pytest.fixture
def people(database: Database, cast_staff: None) -> Iterator[list[UUID]]:
    with clock.freeze(MONDAY):
        ids = visits.open_city(database, 6)
    with clock.freeze(TUESDAY):
        yield ids


@pytest.fixture
def office(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def desk(browser: Browser) -> Iterator[BrowserContext]:
    context = browsers.context(browser, browsers.DESK)
    yield context
    context.close()


def _ready(page: Page, office: str) -> None:
    """Sign in, sit down at window 3, and open the page once while there is a line."""
    sign_in_staff(page, office, cast.WINDOW)
    page.goto(f"{office}/staff/window")
    page.locator("input[name=window]").fill("3")
    press(page, "form[action='/staff/window/number'] button")
    page.goto(f"{office}{OFFLINE}")
    expect(page.locator("[data-says=ready]")).to_be_visible()
    until(lambda: page.evaluate(ALL_KEPT), "the page and its parts are kept")


def _number(page: Page, kind: str) -> str:
    page.locator("[data-offers] button", has_text=kind).click()
    return _slip(page)


def _slip(page: Page) -> str:
    expect(page.locator("[data-print-slip]")).to_be_focused()
    return page.locator("[data-slip-number]").inner_text()


def _scan(page: Page, reference: str) -> None:
    """A scanner types and presses Enter."""
    page.locator("#reference").focus()
    page.keyboard.type(reference.replace("-", "").lower())
    page.keyboard.press("Enter")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_desk_goes_on_without_network(
    database: Database, people: list[UUID], office: str, desk: BrowserContext
) -> None:
    first, second = booked(database, people[0]), booked(database, people[1], state="ready")
    sent: list[str] = []
    desk.on("request", lambda asked: sent.append(asked.post_data or "") if asked.url.endswith("/merge") else None)
    page = desk.new_page()
    _ready(page, office)

    missing: list[str] = []
    desk.on("requestfailed", lambda asked: None if asked.service_worker else missing.append(asked.url))
    desk.set_offline(True)
    page.goto(f"{office}/staff/window")  # whatever page of the window is asked for, the kept one answers
    expect(page.locator("[data-says=lost]")).to_be_visible()
    numbers = [_number(page, kind) for kind in ("総合窓口", "税", "総合窓口")]
    own = numbers[0][1:3]  # the block of this browser
    assert numbers == [f"A{own}01", f"H{own}01", f"A{own}02"]
    assert int(own) >= 10
    for booking, label in ((first, f"A{own}71"), (second, f"E{own}01"), (second, f"E{own}01")):
        _scan(page, booking.reference)
        expect(page.locator("[data-print-slip]")).to_be_focused()  # done: until then the keyboard still moves
        expect(page.locator("[data-slip-number]")).to_have_text(label)
    expect(page.locator("[data-count]")).to_have_text("5")
    _scan(page, "K7QM-3XPR-T2WX")
    expect(page.locator("[data-refusal]")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page.locator("[data-current]")).to_have_text(f"E{own}01")
    assert [chromium.named(one) for one in chromium.barriers(page)] == []
    page.close()
    assert [url for url in missing if "/static/" in url] == []  # whatever the page is made of was kept

    page = desk.new_page()
    page.goto(f"{office}{OFFLINE}")
    expect(page.locator("[data-current]")).to_have_text(f"E{own}01")
    page.locator("[data-at=start]").click()
    page.locator("#document").select_option("passport")
    page.locator("[data-at=served]").click()
    page.locator("[data-do=next]").click()
    expect(page.locator("[data-current]")).to_have_text(f"A{own}71")
    page.locator("[data-sign-out] button").click()
    expect(page.locator("[data-leaving]")).to_be_visible()
    page.locator("[data-stay]").click()
    with clock.freeze(TUESDAY + timedelta(minutes=20)):
        kiosk = check_in(database, first).label

    with clock.freeze(TUESDAY + timedelta(minutes=30)):
        desk.set_offline(False)
        expect(page.locator("[data-says=signed-out]")).to_be_visible()  # the session ended meanwhile
        press(page, "[data-says=signed-out] a")
        page.locator("input[name=login_id]").fill(cast.WINDOW.login_id)
        page.locator("input[name=password]").fill(cast.WINDOW.password)
        press(page, "main button[type=submit]")
        expect(page.locator("[data-says=conflicts]")).to_be_visible()
        with database.command("look") as session:
            states = {one.label: one.state for one in session.scalars(select(Ticket))}
            merged = session.scalar(select(func.count()).select_from(MergedStep))
            board = [(call.ticket, call.window) for call in service.board(session, "chuo").calls]
        assert states == {**dict.fromkeys(numbers, "waiting"), f"E{own}01": "served", kiosk: "called"}
        assert (merged, board) == (9, [(kiosk, 3)])
        body = sent[0]
        again = page.evaluate(
            """async ([path, body]) => {
              const { csrf } = await (await fetch(`${path}/state`)).json();
              const headers = { "X-CSRF-Token": csrf, "Content-Type": "application/json" };
              return (await fetch(`${path}/merge`, { method: "POST", headers, body })).json();
            }""",
            [OFFLINE, body],
        )
        assert [one["outcome"] for one in again["steps"]].count("conflict") == 1
        press(page, "[data-says=conflicts] a")
        expect(page.locator("main")).to_contain_text(kiosk)
        with database.command("look") as session:
            assert session.scalar(select(func.count()).select_from(MergedStep)) == 9
            assert session.scalar(select(func.count()).select_from(Ticket)) == 5
