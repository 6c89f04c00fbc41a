"""Wishes of one moment share a transaction; a bad one spoils no other; writers of all processes come in turn."""

import fcntl
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from portal.core.gathering import MOST, Gathering
from portal.core.queue import WriterQueue
from tests.patience import PATIENCE, until


class Bad(Exception):
    """Said about one wish."""


class Office:
    """Grants numbers: doubles them; takes as long as `opened` is shut."""

    def __init__(self) -> None:
        self.opened, self.began = threading.Event(), threading.Event()
        self.shares: list[list[int]] = []
        self.outage: OperationalError | None = None
        self.gathering: Gathering[int, int] = Gathering(self.turn, self.grant)

    @contextmanager
    def turn(self) -> Iterator[None]:
        yield

    def grant(self, wishes: Sequence[int]) -> list[int]:
        self.began.set()
        assert self.opened.wait(10)
        self.shares.append(list(wishes))
        if self.outage:
            raise self.outage
        if any(wish < 0 for wish in wishes):
            raise Bad
        return [2 * wish for wish in wishes]

    def has_waiting(self, many: int) -> bool:
        return len(self.gathering._waiting) == many


def test_what_comes_meanwhile_goes_together_in_the_order_of_coming() -> None:
    office = Office()
    with ThreadPoolExecutor(101) as pool:
        first = pool.submit(office.gathering.ask, 0)
        assert office.began.wait(PATIENCE)
        later = []
        for number in range(1, 101):
            later.append(pool.submit(office.gathering.ask, number))
            until(partial(office.has_waiting, number), "the wish waits", look_again=0.001)
        office.opened.set()
        assert [one.result(PATIENCE) for one in [first, *later]] == [2 * number for number in range(101)]
    assert office.shares == [[0], list(range(1, MOST + 1)), list(range(MOST + 1, 101))]


def test_one_bad_wish_spoils_no_other() -> None:
    office = Office()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(office.gathering.ask, 0)
        assert office.began.wait(PATIENCE)
        later = []
        for place, number in enumerate((1, -1, 2), start=1):
            later.append(pool.submit(office.gathering.ask, number))
            until(partial(office.has_waiting, place), "the wish waits", look_again=0.001)
        office.opened.set()
        assert first.result(PATIENCE) == 0
        assert later[0].result(PATIENCE) == 2
        with pytest.raises(Bad):
            later[1].result(PATIENCE)
        assert later[2].result(PATIENCE) == 4
    assert office.gathering.ask(5) == 10, "the next one is served as ever"


def test_an_outage_is_met_once_and_told_to_all() -> None:
    office = Office()
    office.outage = OperationalError("BEGIN", None, Exception("locked"))
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(office.gathering.ask, 0)
        assert office.began.wait(PATIENCE)
        later = []
        for place in (1, 2, 3):
            later.append(pool.submit(office.gathering.ask, place))
            until(partial(office.has_waiting, place), "the wish waits", look_again=0.001)
        office.opened.set()
        for one in (first, *later):
            with pytest.raises(OperationalError):
                one.result(PATIENCE)
    assert office.shares == [[0], [1, 2, 3], [1]], "together, then one alone; the others need not try"


def test_a_turn_that_never_comes_is_told_and_the_next_one_leads() -> None:
    turns = iter([TimeoutError("locked")])

    @contextmanager
    def turn() -> Iterator[None]:
        for fault in turns:
            raise fault
        yield

    gathering: Gathering[int, int] = Gathering(turn, list)
    with pytest.raises(TimeoutError):
        gathering.ask(1)
    assert gathering.ask(2) == 2


OTHER_PROCESS = """
import sys
from portal.core.queue import WriterQueue
queue = WriterQueue(sys.argv[1])
for line in sys.stdin:
    with queue.turn(), open(sys.argv[2], "a") as log:
        log.write(line)
    print("wrote", flush=True)
"""


def test_writers_of_two_processes_take_turns_and_a_killed_one_holds_nobody_up(tmp_path: Path) -> None:
    file, log = tmp_path / "portal.db", tmp_path / "log"
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(file), str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdin
    assert other.stdout
    queue = WriterQueue(str(file))
    with queue.turn():
        other.stdin.write("other\n")
        other.stdin.flush()
        until(lambda: holds(file.with_name("portal.db.next")), "the other one stands at the turnstile")
        assert not log.exists()
    assert other.stdout.readline() == "wrote\n"
    other.kill()
    other.communicate()
    with queue.turn():
        assert log.read_text() == "other\n"


def holds(file: Path) -> bool:
    """Whether somebody holds the lock of *file*."""
    with file.open("ab") as mine:
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
