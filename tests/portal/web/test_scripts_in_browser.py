"""The scripts keep their word: drafts are saved, the board follows the calls, the reader's answer is sent."""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from portal.core import work
from tests.patience import until
from tests.portal.web import showcase

BRIDGE = "http://127.0.0.1:8200"
ALLOWED = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with showcase.served() as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def test_a_draft_is_saved_after_the_last_change_and_says_when(page: Page, address: str) -> None:
    saved: list[dict[str, list[str]]] = []

    def save(route: Route) -> None:
        saved.append(parse_qs(route.request.post_data or ""))
        route.fulfill(status=503) if len(saved) == 1 else route.fulfill(json={"saved_at": "10:05"})

    page.route("**/draft", save)
    page.goto(f"{address}/form")
    page.get_by_label("Message").fill("架空の相談")
    expect(page.get_by_text("Not saved. We will try again.")).to_be_visible()
    expect(page.get_by_text("Saved at 10:05")).to_be_visible()
    assert saved[-1]["message"] == ["架空の相談"]


def hold_back(page: Page, script: str) -> list[Route]:
    """A slow line: *script* comes when its route, which is put into the list, is told to go on."""
    held: list[Route] = []

    def hold(route: Route) -> None:  # Playwright keeps notes on a handler, which a built-in method has no room for
        held.append(route)

    page.route(f"**/static/js/{script}", hold)
    return held


def test_what_is_typed_before_the_script_has_come_is_saved(page: Page, address: str) -> None:
    saved: list[dict[str, list[str]]] = []

    def save(route: Route) -> None:
        saved.append(parse_qs(route.request.post_data or ""))
        route.fulfill(json={"saved_at": "10:05"})

    page.route("**/draft", save)
    held = hold_back(page, "draft.js")
    page.goto(f"{address}/form", wait_until="domcontentloaded")
    page.get_by_label("Message").fill("架空の相談")
    until(lambda: page.evaluate("1") and held, "the script is asked for")
    held[0].continue_()
    expect(page.get_by_text("Saved at 10:05")).to_be_visible()
    assert [form["message"] for form in saved] == [["架空の相談"]]


def test_a_file_chosen_before_the_script_has_come_is_sent(page: Page, address: str) -> None:
    answer = "<!doctype html><title>Papers</title><main tabindex='-1'>One paper</main>"
    page.route("**/papers", lambda route: route.fulfill(body=answer, content_type="text/html"))
    held = hold_back(page, "upload.js")
    page.goto(f"{address}/upload", wait_until="domcontentloaded")
    page.locator("#paper").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
    until(lambda: page.evaluate("1") and held, "the script is asked for")
    held[0].continue_()
    expect(page.get_by_text("One paper")).to_be_visible()


def test_a_form_sent_too_early_waits_for_the_check_and_is_sent_with_its_answer(page: Page, address: str) -> None:
    sent: list[dict[str, list[str]]] = []

    def reserve(route: Route) -> None:
        sent.append(parse_qs(route.request.post_data or ""))
        route.fulfill(body="<!doctype html><title>Reserved</title>", content_type="text/html")

    page.route("**/reserve", reserve)
    page.goto(f"{address}/work")
    page.get_by_role("button", name="Reserve").click()
    expect(page).to_have_title("Reserved")
    (form,) = sent
    task = replace(showcase.TASK, wait=10_000)
    assert form["work_task"] == [task.token]
    assert work.is_done(task, form["work_answer"][0])
    page.add_init_script("delete window.Worker")
    page.goto(f"{address}/work")
    expect(page.get_by_text("this form can be sent")).to_be_visible()


def test_a_postal_code_fills_the_town(page: Page, address: str) -> None:
    page.route("**/postal-codes?code=2600026", lambda route: route.fulfill(json={"addresses": ["千葉市中央区千葉港"]}))
    page.goto(f"{address}/form")
    page.get_by_label("Postal code").fill("２６０−００２６")
    expect(page.get_by_label("Prefecture, city and town")).to_have_value("千葉市中央区千葉港")
    expect(page.get_by_label("House number")).to_be_focused()


