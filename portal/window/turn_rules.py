"""Whose turn it is, and about how long the others wait, without a database."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.window.rules import Lane, waits_since

# A number not prepared at home is passed over by later ones at most three times, and never after half an hour.
MOST_PASSED = 3
LONGEST_PASSED = timedelta(minutes=30)
# How many finished visits of the day count for the estimate, and how much the written-down length weighs beside them.
REMEMBERED = 20
EXPECTED_WEIGHS = 3
LONGEST_VISIT = 60.0
OPTIMISTIC = 0.6


@dataclass(frozen=True, slots=True)
class Turn:
    """What decides when a number is called; `starts_at` is the reserved time, None for walk-ins."""

    id: UUID
    lane: Lane
    needs: bool
    starts_at: datetime | None
    drawn_at: datetime
    number: int
    passed_over: int

    @property
    def waits_since(self) -> datetime:
        """Since when it counts as waiting (rules.waits_since)."""
        return waits_since(self.drawn_at, self.starts_at)


def rank(one: Turn, now: datetime) -> int:
    """0 overdue, 1 needs soon, 2 express, 3 reserved and near its time, 4 the others."""
    if one.lane is Lane.GENERAL and (one.passed_over >= MOST_PASSED or now - one.waits_since >= LONGEST_PASSED):
        return 0
    if one.needs:
        return 1
    if one.lane is Lane.EXPRESS:
        return 2
    return 3 if one.starts_at and one.waits_since <= now else 4


def in_order(waiting: Iterable[Turn], now: datetime) -> list[Turn]:
    """The order of calls: by rank, within it who waits longest first."""
    return sorted(waiting, key=lambda one: (rank(one, now), one.waits_since, one.drawn_at, one.number))


def passed_by(chosen: Turn, waiting: Iterable[Turn], now: datetime) -> list[Turn]:
    """Who is passed over when *chosen* is called: general numbers that have waited longer.

    Nobody of rank 0 is ever passed over by rule (the longest waiting of them is chosen), so the count ends at
    MOST_PASSED.
    """
    return [
        one
        for one in waiting
        if one.lane is Lane.GENERAL and one.id != chosen.id and one.waits_since < min(chosen.waits_since, now)
    ]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Minutes until the call: with luck, and as a rule."""

    optimistic: int
    normal: int


def handling_minutes(visits: Sequence[timedelta], expected: int) -> float:
    """How long a visit of a kind takes today: the mean of the newest REMEMBERED ones (none counted over an hour),
    beside the written-down length, which weighs as much as EXPECTED_WEIGHS visits."""
    newest = [min(max(visit.total_seconds() / 60, 0), LONGEST_VISIT) for visit in visits[:REMEMBERED]]
    return (sum(newest) + expected * EXPECTED_WEIGHS) / (len(newest) + EXPECTED_WEIGHS)


def estimate(before: int, minutes: float, desks: int) -> Estimate:
    """Minutes for *before* people at *desks* desks, each visit *minutes*; whoever is served now is half done."""
    each = minutes / max(desks, 1)
    return Estimate(math.floor(before * each * OPTIMISTIC), math.ceil((before + 0.5) * each))
