"""Every screen in a browser: moved by server-sent events, both sizes, six languages, no barriers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from card_reader.simulator.card import SimulatedCard
from kiosk import events as ev
from kiosk.comfort import Comfort
from kiosk.health import beat
from kiosk.steps import LANGUAGES, Step
from tests import chromium
from tests.kiosk.walk import see, walk_everything
from tests.kiosk.whole_kiosk import WholeKiosk

PORTRAIT = {"width": 1080, "height": 1920}
LANDSCAPE = {"width": 1280, "height": 800}
# 20 mm on a 21.5 inch panel of 1920 dots are 81 dots; 96 leaves room for smaller dots.
TARGET = 96
SCREENS = 44

MEASURE = Path(__file__).with_name("measure.js").read_text("utf-8").split("\n", 1)[1]


RIGHT = {
    "wide": False,
    "tall": False,
    "outside": 0,
    "keys": [],
    "beside": 0,
    "small": [],
    "heads": 1,
    "title": True,
    "ids": True,
}
# Where there is less room: what only recolours the screen is looked at by axe, for its contrast.
COMFORTS = {
    PORTRAIT["width"]: ("contrast", "low", "large", "furigana", "low furigana", "low large", "low large furigana"),
    LANDSCAPE["width"]: ("large", "furigana", "large furigana"),
}
# One screen has the same elements in every language; other words can only break what axe says of names and languages.
WORDS = {
    "runOnly": [
        *("html-has-lang", "html-lang-valid", "valid-lang", "document-title", "empty-heading", "button-name"),
        *("link-name", "label", "aria-command-name", "aria-toggle-field-name", "image-alt", "role-img-alt"),
        *("svg-img-alt", "summary-name", "aria-text", "heading-order", "label-title-only"),
    ]
}


class Inspector:
    """Looks at each screen once, in every language and comfort: size and place of what is touched, one headline, no
    barriers."""

    def __init__(self, kiosk: WholeKiosk, page: Page, tongue: str, width: int) -> None:
        self.kiosk, self.page, self.tongue, self.width = kiosk, page, tongue, width
        self.faults: list[str] = []
        self.seen: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", lambda said: said.type == "error" and self.faults.append(f"console: {said.text}"))

    def look(self, name: str) -> None:
        self.seen.append(name)
        with self.kiosk.shown_as() as shown:
            for language in LANGUAGES:
                self._look(f"{name} {language}", shown(language=language), None if language == self.tongue else WORDS)
            if not self.kiosk.machine.journey.choosing_comfort:
                for comfort in COMFORTS[self.width]:
                    drawn = shown(language="ja", comfort=Comfort(**dict.fromkeys(comfort.split(), True)))
                    self._look(f"{name} {comfort}", drawn, None if comfort == "contrast" else {}, may_scroll=True)
        self._arrived(self.kiosk.machine.version)

    def _look(self, name: str, version: int, axe: dict[str, list[str]] | None, *, may_scroll: bool = False) -> None:
        """*axe*: None for all of it, {} for nothing."""
        self._arrived(version)
        self._measure(name, may_scroll=may_scroll)
        if axe is None or axe:
            self.faults += [f"{name}: axe {chromium.named(one)}" for one in chromium.barriers(self.page, axe)]

    def _arrived(self, version: int) -> None:
        self.page.wait_for_function("version => document.body.dataset.version === String(version)", arg=version)

    def _measure(self, name: str, *, may_scroll: bool) -> None:
        found = self.page.evaluate(MEASURE, TARGET)
        right = {**RIGHT, "outside": found["outside"]} if may_scroll else RIGHT
        self.faults += [f"{name}: {key} {found[key]}" for key, value in right.items() if found[key] != value]
        self.faults += [
            f"{name}: {key} misplaced" for key in ("stop", "next") if found[key] not in (None, [True, True])
        ]


@pytest.mark.journey
@pytest.mark.parametrize(("language", "size"), [("ja", PORTRAIT), ("en", LANDSCAPE)])
def test_every_screen_fits_is_reachable_and_has_no_barrier(
    kiosk: WholeKiosk, card: SimulatedCard, browser: Browser, language: str, size: dict[str, int]
) -> None:
    """One walk a size; every screen on it is drawn in all six languages and in every comfort."""
    page = browser.new_page(viewport=size)  # type: ignore[arg-type]
    inspector = Inspector(kiosk, page, language, size["width"])
    if size is LANDSCAPE:  # with a disaster's banner above every screen, where there is less room for it
        kiosk.player.answer_with("emergency-now", "emergency-now-up.response")
        beat(kiosk.machine)
    walk_everything(kiosk, page, card, language, inspector.look)
    page.close()
    assert inspector.faults == []
    assert len(inspector.seen) == SCREENS


@pytest.mark.journey
def test_the_kiosk_is_usable_by_keyboard_alone(kiosk: WholeKiosk, card: SimulatedCard, browser: Browser) -> None:
    page = browser.new_page(viewport=LANDSCAPE)  # type: ignore[arg-type]
    page.goto(kiosk.url)
    for _ in range(3):  # past the two tools of the head
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
    see(kiosk, page, Step.GUIDE)
    page.locator(".bottom-right button").click()
    see(kiosk, page, Step.INSERT_CARD)
    kiosk.insert(card)
    see(kiosk, page, Step.PIN)
    for count, digit in enumerate("1234", start=1):
        page.locator(".pad .pad-key", has_text=digit).click()
        expect(page.locator(".digit-in")).to_have_count(count)
    page.locator(".bottom-right button").click()
    see(kiosk, page, Step.MENU)
    kiosk.machine.dispatch(ev.Stop())
    page.context.close()


@pytest.mark.journey
def test_a_finger_that_is_down_when_the_screen_changes_is_felt(
    kiosk: WholeKiosk, card: SimulatedCard, browser: Browser
) -> None:
    """Who types a PIN quickly has put the next finger down before the digit before is shown."""
    page = browser.new_page(viewport=PORTRAIT)  # type: ignore[arg-type]
    page.goto(kiosk.url)
    page.locator(".language-tiles button[value=ja]").click()
    see(kiosk, page, Step.GUIDE)
    kiosk.insert(card)
    see(kiosk, page, Step.PIN)
    page.locator(".pad .pad-key", has_text="1").hover()
    page.mouse.down()
    with page.expect_response(f"{kiosk.url}/") as drawn:
        kiosk.machine.show_change()
    drawn.value.finished()
    page.evaluate("new Promise(requestAnimationFrame)")
    page.mouse.up()
    expect(page.locator(".digit-in")).to_have_count(1)
    page.close()
