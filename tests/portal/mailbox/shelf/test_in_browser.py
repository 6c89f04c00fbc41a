"""Letters kept on a phone: read without a line, and gone whenever they must be."""

import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from portal.core.uow import Database
from portal.demo import cast
from portal.files import service as files
from portal.mailbox.attachments import service as attachments
from portal.mailbox.models import Notice
from portal.web.hall import Hall
from tests import chromium
from tests.browser import Visitor
from tests.portal.mailbox.shelf.conftest import City, is_wiped, keep, open_letter, rows, sign_in, sign_out

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
HELD = "[data-shelf-rows] li"
SECRET = "架空の保険証は窓口で"


def without_line(page: Page, path: str = "/mailbox") -> None:
    page.context.set_offline(True)
    page.goto(path)
    expect(page.locator("[data-says=lost]")).to_be_visible()


def barriers(page: Page) -> list[str]:
    return [chromium.named(one) for one in chromium.barriers(page)]


def with_picture(database: Database, app: Any, notice_id: UUID) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(drawn, "PNG")
    hall: Hall = app.extensions["portal"]
    with database.command("attach") as session:
        notice = session.query(Notice).where(Notice.id == notice_id).one()
        notice.state = "draft"
        session.flush()
        prepared = files.prepare("図.png", drawn.getvalue(), megabytes=attachments.MEGABYTES, scan=None)
        attachments.attach(session, hall.settings.file_ring, notice, prepared, alt="青い図")
        notice.state = "sent"


def test_a_kept_letter_is_read_without_a_line_whatever_page_is_asked_for(
    city: City, phone: BrowserContext, database: Database, app: Any
) -> None:
    letter, other = city.put(cast.HANAKO, "保険証のお知らせ", SECRET), city.put(cast.HANAKO, "ほかのお知らせ")
    with_picture(database, app, letter)
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    keep(page, letter)
    assert barriers(page) == []
    without_line(page, "/")
    expect(page.locator(HELD)).to_have_count(1)
    assert SECRET not in page.content()
    assert barriers(page) == []
    page.get_by_role("link", name="保険証のお知らせ").press("Enter")
    expect(page.locator("article h2")).to_be_focused()
    expect(page.locator("[data-text]")).to_have_text(SECRET)
    picture = page.get_by_role("img", name="青い図")
    expect(picture).to_be_visible()
    assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") == 40
    assert barriers(page) == []
    page.goto(f"/mailbox/{letter}")
    expect(page.locator("[data-text]")).to_have_text(SECRET)
    page.goto(f"/mailbox/{other}")
    expect(page.locator(HELD)).to_have_count(1)
    assert page.locator("article").count() == 0
    phone.set_offline(False)
    expect(page.locator("[data-says=back]")).to_be_visible()
    page.get_by_role("link", name="お知らせへ").press("Enter")
    expect(page.locator("h1")).to_have_text("お知らせ")


def test_what_lies_in_the_browser_cannot_be_read_without_its_key(city: City, phone: BrowserContext) -> None:
    letter = city.put(cast.HANAKO, "保険証のお知らせ", SECRET)
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    keep(page, letter)
    told = page.evaluate(
        """async () => {
          const opened = await new Promise((done) => { indexedDB.open("shelf").onsuccess = (e) => done(e.target.result); });
          const get = (store, how, key) => new Promise((done) => {
            opened.transaction(store).objectStore(store)[how](key).onsuccess = (e) => done(e.target.result);
          });
          const [row] = await get("letters", "getAll");
          const key = await get("facts", "get", "key");
          opened.close();
          const raw = await crypto.subtle.exportKey("raw", key).then(() => "taken out", () => "stays");
          return [Object.keys(row).sort(), new TextDecoder().decode(row.sealed), raw];
        }"""
    )
    assert told[0] == ["files", "id", "iv", "sealed", "until"]
    assert "保険証" not in told[1]
    assert told[2] == "stays"


def test_signing_out_takes_everything_off(city: City, phone: BrowserContext) -> None:
    letter = city.put(cast.HANAKO, "保険証のお知らせ", SECRET)
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    keep(page, letter)
    assert rows(page) == 3
    sign_out(page)
    assert rows(page) == 0
    is_wiped(page)
    assert page.evaluate("caches.has('shelf')") is False
    phone.set_offline(True)
    with pytest.raises(Exception, match=r"ERR_(INTERNET_DISCONNECTED|FAILED)"):
        page.goto("/mailbox")


def test_signed_out_before_the_script_had_come_the_next_page_takes_it_off(city: City, phone: BrowserContext) -> None:
    letter = city.put(cast.HANAKO, "保険証のお知らせ", SECRET)
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    keep(page, letter)
    page.evaluate("document.querySelector('form[data-sign-out]').submit()")  # no script hears of it
    page.wait_for_url("**/sign-in")
    is_wiped(page)


