"""A whole certificate by keypad and by ear alone: the screen is dark, and only what was spoken is known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Browser, Page

from card_reader.simulator.card import SimulatedCard
from kiosk import speech
from kiosk.steps import Step
from tests.kiosk.catalogues import ROOT
from tests.kiosk.contract_player import example
from tests.kiosk.test_fees_by_points import at_the_question
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import PATIENCE, until

LANDSCAPE = {"width": 1280, "height": 800}


def in_the_portals_words(answer: dict[str, Any]) -> dict[str, Any]:
    """The kinds as the portal itself words them; the example of the contract is shorter."""
    with (ROOT / "translations" / "ja" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        words = read_po(file, locale="ja")

    def ja(msgid: str) -> str:
        return str(words[msgid].string)

    kind = {**answer["body"]["kinds"][0], "name": ja("Copy of the resident record")}
    scope = {"value": "household", "label": ja("Everyone in the household")}
    option = {"name": "scope", "label": ja("Who is on the certificate")}
    option["choices"] = [{"value": "self", "label": ja("Yourself only")}, scope]  # type: ignore[assignment]
    return {**answer, "body": {"kinds": [{**kind, "options": [option]}]}}


class Listener:
    """Hears pieces as they are played and presses keys; never looks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.names = {
            (tape, *place): piece for tape, pieces in speech.tapes().items() for piece, place in pieces.items()
        }

    def hears(self, words: str, seconds: float = PATIENCE) -> list[str]:
        """What was spoken, once *words* were among it."""
        heard: list[str] = []

        def now() -> bool:
            spans = json.loads(self.page.evaluate("document.documentElement.dataset.said || '[]'"))
            heard[:] = [self.names[tuple(span)] for span in spans]
            return words in heard

        until(now, f"hears {words}", seconds)
        return heard

    def chooses(self, words: str) -> None:
        """Press the digit that was said right before *words*."""
        heard = self.hears(words)
        self.page.keyboard.press(heard[heard.index(words) - 1].removeprefix("#"))


@pytest.mark.journey
def test_a_certificate_by_keypad_and_by_ear_only(kiosk: WholeKiosk, card: SimulatedCard, browser: Browser) -> None:
    kiosk.player.answers["certificates"] = in_the_portals_words(example("certificates.response"))
    page = browser.new_page(viewport=LANDSCAPE)  # type: ignore[arg-type]
    page.goto(kiosk.url)
    page.wait_for_selector("body.step-welcome")
    page.keyboard.press("F8")
    page.wait_for_selector(".curtain")
    assert not page.locator("main").is_visible()
    person = Listener(page)
    heard = person.hears("日本語", 4 * PATIENCE)  # the voices of six languages are unpacked first
    page.keyboard.press(heard[heard.index("日本語") + 1].removeprefix("#"))
    heard = person.hears("次へ進むには、緑のキーを押してください。")
    before_the_card = {"手数料", "円", "マイナンバーカードと4桁の暗証番号が必要です。"}
    assert before_the_card <= set(heard)
    page.keyboard.press("Enter")
    person.hears("カードを置いてください")
    kiosk.insert(card)
    person.hears("残りの回数")
    for count, digit in enumerate("1234", start=1):
        page.keyboard.press(digit)
        until(lambda wanted=count: kiosk.machine.pad.count == wanted, "the digit is in")
    page.keyboard.press("Enter")
    person.chooses("証明書を受け取る")
    person.chooses("住民票の写し")
    person.chooses("世帯の全員")
    person.hears("何通必要ですか")
    page.keyboard.press("2")
    heard = person.hears("お支払い")
    assert heard[heard.index("お支払い") + 1 :][:2] == ["#400", "円"]
    page.keyboard.press("Enter")
    person.hears("お金を入れてください")
    until(lambda: kiosk.coin_box.current() is not None, "the coin box asks")
    kiosk.coin_box.insert(100)
    person.hears("#300")
    kiosk.coin_box.insert(500)
    person.hears("証明書とカードをお取りください")
    kiosk.reader.remove()
    person.hears("証明書をお取りください")
    page.keyboard.press("Enter")
    person.hears("ありがとうございました")
    assert kiosk.player.bodies["place-order"][0]["options"] == {"scope": "household"}
    assert list(kiosk.player.orders.values()) == ["printed"]
    page.keyboard.press("Enter")
    kiosk.wait_for(Step.WELCOME)
    assert page.wait_for_selector("body:not(.with-ear)"), "the next person sees the screen"
    page.close()


@pytest.mark.journey
def test_a_fee_is_paid_with_a_coupon_by_keypad_and_by_ear_only(
    kiosk: WholeKiosk, card: SimulatedCard, browser: Browser
) -> None:
    """Each way to pay is a digit and what it costs; a coupon costs no points."""
    machine = at_the_question(kiosk, card)
    page = browser.new_page(viewport=LANDSCAPE)  # type: ignore[arg-type]
    page.goto(kiosk.url)
    page.wait_for_selector("body.step-how-to-pay")
    page.keyboard.press("F8")
    page.wait_for_selector(".curtain")
    person = Listener(page)
    heard = person.hears("#0", 4 * PATIENCE)
    digit = [piece for piece in heard[: heard.index("#0")] if piece in ("#1", "#2", "#3")][-1]
    page.keyboard.press(digit.removeprefix("#"))
    person.hears("証明書とカードをお取りください")
    assert [body["method"] for body in kiosk.player.bodies["order-paid"]] == ["coupon"]
    assert (kiosk.coin_box.current(), machine.journey.order) == (None, None)
    page.close()
