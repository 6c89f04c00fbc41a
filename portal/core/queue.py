"""The queue of SQLite's writers: first come, first served, within a process and among the processes of a host.

SQLite has one writer at a time, and whoever finds it at work sleeps and looks again: under load some sleep for seconds
while others pass. Here the threads of a process stand in line, and the first of each process waits at a turnstile of
two locked files: one of them is next (`.next`), one writes (`.writes`). Who has just written finds `next` taken by
whoever waited meanwhile, so no process overtakes another twice. The kernel gives the locks back when their holder dies.
"""

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

LOOK_AGAIN = 0.0005
"""Seconds between two looks at a lock of another process."""
LONGEST = 15.0
"""Seconds after which one stops waiting for the others and tries; a stopped process would hold up the city."""


class FairLock:
    """First come, first served among the threads of a process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def acquire(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class WriterQueue:
    """The queue of the database in *file* (None: a database in memory, which has one process)."""

    def __init__(self, file: str | None) -> None:
        self._line = FairLock()
        self._file = file

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait in line, then be the only writer in the block."""
        self._line.acquire()
        try:
            held = self._pass_turnstile(self._file) if self._file else None
            try:
                yield
            finally:
                _give_back(held)
        finally:
            self._line.release()

    def _pass_turnstile(self, file: str) -> int | None:
        until = time.monotonic() + LONGEST
        following = _take(f"{file}.next", until)
        try:
            return _take(f"{file}.writes", until)
        finally:
            _give_back(following)


def _take(path: str, until: float) -> int | None:
    """The locked file; None if it cannot be had: SQLite itself then says whether there is room for a writer.

    Opened anew each time: a file opened before a fork would be locked by parent and child together.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:  # a folder that is full, or not ours to write in
        return None
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(file)
                return None
            time.sleep(LOOK_AGAIN)


def _give_back(file: int | None) -> None:
    if file is not None:
        os.close(file)
