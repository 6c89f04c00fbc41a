"""The clock of the standard period (標準処理期間, 行政手続法第6条): due date, days left, pauses. Pure: days in, days out.

The day of arrival is not counted (民法第140条). While the person corrects, no day counts: neither those after the
question nor the day the answer arrives. A period in calendar days that would end on a day the offices are closed ends
on the next open one (民法第142条); closed are Saturdays, Sundays, public holidays and 12/29 to 1/3 (地方自治法第4条の2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import jpholiday

from portal.core.words import N_

DAY = timedelta(days=1)
SOON = 3
"""Working days before the due date from which a case is shown as due soon."""

Pause = tuple[date, date | None]
"""(day the correction was asked, day it came or None)."""


class DayKind(StrEnum):
    CALENDAR = "calendar"
    WORKING = "working"


class Standing(StrEnum):
    """Where a case stands against its period."""

    NONE = "none"
    FINE = "fine"
    SOON = "soon"
    TODAY = "today"
    OVERDUE = "overdue"
    PAUSED = "paused"


STANDING_WORDS: Mapping[Standing, str] = {
    Standing.NONE: N_("No period"),
    Standing.FINE: N_("In time"),
    Standing.SOON: N_("Due soon"),
    Standing.TODAY: N_("Due today"),
    Standing.OVERDUE: N_("Overdue"),
    Standing.PAUSED: N_("Clock stopped"),
}
STANDING_TONES: Mapping[Standing, str] = {
    Standing.NONE: "neutral",
    Standing.FINE: "neutral",
    Standing.SOON: "warning",
    Standing.TODAY: "warning",
    Standing.OVERDUE: "error",
    Standing.PAUSED: "info",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the clock shows. `left` is days still counted (of the period's kind), negative when overdue; while the
    clock is stopped `due_on` is None, because nobody knows yet when it goes on."""

    due_on: date | None
    left: int
    standing: Standing
    kind: DayKind


def is_working_day(day: date) -> bool:
    """Whether the city's offices are open."""
    new_year = (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}
    return day.weekday() < 5 and not new_year and not jpholiday.is_holiday(day)


def due(arrived: date, days: int, kind: DayKind, pauses: Sequence[Pause] = ()) -> date | None:
    """The last day of the period; None while a pause is open."""
    if any(end is None for _start, end in pauses):
        return None
    day, counted = arrived, 0
    while counted < days:
        day += DAY
        counted += _counts(day, kind, pauses)
    while not is_working_day(day):
        day += DAY
    return day


def read(arrived: date, days: int | None, kind: DayKind, pauses: Sequence[Pause], today: date) -> Reading:
    """Where the case stands *today*; `days` None means the procedure has no period."""
    if days is None:
        return Reading(None, 0, Standing.NONE, kind)
    last = due(arrived, days, kind, pauses)
    if last is None:
        spent = sum(_counts(day, kind, pauses) for day in _days(arrived, today))
        return Reading(None, days - spent, Standing.PAUSED, kind)
    if today > last:
        return Reading(last, -sum(_is_of(day, kind) for day in _days(last, today)), Standing.OVERDUE, kind)
    left = sum(_is_of(day, kind) for day in _days(today, last))
    if today == last:
        return Reading(last, 0, Standing.TODAY, kind)
    return Reading(last, left, Standing.SOON if last <= soon_until(today) else Standing.FINE, kind)


def soon_until(today: date) -> date:
    """The last day that is "soon" today."""
    day, counted = today, 0
    while counted < SOON:
        day += DAY
        counted += is_working_day(day)
    return day


def _days(after: date, until: date) -> list[date]:
    """The days after *after* up to and with *until*."""
    return [after + timedelta(days=number) for number in range(1, (until - after).days + 1)]


def _is_of(day: date, kind: DayKind) -> bool:
    return kind is DayKind.CALENDAR or is_working_day(day)


def _counts(day: date, kind: DayKind, pauses: Sequence[Pause]) -> bool:
    stopped = any(start < day and (end is None or day <= end) for start, end in pauses)
    return not stopped and _is_of(day, kind)
