"""The calendar of free times as the reader sees it: the coming weeks, one week by the half hour, or a plain list.

Each day says in full, for who hears it: both calendars, day of the week, places left or why it is closed. Works without
JavaScript as tables of links and as a list; js/calendar.js makes the tables grids for the arrow keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

import jpholiday
from babel.dates import get_day_names
from babel.lists import format_list

from portal.core import clock
from portal.core.clock import JST
from portal.reservations import rules
from portal.reservations.hours import opening
from portal.reservations.slots import Free
from portal.web.i18n import gettext, language, ngettext, show_date, show_day, show_time

FEW = 4


class Shape(StrEnum):
    """How the days are shown."""

    MONTH = "month"
    WEEK = "week"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Day:
    """One day. `state` is free, few, full or closed; `left` counts free places; `words` stand below the date, `label`
    is read aloud instead of both."""

    date: date
    short: str
    left: int
    state: str
    words: str
    label: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One time of one day in the week's table; `label` is read aloud."""

    slot_id: int
    date: date
    left: int
    label: str


@dataclass(frozen=True, slots=True)
class Week:
    """Days side by side, one row for each time: a cell is None where nothing begins."""

    days: Sequence[Day]
    rows: Sequence[tuple[str, Sequence[Moment | None]]]
    earlier: date | None
    later: date | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that can be reserved at one office: names of the weekdays shown, weeks of as many days (None: nothing
    can be reserved), and the weekdays on which it never opens, in words."""

    heads: Sequence[tuple[str, str]]
    weeks: Sequence[Sequence[Day | None]]
    closed_weekdays: str
    title: str

    @property
    def days(self) -> list[Day]:
        """All days in order, for the list."""
        return [day for week in self.weeks for day in week if day]


Closed = Mapping[date, str]
"""Days on which staff closed the office, with the reason (msgid)."""


def calendar(free: Sequence[Free], office: str, closed: Closed) -> Calendar:
    """The coming 30 days of *office*, only the weekdays on which any office opens or this one does for once."""
    weekdays = _weekdays(free)
    first, last = bounds()
    by_day = _by_day(free)
    weeks: list[list[Day | None]] = []
    monday = first - timedelta(days=first.isoweekday() - 1)
    while monday <= last:
        days = [monday + timedelta(days=number - 1) for number in weekdays]
        if any(first <= day <= last for day in days):
            weeks.append(
                [_day(day, by_day.get(day, []), office, closed) if first <= day <= last else None for day in days]
            )
        monday += timedelta(days=7)
    return Calendar(
        [_weekday(number) for number in weekdays], weeks, _never_open(office, weekdays), _title(first, last)
    )


def bounds() -> tuple[date, date]:
    """The first and the last day that can be reserved now."""
    return clock.today(), (clock.now() + rules.HORIZON).astimezone(JST).date()


def week(free: Sequence[Free], office: str, wanted: date, closed: Closed) -> Week:
    """The week of *wanted*, from morning to evening; `earlier` and `later` are days of the weeks beside it."""
    first, last = bounds()
    monday = wanted - timedelta(days=wanted.isoweekday() - 1)
    dates = [monday + timedelta(days=number - 1) for number in _weekdays(free)]
    by_day = _by_day(free)
    days = [_day(day, by_day.get(day, []), office, closed) or _quiet(day) for day in dates]
    moments = {(one.day, _time(one)): one for one in free if one.day in dates}
    rows = [
        (f"{at:%H:%M}", [_moment(moments.get((day, at))) for day in dates])
        for at in sorted({at for _day_, at in moments})
    ]
    before, after = ([day + timedelta(days=by) for day in dates] for by in (-7, 7))
    earlier = next((day for day in before if day >= first), None)
    return Week(days, rows, earlier, next((day for day in after if day <= last), None))


def _time(one: Free) -> time:
    return one.starts_at.astimezone(JST).time()


def _moment(one: Free | None) -> Moment | None:
    if one is None:
        return None
    words = _places(one.left) if one.left else gettext("Full")
    label = gettext("%(day)s, %(time)s: %(words)s", day=show_day(one.day), time=show_time(one.starts_at), words=words)
    return Moment(one.slot_id, one.day, one.left, label)


def _by_day(free: Sequence[Free]) -> dict[date, list[Free]]:
    found: dict[date, list[Free]] = {}
    for one in free:
        found.setdefault(one.day, []).append(one)
    return found


def _weekdays(free: Sequence[Free]) -> list[int]:
    usual = frozenset().union(*(hours.weekdays for hours in opening().offices.values()))
    return sorted(usual | {one.day.isoweekday() for one in free})


def _weekday(number: int) -> tuple[str, str]:
    short = get_day_names("abbreviated", locale=language())
    whole = get_day_names("wide", locale=language())
    return short[number - 1], whole[number - 1]


def _never_open(office: str, shown: Sequence[int]) -> str:
    """The weekdays without a column; one on which it opens now and then says of each of its days what it is."""
    hours = opening().offices.get(office)
    closed = [number for number in range(1, 8) if hours and number not in {*hours.weekdays, *shown}]
    days = format_list([_weekday(number)[1] for number in closed], locale=language())
    return gettext("Closed on: %(days)s", days=days) if closed else ""


def _title(first: date, last: date) -> str:
    return gettext("%(first)s to %(last)s", first=show_date(first), last=show_date(last))


def _day(day: date, free: Sequence[Free], office: str, closed: Closed) -> Day | None:
    if not free and day not in closed and opening().is_open(office, day):
        return None  # today after the last slot, or the far end of the 30 days
    left = sum(one.left for one in free)
    if not free:
        short, whole = _why_closed(day, closed)
        return _made(day, 0, "closed", short, whole)
    if left == 0:
        return _made(day, 0, "full", gettext("Full"), gettext("Full"))
    short = ngettext("%(num)s free", "%(num)s free", left)
    return _made(day, left, "few" if left <= FEW else "free", short, _places(left))


def _quiet(day: date) -> Day:
    """A day of the week's table on which nothing can be reserved any more, or not yet."""
    first, _last = bounds()
    words = gettext("Over") if day <= first else gettext("Not open yet")
    return _made(day, 0, "closed", words, words)


def _made(day: date, left: int, state: str, words: str, whole: str) -> Day:
    label = gettext("%(day)s: %(words)s", day=show_day(day), words=whole)
    return Day(day, f"{day.month}/{day.day}", left, state, words, label)


def _places(left: int) -> str:
    return ngettext("%(num)s place left", "%(num)s places left", left)


def _why_closed(day: date, closed: Closed) -> tuple[str, str]:
    """(in the cell, in full): why staff closed it, a public holiday by its name in Japanese, the city's closure, or the
    day of the week."""
    if day in closed:
        return gettext("Not open"), gettext("closed, %(why)s", why=gettext(closed[day]))
    if jpholiday.is_holiday(day):
        name = jpholiday.is_holiday_name(day) if language() == "ja" else ""
        holiday = gettext("Public holiday")
        return gettext("Holiday"), gettext("closed, %(why)s", why=f"{holiday}・{name}" if name else holiday)
    if opening().in_closure(day):
        return gettext("Not open"), gettext("closed, %(why)s", why=gettext("the city office is closed at New Year"))
    return gettext("Not open"), gettext("closed, %(why)s", why=gettext("not open on this day of the week"))
