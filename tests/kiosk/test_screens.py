"""Every screen in a browser: moved by server-sent events, both sizes, six languages, no barriers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from card_reader.simulator.card import SimulatedCard
from kiosk import events as ev
from kiosk.steps import Step
from tests import chromium
from tests.kiosk.walk import see, walk_everything
from tests.kiosk.whole_kiosk import WholeKiosk

PORTRAIT = {"width": 1080, "height": 1920}
LANDSCAPE = {"width": 1280, "height": 800}
# 20 mm on a 21.5 inch panel of 1920 dots are 81 dots; 96 leaves room for smaller dots.
TARGET = 96

MEASURE = Path(__file__).with_name("measure.js").read_text("utf-8").split("\n", 1)[1]


class Inspector:
    """Looks at each screen once: size and place of what is touched, one headline, no barriers."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        self.seen: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", lambda said: said.type == "error" and self.faults.append(f"console: {said.text}"))

    def look(self, name: str) -> None:
        self.seen.append(name)
        found = self.page.evaluate(MEASURE, TARGET)
        right = {
            "wide": False,
            "tall": False,
            "outside": 0,
            "small": [],
            "heads": 1,
            "title": True,
            "ids": True,
        }
        self.faults += [f"{name}: {key} {found[key]}" for key, value in right.items() if found[key] != value]
        self.faults += [
            f"{name}: {key} misplaced" for key in ("stop", "next") if found[key] not in (None, [True, True])
        ]
        self.faults += [f"{name}: axe {chromium.named(barrier)}" for barrier in chromium.barriers(self.page)]


@pytest.mark.journey
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("language", "size"),
    [
        ("ja", PORTRAIT),
        ("en", LANDSCAPE),
        ("zh", PORTRAIT),
        ("ko", LANDSCAPE),
        ("es", PORTRAIT),
        ("pt", LANDSCAPE),
    ],
)
def test_every_screen_fits_is_reachable_and_has_no_barrier(
    kiosk: WholeKiosk, card: SimulatedCard, browser: Browser, language: str, size: dict[str, int]
) -> None:
    page = browser.new_page(viewport=size)  # type: ignore[arg-type]
    inspector = Inspector(page)
    walk_everything(kiosk, page, card, language, inspector.look)
    page.close()
    assert len(inspector.seen) == 24
    assert inspector.faults == []


@pytest.mark.journey
def test_the_kiosk_is_usable_by_keyboard_alone(kiosk: WholeKiosk, card: SimulatedCard, browser: Browser) -> None:
    page = browser.new_page(viewport=LANDSCAPE)  # type: ignore[arg-type]
    page.goto(kiosk.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    see(kiosk, page, Step.GUIDE)
    kiosk.insert(card)
    see(kiosk, page, Step.PIN)
    for count, digit in enumerate("1234", start=1):
        page.keyboard.press(digit)
        page.wait_for_function("count => document.querySelectorAll('.digit-in').length === count", arg=count)
    page.locator(".bottom-right button").focus()
    page.keyboard.press("Enter")
    see(kiosk, page, Step.MENU)
    page.close()


@pytest.mark.journey
def test_the_kiosk_works_without_script(kiosk: WholeKiosk, card: SimulatedCard, browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False, viewport=LANDSCAPE).new_page()  # type: ignore[arg-type]
    page.goto(kiosk.url)
    page.locator(".language-tiles button[value=en]").click()
    page.locator(".bottom-right button").click()
    assert kiosk.machine.journey.step is Step.INSERT_CARD
    kiosk.insert(card)
    page.wait_for_selector("body.step-pin", timeout=8000)
    for digit in "1234":
        page.locator(".pad .pad-key", has_text=digit).click()
    page.locator(".bottom-right button").click()
    page.wait_for_selector("body.step-menu")
    kiosk.machine.dispatch(ev.Stop())
    page.context.close()
