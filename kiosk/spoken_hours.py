"""Numbers and opening hours as pieces of the tapes (see `speech`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from flask_babel import get_timezone, gettext

from kiosk.window_days import Shown
from kiosk.words import N_

WEEKDAYS = (
    *(N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday")),
    *(N_("Friday"), N_("Saturday"), N_("Sunday")),
)


def number(amount: int) -> list[str]:
    """A number from 0 to 99,999 in pieces every language can join: 1,250 is #1000 #200 #50."""
    if amount <= 20:
        return [f"#{max(amount, 0)}"]
    parts, left = [], amount
    for unit in (10_000, 1_000, 100, 10):
        if left > 20 and left >= unit:
            parts.append(f"#{left // unit * unit}")
            left %= unit
    return parts + ([f"#{left}"] if left else [])


def from_to(*times: str) -> Iterator[str]:
    """From when to when; what is no time of day is left out."""
    for words, at in zip((N_("Opens at"), N_("Closes at")), times, strict=False):
        hour, _, minute = at.partition(":")
        if hour.strip().isdigit() and minute.strip().isdigit():
            yield from (gettext(words), *number(int(hour)), *(number(int(minute)) if int(minute) else ()))


def at_clock(instant: str) -> Iterator[str]:
    """Hour and minute of an instant (ISO 8601), as the clock on the wall has them."""
    local = datetime.fromisoformat(instant).astimezone(get_timezone())
    yield from (*number(local.hour), *(number(local.minute) if local.minute else ()))


def window_hours(found: Shown | None) -> Iterator[str]:
    """When the windows of the ward office are open: today, and next; the day of the week stands for the date."""
    today, later = (found.today, found.next_day) if found else (None, None)
    if found and today:
        if not today.opens or found.over:
            yield gettext(N_("The windows are closed for today."))
        else:
            yield gettext(
                N_("The windows are open at the moment.") if found.open_now else N_("The windows open today.")
            )
            yield from from_to(today.opens, today.closes)
    if later:
        day = date.fromisoformat(later.day)
        yield from (gettext(N_("The next opening is on")), gettext(WEEKDAYS[day.weekday()]))
        if today and (ahead := (day - date.fromisoformat(today.day)).days) > len(WEEKDAYS) - 1:
            yield from (gettext(N_("Days from now")), *number(ahead))
        yield from from_to(later.opens, later.closes)
