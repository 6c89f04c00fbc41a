"""Dates in two calendars."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import wareki
from portal.core.text import TextRefused

DAYS = st.dates(min_value=wareki.FIRST_DAY, max_value=date(2118, 12, 31))
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    "typed",
    [
        "令和8年11月22日", "R8.11.22", "r08-11-22", "２０２６−１１−２２", "2026/11/22", "20261122",
        "㋿8年11月22日", "令８．１１．２２", "西暦2026年11月22日",
        "令和8年11月22日（2026年）", "2026（令和8）年11月22日",
        "2026年11月22日（日）", " 令和　８年 11月 22日 ", "2026 11 22", "R.8.11.22",
    ],
)  # fmt: skip
def test_one_day_written_in_many_ways(typed):
    assert wareki.parse(typed) == TODAY


def test_both_calendars_are_shown():
    assert wareki.show(TODAY) == "令和8年11月22日（2026年）"
    assert wareki.show(date(2019, 5, 1)) == "令和元年5月1日（2019年）"
    assert wareki.parse("令和元年５月１日") == wareki.parse("R1.5.1") == date(2019, 5, 1)


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(1873, 1, 1), "明治6年1月1日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(2019, 5, 1), "令和元年5月1日"),
    ],
)
def test_eras_change_at_a_day(day, shown):
    assert wareki.japanese(day) == shown
    assert wareki.parse(shown) == day


def test_on_the_day_of_change_the_old_era_was_still_written():
    assert wareki.parse("明治45年7月30日") == date(1912, 7, 30)
    assert wareki.parse("大正15年12月25日") == date(1926, 12, 25)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("平成31年5月1日", "date-outside-era"),
        ("令和元年4月30日", "date-outside-era"),
        ("昭和64年1月8日", "date-outside-era"),
        ("令和7年2月29日", "date-does-not-exist"),
        ("令和0年1月1日", "date-does-not-exist"),
        ("2026-13-01", "date-does-not-exist"),
        ("明治5年12月2日", "date-before-1873"),
        ("1600-09-15", "date-before-1873"),
        ("令和8年11月22日（2025年）", "date-contradicts-itself"),
        ("2026（平成8）年11月22日", "date-contradicts-itself"),
        ("昨日", "date-not-understood"),
        ("²026-11-22", "date-not-understood"),
        ("", "text-empty"),
    ],
)
def test_dates_that_cannot_be(typed, code):
    with pytest.raises(TextRefused) as refused:
        wareki.parse(typed)
    assert refused.value.code == code


def test_a_day_after_its_era_is_named_as_it_is_called_today():
    with pytest.raises(TextRefused) as refused:
        wareki.parse("平成31年5月1日")
    assert refused.value.facts == {"era": "平成", "instead": "令和元年5月1日"}


def test_three_fields_of_a_form():
    assert wareki.from_parts("reiwa", "８", "11", "２２") == TODAY
    assert wareki.from_parts("", "2026", "11", "22") == TODAY


@pytest.mark.parametrize("typed", ["2026", "２０２６"])
def test_a_western_year_beside_an_era_is_told_as_that(typed):
    with pytest.raises(TextRefused) as refused:
        wareki.from_parts("heisei", typed, "7", "21")
    assert refused.value.code == "date-year-not-of-era"


@given(st.dates())
def test_no_page_fails_over_any_day(day):
    assert str(day.year) in wareki.show(day)


def test_a_day_before_both_calendars_is_shown_as_it_was_written():
    assert wareki.show(date(1872, 12, 31)) == "1872年12月31日"


@given(DAYS)
def test_what_is_shown_can_be_read_back(day):
    assert wareki.parse(wareki.show(day)) == day
    assert wareki.parse(day.isoformat()) == day


@given(DAYS)
def test_the_calendar_has_no_gap_and_never_runs_backwards(day):
    today, tomorrow = wareki.era_year(day), wareki.era_year(day + timedelta(days=1))
    assert tomorrow[1] >= 1
    assert tomorrow[0] is not today[0] or tomorrow[1] - today[1] in (0, 1)


@given(st.text(max_size=40))
def test_any_text_is_a_day_or_refused(typed):
    with suppress(TextRefused):
        assert isinstance(wareki.parse(typed), date)
