"""How a ratio is measured: ours and its limit in turns, medians of rounds, in one process."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a run does. `rounds` are the turns a median is taken of, `calls` the pages in one turn."""

    residents: int = 100_000
    records: int = 100_000
    rounds: int = 11
    calls: int = 30
    bookings: int = 60


TINY = Sizes(residents=60, records=40, rounds=1, calls=2, bookings=4)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: `ours` and `limit` in `unit`, their ratio, and where it should be ("<= 4.0")."""

    name: str
    ours: float
    limit: float
    unit: str
    ratio: float
    target: str
    met: bool
    how_to_read_it: str


def at_most(name: str, *, ours: float, limit: float, unit: str, target: float, note: str) -> Row:
    """Ours is a cost: it may be `target` times the limit."""
    ratio = ours / limit
    return Row(name, ours, limit, unit, ratio, f"<= {target}", ratio <= target, note)


def at_least(name: str, *, ours: float, limit: float, unit: str, target: float, note: str) -> Row:
    """Ours is a speed: it has to reach `target` times the limit."""
    ratio = ours / limit
    return Row(name, ours, limit, unit, ratio, f">= {target}", ratio >= target, note)


def in_turns(
    calls: dict[str, Callable[[], object]], *, rounds: int, repeat: int = 1, clock: Clock = time.process_time
) -> dict[str, float]:
    """Seconds of *clock* per call, the median of `rounds` turns; each turn runs every call `repeat` times.

    Turns are interleaved, so that whatever else the machine does meets all of them alike. The first turn warms up.
    """
    found: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            gc.collect()
            began = clock()
            for _ in range(repeat):
                call()
            if turn:
                found[name].append((clock() - began) / repeat)
    return {name: median(times) for name, times in found.items()}
