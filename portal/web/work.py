"""Proof of work on forms: what a page shows, and what comes back with the form (core.work says what it is for).

A form shows `proof_of_work(task)` (components/proof_of_work.html); its view calls `check` before anything is written.
The more people ask within ten seconds, the harder the tasks of this process become; whoever signed in strongly has less
to do, because a card or passkey has a person behind it. Staff have nothing to do.
"""

import threading
import time
from collections import deque

from flask import g, request

from portal.core import work
from portal.core.actor import Kind
from portal.core.work import Task, WorkMissing
from portal.web.hall import hall

FIELD_TASK, FIELD_ANSWER = "work_task", "work_answer"
WINDOW, CROWD, MOST_MORE = 10.0, 20, 4
"""Tasks given within so many seconds; each doubling beyond CROWD is one bit more, up to MOST_MORE."""
STRONG, EASIER = 2, 5
"""Who signed in with at least this strength has so many bits fewer."""
WAIT = 20
"""Seconds somebody without JavaScript waits instead; they grow with the crowd, and are a quarter for the strong."""


class _Crowd:
    """How many tasks this process gave lately."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._given: deque[float] = deque(maxlen=CROWD << MOST_MORE)

    def one_more(self, now: float) -> int:
        """How many bits more this crowd makes it, 0…MOST_MORE."""
        with self._guard:
            self._given.append(now)
            while self._given[0] < now - WINDOW:
                self._given.popleft()
            return min(MOST_MORE, (len(self._given) // CROWD).bit_length())


_crowd = _Crowd()


def give(purpose: str) -> Task | None:
    """A task for whoever asks for this page, for one deed of *purpose*; None where there is nothing to do."""
    bits, wait = hall().settings.proof_of_work_bits, WAIT
    if not bits or g.actor.kind is Kind.STAFF:
        return None
    more = _crowd.one_more(time.monotonic())
    if g.actor.assurance >= STRONG:
        bits, wait = bits - EASIER, wait // 4
    return work.give(_key(), _binding(purpose), bits=max(1, bits + more), wait=wait * (1 + more))


def again(purpose: str) -> Task | None:
    """For a form that is shown once more: the task it came with, unless that ended; waiting then goes on."""
    if not hall().settings.proof_of_work_bits:
        return None
    return _sent(purpose) or give(purpose)


def check(purpose: str) -> str:
    """Under which name the work of this form is spent by its deed ("" where none is asked); WorkMissing without work."""
    if not hall().settings.proof_of_work_bits or g.actor.kind is Kind.STAFF:
        return ""
    task = _sent(purpose)
    if task is None or not work.is_done(task, request.form.get(FIELD_ANSWER, "")):
        raise WorkMissing
    return task.spends


def _sent(purpose: str) -> Task | None:
    return work.read(_key(), _binding(purpose), request.form.get(FIELD_TASK, ""))


def _binding(purpose: str) -> str:
    return f"{purpose} {g.session_hash}"


def _key() -> bytes:
    return hall().key("proof-of-work")
