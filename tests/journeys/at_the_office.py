"""Steps 3 (the visit) and 5 to 8 of the day: reserve, check in, the window, paper, and who looked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from playwright.sync_api import Page, expect

from portal.core.audit import Purpose
from portal.core.clock import JST
from portal.demo import cast
from tests.journeys.at_home import sign_in_with_passkey
from tests.journeys.browsers import path_of, press, reload_until
from tests.journeys.day import Day, sign_in_staff
from tests.journeys.printing import words_of
from tests.patience import until

KIOSK_READER, WINDOW_READER = "1", "2"
FEE = 200
OTHER = "そのほかのデータ"


# --- the visit ----------------------------------------------------------------------------------------------------


def resident_reserves_a_visit(day: Day) -> None:
    page = day.phone
    press(page, "main a[href^='/reservations/new']")
    press(page, "a.offices__link[href*='office=chuo']")
    chosen = page.locator(".calendar a.calendar__day").nth(1)
    with page.expect_navigation():
        chosen.click()
    page.locator("input[name=slot]").nth(2).check()
    words = page.locator(".times .choice__label").nth(2).inner_text()
    when = f"{page.locator('input[name=day]').input_value()} {words.strip()}"
    day.learnt.visit = datetime.strptime(when, "%Y-%m-%d %H:%M").replace(tzinfo=JST)
    press(page, "#times .actions button")
    assert re.fullmatch(r"/reservations/[0-9a-f-]{36}", path_of(page))
    expect(page.locator("main")).to_contain_text(cast.WINDOW.office)
    expect(page.locator("main .summary__value").first).to_contain_text(words.strip())
    day.learnt.booking = path_of(page).rpartition("/")[2]
    day.picture(page, "reservation-390")


def the_day_of_the_visit_comes(day: Day) -> None:
    """The city's clock moves to ten minutes before the visit; everybody's sessions have ended meanwhile."""
    visit = day.learnt.visit
    assert visit
    day.town.command("portal.cli", "demo", "--clock", f"{visit - timedelta(minutes=10):%Y-%m-%d %H:%M}")


# --- the kiosk ----------------------------------------------------------------------------------------------------


def at(page: Page, *steps: str) -> None:
    """Wait until the kiosk shows one of *steps*; its screens move by themselves."""
    expect(page.locator(", ".join(f"body.step-{step}" for step in steps))).to_have_count(1)


def onwards(page: Page, *steps: str) -> None:
    page.locator(".bottom-right button").click()
    at(page, *steps)


def type_pin(page: Page, digits: str, *, already: int = 0) -> None:
    for count, digit in enumerate(digits, start=already + 1):
        page.locator(".pad .pad-key", has_text=digit).click()
        expect(page.locator(".digit-in")).to_have_count(count)


def card(day: Day, action: str, *persona: str, reader: str) -> None:
    """Put a card on a reader or take it off, with the command of the simulator."""
    control = str(day.town.ports.simulator)
    day.town.command("card_reader", action, *persona, "--reader", reader, "--control", control)


def wakes(page: Page) -> None:
    """Somebody stands before the machine: a touch ends the screen that calls people when nobody comes for a while."""
    at(page, "welcome", "attract")
    if page.locator(".attract-touch").count():
        page.locator(".attract-touch").click()
    at(page, "welcome")


def signs_in_at_the_kiosk(day: Day) -> None:
    page = day.kiosk
    page.goto(day.town.kiosk_url)
    wakes(page)
    day.picture(page, "kiosk-welcome")
    page.locator(".language-tiles button[value=ja]").click()
    at(page, "guide")
    onwards(page, "insert-card")
    card(day, "insert", cast.HANAKO.persona, reader=KIOSK_READER)
    at(page, "pin")
    type_pin(page, cast.HANAKO.auth_pin[:2])
    day.picture(page, "kiosk-pin")
    type_pin(page, cast.HANAKO.auth_pin[2:], already=2)
    onwards(page, "menu")
    expect(page.locator(".person")).to_contain_text("花子")


def resident_checks_in_at_the_kiosk(day: Day) -> None:
    signs_in_at_the_kiosk(day)
    page = day.kiosk
    day.picture(page, "kiosk-menu")
    page.locator("button[value=reservation]").click()
    at(page, "reservation")
    expect(page.locator("main")).to_contain_text(day.learnt.reference)
    onwards(page, "checked-in")
    day.learnt.ticket = page.locator(".number").inner_text().strip()
    onwards(page, "take-card")
    card(day, "remove", reader=KIOSK_READER)
    at(page, "thanks", "welcome")  # thanks are said for six seconds only
    day.board.goto(f"{day.office}/board/chuo")
    expect(day.board.locator("[data-board-numbers]")).to_contain_text(day.learnt.ticket)


# --- the window ---------------------------------------------------------------------------------------------------


def window_staff_calls_her(day: Day) -> None:
    page = day.window
    sign_in_staff(page, day.office, cast.WINDOW)
    page.goto(f"{day.office}/staff/window")
    page.locator("input[name=window]").fill("3")
    press(page, "form[action='/staff/window/number'] button")
    expect(page.locator(".ticket").first).to_have_text(day.learnt.ticket)
    press(page, "form[action='/staff/window/next'] button")
    expect(day.board.locator("[data-board-ticket]")).to_have_text(day.learnt.ticket)
    expect(day.board.locator("[data-board-window]")).to_contain_text("3")
    day.picture(day.board, "board")
    press(page, "form[action$='/start'] button")


def window_staff_verifies_the_card(day: Day) -> None:
    """The PIN is typed in the bridge's own window; the portal's page never sees it."""
    page = day.window
    expect(page.locator("main")).to_contain_text(cast.HANAKO.name)
    card(day, "insert", cast.HANAKO.persona, reader=WINDOW_READER)
    until(lambda: _bridge_has_card(day), "a card on the staff reader")
    with page.expect_popup() as opened:
        page.locator("[data-bridge-start]").click()
    prompt = opened.value
    prompt.wait_for_url(f"{day.town.bridge_url}/**")
    prompt.locator("#pin").fill(cast.HANAKO.auth_pin)
    with page.expect_navigation():
        prompt.locator("button[value=confirm]").click()
    card(day, "remove", reader=WINDOW_READER)
    expect(page.locator("form[action$='/complete'] button")).to_be_visible()
    day.picture(page, "window-1280")


def _bridge_has_card(day: Day) -> bool:
    answer = day.window.context.request.get(f"{day.town.bridge_url}/v1/status", headers={"Origin": day.office})
    return bool(answer.json()["card"])


def window_staff_completes(day: Day) -> None:
    page = day.window
    press(page, "form[action$='/complete'] button")
    assert path_of(page).endswith("/receipt")
    page = day.phone
    sign_in_with_passkey(day)
    page.goto(f"{day.home}/applications/{day.learnt.application}")
    expect(page.locator("main .tag--success").first).to_be_visible()
    page.goto(f"{day.home}/points")
    reload_until(page, "main .list__row:has-text('+50')", "the points for the e-service")
    expect(page.locator("main")).to_contain_text("50")
    day.picture(page, "points-390")


# --- paper --------------------------------------------------------------------------------------------------------


def resident_prints_her_record(day: Day) -> None:
    wakes(day.kiosk)
    orders_her_record(day)
    pays_with_coins(day, 500)
    at(day.kiosk, "take-paper")
    the_paper_is_hers(day)


def resident_prints_another_and_pays_with_her_coupon(day: Day) -> None:
    """No coin is asked for; her coupon is used up, and her phone says so."""
    wakes(day.kiosk)
    orders_her_record(day)
    day.kiosk.locator("button[value=coupon]").click()
    at(day.kiosk, "take-paper")
    the_paper_is_hers(day, sheets=2)
    page = day.phone
    page.goto(f"{day.home}/points/coupons")
    row = page.locator("main .list__row", has_text="証明書の手数料")
    expect(row.locator(".tag")).to_have_text("使用済み")
    page.goto(f"{day.home}/certificates")
    press(page, "main .list__row a >> nth=0")
    expect(page.locator("main")).to_contain_text("ポイントのクーポンで")


def orders_her_record(day: Day) -> None:
    """As far as the coin box."""
    page = day.kiosk
    signs_in_at_the_kiosk(day)
    page.locator("button[value=certificate]").click()
    at(page, "kind")
    page.locator("button[value=resident-record]").click()
    at(page, "option")
    while page.locator("body.step-option").count():
        _answers(page)
    at(page, "copies")
    onwards(page, "confirm")
    onwards(page, "how-to-pay")


def pays_with_coins(day: Day, coin: int) -> None:
    """She has points as well, and is asked."""
    day.picture(day.kiosk, "kiosk-how-to-pay")
    day.kiosk.locator("button[value=cash]").click()
    at(day.kiosk, "pay")
    day.picture(day.kiosk, "kiosk-pay")
    pays(day, coin)


def _answers(page: Page) -> None:
    """Only herself, and neither the head of the household nor the registered domicile: nobody else's name."""
    page.locator("input[name=value][value=self], input[name=value][value=no]").check()
    turn = page.locator("body").get_attribute("data-turn")
    page.locator(".bottom-right button").click()
    page.wait_for_selector(f"body:not([data-turn='{turn}'])")


