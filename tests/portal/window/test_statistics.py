"""The figures of the window: what counts, against a naive count; small numbers; the supervisor's view of the hall."""

import csv
import io
import math
import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, insert

from portal.core import clock
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.text import safe_cell
from portal.core.uow import Database
from portal.demo import past_days
from portal.window import overview, statistics, statistics_query, statistics_rules
from portal.window.models import Ticket
from portal.window.rules import Lane, State
from portal.window.statistics_rules import Cell
from tests.browser import Visitor, words_of
from tests.conftest import StaffClient
from tests.portal.window.test_window import desk

NOON = datetime(2026, 12, 8, 12, 0, tzinfo=JST)
TODAY = NOON.date()
SPAN = TODAY - timedelta(days=20), TODAY - timedelta(days=1)
AFFAIRS, TAX, CARD = "resident-affairs", "tax", "card"
TENTH_OF_A_SECOND = 0.1 / 60


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.freeze(NOON):
        yield


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def number(kind: str, **given: Any) -> dict[str, Any]:
    """A row of the table: drawn at noon, called after 10 minutes, there after 11, done after 20."""
    usual = {
        "id": new_id(),
        "token": secrets.token_urlsafe(16),
        "office": "chuo",
        "day": TODAY,
        "kind": kind,
        "how": "kiosk",
        "language": "ja",
        "lane": "general",
        "number": 1,
        "label": kind,
        "state": "served",
        "passed_over": 0,
        "drawn_at": at(0),
        "starts_at": None,
        "first_called_at": at(10),
        "called_at": at(10),
        "serving_at": at(11),
        "ended_at": at(20),
        "parked_at": None,
        "forwarded_at": None,
    }
    return usual | given


NEVER_CALLED = dict.fromkeys(("first_called_at", "called_at", "serving_at"))
COUNTED: list[tuple[dict[str, Any], float | None, float | None, float | None]] = [
    ({}, 10, 1, 9),
    ({"starts_at": at(15)}, 5, 1, 9),  # an hour early earns no longer wait
    ({"starts_at": at(25)}, 0, 1, 9),  # called before the wait began
    ({"starts_at": at(5)}, 10, 1, 9),  # came late: the wait is from the draw
    ({"called_at": at(10.5)}, 10, 0.5, 9),  # called once more: the way is from the last call
    ({"parked_at": at(14), "called_at": at(18)}, 10, 1, None),  # away in between
    ({"forwarded_at": at(14), "called_at": at(18)}, 10, 1, None),
    ({"state": "no-show", "serving_at": None}, 10, None, None),
    ({"state": "left", **NEVER_CALLED}, None, None, None),
    ({"state": "no-show"}, 10, 1, None),  # was at the window; the day was closed without an end
    ({"state": "no-show", **NEVER_CALLED}, None, None, None),
    ({"lane": "express", "passed_over": 2}, 10, 1, 9),
    ({"lane": "express", "assisted": True}, 10, 1, 9),  # the office filled it in with them
]
ABSENT, PREPARED = 7, 11


def test_what_one_number_counts_for(database: Database) -> None:
    fill(database, [number(f"case-{place}", **given) for place, (given, *_) in enumerate(COUNTED)])
    with database.command("look") as session:
        cells = {one.kind: one for one in statistics_query.cells(session, "chuo", (TODAY, TODAY))}
    for place, (_, *times) in enumerate(COUNTED):
        cell = cells[f"case-{place}"]
        found = [*cell.waits, *cell.ways, *cell.handlings]
        assert found == pytest.approx([time for time in times if time is not None], abs=TENTH_OF_A_SECOND), place
        assert (cell.absent, cell.prepared, cell.passed) == (place == ABSENT, place == PREPARED, place == PREPARED)


