"""The worker: takes promises out of the outbox, one transaction each, until told to stop."""

import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import OperationalError

from portal.core import clock, journal, outbox
from portal.core.actor import system
from portal.core.audit import Purpose
from portal.core.uow import Database

log = journal.get_logger("worker")

IDLE_SECONDS = 0.2
OUTAGE_SECONDS = 1.0
# Statements kept as SQL: those of a few kinds of work and of looking for more. Most others come once an hour or a night, and
# all together are 3 MiB.
STATEMENTS = 50


@dataclass(frozen=True, slots=True)
class Every:
    """Periodic work: one promise per *period*, whoever posts it first."""

    kind: str
    period: timedelta


@dataclass(slots=True)
class Worker:
    """Runs promises with *handlers* by kind, and posts the periodic ones when they fall due. One that has a *share* leaves
    all else to the others."""

    database: Database
    handlers: Mapping[str, outbox.Work]
    periodic: tuple[Every, ...] = ()
    share: outbox.Share | None = None
    _posted: dict[str, int] = field(default_factory=dict)
    _turn: int = 0

    def run(self, stop: threading.Event, beat: Callable[[], None] = lambda: None) -> None:
        """Work until *stop* is set; an empty outbox is asked again after IDLE_SECONDS.

        A full disk or a lost database is waited out: what was claimed meanwhile is free again after its lease.
        """
        while not stop.is_set():
            beat()
            try:
                self.post_periodic()
                worked = self.run_one()
            except OperationalError as outage:
                log.error("worker.waits", error=type(outage.orig).__name__)
                stop.wait(OUTAGE_SECONDS)
                continue
            if not worked:
                stop.wait(IDLE_SECONDS)

    def run_pending(self) -> int:
        """Do everything that waits now (also what that work promises); returns how much it was."""
        done = 0
        while self.run_one():
            done += 1
        return done

    def run_one(self) -> bool:
        """Do the next promise; False when nothing waits (seen by a plain read, which holds up no writer)."""
        with self.database.page(system("worker"), Purpose.OPERATION, writes=False) as session:
            if not outbox.is_waiting(session, clock.now(), self.share):
                return False
        with self.database.job("claim") as session:
            claimed = outbox.claim(session, clock.now(), turn=self._turn, share=self.share)
        if claimed is None:
            return False
        self._turn += 1
        promise_id, kind, payload, attempts = claimed
        try:
            self._do(promise_id, kind, payload)
        except outbox.AlreadyDone:
            log.warning("promise.done_elsewhere", promise=promise_id, kind=kind)
        except Exception as error:  # a bug or an outage in one piece of work must not stop the others
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{where.name}:{where.lineno}"
            log.error("promise.postponed", promise=promise_id, kind=kind, error=type(error).__name__, where=place)
            with self.database.job("postpone") as session:
                outbox.postpone(session, promise_id, attempts, type(error).__name__)
        return True

    def _do(self, promise_id: int, kind: str, payload: dict[str, Any]) -> None:
        work = self.handlers[kind]
        if isinstance(work, outbox.Errand):
            with self.database.job(kind) as session:
                taken = work.take(session, payload)
            brought = work.carry(taken)
            with self.database.job(kind) as session:
                work.record(session, brought)
                outbox.finish(session, promise_id)
            return
        with self.database.job(kind) as session:
            work(session, payload)
            outbox.finish(session, promise_id)

    def post_periodic(self) -> None:
        """Promise periodic work once per period, also when several workers run."""
        now = clock.now().timestamp()
        for job in self.periodic:
            bucket = int(now // job.period.total_seconds())
            if self._posted.get(job.kind) == bucket:
                continue
            with self.database.job("schedule") as session:
                outbox.post(session, job.kind, {}, key=f"{job.kind}:{bucket}")
            self._posted[job.kind] = bucket
