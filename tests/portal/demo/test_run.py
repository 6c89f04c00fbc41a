"""The supervisor of the demo town, with real small programs: nothing outlives it, nothing stays dead."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.demo.children import LOG_BYTES, Program, is_free, listens, processes, wait_until
from portal.demo.opening import start_town
from portal.demo.programs import Ports
from portal.demo.town import ROOT, Town, TownFailed
from tests.patience import PATIENCE

LISTENER = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
"""
# Deaf to SIGTERM, and so is the process it starts, in a session of its own as a daemon would be.
STUBBORN = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 2:
    subprocess.Popen([sys.executable, __file__, sys.argv[1], "grandchild"], start_new_session=True)
while True:
    signal.pause()
"""
SUPERVISOR = """
import sys
from pathlib import Path
from portal.demo import run
from tests.portal.demo.test_run import programs, small_town
state, mark, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
def start(*_, **__):
    town = small_town(state, print)
    town.start(programs(state, mark, port))
    print("started", flush=True)
    return town
run.start_town = start
sys.exit(run.main(["--state", str(state)]))
"""


def program(folder: Path, name: str, source: str, *words: str, port: int = 0, needed: bool = False) -> Program:
    script = folder / f"{name}.py"
    script.write_text(source)
    return Program(
        name=name,
        command=(sys.executable, str(script), *words),
        answers=lambda: not port or listens(port),
        without_it=f"There is no {name}.",
        needed=needed,
    )


def programs(folder: Path, mark: str, port: int) -> list[Program]:
    return [
        program(folder, "portal", LISTENER, str(port), mark, port=port, needed=True),
        program(folder, "worker", STUBBORN, mark),
    ]


def small_town(state: Path, say: Callable[[str], None]) -> Town:
    town = Town(state, Ports.any_free(), say)
    town.grace = 0.5  # the stubborn worker uses all of it
    return town


def running(mark: str) -> set[int]:
    """Processes that carry *mark* in their command line."""
    found = set()
    for process in processes():
        try:
            words = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in words:
            found.add(process.pid)
    return found


@pytest.fixture
def mark(request: pytest.FixtureRequest) -> str:
    return f"{request.node.name}-{os.getpid()}"


@pytest.fixture
def port() -> int:
    return Ports.any_free().portal


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def town(tmp_path: Path, mark: str, port: int, said: list[str]) -> Iterator[Town]:
    with small_town(tmp_path, said.append) as town:
        town.start(programs(tmp_path, mark, port))
        yield town


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_and_says_so(tmp_path: Path, mark: str, port: int, number: signal.Signals) -> None:
    (tmp_path / "supervisor.py").write_text(SUPERVISOR)
    supervisor = subprocess.Popen(
        (sys.executable, str(tmp_path / "supervisor.py"), str(tmp_path), mark, str(port)),
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert supervisor.stdout is not None
    for line in supervisor.stdout:
        if line.startswith("Logs:"):
            break
    assert wait_until(lambda: len(running(mark)) == 4, PATIENCE)
    supervisor.send_signal(number)
    rest, _ = supervisor.communicate(timeout=PATIENCE)
    assert supervisor.returncode == 0
    assert f"All programs have ended ({number.name})." in rest
    assert not running(mark)
    assert is_free(port)


def test_a_killed_supervisor_leaves_no_program_on_its_ports(tmp_path: Path, mark: str, port: int) -> None:
    (tmp_path / "supervisor.py").write_text(SUPERVISOR)
    supervisor = subprocess.Popen(
        (sys.executable, str(tmp_path / "supervisor.py"), str(tmp_path), "unmarked", str(port)),
        stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert wait_until(lambda: listens(port), PATIENCE)
    family = {process.pid for process in processes() if process.parent == supervisor.pid}
    supervisor.kill()
    supervisor.wait()
    assert wait_until(lambda: is_free(port), PATIENCE)
    for pid in family & running(str(tmp_path)):
        os.kill(pid, signal.SIGKILL)
    for pid in running(str(tmp_path)):
        os.kill(pid, signal.SIGKILL)


def test_a_program_that_dies_is_started_again(town: Town, port: int, said: list[str]) -> None:
    process = town.children["portal"].process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert wait_until(lambda: any("portal ended unasked" in line for line in said), PATIENCE)
    assert wait_until(lambda: listens(port), PATIENCE)


def test_a_program_killed_by_a_test_stays_dead_until_restarted(town: Town, mark: str, port: int) -> None:
    assert wait_until(lambda: len(running(mark)) == 3, PATIENCE)
    town.kill("portal")
    assert not wait_until(lambda: listens(port), 1.5)
    assert len(running(mark)) == 2
    town.restart("portal")
    assert listens(port)


def test_killing_a_program_kills_what_it_started(town: Town, mark: str) -> None:
    assert wait_until(lambda: len(running(mark)) == 3, PATIENCE)
    town.kill("worker")
    assert len(running(mark)) == 1


def test_an_extra_that_fails_is_said_plainly_and_left_alone(tmp_path: Path, said: list[str]) -> None:
    broken = program(tmp_path, "coin-box", "raise SystemExit('no coins here')", port=1)
    with small_town(tmp_path, said.append) as town:
        town.start([broken])
        assert "NOT ready. There is no coin-box." in said[0]
        assert "no coins here" in said[1]


def test_a_needed_program_that_fails_stops_the_start(tmp_path: Path, mark: str, said: list[str]) -> None:
    broken = program(tmp_path, "portal", "raise SystemExit('no city here')", port=1, needed=True)
    town = small_town(tmp_path, said.append)
    with pytest.raises(TownFailed, match="no city here"):
        town.start([program(tmp_path, "worker", STUBBORN, mark), broken])
    assert not running(mark)


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        with pytest.raises(TownFailed, match=rf"programs: {number} \(portal\)"):
            start_town(tmp_path / "state", ports=Ports(portal=number))
    assert not (tmp_path / "state").exists()


def test_a_log_never_grows_without_end(town: Town) -> None:
    child = town.children["worker"]
    with child.log.open("ab") as log:
        log.truncate(LOG_BYTES + 1)
    assert wait_until(lambda: child.log.stat().st_size == 0, PATIENCE)


def test_two_towns_find_ports_of_their_own() -> None:
    numbers = [*Ports.any_free().by_name().values()]
    assert len(set(numbers)) == len(numbers)
