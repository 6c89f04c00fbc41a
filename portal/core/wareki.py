"""Dates in both Japanese calendars: read either, show both.

Eras change at a day, not at a year; on 1912-07-30 and 1926-12-25 both eras hold. Sources: 元号法
(昭和54年法律第43号), 元号を改める政令 (昭和64年政令第1号, 平成31年政令第143号). Days before 1873 (明治6年) were
counted by the moon and cannot be converted by counting, so they are refused.
"""

import re
from dataclasses import dataclass
from datetime import date

from portal.core.text import ANY_DASH, TextRefused, fold_width, single_line


@dataclass(frozen=True, slots=True)
class Era:
    """One era: `code` is its name in forms, `starts` its first day, `ends` its last (None while it runs)."""

    name: str
    code: str
    letter: str
    sign: str
    starts: date
    ends: date | None
    year_one: int


ERAS = (
    Era("明治", "meiji", "M", "㍾", date(1873, 1, 1), date(1912, 7, 30), 1868),
    Era("大正", "taisho", "T", "㍽", date(1912, 7, 30), date(1926, 12, 25), 1912),
    Era("昭和", "showa", "S", "㍼", date(1926, 12, 25), date(1989, 1, 7), 1926),
    Era("平成", "heisei", "H", "㍻", date(1989, 1, 8), date(2019, 4, 30), 1989),
    Era("令和", "reiwa", "R", "㋿", date(2019, 5, 1), None, 2019),
)
FIRST_DAY = ERAS[0].starts
_BY_MARK = {mark: era for era in ERAS for mark in (era.name, era.name[0], era.letter, era.sign)}
_BY_CODE = {era.code: era.name for era in ERAS}
_SEPARATOR = rf"\s*(?:[./{ANY_DASH}]|\s)\s*"
_ERA_DATE = re.compile(
    r"(?P<era>明治|大正|昭和|平成|令和|[明大昭平令]|[MTSHR]|[㍾㍽㍼㍻㋿])\s*\.?\s*(?P<year>元|[0-9]{1,3})"
    rf"(?:\s*年\s*|{_SEPARATOR})(?P<month>[0-9]{{1,2}})(?:\s*月\s*|{_SEPARATOR})(?P<day>[0-9]{{1,2}})\s*日?",
    re.IGNORECASE,
)
_WESTERN_DATE = re.compile(
    rf"(?:西暦\s*)?(?P<year>[0-9]{{4}})(?:\s*年\s*|{_SEPARATOR})(?P<month>[0-9]{{1,2}})"
    rf"(?:\s*月\s*|{_SEPARATOR})(?P<day>[0-9]{{1,2}})\s*日?"
)
_COMPACT = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_IN_BRACKETS = re.compile(r"\s*\((?P<inside>[^()]{1,10})\)\s*")
_YEAR_REPEATED = re.compile(r"(?:(?P<era>[^0-9元]{1,2}))?(?P<year>元|[0-9]{1,4})年?")


def era_of(day: date) -> Era:
    """The era of a day; on a day of change the new one, as registers write it."""
    for era in reversed(ERAS):
        if day >= era.starts:
            return era
    raise TextRefused("date-before-1873")


def era_year(day: date) -> tuple[Era, int]:
    """(era, year within it), year 1 being 元年."""
    era = era_of(day)
    return era, day.year - era.year_one + 1


def japanese(day: date) -> str:
    """令和8年11月22日; the first year is 元年."""
    era, year = era_year(day)
    return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def show(day: date) -> str:
    """Both calendars, the form on every page: 令和8年11月22日（2026年）. A day before 1873, as a register of others or a
    slip may bring it, is shown as it was written: no page fails over it."""
    return f"{japanese(day)}（{day.year}年）" if day >= FIRST_DAY else f"{day.year}年{day.month}月{day.day}日"


def parse(text: str) -> date:
    """A day from either calendar, any width: 令和8年11月22日（2026年）, R8.11.22, 2026-11-22, 20261122."""
    line = fold_width(single_line(text, longest=60))
    day = _one_calendar(_IN_BRACKETS.sub("", line).strip())
    for found in _IN_BRACKETS.finditer(line):
        _check_repeated_year(found["inside"], day)
    return day


def _one_calendar(line: str) -> date:
    if found := _ERA_DATE.fullmatch(line):
        return _from_era(found)
    if found := _COMPACT.fullmatch(line) or _WESTERN_DATE.fullmatch(line):
        return _day(int(found["year"]), int(found["month"]), int(found["day"]))
    raise TextRefused("date-not-understood")


def _check_repeated_year(inside: str, day: date) -> None:
    """令和8年…（2026年） and 2026（令和8）年… say the year twice; a weekday in brackets says nothing."""
    found = _YEAR_REPEATED.fullmatch(inside.strip())
    if found is None:
        return
    year = 1 if found["year"] == "元" else int(found["year"])
    era = _BY_MARK.get((found["era"] or "").upper())
    if (era.year_one + year - 1 if era else year) != day.year:
        raise TextRefused("date-contradicts-itself")


def from_parts(era_code: str, year: str, month: str, day: str) -> date:
    """A day from the three fields of a form; `era_code` is an Era's code, anything else means western years."""
    numbers = [fold_width(single_line(part, longest=8)) for part in (year, month, day)]
    try:
        return parse("{}{}年{}月{}日".format(_BY_CODE.get(era_code, ""), *numbers))
    except TextRefused as refused:  # the words for a day typed as one text do not fit three fields
        if refused.code != "date-not-understood":
            raise
    # 平成2026年: a Western year beside an era, the commonest slip of people who do not count in eras.
    western = era_code in _BY_CODE and re.fullmatch("[0-9]{4}", numbers[0])
    if western:
        raise TextRefused("date-year-not-of-era")
    raise TextRefused("date-parts-not-numbers")


def _from_era(found: re.Match[str]) -> date:
    era = _BY_MARK[found["era"].upper()]
    year = 1 if found["year"] == "元" else int(found["year"])
    if year < 1:
        raise TextRefused("date-does-not-exist")
    day = _day(era.year_one + year - 1, int(found["month"]), int(found["day"]))
    if day < era.starts or (era.ends is not None and day > era.ends):
        # Say what the day is called instead: people copy 平成31年5月1日 from old papers.
        raise TextRefused("date-outside-era", {"era": era.name, "instead": japanese(day)})
    return day


def _day(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise TextRefused("date-does-not-exist") from None
    if found < FIRST_DAY:
        raise TextRefused("date-before-1873")
    return found