def test_the_borders_of_rules() -> None:
    assert not statistics_rules.too_long(timedelta(minutes=30))
    assert statistics_rules.too_long(timedelta(minutes=30, seconds=1))
    for people in (1, 2, 9, 10, 11, 99, 100, 101):
        times = [float(number) for number in range(people, 0, -1)]
        least = statistics_rules.nine_of_ten(times)
        assert sum(time <= least for time in times) * 10 >= people * 9
        assert sum(time < least for time in times) * 10 < people * 9
    assert statistics_rules.span("2026-01-01", "2026-04-02")[1] == date(2026, 4, 2)  # 92 days
    for first, last, code in [
        ("2026-01-01", "2026-04-03", "statistics-span-too-long"),
        ("0001-01-01", "9999-12-31", "statistics-span-too-long"),
        ("2026-01-02", "2026-01-01", "statistics-span"),
        ("令和8年", "2026-01-01", "statistics-span"),
        ("2026-02-30", "\x00", "statistics-span"),
    ]:
        with pytest.raises(Refusal) as refused:
            statistics_rules.span(first, last)
        assert refused.value.code == code
    assert [safe_cell(text) for text in ("=1+1", "+1", "-1", "@a", "\t=1", "\n=1", "＝1+1", "市税 -", "", None, -1)] == [
        "'=1+1", "'+1", "'-1", "'@a", "'\t=1", "'\n=1", "'＝1+1", "市税 -", "", "", "-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "others", "minutes"),
    [(10, 10, 10 * (14 - 5)), (9, 10, None), (10, 9, None), (11, 30, 11 * (14 - 5)), (0, 0, None)],
)
def test_saved_minutes_are_said_from_ten_visits_of_either(ours: int, others: int, minutes: float | None) -> None:
    def visits(prepared: bool, handlings: list[float], *, assisted: bool = False) -> Cell:
        return Cell(TODAY, TAX, "general", prepared, assisted, len(handlings), 0, 0, 0, [], [], handlings)

    known = [visits(True, [5] * ours), visits(False, [14] * others)]
    known += [visits(False, [50] * 10, assisted=True)]  # the office typed it: neither prepared nor a measure
    found = statistics_rules.saved(TAX, [*known, visits(True, []), visits(False, [])])
    assert (found.prepared, found.others, found.minutes) == (ours, others, minutes)
    slower = statistics_rules.saved(TAX, [visits(True, [9] * 10), visits(False, [6] * 10)])
    assert slower.minutes == -30
    assert statistics_rules.saved_in_all([found, slower]) == -30 + (minutes or 0)


def rows_of(days: list[date], *, people: int, seed: str) -> list[dict[str, Any]]:
    """Numbers of every state on *days*, and some of another office."""
    chance, rows = Random(seed), []
    for day in days:
        morning = datetime(day.year, day.month, day.day, 9, tzinfo=JST)
        for number in range(people):
            drawn = morning + timedelta(seconds=chance.randrange(7 * 3600), microseconds=chance.randrange(10**6))
            called = drawn + timedelta(seconds=chance.randrange(3000), microseconds=chance.randrange(10**6))
            there = called + timedelta(seconds=chance.randrange(20, 200))
            state = chance.choice([State.SERVED] * 8 + [State.NO_SHOW, State.LEFT])
            served, was_called = state is State.SERVED, state is not State.LEFT
            rows.append(
                {
                    "id": new_id(),
                    "token": secrets.token_urlsafe(16),
                    "office": "inage" if number % 7 == 6 else "chuo",
                    "day": day,
                    "kind": chance.choice([AFFAIRS, AFFAIRS, TAX, CARD]),
                    "how": "kiosk",
                    "language": "ja",
                    "lane": str(chance.choice(list(Lane))),
                    "number": number,
                    "label": f"A{number:03d}",
                    "state": str(state),
                    "passed_over": chance.choice((0, 0, 2)),
                    "drawn_at": drawn,
                    "first_called_at": called if was_called else None,
                    "called_at": called if was_called else None,
                    "serving_at": there if served else None,
                    "ended_at": there + timedelta(seconds=chance.randrange(60, 1500)),
                    "parked_at": there if served and chance.random() < 0.1 else None,
                }
            )
    return rows


def fill(database: Database, rows: list[dict[str, Any]]) -> None:
    with database.command("test") as session:
        session.execute(insert(Ticket), rows)


def naive_nine(times: list[float]) -> float:
    return next(least for least in sorted(times) if sum(time <= least for time in times) >= math.ceil(len(times) * 0.9))


def naive_half(times: list[float]) -> float:
    times = sorted(times)
    middle = len(times) // 2
    return times[middle] if len(times) % 2 else (times[middle - 1] + times[middle]) / 2


def minutes(rows: list[dict[str, Any]], begin: str, end: str) -> list[float]:
    return [(row[end] - row[begin]).total_seconds() / 60 for row in rows if row[begin] and row[end]]


