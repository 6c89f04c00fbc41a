"""Every page anybody can reach by links, in a real browser: axe, a small phone, sound HTML, one heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Response
from sqlalchemy import update
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.app import create_app, open_database
from portal.certificates.service import Kind
from portal.config import Settings
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.gbizid import Provider
from portal.demo.load import furnish, load_city
from portal.mailbox import service as mailbox
from portal.residents import service as residents
from portal.web.i18n import LANGUAGES
from portal.web.room import Door
from portal.web.signed_in import WebSession
from tests import chromium, serving
from tests.beginnings import Beginnings
from tests.browser import check_html
from tests.journeys.browsers import PHONE, context, fill_date, press
from tests.journeys.day import sign_in_staff
from tests.portal.companies import people as business_people

pytestmark = pytest.mark.journey

KEY_PAGES = ("/", "/mailbox", "/procedures/child-allowance", "/my-data/looks", "/account")
NARROW = {"width": 320, "height": 640}
ROLES = (Role.SENDER, Role.PROCESSOR, Role.WINDOW, Role.OPERATOR, Role.BUYING_CHIEF, Role.POINTS_CHIEF)
LAWFUL = re.compile(r"wcag\d+a{1,2}$")
# Pages of one kind: of one thing by its id or number, and of guides and programmes, which differ in words only.
UNIQUE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/guide/)[a-z-]+(?=/|$)|(?<=/guidance/programmes/)[a-z0-9-]+"
    r"|(?<=/tenders/)[0-9A-Z]{4}-[0-9A-Z-]{9}|(?<=/corporations/)\d+"
)
# What a link downloads, or answers to programs only.
NO_PAGES = re.compile(
    r"\.(ics|json|csv|js|webmanifest|atom|pdf|cbor|pem)$|^/(api/.*|healthz|points/coupon-key|emergency/now|open/kkj|postal-codes|openapi\.json|\.well-known/.*|board/\w+/state|number/[^/]+/slip|certificates/.*/receipt|mailbox/[^/]+/files?(/.*)?|business/mailbox/[^/]+/files/.*|staff/company-notices/.*/files/.*|(business|staff)/tenders/[^/]+/papers/[0-9a-f-]{36})$"
)
# Pages about something that is named by the page that leads there.
ABOUT_SOMETHING = {
    "/mail/stop",
    "/business/mail/stop",
    "/business/sign-in/gbizid",
    "/business/sign-in/back",
    "/business/company/close",  # a sole proprietor's
    *(f"/reservations/{name}" for name in ("new", "first", "held", "waiting/new")),
}
LINKS = "links => links.map(link => link.href)"


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A line for every stylesheet helps nobody."""


@pytest.fixture(scope="module")
def app(beginnings: Beginnings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A furnished demo city; its residents have notices, so that pages have something on them."""
    folder = tmp_path_factory.mktemp("pages")
    with beginnings.copy("sqlite", folder) as url:
        settings = Settings(
            state_dir=folder,
            database_url=url,
            exchange_url="http://127.0.0.1:9",  # its page is looked at; nobody exchanges here
            exchange_name="デモポイント",
        )
        database = open_database(settings)
        with ThreadPoolExecutor(1) as beside:  # sealing a certificate needs a thread in which no event loop runs
            beside.submit(settle, settings, database).result()
        yield create_app(settings, database)
        database.close()


def settle(settings: Settings, database: Database) -> None:
    with database.command("demo") as session:
        load_city(session, residents=200)
        furnish(session, settings)
        hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert hanako
        mailbox.tell(
            session,
            hanako.resident_id,
            key="pages",
            section=cast.SENDER.section,
            title="Please correct your application %(reference)s",
            body="Everything was checked.\n\nThe visit will be short.",
            facts={"reference": "XV77-GXEE-FGH7"},
        )


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    serving.begin(server)
    yield f"http://localhost:{server.server_port}"
    serving.end(server)


@dataclass
class Walk:
    """Follows every kind of link once and writes down what is wrong on the way."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def everywhere(self, starts: list[str]) -> None:
        waiting = list(starts)
        while waiting:
            path = waiting.pop(0)
            kind = UNIQUE.sub("*", path)
            if kind in self.seen or NO_PAGES.search(path):
                continue
            self.seen.add(kind)
            if self.look(path):
                waiting += self._links()

    def look(self, path: str) -> bool:
        """Open one page and judge it; whether it was a page."""
        answer = self.page.goto(self.address + path)
        assert answer
        if answer.status >= 400:
            self.faults.append(f"{path}: {answer.status}")
            return False
        self._judge(path, answer)
        return True

    def _judge(self, path: str, answer: Response) -> None:
        try:
            check_html(answer.text())
        except AssertionError as error:
            self.faults.append(f"{path}: {error}")
        for one in chromium.barriers(self.page):
            if one["impact"] in ("serious", "critical") or any(LAWFUL.match(tag) for tag in one["tags"]):
                self.faults.append(f"{path}: {chromium.named(one)}")
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        if (wide := self.page.evaluate("document.documentElement.scrollWidth")) > NARROW["width"]:
            self.faults.append(f"{path}: {wide} px wide")
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]

    def _links(self) -> list[str]:
        links: list[str] = self.page.locator("a[href]").evaluate_all(LINKS)
        parts = [urlsplit(link) for link in links if link.startswith(self.address)]
        return [part.path for part in parts]


