"""A desk without network decides as the portal would: one table of cases for both; and which journals are refused."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from portal.core.errors import Refusal
from portal.core.reference import read_reference
from portal.core.text import TextRefused
from portal.reservations.rules import BookingNotFound
from portal.window import rules, turn_rules
from portal.window.offline import rules as offline
from portal.window.offline import view
from portal.window.offline.rules import What
from portal.window.rules import Lane
from portal.window.turn_rules import Turn

ROOT = Path(__file__).resolve().parents[3]
TABLE = json.loads((ROOT / "tests/contract/offline/cases.json").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat(TABLE["now"])
IN_THE_BROWSER = """async ([source, table]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const rules = await import(url);
  const now = Date.parse(table.now);
  const time = (text) => (text ? Date.parse(text) : null);
  const refused = (act) => { try { act(); return null; } catch ({ code, facts }) { return [code, facts]; } };
  const order = table.order.map(({ waiting }) => {
    const turns = waiting.map((one) => ({ ...one, starts_at: time(one.starts_at), drawn_at: time(one.drawn_at) }));
    const sorted = rules.inOrder(turns, now);
    return [sorted.map((one) => one.id), rules.passedBy(sorted[0], turns, now).map((one) => one.id).sort()];
  });
  return {
    order,
    check_in: table.check_in.map(([at, then]) => refused(() => rules.checkTime(time(at), time(then)))),
    giving: table.giving.map(([opens, until, then]) => refused(() => rules.checkGiving(opens, until, time(then)))),
    references: table.references.map(([typed]) => rules.readReference(typed)),
    hashes: await Promise.all(table.hashes.map(([text, salt, rounds]) => rules.visitHash(text, salt, rounds))),
  };
}"""


def _refused(act: Callable[[], None]) -> list[Any] | None:
    try:
        act()
    except Refusal as refusal:
        return [refusal.code, {name: str(value) for name, value in refusal.facts.items()}]
    return None


def _turn(one: dict[str, Any]) -> Turn:
    starts_at = datetime.fromisoformat(one["starts_at"]) if one["starts_at"] else None
    drawn_at = datetime.fromisoformat(one["drawn_at"])
    return Turn(one["id"], Lane(one["lane"]), one["needs"], starts_at, drawn_at, one["number"], one["passed_over"])


def _reference(typed: str) -> str | None:
    try:
        return read_reference(typed)
    except TextRefused:
        return None


def test_the_portal_decides_as_the_table_says() -> None:
    for case in TABLE["order"]:
        turns = [_turn(one) for one in case["waiting"]]
        sorted_turns = turn_rules.in_order(turns, NOW)
        assert [one.id for one in sorted_turns] == case["order"], case["name"]
        assert sorted(one.id for one in turn_rules.passed_by(sorted_turns[0], turns, NOW)) == case["passed"], case[
            "name"
        ]
    for starts_at, now, wanted in TABLE["check_in"]:
        found = _refused(lambda: rules.check_time(datetime.fromisoformat(starts_at), datetime.fromisoformat(now)))  # noqa: B023
        assert found == wanted
    for opens, until, now, wanted in TABLE["giving"]:
        hours = {"opens": time.fromisoformat(opens), "until": time.fromisoformat(until)}
        assert _refused(lambda: rules.check_giving(**hours, now=datetime.fromisoformat(now).time())) == wanted  # noqa: B023
    assert [_reference(typed) for typed, _ in TABLE["references"]] == [read for _, read in TABLE["references"]]
    for text, salt, rounds, wanted in TABLE["hashes"]:
        assert hashlib.pbkdf2_hmac("sha256", text.encode(), bytes.fromhex(salt), rounds, 16).hex() == wanted


def test_the_browser_decides_the_same(browser: Browser) -> None:
    source = (ROOT / "portal/web/static/js/offline/rules.js").read_text(encoding="utf-8")
    page = browser.new_page()
    page.route("http://localhost/", lambda route: route.fulfill(body=""))  # a safe address, where it reckons hashes
    page.goto("http://localhost/")
    found = page.evaluate(IN_THE_BROWSER, [source, TABLE])
    page.close()
    assert found["order"] == [[case["order"], case["passed"]] for case in TABLE["order"]]
    for name in ("check_in", "giving", "references", "hashes"):
        assert found[name] == [case[-1] for case in TABLE[name]]


@pytest.mark.parametrize(
    ("what", "label", "fits"),
    [
        (What.NUMBER, "A1201", True),
        (What.NUMBER, "A1270", True),
        (What.NUMBER, "A1271", False),
        (What.NUMBER, "A1200", False),
        (What.NUMBER, "A1301", False),
        (What.NUMBER, "A001", False),
        (What.NUMBER, "E1201", False),
        (What.NUMBER, "M1201", False),
        (What.CHECK_IN, "A1271", True),
        (What.CHECK_IN, "A1299", True),
        (What.CHECK_IN, "A1201", False),
        (What.CHECK_IN, "E1201", True),
        (What.CHECK_IN, "E1200", False),
        (What.CHECK_IN, "A571", False),
    ],
)
def test_a_desk_gives_numbers_of_its_block_alone(what: What, label: str, fits: bool) -> None:
    refused = _refused(lambda: offline.check_own(what, label, 12, {"A", "B"}))
    assert (refused is None) is fits


def test_whatever_the_clock_of_a_desk_did_times_stay_in_order_and_within_the_day() -> None:
    since, minute = NOW - timedelta(hours=2), timedelta(minutes=1)
    fast = NOW + timedelta(hours=3)  # its clock is three hours fast
    desk = [fast - 30 * minute, fast - 20 * minute, fast - 25 * minute, fast + 90 * minute]
    assert offline.true_times(desk, fast, NOW, since) == [NOW - 30 * minute, NOW - 20 * minute, NOW - 20 * minute, NOW]
    assert offline.true_times([fast - timedelta(days=4)], fast, NOW, since) == [since]
    with pytest.raises(offline.ClockWrong):
        offline.check_clock(NOW + timedelta(hours=13), NOW)


def test_a_journal_comes_in_its_order_and_what_was_merged_may_come_again() -> None:
    first, second, third, other = (uuid4() for _ in range(4))
    known = {1: first, 3: second}
    offline.check_order([1, 3, 4], known, [first, second, third])
    offline.check_order([], known, [])
    for places, ids in (([4, 3], [third, second]), ([4, 4], [third, other]), ([2], [third]), ([1], [third]),
                        ([4], [first]), ([4, 5], [third, third])):  # fmt: skip
        with pytest.raises(offline.NotInOrder):
            offline.check_order(places, known, ids)


@pytest.mark.parametrize(
    ("refused", "what", "told"),
    [
        (offline.NumberTwice(number="A1201"), What.NUMBER, offline.NumberTwice),
        (BookingNotFound(), What.CHECK_IN, offline.NumberUnknown),
        (BookingNotFound(), What.ABSENT, offline.CalledElsewhere),
    ],
)
def test_whatever_room_refuses_staff_read_what_to_do(refused: Refusal, what: What, told: type[Refusal]) -> None:
    said = offline.told_as(refused, what, "A1201")
    assert type(said) is told
    assert type(view.conflict(said.code, said.facts)) is told


def test_shares_are_the_same_at_every_desk_and_move_little() -> None:
    tickets = [uuid4() for _ in range(300)]
    before = {one: offline.dealt_to(one, [3, 5, 8]) for one in tickets}
    assert min(list(before.values()).count(window) for window in (3, 5, 8)) > 60
    after = {one: offline.dealt_to(one, [8, 3]) for one in tickets}
    assert all(after[one] == before[one] for one in tickets if before[one] != 5)
    assert offline.dealt_to(tickets[0], []) is None
