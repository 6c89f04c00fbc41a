"""Pages of cards in every state, as a browser shows them: nothing axe holds against them, none wider than a small phone."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Route, expect
from playwright.sync_api import Page as BrowserPage
from sqlalchemy import delete, update

from portal.cards.models import CardContent, CardLogRecord, CardVisit, CityCard
from portal.config import Settings
from portal.core import clock
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cards as demo_cards
from portal.demo import cast
from tests.browser import Visitor
from tests.chromium import barriers, named
from tests.conftest import ResidentClient, StaffClient
from tests.portal.cards.desk import Reader, Window, id_of

Show = Callable[[Visitor, str], BrowserPage]
ABSENT = "カードリーダーのプログラムが応答しません"


@pytest.fixture
def show(browser: Browser) -> Iterator[Show]:
    """Opens a page as the visitor is shown it; what the browser asks for, the portal answers in this process."""
    made = []

    def opened(visitor: Visitor, path: str) -> BrowserPage:
        context = browser.new_context(locale="ja-JP", viewport={"width": 320, "height": 700})
        made.append(context)
        context.route("**/*", lambda route: _answer(visitor.client, route))
        page = context.new_page()
        page.goto(f"http://localhost{path}")
        return page

    yield opened
    for context in made:
        context.close()


def _answer(client: FlaskClient, route: Route) -> None:
    asked = route.request
    parts = urlsplit(asked.url)
    if parts.port == 8200:  # the card reader program does not run
        route.abort()
        return
    headers = {name: text for name, text in asked.headers.items() if name in ("content-type", "accept", "x-csrf-token")}
    answer = client.open(
        parts.path + (f"?{parts.query}" if parts.query else ""),
        method=asked.method, data=asked.post_data_buffer, headers=headers, follow_redirects=True,
    )  # fmt: skip
    route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.get_data())


def is_sound(page: BrowserPage) -> BrowserPage:
    assert [named(one) for one in barriers(page)] == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 320, f"{page.url} is {width} wide"
    return page


@pytest.fixture
def town(database: Database, settings: Settings, cast_residents: None) -> None:
    with database.command("demo") as session:
        demo_cards.load(session, settings)


def of_hanako(database: Database, **values: object) -> None:
    """Her card in another state."""
    holder = id_of(database, cast.HANAKO)
    with database.command("test") as session:
        session.execute(update(CityCard).where(CityCard.resident_id == holder).values(**values))


def test_my_card_has_no_barriers_in_any_state(
    database: Database, town: None, resident_client: ResidentClient, show: Show
) -> None:
    hanako = resident_client("hanako")
    is_sound(show(hanako, "/my-card"))
    holder, now = id_of(database, cast.HANAKO), clock.now()
    with database.command("test") as session:
        card = session.query(CityCard).filter(CityCard.resident_id == holder).one().id
        session.add(
            CardVisit(id=new_id(), card_id=card, service="library", terminal="中央図書館 1階カウンター", at=now)
        )
        for number, (kvn, op, tag) in enumerate(
            (("11", "read", "FF61"), ("21", "written", "3FFF"), ("10", "suspended", ""))
        ):
            log = {"number": number, "kvn": kvn, "op": op, "tag": tag, "at": now + timedelta(hours=number)}
            session.add(CardLogRecord(card_id=card, kept_at=now, terminal="LIB-0007" if number == 0 else "CHUO", **log))
    page = is_sound(show(hanako, "/my-card"))
    said = page.locator("section:has(> #log) table").inner_text()
    assert "中央図書館" in said, "the place, as the terminal told it"
    assert "市のカード担当" in said
    assert "中央区役所" in said
    assert "LIB-0007" not in said
    for state in (
        {"stopped_at": now, "why": "lost"}, {"suspended_at": now}, {"stopped_at": None, "why": ""},
        {"ended_at": now, "stopped_at": now, "why": "returned"},
    ):  # fmt: skip
        of_hanako(database, **state)
        is_sound(show(hanako, "/my-card"))
    with database.command("test") as session:
        session.execute(delete(CardContent))
        session.execute(delete(CardVisit))
    is_sound(show(hanako, "/my-card"))


def test_what_she_writes_and_does_there_has_no_barriers(
    database: Database, town: None, resident_client: ResidentClient, show: Show
) -> None:
    hanako = resident_client("hanako")
    for path in ("/my-card/stop", "/my-card/emergency/withdraw"):
        is_sound(show(hanako, path))
    for path in ("/my-card/emergency", "/my-card/shelter"):
        page = is_sound(show(hanako, path))
        for box in page.locator("main textarea").all():
            box.fill("")
        page.locator("main form button.button--primary").click()
        page.locator("#error-summary").wait_for()
        is_sound(page)
    page = is_sound(show(hanako, "/my-card/log"))
    page.locator("[data-city-card-start]").click()
    expect(page.locator("[data-city-card-status]")).to_contain_text(ABSENT)
    is_sound(page)


def test_the_sign_in_by_card_has_no_barriers(app: Flask, town: None, show: Show) -> None:
    page = is_sound(show(Visitor(app), "/sign-in/card"))
    page.locator("[data-bridge-start]").click()
    expect(page.locator("[data-bridge-status]")).to_contain_text(ABSENT)
    is_sound(page)
    page.evaluate("document.querySelector('form[data-bridge]').submit()")  # with a card that could not be read
    page.locator(".banner--error").wait_for()
    is_sound(page)


def test_the_desk_of_city_cards_has_no_barriers_and_shows_what_cannot_be_used(
    database: Database, town: None, staff_client: StaffClient, show: Show
) -> None:
    window = Window(staff_client(Role.WINDOW), Reader())
    place = f"/staff/cards/{id_of(database, cast.HANAKO)}"
    page = is_sound(show(window.visitor, place))
    button = page.locator("fieldset button")
    assert button.is_disabled()
    assert button.evaluate("one => getComputedStyle(one).borderTopStyle") == "dashed"
    assert button.evaluate("one => getComputedStyle(one).cursor") == "not-allowed"
    window.check_identity()
    page = is_sound(show(window.visitor, place))
    assert page.locator("fieldset button").evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"
    page.locator("#number-library").fill("!?")
    page.locator("#number-points").fill("あ")
    page.locator("fieldset button").click()
    page.locator("#error-summary").wait_for()
    is_sound(page)
    assert page.locator("#error-summary a").all_inner_texts()[0].startswith("図書館：")
    assert page.locator("[aria-invalid=true]").count() == 2
    assert page.locator("#number-library").get_attribute("aria-describedby") == "number-library-error"
    for state in (
        {"stopped_at": clock.now(), "why": "lost"},
        {"suspended_at": clock.now()},
        {"stopped_at": None, "why": ""},
    ):
        of_hanako(database, **state)
        is_sound(show(window.visitor, place))