def test_signed_out_from_elsewhere_the_device_forgets_when_it_has_a_line(
    city: City, phone: BrowserContext, app: Any
) -> None:
    letter = city.put(cast.HANAKO, "保険証のお知らせ", SECRET)
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    keep(page, letter)
    without_line(page)
    elsewhere = Visitor(app)
    door = elsewhere.get("/sign-in?next=/account")
    there = elsewhere.submit(door, "/sign-in", login_id=cast.HANAKO.login_id, password=cast.HANAKO.password)
    assert there.path == "/account"
    elsewhere.submit(elsewhere.get("/account/places/end-others"), "/account/places/end-others")
    expect(page.locator(HELD)).to_have_count(1)  # nobody can tell it yet
    phone.set_offline(False)
    page.goto("/sign-in")
    is_wiped(page)


def test_another_person_on_the_same_tablet_finds_nothing(city: City, phone: BrowserContext) -> None:
    letter = city.put(cast.HANAKO, "保険証のお知らせ", SECRET)
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    keep(page, letter)
    phone.clear_cookies()  # the session is over, nobody signed out
    page.goto("/")
    assert rows(page) == 3
    sign_in(page, cast.TARO)
    is_wiped(page)


def test_a_letter_goes_when_it_is_withdrawn_or_put_away_and_the_others_stay(
    city: City, phone: BrowserContext, database: Database
) -> None:
    letters = [city.put(cast.HANAKO, title) for title in ("一つ目", "二つ目", "三つ目")]
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    for letter in letters:
        keep(page, letter)
    city.withdraw(letters[0])
    page.goto("/mailbox/shelf")
    expect(page.locator(HELD)).to_have_count(2)
    open_letter(page, letters[1])
    with page.expect_navigation():
        page.locator("form[action='/mailbox/tidy'] button[value=archive]").press("Enter")
    page.goto("/mailbox/shelf")
    expect(page.locator(HELD)).to_have_count(1)
    expect(page.locator(HELD)).to_contain_text("三つ目")
    assert barriers(page) == []
    page.locator(f"{HELD} button").press("Enter")
    expect(page.locator("[data-shelf-none]")).to_be_visible()
    expect(page.locator("[data-shelf-heading]")).to_be_focused()
    assert rows(page) == 2  # the device may keep the next one


def test_two_tabs_agree(city: City, phone: BrowserContext) -> None:
    letters = [city.put(cast.HANAKO, title) for title in ("一つ目", "二つ目")]
    first, second = phone.new_page(), phone.new_page()
    sign_in(first, cast.HANAKO)
    keep(first, letters[0])
    second.goto("/mailbox/shelf")
    expect(second.locator(HELD)).to_have_count(1)
    keep(first, letters[1])
    expect(second.locator(HELD)).to_have_count(2)
    without_line(second)
    second.get_by_role("link", name="二つ目").press("Enter")
    expect(second.locator("article")).to_have_count(1)
    phone.set_offline(False)
    sign_out(first)
    expect(second.locator("article")).to_have_count(0)
    expect(second.locator("[data-shelf-none]")).to_be_visible()


def test_a_letter_is_kept_in_the_language_it_was_read_in(city: City, phone: BrowserContext) -> None:
    texts = {"ja": {"title": "健診", "body": "本文"}, "ko": {"title": "검진", "body": "내용입니다"}}
    letter = city.put(cast.HANAKO, "", texts=texts)
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    page.goto("/mailbox?lang=ko")
    keep(page, letter)
    without_line(page, f"/mailbox/{letter}")
    assert page.evaluate("document.documentElement.lang") == "ko"
    expect(page.locator("article h2")).to_have_text("검진")
    assert page.locator("article h2").get_attribute("lang") == "ko"
    expect(page.locator("[data-text]")).to_have_text("내용입니다")


def test_what_is_over_its_time_is_gone_also_without_a_line(city: City, phone: BrowserContext) -> None:
    letter = city.put(cast.HANAKO, "保険証のお知らせ")
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    keep(page, letter)
    phone.add_init_script("const now = Date.now; Date.now = () => now() + 15 * 86_400_000;")
    page.context.set_offline(True)
    page.goto("/mailbox")
    expect(page.locator("[data-shelf-none]")).to_be_visible()
    assert rows(page) == 0


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (
            "ServiceWorkerContainer.prototype.register = () => Promise.reject(new Error())",
            "保存を許可",
        ),
        ("delete window.caches", "このブラウザーでは"),
        ("IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError') }", "保存を許可"),
    ],
    ids=["worker refused", "no cache storage", "no store"],
)
def test_a_browser_that_keeps_nothing_says_so(city: City, phone: BrowserContext, broken: str, words: str) -> None:
    letter = city.put(cast.HANAKO, "保険証のお知らせ")
    phone.add_init_script(broken)
    page = phone.new_page()
    sign_in(page, cast.HANAKO)
    open_letter(page, letter)
    if "caches" not in broken:
        page.locator("[data-shelf-keep] button").press("Enter")
        page.locator("[data-shelf-yes]").press("Enter")
    expect(page.locator("[data-shelf]")).to_contain_text(words)
    assert page.locator("[data-shelf-kept]").is_hidden()
