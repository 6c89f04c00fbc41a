"""Walks a browser past every screen of the kiosk, with touches where a person would touch."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from card_reader.simulator.card import SimulatedCard
from kiosk.health import beat
from kiosk.steps import ALARM_AFTER_SECONDS, ATTRACT_AFTER_SECONDS, Step
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import until

Look = Callable[[str], None]
NEW_PIN = "5813"


def see(kiosk: WholeKiosk, page: Page, step: Step) -> None:
    """Wait until the machine and the browser are at `step`; the screen moves by server-sent events."""
    kiosk.wait_for(step)
    page.wait_for_selector(f"body.step-{step}")


def touch(page: Page, label: str) -> None:
    page.locator("button", has_text=label).last.click()


def next_step(page: Page) -> None:
    page.locator(".bottom-right button").click()


def enter_pin(page: Page, pin: str) -> None:
    for count, digit in enumerate(pin, start=1):
        page.locator(".pad .pad-key", has_text=digit).click()
        page.wait_for_function("count => document.querySelectorAll('.digit-in').length === count", arg=count)


def a_number_without_card(kiosk: WholeKiosk, page: Page, language: str, look: Look) -> None:
    """From the guide to a number for a window, and back to the guide."""
    page.locator("button.choice[value=number]").click()
    see(kiosk, page, Step.NUMBER_KIND)
    look("02-number-kind")
    page.locator("button.choice[value=resident-affairs]").click()
    see(kiosk, page, Step.NUMBER)
    look("02-number")
    next_step(page)
    see(kiosk, page, Step.WELCOME)
    page.locator(f".language-tiles button[value={language}]").click()
    see(kiosk, page, Step.GUIDE)


def walk_everything(kiosk: WholeKiosk, page: Page, card: SimulatedCard, language: str, look: Look) -> None:
    """Every screen once; `look(name)` is called on each."""
    page.goto(kiosk.url)
    see(kiosk, page, Step.WELCOME)
    look("01-welcome")
    _first_screens(kiosk, page, look)
    _code_of_a_reservation(kiosk, page, look)
    page.locator(f".language-tiles button[value={language}]").click()
    see(kiosk, page, Step.GUIDE)
    look("02-guide")
    a_number_without_card(kiosk, page, language, look)
    next_step(page)
    see(kiosk, page, Step.INSERT_CARD)
    look("03-insert-card")
    kiosk.insert(card)
    see(kiosk, page, Step.PIN)
    look("04-pin")
    for count in (1, 2):
        enter_pin(page, "99")
        if count == 1:
            look("05-pin-typing")
            next_step(page)
            page.wait_for_selector(".error")
        enter_rest(page, "99")
        next_step(page)
        until(lambda left=3 - count: kiosk.machine.journey.tries_left == left, "one try fewer")
        # A touch on the old screen is dropped, as it should be: a person looks at the new one first.
        page.wait_for_function("() => !document.querySelector('.digit-in')")
        if count == 1:
            look("05-pin-wrong")
    see(kiosk, page, Step.LAST_TRY)
    look("06-last-try")
    next_step(page)
    see(kiosk, page, Step.PIN)
    enter_pin(page, "1234")
    next_step(page)
    see(kiosk, page, Step.MENU)
    look("07-menu")
    page.locator("button[value=reservation]").click()
    see(kiosk, page, Step.RESERVATION)
    look("08-reservation")
    next_step(page)
    see(kiosk, page, Step.CHECKED_IN)
    look("09-checked-in")
    page.locator(".back button").click()
    see(kiosk, page, Step.MENU)
    _points(kiosk, page, look)
    _looking(kiosk, page, look)
    _new_pin(kiosk, page, look)
    _buy(kiosk, page, look)
    kiosk.reader.remove()
    page.wait_for_selector(".card-line[data-card=out]")
    look("18-take-paper")
    next_step(page)
    see(kiosk, page, Step.THANKS)
    look("19-thanks")
    next_step(page)
    see(kiosk, page, Step.WELCOME)
    _troubles(kiosk, page, card, language, look)
    _owed(kiosk, page, card, look)


def _points(kiosk: WholeKiosk, page: Page, look: Look) -> None:
    page.locator("button[value=points]").click()
    see(kiosk, page, Step.POINTS)
    look("10-points")
    page.locator("button[value=pool]").click()
    see(kiosk, page, Step.REWARD)
    look("10-reward")
    next_step(page)
    see(kiosk, page, Step.COUPON)
    look("10-coupon")
    page.locator(".back button").click()
    see(kiosk, page, Step.MENU)
    _paper_code(kiosk, page, look)


def _paper_code(kiosk: WholeKiosk, page: Page, look: Look) -> None:
    """Typed wrong, refused, put right; then another one is scanned."""
    page.locator("button[value=points]").click()
    see(kiosk, page, Step.POINTS)
    page.locator("button[value=paper-code]").click()
    see(kiosk, page, Step.PAPER_CODE)
    look("10-paper-code")
    for sign in "GENK10000018":
        page.locator(f"button[value='sign:{sign}']").click()
    page.wait_for_function("() => document.querySelector('.sign-place:nth-of-type(12)').textContent === '8'")
    kiosk.player.answer_with("enter-code", "problem-paper-code-unknown.response")
    next_step(page)
    page.wait_for_selector("body.step-paper-code .error")
    look("10-paper-code-refused")
    kiosk.player.answer_with("enter-code", "enter-code.response")
    page.locator("button[value=erase]").click()
    page.locator("button[value='sign:9']").click()
    next_step(page)
    see(kiosk, page, Step.CODE_ENTERED)
    look("10-code-entered")
    page.locator(".back button").click()
    see(kiosk, page, Step.MENU)


def _looking(kiosk: WholeKiosk, page: Page, look: Look) -> None:
    for name, step in (("tasks", Step.TASKS), ("services", Step.SERVICES)):
        page.locator(f"button[value={name}]").click()
        see(kiosk, page, step)
        look(f"10-{name}")
        page.locator(".back button").click()
        see(kiosk, page, Step.MENU)


def _new_pin(kiosk: WholeKiosk, page: Page, look: Look) -> None:
    """One that is refused first; the one that is taken is the card's for the rest of the walk."""
    page.locator("button[value=pin]").click()
    see(kiosk, page, Step.PIN)
    look("10-pin-old")
    enter_pin(page, "1234")
    next_step(page)
    see(kiosk, page, Step.NEW_PIN)
    enter_pin(page, "1234")
    next_step(page)
    page.wait_for_selector(".error")
    look("10-pin-refused")
    for step, name in ((Step.NEW_PIN, "new"), (Step.NEW_PIN_AGAIN, "again")):
        see(kiosk, page, step)
        look(f"10-pin-{name}")
        enter_pin(page, NEW_PIN)
        next_step(page)
    see(kiosk, page, Step.PIN_CHANGED)
    look("10-pin-changed")
    page.locator(".back button").click()
    see(kiosk, page, Step.MENU)


