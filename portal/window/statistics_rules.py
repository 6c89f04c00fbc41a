"""What the figures of the window mean: times (worked out in the database, statistics_query.py), small numbers, minutes
saved, refusals.

- **Wait**: from the draw to the first call; whoever came early for a reservation waits from ten minutes before it, as in
  the queue (rules.waits_since), and never less than nothing.
- **Way**: from the call to the window: the last call before the person was there. A number that was set aside or sent on
  was called anew later; for it the first call counts.
- **Handling**: from the window to the end, of visits that were served in one go. A number that was set aside or sent on
  was away in between, so it says nothing about how long the work takes.
- **Did not come**: called, and never at the window. Who left the queue, or was forgotten in it, is not counted so.
- **Half** is the median, **nine of ten** the nearest rank: the least time that 90 of 100 people did not exceed.
- **Saved minutes** of a kind of window: (median handling without a pre-application − median with one) × visits with one.
  It is not said where either side has fewer than LEAST_CASES visits, and the sum is of the kinds where it is said. It
  compares different people: simple matters may be prepared more often. It may be less than nothing, and is said so.
  Visits for what the office filled in with the person (assisted) are on neither side: nobody prepared them.
- **Small numbers**: for others than the office's own supervisors, days with fewer than FEW people are summed into one
  line, and times of fewer than FEW people are not said: they would tell of one person.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from statistics import median
from typing import NamedTuple, TypeVar

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.window.rules import State, waits_since

LONGEST_SPAN = 92
LONG_WAIT = timedelta(minutes=30)
FEW = 3
LEAST_CASES = 10
SHARE = 0.9

Key = TypeVar("Key")


class SpanTooLong(Refusal):
    """Facts: `days`."""

    code = "statistics-span-too-long"
    status = 422
    message = N_("At most %(days)s days can be counted at once.")
    next_step = N_("Choose days that are closer together.")


class SpanUnreadable(Refusal):
    code = "statistics-span"
    status = 422
    message = N_("The first day must not come after the last one.")
    next_step = N_("Enter both days again.")


def span(first: str, last: str) -> tuple[date, date]:
    """The days typed as YYYY-MM-DD, both counted; raises statistics-span or statistics-span-too-long."""
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise SpanUnreadable from None
    if days[0] > days[1]:
        raise SpanUnreadable
    if (days[1] - days[0]).days >= LONGEST_SPAN:
        raise SpanTooLong(days=LONGEST_SPAN)
    return days


def too_long(longest: timedelta) -> bool:
    """Whether somebody waits so long that the supervisor is warned."""
    return longest > LONG_WAIT


def waited(drawn_at: datetime, starts_at: datetime | None, until: datetime) -> timedelta:
    """How long somebody has waited *until* an instant."""
    return max(until - waits_since(drawn_at, starts_at), timedelta(0))


def did_not_come(state: str, first_called_at: datetime | None, serving_at: datetime | None) -> bool:
    """Whether somebody was called and never came to the window."""
    return state == State.NO_SHOW and first_called_at is not None and serving_at is None


class Cell(NamedTuple):
    """The numbers of one day, kind of window and lane, with a pre-application (`prepared`) or without, and whether the
    office filled it in with them (`assisted`): how many people, how many of them served, absent and passed over, and the
    times that are known, in minutes and in order. Nothing of a person."""

    day: date
    kind: str
    lane: str
    prepared: bool
    assisted: bool
    people: int
    served: int
    absent: int
    passed: int
    waits: Sequence[float]
    ways: Sequence[float]
    handlings: Sequence[float]


def nine_of_ten(times: Sequence[float]) -> float:
    """The nearest rank: the least of *times* that 90 of 100 do not exceed."""
    return sorted(times)[math.ceil(SHARE * len(times)) - 1]


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums of some numbers; times in minutes, None where there are none or they are not said."""

    people: int
    served: int
    absent: int
    passed: int
    wait: float | None
    wait_nine: float | None
    way: float | None
    handling: float | None


def figures(cells: Sequence[Cell], *, whole: bool) -> Figures:
    """The sums of *cells*; times of fewer than FEW people only for those who may see the *whole*."""

    def time(times: Sequence[float], of: Callable[[Sequence[float]], float]) -> float | None:
        return of(times) if len(times) >= (1 if whole else FEW) else None

    waits = together(one.waits for one in cells)
    return Figures(
        people=sum(one.people for one in cells),
        served=sum(one.served for one in cells),
        absent=sum(one.absent for one in cells),
        passed=sum(one.passed for one in cells),
        wait=time(waits, median),
        wait_nine=time(waits, nine_of_ten),
        way=time(together(one.ways for one in cells), median),
        handling=time(together(one.handlings for one in cells), median),
    )


def together(times: Iterable[Sequence[float]]) -> list[float]:
    """All *times* in order; quick, because each of them is in order already."""
    return sorted(chain.from_iterable(times))


def grouped(cells: Iterable[Cell], key: Callable[[Cell], Key]) -> dict[Key, list[Cell]]:
    """*cells* by *key*, in the order in which the keys first come."""
    found: dict[Key, list[Cell]] = {}
    for one in cells:
        found.setdefault(key(one), []).append(one)
    return found


def by_day(cells: Iterable[Cell], *, whole: bool) -> list[tuple[date | None, Figures]]:
    """Figures of each day, in order; days with fewer than FEW people last and in one line (None), unless *whole*."""
    days = grouped(cells, lambda one: one.day)
    told = sorted(day for day, those in days.items() if whole or sum(one.people for one in those) >= FEW)
    others = [one for day in sorted(days.keys() - set(told)) for one in days[day]]
    lines: list[tuple[date | None, Figures]] = [(day, figures(days[day], whole=whole)) for day in told]
    return [*lines, (None, figures(others, whole=whole))] if others else lines


@dataclass(frozen=True, slots=True)
class Saved:
    """Minutes saved by pre-application at one kind of window; None where it is not said. `prepared` and `others` count
    the visits whose handling is known."""

    kind: str
    prepared: int
    others: int
    minutes: float | None


def saved(kind: str, cells: Sequence[Cell]) -> Saved:
    """What pre-application saved at one *kind* of window."""
    ours = together(one.handlings for one in cells if one.prepared)
    others = together(one.handlings for one in cells if not one.prepared and not one.assisted)
    said = min(len(ours), len(others)) >= LEAST_CASES
    return Saved(kind, len(ours), len(others), (median(others) - median(ours)) * len(ours) if said else None)


def saved_in_all(lines: Iterable[Saved]) -> float | None:
    """The sum over the kinds where it is said; None where it is said nowhere."""
    said = [one.minutes for one in lines if one.minutes is not None]
    return sum(said) if said else None