def test_the_reading_is_written_while_the_name_is_typed(page: Page, address: str) -> None:
    page.goto(f"{address}/form")
    expect(page.locator("html[data-ready]")).to_be_attached()
    family, reading = page.locator("#name-family"), page.locator("#name-family_kana")
    family.focus()
    keyboard = page.context.new_cdp_session(page)
    for shown in ("か", "かk", "かく", "かくう", "架空"):
        keyboard.send("Input.imeSetComposition", {"text": shown, "selectionStart": 0, "selectionEnd": len(shown)})
    keyboard.send("Input.insertText", {"text": "架空"})
    expect(family).to_have_value("架空")
    expect(reading).to_have_value("カクウ")


def test_a_day_its_era_never_had_is_not_shown(page: Page, address: str) -> None:
    page.goto(f"{address}/components")
    group, both = page.locator("[data-date]").first, page.locator(".date__both").first
    for era, year, shown in (
        ("reiwa", "8", "July 21, 2026 (令和8年7月21日)"),
        ("reiwa", "1996", ""),
        ("ce", "1996", "July 21, 1996 (平成8年7月21日)"),
        ("heisei", "40", ""),
    ):
        group.locator("select").select_option(era)
        for control, typed in zip(group.locator("input").all(), (year, "7", "21"), strict=True):
            control.fill(typed)
        expect(both).to_have_text(shown)


def test_the_board_follows_the_calls_and_says_when_it_is_behind(page: Page, address: str) -> None:
    calls = [{"ticket": "E005", "window": 1, "id": 2}, *showcase.BOARD["calls"]]
    state = {**showcase.BOARD, "now": "10:25", "calls": calls, "waiting": [{"label": "優先窓口", "count": 2}]}
    page.route("**/board.json", lambda route: route.fulfill(json=state))
    page.goto(f"{address}/board")
    expect(page.locator("[data-board-ticket]")).to_have_text("E005")
    expect(page.locator("[data-board-window]")).to_have_text("Window 1")
    expect(page.locator("[data-board-list] li")).to_have_count(2)
    expect(page.get_by_text("優先窓口: 2 waiting")).to_be_visible()
    page.unroute("**/board.json")
    page.route("**/board.json", lambda route: route.fulfill(status=503))
    expect(page.get_by_text("As of 10:25. The display is not up to date")).to_be_visible()
    page.locator("[data-board-sound]").click()  # the voices come from this very site and may sound from here on
    expect(page.locator("[data-board-sound]")).to_be_hidden()


def test_the_readers_answer_is_sent_with_the_form(page: Page, address: str) -> None:
    asked: list[dict[str, str]] = []
    states = iter([{"state": "waiting"}, {"state": "done", "certificate": "Y2VydA==", "signature": "c2ln"}])

    def begin(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "{}"))
        route.fulfill(status=202, json={"request": "r1", "prompt": f"{BRIDGE}/prompt/r1"}, headers=ALLOWED)

    page.context.route(
        f"{BRIDGE}/prompt/**", lambda route: route.fulfill(body="<title>PIN</title>", content_type="text/html")
    )
    page.route(f"{BRIDGE}/v1/authenticate", begin)
    page.route(f"{BRIDGE}/v1/requests/r1", lambda route: route.fulfill(json=next(states), headers=ALLOWED))
    page.route("**/staff/verify", lambda route: route.fulfill(body="ok"))
    page.goto(f"{address}/staff")
    with page.expect_request("**/staff/verify") as sent:
        page.get_by_role("button", name="Read the card").click()
    form = parse_qs(sent.value.post_data or "")
    assert asked == [{"challenge": "abc", "pairing": "pair"}]
    assert (form["certificate"], form["signature"], form["challenge"]) == (["Y2VydA=="], ["c2ln"], ["abc"])


def test_a_missing_reader_program_is_said_plainly(page: Page, address: str) -> None:
    page.route(f"{BRIDGE}/**", lambda route: route.abort())
    page.goto(f"{address}/staff")
    page.get_by_role("button", name="Read the card").click()
    expect(page.get_by_text("The card reader program does not answer.")).to_be_visible()
