"""The records of paid jobs on disk, and which of them are still to be ended.

The folder is read once, when the machine starts: from then on this program alone writes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import inf
from pathlib import Path

from kiosk.journal import Journal
from kiosk.portal_time import TOLERANCE_SECONDS
from kiosk.steps import CASH

# Long after a restart nobody stands in front of the machine any more: no paper into a stranger's hands.
PRINT_WITHIN_SECONDS = 900
# Settled yesterday: the portal keeps the books; the machine need not know who was there.
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class PaidJob:
    """One record of the journal. `since`: wall-clock seconds when payment began; `fee`, `kept`: yen.

    `told`: the portal knows that staff have to pay back. `mark`: what the paper must name as its owner. `collect`: the
    coin box still holds an open payment whose coins must stay inside, because staff pay them back. `boot`, `up`: in which
    run of the machine's mains it began, and seconds since then. `method`: what it is paid with; the coin box knows nothing
    of an order that is paid with points.
    """

    order: str
    owner: str
    fee: int
    state: str
    since: float
    receipt: str = ""
    job: str = ""
    reason: str = ""
    ended: str = ""
    reference: str = ""
    kept: int = 0
    to_staff: bool = False
    told: bool = False
    mark: str = ""
    collect: bool = False
    method: str = CASH
    boot: str = ""
    up: float = 0.0


def boot_of_machine() -> str:
    """One run of this machine from power to power; "" where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


class JobBook:
    """`PaidJobs` lets one job move at a time; a new one may begin meanwhile."""

    def __init__(self, journal: Journal, ask_time: Callable[[], float | None], boot: str | None = None) -> None:
        """`ask_time`: seconds since 1970 by the portal, None when it cannot be asked; `boot`: of this run, else Linux's."""
        self._journal = journal
        self._ask_time = ask_time
        self._boot = boot_of_machine() if boot is None else boot
        self._begun: dict[str, float] = {}
        self._open: dict[str, None] = {}
        self._settled: dict[str, float] = {}
        for order in journal.names():
            job = self.read(order)
            if job is not None:
                self._sort_in(job)

    def begin(self, job: PaidJob) -> None:
        self._begun[job.order] = time.monotonic()
        self.write(replace(job, boot=self._boot, up=time.monotonic()))

    def read(self, order: str) -> PaidJob | None:
        record = self._journal.read(order)
        return PaidJob(**record) if record else None

    def write(self, job: PaidJob) -> PaidJob:
        self._journal.write(job.order, asdict(job))
        self._sort_in(job)
        return job

    def unsettled(self) -> list[PaidJob]:
        """What is still to be ended or told, the oldest first."""
        found = [self.read(order) for order in list(self._open)]
        return [job for job in found if job is not None]

    def forget_old(self) -> None:
        """A settled record ends after a day; one from the future (the clock was set back) a day from now at the latest."""
        now = time.time()
        for order, since in list(self._settled.items()):
            if abs(now - since) > KEPT_SECONDS:
                self._journal.forget(order)
                del self._settled[order]

    def is_attended(self, job: PaidJob) -> bool:
        """Whether the person who paid may still stand in front of the machine.

        What began since the mains came is timed by a clock nobody can set, also by a program that was started again. After
        a power cut the machine's own clock may go on where it stopped, hours later: only the portal knows the time then,
        and without it nothing is known. Where a job has not begun yet, a clock was set back: the same.
        """
        return not job.to_staff and 0 <= self._waited(job) <= PRINT_WITHIN_SECONDS

    def _waited(self, job: PaidJob) -> float:
        if (begun := self._begun.get(job.order)) is not None:
            return time.monotonic() - begun
        if job.boot and job.boot == self._boot:
            return time.monotonic() - job.up
        now = self._ask_time()
        if now is None:
            return inf
        waited = now - job.since
        return max(waited, 0) if waited > -TOLERANCE_SECONDS else waited

    def _sort_in(self, job: PaidJob) -> None:
        if job.state == "settled":
            self._open.pop(job.order, None)
            self._begun.pop(job.order, None)
            self._settled[job.order] = job.since
        else:
            self._open[job.order] = None
