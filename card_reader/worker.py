"""A thread of its own for whatever may never come back, so that nobody waits longer than a deadline for it.

SCardTransmit blocks without limit when a card does not answer, SCardCancel does not reach it, and a pcscd that hangs
holds up every call to it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class TooLate(Exception):
    """What was asked for has not come back in time; it may still happen."""


class Worker:
    """Does one job after the other; `name` is the thread's, the thread ends after `end`."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        Thread(target=self._work, name=name, daemon=True).start()

    def run(self, act: Callable[[], T], deadline: float) -> T:
        """Return what `act` returns or raise what it raises; TooLate when neither happens in `deadline` s."""
        future: Future[T] = Future()
        self._jobs.put((future, act))
        try:
            return future.result(deadline)
        except TimeoutError:
            raise TooLate(f"no answer within {deadline:g} s") from None

    def end(self, act: Callable[[], None], deadline: float) -> None:
        """Do a last thing, waiting for it at most `deadline` seconds; it happens even if that is later."""
        try:
            self.run(act, deadline)
        except TooLate:
            log.warning("worker.late")
        finally:
            self.close()

    def close(self) -> None:
        """Let the thread end once it has done what it was given."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, act = job
            try:
                future.set_result(act())
            except BaseException as error:  # handed to whoever waits, whatever it is
                future.set_exception(error)
            del future, act, job  # a waiting thread must not keep the last command alive


def within(deadline: float, act: Callable[[], T]) -> T:
    """Do one thing in a thread of its own; TooLate when it has not come back in `deadline` s."""
    worker = Worker("card-once")
    try:
        return worker.run(act, deadline)
    finally:
        worker.close()