def _code_of_a_reservation(kiosk: WholeKiosk, page: Page, look: Look) -> None:
    kiosk.scanner.scan("K7QM-3XPR-T2WH")
    see(kiosk, page, Step.NUMBER)
    look("01-code-scanned")
    next_step(page)
    see(kiosk, page, Step.WELCOME)
    kiosk.scanner.scan("https://portal.example.jp/points/codes#GENK-1000-0019")
    see(kiosk, page, Step.INSERT_CARD)
    look("01-points-scanned")
    page.locator(".bottom-left .stop button").click()
    see(kiosk, page, Step.WELCOME)


def _first_screens(kiosk: WholeKiosk, page: Page, look: Look) -> None:
    kiosk.let_time_pass(ATTRACT_AFTER_SECONDS)
    see(kiosk, page, Step.ATTRACT)
    look("00-attract")
    page.locator(".attract-touch").click()
    see(kiosk, page, Step.WELCOME)
    page.locator(".tool").first.click()
    page.wait_for_selector(".comforts")
    look("01-comfort")
    next_step(page)
    page.wait_for_selector(".comforts", state="detached")


def enter_rest(page: Page, digits: str) -> None:
    for count, digit in enumerate(digits, start=3):
        page.locator(".pad .pad-key", has_text=digit).click()
        page.wait_for_function("count => document.querySelectorAll('.digit-in').length === count", arg=count)