def same(found: statistics_rules.Figures, rows: list[dict[str, Any]]) -> None:
    """*found* is what a naive count of *rows* says."""
    served = [row for row in rows if row["state"] == "served"]
    in_one_go = [row for row in served if row["parked_at"] is None]
    waits, ways = minutes(rows, "drawn_at", "first_called_at"), minutes(rows, "called_at", "serving_at")
    assert (found.people, found.served) == (len(rows), len(served))
    assert found.absent == sum(row["state"] == "no-show" for row in rows)
    assert found.passed == sum(row["passed_over"] > 0 for row in rows)
    told = [found.wait, found.wait_nine, found.way, found.handling]
    naive = [naive_half(waits), naive_nine(waits), naive_half(ways)]
    handled = naive_half(minutes(in_one_go, "serving_at", "ended_at"))
    assert told == pytest.approx([*naive, handled], abs=TENTH_OF_A_SECOND)


def test_figures_are_those_of_a_naive_count_and_take_one_query(database: Database) -> None:
    days = [SPAN[0] - timedelta(days=1), *(SPAN[0] + timedelta(days=n) for n in range(0, 20, 3)), SPAN[1], TODAY]
    rows = rows_of(days, people=60, seed="naive")
    fill(database, rows)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    with database.command("look") as session:
        asked.clear()
        found = statistics.statistics(session, "chuo", SPAN, whole=True)
        assert len([text for text in asked if "tickets" in text]) == 1
    ours = [row for row in rows if row["office"] == "chuo" and SPAN[0] <= row["day"] <= SPAN[1]]
    same(found.total, ours)
    assert [day for day, _ in found.days] == sorted({row["day"] for row in ours})
    for day, line in found.days:
        same(line, [row for row in ours if row["day"] == day])
    assert [kind for kind, _ in found.kinds] == [AFFAIRS, CARD, TAX]
    for kind, line in found.kinds:
        same(line, [row for row in ours if row["kind"] == kind])
    for lane, line in found.lanes:
        same(line, [row for row in ours if row["lane"] == lane])
    for one in found.saved:
        known = [r for r in ours if r["kind"] == one.kind and r["state"] == "served" and r["parked_at"] is None]
        express = minutes([r for r in known if r["lane"] == "express"], "serving_at", "ended_at")
        general = minutes([r for r in known if r["lane"] != "express"], "serving_at", "ended_at")
        expected = (naive_half(general) - naive_half(express)) * len(express)
        assert one.minutes == pytest.approx(expected, abs=len(express) * TENTH_OF_A_SECOND)


def test_days_with_few_people_are_one_line_for_others() -> None:
    def visits(day: int, people: int) -> list[Cell]:
        one = [Cell(date(2026, 12, day), TAX, "general", False, False, 1, 1, 0, 0, [5], [1], [9])]
        return one * people

    some = [*visits(1, 2), *visits(2, 3), *visits(3, 1), *visits(4, 7)]
    told = statistics_rules.by_day(some, whole=False)
    assert [(day and day.day, line.people, line.wait) for day, line in told] == [(2, 3, 5), (4, 7, 5), (None, 3, 5)]
    lone = statistics_rules.by_day(visits(1, 2), whole=False)
    assert [(day, line.people, line.wait, line.handling) for day, line in lone] == [(None, 2, None, None)]
    own = statistics_rules.by_day(some, whole=True)
    assert [(day and day.day, line.people) for day, line in own] == [(1, 2), (2, 3), (3, 1), (4, 7)]


