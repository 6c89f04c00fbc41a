"""Times and visits as the reader sees them: a calendar of weeks, two calendars of years, an .ics file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import segno
from babel.dates import get_day_names
from icalendar import Calendar, Event
from markupsafe import Markup

from portal.core import clock
from portal.core.clock import JST
from portal.reservations import rules
from portal.reservations.hours import opening
from portal.reservations.models import Booking
from portal.reservations.slots import Free
from portal.web.i18n import gettext, language, office_words, office_words_to_find

FEW = 4


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar. `left` counts free places; `state` is free, few, full or closed."""

    date: date
    short: str
    left: int
    state: str


@dataclass(frozen=True, slots=True)
class CalendarView:
    """Names of the weekdays shown, and weeks of as many days (None: nothing can be reserved, though the office is open)."""

    heads: Sequence[tuple[str, str]]
    weeks: Sequence[Sequence[Day | None]]


def calendar(free: Sequence[Free], office: str) -> CalendarView:
    """The coming 30 days of *office*, only the weekdays on which any office opens."""
    weekdays = sorted(frozenset().union(*(hours.weekdays for hours in opening().offices.values())))
    first = clock.today()
    last = (clock.now() + rules.HORIZON).astimezone(JST).date()
    by_day: dict[date, list[Free]] = {}
    for one in free:
        by_day.setdefault(one.day, []).append(one)
    weeks: list[list[Day | None]] = []
    monday = first - timedelta(days=first.isoweekday() - 1)
    while monday <= last:
        days = [monday + timedelta(days=number - 1) for number in weekdays]
        if any(first <= day <= last for day in days):
            weeks.append([_day(day, by_day.get(day, []), office) if first <= day <= last else None for day in days])
        monday += timedelta(days=7)
    return CalendarView([_weekday(number) for number in weekdays], weeks)


def _weekday(number: int) -> tuple[str, str]:
    short = get_day_names("abbreviated", locale=language())
    whole = get_day_names("wide", locale=language())
    return short[number - 1], whole[number - 1]


def _day(day: date, free: Sequence[Free], office: str) -> Day | None:
    if not free and opening().is_open(office, day):
        return None  # today after the last slot, or the far end of the 30 days
    left = sum(one.left for one in free)
    state = "closed" if not free else "full" if left == 0 else "few" if left <= FEW else "free"
    return Day(day, f"{day.month}/{day.day}", left, state)


def qr_of(reference: str) -> Markup:
    """A QR code that holds the reference number and nothing else."""
    return Markup(segno.make(reference, error="m", micro=False).svg_inline(border=2, omitsize=True))  # noqa: S704 - segno's own


def calendar_file(booking: Booking, *, office: str, url: str, bring: Sequence[str]) -> bytes:
    """The visit as an iCalendar file (RFC 5545) with the time zone of Japan. It names nobody: calendars are shared."""
    file = Calendar()
    file.add("prodid", "-//omatome//reservations//JA")
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    event = Event()
    facts: dict[str, Any] = {
        "uid": f"{booking.id}@reservations",
        "summary": gettext("Visit to %(office)s", office=office_words(office)),
        "location": office_words_to_find(office),
        "dtstamp": booking.changed_at,
        "dtstart": booking.starts_at.astimezone(JST),
        "dtend": booking.ends_at.astimezone(JST),
        "description": _about(booking, bring),
        "url": url,
        "status": "CANCELLED" if booking.state == rules.State.CANCELLED else "CONFIRMED",
    }
    for name, value in facts.items():
        event.add(name, value)
    file.add_component(event)
    file.add_missing_timezones()
    return bytes(file.to_ical())


def _about(booking: Booking, bring: Sequence[str]) -> str:
    lines = [gettext("Reference number %(number)s", number=booking.reference)]
    if bring:
        lines += [gettext("What to bring"), *(f"- {gettext(text)}" for text in bring)]
    return "\n".join(lines)
