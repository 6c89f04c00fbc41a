"""The clock of the standard period, day by day: no database."""

from datetime import date

import pytest

from portal.applications.casework.statutory import DayKind, Pause, Standing, due, is_working_day, read, soon_until

CALENDAR, WORKING = DayKind.CALENDAR, DayKind.WORKING


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("closed", "why"),
    [
        ("2026-11-21", "Saturday"),
        ("2026-11-22", "Sunday"),
        ("2026-11-23", "勤労感謝の日"),
        ("2026-09-22", "国民の休日 between two holidays"),
        ("2026-05-06", "振替休日"),
        ("2026-12-29", "year end"),
        ("2027-01-03", "year begin"),
    ],
)
def test_days_the_offices_are_closed(closed: str, why: str) -> None:
    assert not is_working_day(day(closed)), why
    assert is_working_day(day("2026-11-24"))
    assert is_working_day(day("2026-12-28"))
    assert is_working_day(day("2027-01-04"))


@pytest.mark.parametrize(
    ("arrived", "days", "kind", "pauses", "last"),
    [
        ("2026-11-02", 1, CALENDAR, [], "2026-11-04"),  # the day of arrival is not counted; 11/3 文化の日
        ("2026-11-04", 15, CALENDAR, [], "2026-11-19"),
        ("2026-11-06", 15, CALENDAR, [], "2026-11-24"),  # would end on Saturday; Monday is a holiday
        ("2026-11-20", 1, WORKING, [], "2026-11-24"),  # over a weekend and a holiday
        ("2026-12-25", 3, WORKING, [], "2027-01-05"),  # over the turn of the year
        ("2026-11-04", 3, WORKING, [("2026-11-05", "2026-11-10")], "2026-11-12"),  # 5 | paused 6-10 | 11, 12
        ("2026-11-04", 3, WORKING, [("2026-11-04", "2026-11-04")], "2026-11-09"),  # asked and answered at once
        ("2026-11-04", 5, CALENDAR, [("2026-11-05", "2026-11-07"), ("2026-11-09", "2026-11-11")], "2026-11-13"),
        ("2026-11-04", 5, CALENDAR, [("2026-11-05", None)], None),
    ],
)
def test_the_last_day(
    arrived: str, days: int, kind: DayKind, pauses: list[tuple[str, str | None]], last: str | None
) -> None:
    stops: list[Pause] = [(day(start), day(end) if end else None) for start, end in pauses]
    assert due(day(arrived), days, kind, stops) == (day(last) if last else None)


@pytest.mark.parametrize(
    ("today", "standing", "left"),
    [
        ("2026-11-04", Standing.FINE, 10),
        ("2026-11-12", Standing.FINE, 4),  # due on Wednesday the 18th
        ("2026-11-13", Standing.SOON, 3),
        ("2026-11-17", Standing.SOON, 1),
        ("2026-11-18", Standing.TODAY, 0),
        ("2026-11-19", Standing.OVERDUE, -1),
        ("2026-11-24", Standing.OVERDUE, -3),
    ],
)
def test_how_a_case_stands(today: str, standing: Standing, left: int) -> None:
    shown = read(day("2026-11-04"), 10, WORKING, (), day(today))
    assert (shown.due_on, shown.standing, shown.left) == (day("2026-11-18"), standing, left)


def test_while_the_person_corrects_nothing_runs_down() -> None:
    asked = ((day("2026-11-06"), None),)
    first = read(day("2026-11-04"), 10, WORKING, asked, day("2026-11-09"))
    later = read(day("2026-11-04"), 10, WORKING, asked, day("2026-12-09"))
    assert (first.standing, first.left, first.due_on) == (Standing.PAUSED, 8, None)
    assert first == later
    assert read(day("2026-11-04"), None, CALENDAR, (), day("2026-11-05")).standing is Standing.NONE
    assert soon_until(day("2026-11-19")) == day("2026-11-25")