@pytest.fixture
def walk(browser: Browser, address: str) -> Iterator[Walk]:
    profile = context(browser, PHONE)
    yield Walk(profile.new_page(), address)
    profile.close()


def doors_without_parameters(app: Flask, access: str) -> list[str]:
    doors: list[Door] = app.extensions["doors"]
    return [
        door.path
        for door in doors
        if "GET" in door.methods and "<" not in door.path and str(door.access).startswith(access)
    ]


def sign_in(walk: Walk, person: cast.Resident) -> None:
    walk.page.goto(f"{walk.address}/sign-in")
    walk.page.locator("input[name=login_id]").fill(person.login_id)
    walk.page.locator("input[name=password]").fill(person.password)
    press(walk.page, "main form.form button[type=submit]")


def test_strangers(walk: Walk, app: Flask) -> None:
    walk.everywhere([path for path in doors_without_parameters(app, "public") if path not in ABOUT_SOMETHING])
    assert walk.faults == []
    assert "/sign-in" in walk.seen


def test_a_resident(walk: Walk, app: Flask) -> None:
    sign_in(walk, cast.HANAKO)
    walk.page.goto(f"{walk.address}/procedures/moving-within-city")
    press(walk.page, "main form[action$='/start'] button")
    walk.everywhere([path for path in doors_without_parameters(app, "resident") if path not in ABOUT_SOMETHING])
    assert walk.faults == []
    assert {"/mailbox/*", "/applications/*/steps/move"} <= walk.seen


def test_certificates_from_home(walk: Walk, app: Flask) -> None:
    """With a passkey: every kind, what is not paid yet, what is paid at a window, what lies in the mailbox, as data."""
    sign_in(walk, cast.HANAKO)
    with app.extensions["portal"].database.command("passkey") as session:
        session.execute(update(WebSession).values(assurance=2))
    walk.everywhere(["/certificates/order"])
    for purpose, ways in (("general", ["window"]), ("pension", [])):
        walk.look("/certificates/order/resident-record")
        walk.page.locator(f"input[name=purpose][value={purpose}]").check()
        press(walk.page, "main form.form button[type=submit]")
        walk.look(urlsplit(walk.page.url).path)
        for way in ways:
            walk.page.locator(f"input[name=way][value={way}]").check()
        press(walk.page, "main form[action$='/pay'] button")
        walk.look(urlsplit(walk.page.url).path)
    walk.look(urlsplit(walk.page.url).path + "/data")
    assert walk.faults == []
    assert {f"/certificates/order/{kind}" for kind in Kind} <= walk.seen


def test_a_company(walk: Walk, app: Flask, gbizid: Provider) -> None:
    """Through gBizID and back: the last form of the sign-in is sent by the page itself."""
    business_people.trust(app, gbizid)
    walk.page.goto(f"{walk.address}/business/sign-in/gbizid")
    walk.page.locator("button[value=shoko]").click()
    walk.page.wait_for_url(f"{walk.address}/business")
    doors = set(doors_without_parameters(app, "business"))
    walk.everywhere(sorted(doors - {"/business/company/close"}))  # a corporation ends in the national register
    assert walk.faults == []
    assert {
        "/business/mailbox/*",
        "/business/mailbox/grants",
        "/business/mailbox/grants/*/give",
        "/business/mailbox/labels",
        "/business/mailbox/mail",
        "/business/tenders/*",
        "/business/qualifications",
    } <= walk.seen