def read(visitor: Visitor, address: str) -> list[list[str]]:
    answer = visitor.client.get(address, headers=visitor.headers)
    assert (answer.mimetype, answer.data[:3]) == ("text/csv", b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_pages_of_the_supervisor(database: Database, staff_client: StaffClient) -> None:
    rows = rows_of([SPAN[0], SPAN[1]], people=14, seed="pages")
    fill(database, rows)
    visitor = staff_client(Role.WINDOW_SUPERVISOR)
    page = visitor.get("/staff/window/statistics?from=2026-11-18&until=2026-12-07")
    assert (page.status, page.heading) == (200, "窓口の統計")
    assert [words_of(link) for link in page.find("a", class_="staff-nav__link", aria_current="page")] == ["窓口の統計"]
    # Two people a day at 稲毛: told one by one to its own supervisor alone, here and in the file.
    span = f"from={SPAN[0]}&until={SPAN[1]}"
    lines = read(visitor, f"/staff/window/statistics.csv?office=inage&{span}")[1:]
    assert sum(int(line[2]) for line in lines) == 4
    assert {line[1] for line in lines} == {"その他の日"}
    assert "その他の日" in visitor.get(f"/staff/window/statistics?office=inage&{span}").text
    own = read(visitor, f"/staff/window/statistics.csv?{span}")
    assert {line[1] for line in own[1:]} == {SPAN[0].isoformat(), SPAN[1].isoformat()}
    assert sum(int(line[2]) for line in own[1:]) == 24
    refused = visitor.get("/staff/window/statistics?from=2026-01-01&until=2026-12-31")
    assert (refused.status, next(refused.find("input", id="from")).get("value")) == (422, "2026-01-01")
    assert visitor.client.get("/staff/window/statistics.csv?from=2026-01-01&until=2026-12-31").status_code == 422
    assert visitor.get("/staff/window/statistics?office=nowhere").status == 404
    clerk = staff_client(Role.WINDOW)
    assert clerk.get("/staff/window/statistics").status == 404
    assert clerk.get("/staff/window/overview").status == 200
    assert staff_client(Role.SENDER).get("/staff/window/overview").status == 404


def test_the_hall_now_says_who_waits_too_long_and_who_sits_where(database: Database, staff_client: StaffClient) -> None:
    base = rows_of([TODAY], people=6, seed="now")
    none = dict.fromkeys(("first_called_at", "called_at", "serving_at", "ended_at", "parked_at"))
    late = {"state": "waiting", "drawn_at": at(-31), **none}
    soon = {"state": "waiting", "drawn_at": at(-50), "starts_at": at(-10), **none}
    called = {"state": "called", "window": 4, **none, "first_called_at": at(-1), "called_at": at(-1)}
    parked = {"state": "parked", "window": 4, **none, "first_called_at": at(-9), "serving_at": at(-8)}
    gone = {"state": "no-show", "window": 4, **none, "first_called_at": at(-9)}
    steps: list[tuple[dict[str, Any], str]] = [
        (late, TAX),
        (soon, AFFAIRS),
        (called, TAX),
        (parked, TAX),
        (gone, TAX),
        ({"state": "served"}, TAX),
    ]
    given = [{"starts_at": None, "window": None, **row} for row in base]
    fill(
        database,
        [row | step | {"kind": kind, "office": "chuo"} for row, (step, kind) in zip(given, steps, strict=True)],
    )
    desk(database, "window-a", 4)
    desk(database, "window-b", 5)
    with database.command("look") as session:
        now = overview.overview(session, "chuo")
    lines = {line.kind: line for line in now.lines}
    tax = lines[TAX]
    assert (tax.waiting, tax.minutes, tax.late, tax.desks) == (1, 31, True, 1)
    assert (tax.serving, tax.called, tax.parked, tax.absent) == (0, 1, 1, 1)
    assert (lines[AFFAIRS].minutes, lines[AFFAIRS].late) == (20, False)
    assert [(seat.window, seat.state, seat.is_open) for seat in now.seats] == [(4, "called", True), (5, None, False)]
    clerk = staff_client(Role.WINDOW)
    page = clerk.get("/staff/window/overview")
    assert "30分を超えて待っている人がいます。" in page.text
    assert "31分" in next(words_of(row) for row in page.find("tr") if "市税" in words_of(row))
    assert "架空" not in "".join(words_of(table) for table in page.find("table"))  # section and number, no names
    assert not list(page.find("input", type="search"))  # js/queue.js does not renew a page with the keyboard in a field
    state = clerk.client.get("/staff/window/overview/state")
    assert [TAX, 1, 31, 1, 0, 1, 1, 1] in state.get_json()["waiting"]
    again = clerk.client.get("/staff/window/overview/state", headers={"If-None-Match": state.headers["ETag"]})
    assert again.status_code == 304


def test_the_demo_has_ten_days_alike_each_time(database: Database) -> None:
    found = []
    for _ in range(2):
        with database.command("demo") as session:
            past_days.load(session)
            past_days.load(session)
            days = TODAY - timedelta(days=30), TODAY
            found.append(statistics.statistics(session, "chuo", days, whole=True))
            session.rollback()
    assert found[0] == found[1]
    assert (len(found[0].days), (found[0].saved_minutes or 0) > 0) == (10, True)
