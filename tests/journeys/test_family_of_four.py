"""A family of four moves: how many fields the mother types for all procedures of her list, counted by the browser.

Before: 35 items written by hand over four forms; the best city of the anchors asks six, for one form. A date counts as
three fields, an address as three (the town comes from the postal code); what is chosen is not typed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.app import create_app, open_database
from portal.config import Settings
from portal.core import clock
from portal.demo import accounts, cast
from portal.demo.load import load_city
from tests import chromium, serving
from tests.beginnings import Beginnings
from tests.journeys.browsers import PHONE, Console, context, path_of, press

pytestmark = pytest.mark.journey

MOST_TYPED = 12
NARROW = {"width": 320, "height": 640}
PROCEDURES = {"moving-within-city", "school-transfer", "child-allowance-change", "child-medical-aid"}
NEXT = "main form.form button.button--primary"
# Keystrokes of a person, by page, input and its question; what a script fills in is not among them.
COUNT = """
addEventListener("input", event => {
  const box = event.target;
  if (!event.isTrusted || !box.matches("input:not([type=radio]):not([type=checkbox]), textarea")) return;
  const kept = JSON.parse(sessionStorage.typed || "{}");
  const asked = box.closest("fieldset")?.querySelector("legend")?.innerText || "";
  kept[location.pathname + " " + box.name] = `${asked} ${box.labels[0].innerText}: ${box.value}`;
  sessionStorage.typed = JSON.stringify(kept);
}, true);
"""


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A line for every stylesheet helps nobody."""


@pytest.fixture
def address(beginnings: Beginnings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("family")
    with beginnings.copy("sqlite", folder) as url:
        settings = Settings(state_dir=folder, database_url=url)
        database = open_database(settings)
        with database.command("demo") as session:
            load_city(session, residents=0)
            accounts.load(session, settings)
        app: Flask = create_app(settings, database)
        server: Any = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        server.daemon_threads = True
        serving.begin(server)
        yield f"http://localhost:{server.server_port}"
        serving.end(server)
        database.close()


def test_a_family_of_four_types_each_fact_once(browser: Browser, address: str) -> None:
    profile = context(browser, PHONE)
    profile.add_init_script(COUNT)
    console = Console()
    console.watch(profile)
    page = profile.new_page()
    sign_in(page, address)
    page.goto(f"{address}/guide/moving-within")
    answers_the_questions(page)
    assert path_of(page).startswith("/guide/lists/")
    judge(page)
    press(page, "main a.button--primary")
    names = page.locator("main form input[name=step]")
    for step in ("moving", "school", "allowance", "medical-aid"):
        page.locator(f"main form input[name=step][value={step}]").check()
    for step in set(names.evaluate_all("boxes => boxes.map(box => box.value)")) - {
        "moving",
        "school",
        "allowance",
        "medical-aid",
    }:
        page.locator(f"main form input[name=step][value={step}]").uncheck()
    press(page, NEXT)
    judge(page)
    fills_in_what_is_left(page)
    judge(page)
    press(page, "main form[action$='/send'] button")
    assert path_of(page).endswith("/sent")
    judge(page)
    expect(page.locator("main .list__row .number")).to_have_count(len(PROCEDURES))
    typed: dict[str, str] = page.evaluate("JSON.parse(sessionStorage.typed)")
    typed.pop("/sign-in login_id", None)
    typed.pop("/sign-in password", None)
    tell(typed)
    twice = [words for words, count in Counter(typed.values()).items() if count > 1]
    assert twice == []
    assert len(typed) <= MOST_TYPED
    assert console.faults == []
    profile.close()


def tell(typed: dict[str, str]) -> None:
    """The row of the README; none of it is of a real person."""
    print(f"\nmoving family of four: {len(typed)} fields typed for {len(PROCEDURES)} procedures, none twice")
    for words in typed.values():
        print(f"  {' '.join(words.split())}")


def judge(page: Page) -> None:
    """No barrier, and nothing to scroll sideways on a small phone."""
    assert [chromium.named(one) for one in chromium.barriers(page) if one["impact"] in ("serious", "critical")] == []
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], path_of(page)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.locator("input[name=login_id]").fill(cast.AOI.login_id)
    page.locator("input[name=password]").fill(cast.AOI.password)
    press(page, "main form.form button[type=submit]")


def keys(page: Page, name: str, words: str) -> None:
    page.locator(f"main [name='{name}']").press_sequentially(words)


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"main input[name={name}][value={value}]").check()


def answers_the_questions(page: Page) -> None:
    day = clock.today() + timedelta(days=5)
    for part, number in (("year", day.year), ("month", day.month), ("day", day.day)):
        keys(page, f"day-{part}", str(number))
    press(page, NEXT)
    answers = {
        "who": "all",
        "allowance": "yes",
        "insurance": "yes",
        "care": "no",
        "handbook": "no",
        "dog": "no",
        "car": "no",
    }
    for name, value in answers.items():
        choose(page, name, value)
        press(page, NEXT)


def fills_in_what_is_left(page: Page) -> None:
    """Whatever page comes: type what is empty, choose what is not chosen, go on, until all answers are to be checked."""
    for _ in range(20):
        if path_of(page).endswith("/check"):
            return
        fill_page(page)
        press(page, NEXT)
        assert page.locator(".field--error, .group--error").count() == 0, path_of(page)
    raise AssertionError("the pages never end")


WORDS = {
    "new_address-postal": "2600026",
    "new_address-street": "9丁目99番1号",
    "new_address-building": "架空荘101",
    "old_school": "架空第一小学校",
    "insurer": "架空健康保険",
}
CHOICES = {"who_comes": "self", "joins": "no", "other_school": "no", "health_insurance": "national"}


def fill_page(page: Page) -> None:
    first_day = clock.today() + timedelta(days=7)
    words = WORDS | {
        "from_on-year": str(first_day.year),
        "from_on-month": str(first_day.month),
        "from_on-day": str(first_day.day),
    }
    for name, text in words.items():
        box = page.locator(f"main input[name='{name}']")
        if box.count() and not box.input_value():
            keys(page, name, text)
            if name.endswith("-postal"):
                expect(page.locator("main input[name='new_address-town']")).not_to_have_value("")
    for name, value in CHOICES.items():
        if (
            page.locator(f"main input[name={name}]").count()
            and not page.locator(f"main input[name={name}]:checked").count()
        ):
            choose(page, name, value)