def test_the_code_of_a_paper_opens_its_answer_on_a_strangers_phone(walk: Walk, browser: Browser) -> None:
    """The script fills the form from what stands behind "#", and takes it out of the address."""
    sign_in(walk, cast.TARO)
    walk.look("/certificates")
    walk.look(urlsplit(walk.page.locator("main .list a").evaluate("link => link.href")).path)
    code = walk.page.locator("main a[href^='/verify#']").get_attribute("href")
    assert code
    phone = context(browser, PHONE).new_page()
    phone.goto(walk.address + code)
    phone.wait_for_selector("dl.summary")
    assert phone.url == f"{walk.address}/verify"
    assert cast.TARO.name not in phone.locator("body").inner_text()
    born = cast.TARO.birth_date
    fill_date(phone, "born", born.year, born.month, born.day)
    phone.locator("main form button[type=submit]").click()
    phone.wait_for_selector(".banner--success ~ .banner--success")
    assert [one["id"] for one in chromium.barriers(phone) if any(LAWFUL.match(tag) for tag in one["tags"])] == []
    phone.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert phone.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert walk.faults == []
    phone.context.close()


@pytest.mark.parametrize("role", ROLES)
def test_staff(walk: Walk, app: Flask, role: Role) -> None:
    person = next(someone for someone in cast.STAFF if role in someone.roles)
    sign_in_staff(walk.page, walk.address, person)
    walk.everywhere(["/staff/"])
    assert walk.faults == []
    assert len(walk.seen) > 1


def send(walk: Walk, form: str = "main form.form", **typed: str) -> None:
    """Fill in and press; what comes is judged like a page that was opened."""
    for name, value in typed.items():
        walk.page.locator(f"{form} [name='{name}']").fill(value)
    press(walk.page, f"{form} button[type=submit]")
    if barriers := [chromium.named(one) for one in chromium.barriers(walk.page) if one["impact"] != "minor"]:
        walk.faults.append(f"{walk.page.url}: {barriers}")


def test_a_shop_and_a_family(walk: Walk) -> None:
    """The shop of the cast: its counter, its statements; forms that were sent empty or wrong."""
    sign_in(walk, cast.ICHIRO)
    walk.everywhere(["/points/shops"])
    for path, typed in (
        ("/points/shops/apply", {"holder": "緑"}),
        ("/points/codes", {"code": "0000"}),
        ("/points/exchange", {}),
        ("/points/family", {}),
    ):
        if walk.look(path) and walk.page.locator("main form.form").count():
            send(walk, **typed)
    assert walk.faults == []
    assert {"/points/shops/*", "/points/shops/*/statements"} <= walk.seen


def test_a_body_reads_what_a_company_told(walk: Walk) -> None:
    """Search, purpose, what the task shows, a request; each form once empty."""
    person = next(someone for someone in cast.STAFF if Role.LICENSER in someone.roles)
    sign_in_staff(walk.page, walk.address, person)
    walk.everywhere(["/staff/", "/staff/registrations/import"])
    walk.look("/staff/registrations/new")
    send(walk)
    walk.look("/staff/companies?q=架空商店")
    found = walk.page.locator("main a[href^='/staff/companies/']:not([href$='/news'])").first
    company = urlsplit(found.evaluate("link => link.href")).path
    for path in (company, f"{company}/request"):
        walk.look(path)
        send(walk)
    walk.look(company)
    send(walk, case_ref="産 1")
    walk.look(urlsplit(walk.page.url).path)
    assert walk.faults == []
    assert "/staff/companies/reads/" in walk.page.url


def test_five_more_languages(walk: Walk) -> None:
    """Japanese is what the walks above see."""
    sign_in(walk, cast.HANAKO)
    for language in set(LANGUAGES) - {"ja"}:
        for path in KEY_PAGES:
            walk.look(f"{path}?lang={language}")
            assert walk.page.locator("html").get_attribute("lang") == language
    assert walk.faults == []
