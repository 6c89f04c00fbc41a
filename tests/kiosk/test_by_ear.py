"""Every task of the machine by keypad and by ear alone: the screen is dark, and only what was spoken is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
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

GO_ON = "次へ進むには、緑のキーを押してください。"
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

    def hears_in_order(self, *words: str) -> None:
        """All of them on one screen, in this order, whatever is said between them."""
        heard = iter(self.hears(words[-1]))
        missing = [one for one in words if one not in heard]
        assert not missing, missing

    def chooses(self, words: str) -> None:
        """Press the digit that was said right before *words*."""
        heard = self.hears(words)
        self.page.keyboard.press(heard[heard.index(words) - 1].removeprefix("#"))

    def types(self, kiosk: WholeKiosk, pin: str) -> None:
        """Digit by digit, each with its tone, then the green key."""
        for count, digit in enumerate(pin, start=1):
            self.page.keyboard.press(digit)
            until(lambda wanted=count: kiosk.machine.pad.count == wanted, "the digit is in")
        self.page.keyboard.press("Enter")


@pytest.fixture
def person(kiosk: WholeKiosk, card: SimulatedCard, browser: Browser) -> Iterator[Listener]:
    """Somebody with an earphone and a dark screen, before the menu."""
    page = browser.new_page(viewport=LANDSCAPE)  # type: ignore[arg-type]
    page.goto(kiosk.url)
    page.wait_for_selector("body.step-welcome")
    page.keyboard.press("F8")
    page.wait_for_selector(".curtain")
    listener = Listener(page)
    heard = listener.hears("日本語", 4 * PATIENCE)  # the voices of six languages are unpacked first
    page.keyboard.press(heard[heard.index("日本語") + 1].removeprefix("#"))
    listener.hears(GO_ON)
    page.keyboard.press("Enter")
    listener.hears("カードを置いてください")
    kiosk.insert(card)
    listener.hears("残りの回数")
    listener.types(kiosk, "1234")
    listener.hears("暗証番号を変える")
    yield listener
    page.close()


def takes_the_card(kiosk: WholeKiosk, person: Listener) -> None:
    person.page.keyboard.press("Enter")
    person.hears("カードをお取りください")
    kiosk.reader.remove()
    person.hears("ありがとうございました")


@pytest.mark.journey
def test_the_check_in_by_ear(kiosk: WholeKiosk, person: Listener) -> None:
    person.chooses("来庁の受付をする")
    person.hears_in_order("来庁について", "ご来庁の時刻", "#10", "#30", "受付するには、緑のキーを押してください。")
    person.page.keyboard.press("Enter")
    number = ("あなたの番号", "E", "#0", "#0", "#1", "番号は音声でもお呼びします。")
    person.hears_in_order(*number, "先にお待ちの人数", "#0", GO_ON)
    takes_the_card(kiosk, person)
    assert kiosk.player.seen["check-in"] == 1


@pytest.mark.journey
def test_points_are_exchanged_by_ear(kiosk: WholeKiosk, person: Listener) -> None:
    person.chooses("ポイントと特典")
    person.hears_in_order(
        "あなたのポイント", "#300", "#20", "ポイントを特典と交換できます", "市民プール 1回券", "#100", "ポイント"
    )
    person.chooses("市民プール 1回券")
    asked = ("この特典と交換しますか", "市民プール 1回券", "必要なポイント", "#100", "交換後の残り", "#200", "#20")
    person.hears_in_order(*asked, "ポイントを交換するには、緑のキーを押してください。")
    person.page.keyboard.press("Enter")
    person.hears_in_order("特典と交換しました", "市民プール 1回券", GO_ON)
    takes_the_card(kiosk, person)
    assert kiosk.player.bodies["redeem"] == [{"reward": "pool"}]


@pytest.mark.journey
def test_the_services_on_the_card_by_ear(kiosk: WholeKiosk, person: Listener) -> None:
    person.chooses("カードで使えるサービス")
    person.hears_in_order("カードで使えるサービス", "図書館", "カードに入っています", "スポーツ施設", GO_ON)
    person.page.keyboard.press("Backspace")
    person.hears("ご用件をお選びください")
    person.chooses("カードで使えるサービス")
    person.hears("図書館")
    takes_the_card(kiosk, person)


@pytest.mark.journey
def test_what_waits_is_counted_by_ear_and_it_is_said_who_reads_it(kiosk: WholeKiosk, person: Listener) -> None:
    person.chooses("ご用の件を見る")
    person.hears_in_order("ご用の件", "#3", "内容は「お知らせ」で確認できます。窓口でもお読みします。", GO_ON)
    takes_the_card(kiosk, person)


@pytest.mark.journey
def test_the_pin_is_changed_by_ear_and_every_slip_is_said(kiosk: WholeKiosk, person: Listener) -> None:
    person.chooses("暗証番号を変える")
    person.hears("今の暗証番号を入れてください")
    person.types(kiosk, "1234")
    person.hears_in_order(
        "新しい4桁の暗証番号を決めてください", "誕生日、同じ数字4つ、1234のような並びは避けてください。"
    )
    person.types(kiosk, "4321")
    person.hears("この暗証番号は推測されやすいため使えません。別の番号にしてください。")
    person.types(kiosk, "5813")
    person.hears("新しい暗証番号をもう一度入れてください")
    person.types(kiosk, "5814")
    person.hears("2回の新しい暗証番号が違いました。もう一度決めてください。")
    person.types(kiosk, "5813")
    person.hears("新しい暗証番号をもう一度入れてください")
    person.types(kiosk, "581")
    person.hears("4桁すべて入力してください。")
    person.page.keyboard.press("3")
    until(lambda: kiosk.machine.pad.count == 4, "the digit is in")
    person.page.keyboard.press("Enter")
    person.hears_in_order("暗証番号を変えました", GO_ON)
    takes_the_card(kiosk, person)


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
    heard = person.hears(GO_ON)
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
