"""One line for all processes of a host: nobody overtakes by asking another process, and a killed one holds nobody up."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.patience import until

LONGEST, SHORT = 60.0, 2.0  # seconds after which the seat of a killed process is free


class Process:
    """A process of its own at the line in *file*."""

    def __init__(self, file: Path, *, places: int, longest: float) -> None:
        words = [str(file), str(places), "0", str(longest)]
        command = [sys.executable, "-m", "tests.portal.web.line_process", *words]
        self.running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, *request: Any) -> None:
        assert self.running.stdin
        self.running.stdin.write(json.dumps(request) + "\n")
        self.running.stdin.flush()

    def answer(self) -> Any:
        assert self.running.stdout
        return json.loads(self.running.stdout.readline())

    def __call__(self, *request: Any) -> Any:
        self.send(*request)
        return self.answer()

    def kill(self) -> None:
        self.running.kill()
        self.running.communicate()


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as life:

        def begin(places: int = 1, longest: float = LONGEST) -> Process:
            process = Process(tmp_path / "test.line", places=places, longest=longest)
            life.callback(process.kill)
            return process

        yield begin


def test_the_order_holds_whichever_process_is_asked(start: Start) -> None:
    one, two, three = start(), start(), start()
    assert one("epoch") == two("epoch") == three("epoch")
    assert one("ask", None) == [1, None]
    assert two("ask", None) == [2, 0]
    assert three("ask", None) == [3, 1]
    assert one("ask", 3) == [3, 1]
    one("leave", 1)
    assert two("ask", 3) == [3, 1], "the seat is kept for who comes first"
    assert one("ask", None) == [4, 2]
    assert three("ask", 2) == [2, None]
    assert one("ask", 2) == [2, None], "two requests of one visitor at two processes are one seat"
    two("leave", 2)
    assert two("ask", 3) == [3, 0]
    two("leave", 2)
    assert one("ask", 3) == [3, None]


def test_a_crowd_at_three_processes_comes_in_one_by_one_in_order(start: Start, tmp_path: Path) -> None:
    processes = [start() for _ in range(3)]
    log = tmp_path / "log"
    for process in processes:
        process.send("crowd", 40, str(log))
    assert [process.answer() for process in processes] == [40] * 3
    visits = [line.split() for line in log.read_text().splitlines()]
    tickets = [int(ticket) for _deed, ticket in visits]
    assert [deed for deed, _ticket in visits] == ["in", "out"] * 120, "one place, one visitor"
    assert tickets == sorted(tickets), "somebody overtook"
    assert len(set(tickets)) == 120


def test_a_killed_process_gives_its_seats_back_and_the_line_goes_on(start: Start) -> None:
    one, two = (start(places=2, longest=SHORT) for _ in range(2))
    epoch = one("epoch")
    assert [one("ask", None), one("ask", None)] == [[1, None], [2, None]]
    assert two("ask", None) == [3, 0]
    one.kill()
    again = start(places=2, longest=SHORT)
    assert again("epoch") == epoch, "the others are still there: it is the same line"
    until(lambda: again("ask", 3)[1] is None, "the seat of the killed one")
    two.kill()
    again.kill()
    assert start(places=2)("epoch") != epoch, "nobody was left: a new line"
