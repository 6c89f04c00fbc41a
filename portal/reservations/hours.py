"""Opening hours as the city wrote them down (hours.json), and the slots that follow from them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from math import cos, hypot, radians
from pathlib import Path

import jpholiday

from portal.core.clock import JST
from portal.reservations import rules

FILE = Path(__file__).parent / "hours.json"


@dataclass(frozen=True, slots=True)
class Hours:
    """One office: on which weekdays (1 Monday … 7 Sunday) it opens, from when to when, places a slot, how many of
    them are kept for staff, and where it stands (latitude, longitude)."""

    weekdays: frozenset[int]
    opens: time
    closes: time
    places: int
    kept: int
    at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Opening:
    """All offices by code, and the yearly closures as (first, last) of (month, day)."""

    offices: Mapping[str, Hours]
    closed: tuple[tuple[tuple[int, int], tuple[int, int]], ...]

    def is_open(self, office: str, day: date) -> bool:
        """Whether *office* opens on *day*: its weekdays, no public holiday (国民の祝日), no closure of the city."""
        hours = self.offices.get(office)
        if hours is None or day.isoweekday() not in hours.weekdays or jpholiday.is_holiday(day):
            return False
        return not self.in_closure(day)

    def in_closure(self, day: date) -> bool:
        """Whether *day* lies in a yearly closure of the city."""
        return any(rules.within_year(first, last, (day.month, day.day)) for first, last in self.closed)

    def starts(self, office: str, day: date) -> Iterator[datetime]:
        """When the slots of *office* on *day* begin; none when it is closed."""
        if not self.is_open(office, day):
            return
        hours = self.offices[office]
        yield from slots_between(day, hours.opens, hours.closes)

    def nearest(self, office: str) -> list[str]:
        """All offices by distance from *office* as the crow flies; in the order of the file if there is no such."""
        here = self.offices.get(office)
        return sorted(self.offices, key=lambda code: distance(here.at, self.offices[code].at) if here else 0)


def slots_between(day: date, opens: time, closes: time) -> Iterator[datetime]:
    """When slots begin on *day*: the last one ends at *closes* at the latest."""
    start = datetime.combine(day, opens, JST)
    while start + rules.SLOT <= datetime.combine(day, closes, JST):
        yield start
        start += rules.SLOT


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres between two points given in degrees, flat: right to a hundredth within a city."""
    north = (one[0] - other[0]) * 111.2
    east = (one[1] - other[1]) * 111.2 * cos(radians(one[0]))
    return hypot(north, east)


@cache
def opening() -> Opening:
    """The hours in force."""
    return read(FILE)


def read(file: Path) -> Opening:
    """Hours from *file*; KeyError or ValueError if something is missing or no time of day."""
    written = json.loads(file.read_text(encoding="utf-8"))
    offices = {
        code: Hours(
            weekdays=frozenset(hours["weekdays"]),
            opens=time.fromisoformat(hours["opens"]),
            closes=time.fromisoformat(hours["closes"]),
            places=int(hours["places"]),
            kept=int(hours["kept_for_staff"]),
            at=(float(hours["at"][0]), float(hours["at"][1])),
        )
        for code, hours in written["offices"].items()
    }
    closed = tuple((_month_day(span["from"]), _month_day(span["to"])) for span in written["closed"])
    return Opening(offices, closed)


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)
