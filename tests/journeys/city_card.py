"""Her city card: written at the window through bridge and reader, read by the library, stopped by phone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from playwright.sync_api import Page, expect

from portal.demo import cast, programs
from tests.journeys.at_the_office import WINDOW_READER, card
from tests.journeys.browsers import DESK, context, path_of, press
from tests.journeys.day import Day, sign_in_staff

LIBRARY = "library-chuo"
MEMBER = "LIB-12345"


def staff_writes_her_city_card_stops_it_by_phone_and_opens_it_again(day: Day) -> None:
    """A page of its own: the window's is needed signed out later."""
    made = context(day.browser, DESK)
    day.console.watch(made)
    page = made.new_page()
    try:
        sign_in_staff(page, day.office, cast.WINDOW)
        _identity_is_checked(day, page)
        card(day, "insert", cast.HANAKO.persona, reader=WINDOW_READER)
        _number_is_written(page)
        assert _terminal(day, "--enrol")["versions"] == ["11"]
        read = _terminal(day, "--once")
        assert (read["verdict"], read["id"]) == ("welcome", MEMBER)
        _is_stopped(page)
        _terminal(day, "--enrol")  # ten minutes later it would go there by itself
        assert _terminal(day, "--once")["verdict"] == "stopped"
        press(page, "form[action$='/resume'] button")  # found again: until then it opens nothing anywhere
        _terminal(day, "--enrol")
        assert _terminal(day, "--once")["verdict"] == "welcome"
        card(day, "remove", reader=WINDOW_READER)
    finally:
        made.close()


def _identity_is_checked(day: Day, page: Page) -> None:
    page.goto(f"{day.office}/staff/accounts")
    page.locator("main input[name=number]").fill(cast.HANAKO.addressee_number)
    press(page, "main form:has(input[name=number]) button")
    page.locator("input[name=document]").first.check()
    press(page, "form[action$='/identity/document'] button")
    page.goto(f"{day.office}/staff/cards/{path_of(page).rsplit('/', 1)[1]}")


def _number_is_written(page: Page) -> None:
    page.locator("input[name=number-library]").fill(MEMBER)
    press(page, "form[action$='/services'] button")
    with page.expect_navigation():
        page.locator("[data-city-card-start]").first.click()
    expect(page.locator("tr", has=page.locator("input[name=number-library]")).locator(".tag--success")).to_be_visible()


def _is_stopped(page: Page) -> None:
    page.locator("input[name=why][value=lost]").check()
    press(page, "form[action$='/stop'] button")


def _terminal(day: Day, what: str) -> dict[str, Any]:
    """The library's terminal at the same reader; what it prints as JSON."""
    state = day.town.state
    words = [
        "terminal", "--role", "library", "--name", "LIB-0001", "--portal", day.office, "--client-id", LIBRARY,
        "--client-key", str(state / "clients" / f"{LIBRARY}.jwk"), "--folder", str(state / "library"),
        "--reader", programs.WINDOW_READER, "--json", what,
    ]  # fmt: skip
    environment = os.environ | programs.environment(state, day.town.ports)
    done = subprocess.run(
        [sys.executable, "-m", "card_reader", *words], env=environment, capture_output=True, timeout=60, check=False
    )
    assert done.stdout, done.stderr.decode()
    said: dict[str, Any] = json.loads(done.stdout)
    return said