def pays(day: Day, coin: int) -> None:
    """At the coin box's own front, as soon as it asks."""
    box = day.kiosk.context.new_page()
    box.goto(day.town.coin_box_url)
    reload_until(box, f".display:has-text('{FEE}')", "the coin box asks for the fee")
    press(box, f"button[name=coin][value='{coin}']")
    box.close()


def the_paper_is_hers(day: Day, *, sheets: int = 1) -> None:
    until(lambda: len(day.printer.sheets()) == sheets, "one more document at lp")
    words = words_of(day.printer.sheets()[-1])
    assert "".join(cast.HANAKO.name.split()) in words
    assert "住民票" in words
    for other in (cast.TARO, cast.SAKURA, cast.ICHIRO, cast.MARIA):
        assert "".join(other.name.split()) not in words, f"{other.persona} stands on her paper"


def kiosk_reminds_of_the_card(day: Day) -> None:
    page = day.kiosk
    expect(page.locator(".urgent")).to_be_visible()
    card(day, "remove", reader=KIOSK_READER)
    expect(page.locator(".card-line[data-card=out]")).to_be_visible()
    onwards(page, "thanks")


# --- who looked ---------------------------------------------------------------------------------------------------


def resident_sees_who_looked(day: Day) -> None:
    page = day.phone
    page.goto(f"{day.home}/my-data/looks")
    looks = all_looks(page)
    for who in (cast.SENDER.section, cast.PROCESSOR.section, cast.WINDOW.section, "キオスク端末1"):
        found = [look for look in looks if who in look[1]]
        assert found, f"{who} is missing among {sorted({look[1] for look in looks})}"
        for when, office, facts in found:
            assert re.search(r"\d{1,2}:\d{2}", when)
            assert office
            assert facts
    assert not [look for look in looks if OTHER in look[2]], "every kind of data has words of its own"
    page.locator("select[name=why]").select_option(str(Purpose.WINDOW))
    press(page, "main form button")
    expect(page.locator(".looks__who").first).to_contain_text(cast.WINDOW.section)
    day.picture(page, "who-looked-390")


def all_looks(page: Page) -> list[tuple[str, str, str]]:
    """(time, office, what and why) of every entry, page after page."""
    found = []
    while True:
        for item in page.locator(".looks__item").all():
            parts = (item.locator(f".looks__{part}").inner_text() for part in ("when", "who", "facts"))
            found.append(tuple(parts))
        following = page.locator("a[rel=next]")
        if not following.count():
            return found
        press(page, "a[rel=next]")


def the_record_holds(day: Day) -> None:
    """`portal verify-audit` is a reader of its own; it ends with a status other than 0 when a row was touched."""
    day.town.command("portal.cli", "verify-audit")