def _buy(kiosk: WholeKiosk, page: Page, look: Look) -> None:
    page.locator("button[value=certificate]").click()
    see(kiosk, page, Step.KIND)
    look("11-kind")
    page.locator("button[value=resident-record]").click()
    see(kiosk, page, Step.OPTION)
    page.locator("input[value=household]").check()
    look("12-option")
    for _ in range(3):
        turn = kiosk.machine.journey.turn
        next_step(page)
        page.wait_for_selector(f"body[data-turn='{turn + 1}']")
    see(kiosk, page, Step.COPIES)
    look("13-copies")
    next_step(page)
    see(kiosk, page, Step.CONFIRM)
    look("14-confirm")
    kiosk.player.answer_with("place-order", "place-order-by-points.response")
    next_step(page)
    see(kiosk, page, Step.HOW_TO_PAY)
    look("15-how-to-pay")
    page.locator(".back button").click()
    see(kiosk, page, Step.CONFIRM)
    kiosk.player.answer_with("place-order", "place-order.response")
    next_step(page)
    see(kiosk, page, Step.PAY)
    until(lambda: kiosk.coin_box.current() is not None, "the coin box asks")
    kiosk.coin_box.insert(50)
    until(lambda: kiosk.machine.journey.inserted == 50, "the coin is counted")
    page.wait_for_selector("text=50")
    look("15-pay")
    kiosk.printer.hold()
    kiosk.coin_box.insert(500)
    see(kiosk, page, Step.PRINTING)
    until(lambda: kiosk.machine.journey.progress == "sent", "the printer holds it: nothing moves while it is looked at")
    page.wait_for_selector(".stage-now")
    look("16-printing")
    kiosk.printer.release()
    see(kiosk, page, Step.TAKE_PAPER)
    kiosk.let_time_pass(ALARM_AFTER_SECONDS)
    page.wait_for_selector(".urgent")
    look("17-take-paper-and-card")


def _troubles(kiosk: WholeKiosk, page: Page, card: SimulatedCard, language: str, look: Look) -> None:
    page.locator(f".language-tiles button[value={language}]").click()
    kiosk.insert(card)
    see(kiosk, page, Step.PIN)
    kiosk.reader.remove()
    see(kiosk, page, Step.NOTICE)
    look("20-card-removed")
    page.locator(".bottom-left button").click()
    see(kiosk, page, Step.WELCOME)
    kiosk.insert(card)
    see(kiosk, page, Step.PIN)
    page.locator(f".languages button[value={language}]").click()
    page.wait_for_selector(f".languages button[value={language}][aria-current]")
    page.locator(".bottom-left .stop button").click()
    see(kiosk, page, Step.TAKE_CARD)
    look("21-take-card")
    kiosk.reader.remove()
    see(kiosk, page, Step.THANKS)
    next_step(page)
    see(kiosk, page, Step.WELCOME)
    kiosk.player.down = True
    beat(kiosk.machine)
    see(kiosk, page, Step.OUT_OF_SERVICE)
    look("22-out-of-service")
    kiosk.player.down = False
    beat(kiosk.machine)
    see(kiosk, page, Step.WELCOME)
    page.locator(f".language-tiles button[value={language}]").click()
    see(kiosk, page, Step.GUIDE)
    kiosk.let_time_pass(45)
    page.wait_for_selector(".warning")
    look("23-warning")
    page.locator(".warning button").click()
    page.wait_for_selector(".warning", state="detached")


def _owed(kiosk: WholeKiosk, page: Page, card: SimulatedCard, look: Look) -> None:
    """Paid; then the printer jams and the coin box gives nothing back: the number to say to staff."""
    kiosk.insert(card)
    see(kiosk, page, Step.PIN)
    enter_pin(page, NEW_PIN)
    next_step(page)
    see(kiosk, page, Step.MENU)
    page.locator("button[value=certificate]").click()
    see(kiosk, page, Step.KIND)
    page.locator("button[value=resident-record]").click()
    for step in (*(Step.OPTION,) * 3, Step.COPIES, Step.CONFIRM):
        see(kiosk, page, step)
        turn = kiosk.machine.journey.turn
        next_step(page)
        page.wait_for_selector(f"body[data-turn='{turn + 1}'], body:not([data-turn='{turn}'])")
    see(kiosk, page, Step.PAY)
    until(lambda: kiosk.coin_box.current() is not None, "the coin box asks")
    kiosk.printer.jam()
    kiosk.coin_box.insert(500)
    kiosk.coin_box.jam()
    see(kiosk, page, Step.NOTICE)
    page.wait_for_selector(".number-reference")
    look("24-money-kept")
