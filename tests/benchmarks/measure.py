"""How a ratio is measured: ours and its limit in turns, medians of rounds, in one process."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a run does. `rounds` are the turns a median is taken of, `calls` the pages in one turn,
    `tries` those for places through the service, `crowd` the people at nine o'clock, `kills` how often a portal dies,
    `notices` what the largest mailbox holds, `mails` how many are told by e-mail at
    once, `issues` the certificates of the run with faults, `companies` how many the national register has."""

    residents: int = 100_000
    records: int = 100_000
    rounds: int = 11
    calls: int = 30
    bookings: int = 60
    tries: int = 10_000
    crowd: int = 3_000
    kills: int = 200
    notices: int = 860_000
    issues: int = 10_000
    mails: int = 10_000
    companies: int = 50_000


TINY = Sizes(
    residents=60,
    records=40,
    rounds=1,
    calls=2,
    bookings=4,
    tries=40,
    crowd=12,
    kills=1,
    notices=60,
    issues=2,
    mails=12,
    companies=60,
)


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


@contextmanager
def settled() -> Iterator[None]:
    """As in a server (portal/serve.py): what was loaded is not looked through by the collector again and again."""
    before = gc.get_freeze_count()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if before:
            gc.freeze()


def in_turns(
    calls: dict[str, Callable[[], object]], *, rounds: int, repeat: int = 1, clock: Clock = time.process_time
) -> dict[str, float]:
    """Seconds of *clock* per call, the median of `rounds` turns; each turn runs every call `repeat` times.

    Turns are interleaved, so that whatever else the machine does meets all of them alike. The first turn warms up.
    """
    found: dict[str, list[float]] = {name: [] for name in calls}
    with settled():
        for turn in range(rounds + 1):
            for name, call in calls.items():
                gc.collect()
                began = clock()
                for _ in range(repeat):
                    call()
                if turn:
                    found[name].append((clock() - began) / repeat)
    return {name: median(times) for name, times in found.items()}


def resident_memory(pid: int, name: str) -> float:
    """`VmRSS` (now) or `VmHWM` (the peak) of a process in MiB, as Linux tells (proc(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
