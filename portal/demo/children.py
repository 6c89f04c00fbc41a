"""Running programs: start them, notice that one is gone, end all of them with everything they started.

Standard library only. Each program is the head of a process group of its own, so that Ctrl-C in a terminal
reaches the supervisor alone and a whole group can be ended at once.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LOG_BYTES = 5_000_000
GRACE_SECONDS = 5.0  # from SIGTERM to SIGKILL
PAUSE = 0.05

_LINUX = Path("/proc/self/stat").exists()

Probe = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Program:
    """One program of the town: how it is started, and how it is seen to answer."""

    name: str
    command: tuple[str, ...]
    answers: Probe
    without_it: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Process:
    """A process as the kernel knows it. Number and start time (in clock ticks) together name it for good."""

    pid: int
    parent: int = field(compare=False)
    session: int = field(compare=False)
    started: int


@dataclass(slots=True)
class Child:
    """A program's process; `deaths` counts the ends nobody asked for since it last lived long enough."""

    program: Program
    log: Path
    folder: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    start_again_at: float | None = None
    held: bool = False
    _family: set[Process] = field(default_factory=set)

    def start(self) -> None:
        """Start the process; what it prints goes to the log, which is appended to."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                (*_dies_with_us(), *self.program.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                cwd=self.folder,
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self.start_again_at = None
        self.held = False

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the program and everything it started, also what left its process group."""
        for relative in self.relatives(set(processes())):
            with suppress(ProcessLookupError):
                os.kill(relative.pid, number)
        if self.process is not None and not _LINUX:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def relatives(self, running: set[Process]) -> set[Process]:
        """What runs of it: the process, its session, what they started, and what was seen of that before."""
        if self.process is None:
            return set()
        self.process.poll()
        self._family = (self._family & running) | family(self.process.pid, running)
        return self._family

    def gone(self, running: set[Process]) -> bool:
        """Whether nothing of it is among the *running* processes any more."""
        return not self.relatives(running) and not self.alive()

    def trim_log(self) -> None:
        """Keep the log small: past LOG_BYTES the older part is dropped (the program goes on appending)."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".old.log"))
            os.truncate(self.log, 0)

    def last_words(self) -> str:
        """The last line of the log, for the terminal; empty if there is none."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4096))
            lines = log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip()[:200] if lines else ""


def end_all(children: Iterable[Child], grace: float) -> None:
    """End programs and all they started: SIGTERM to each, and SIGKILL to what is left after *grace* seconds."""
    group = [child for child in children if child.process is not None]
    for child in group:
        child.signal(signal.SIGTERM)
    if not wait_until(lambda: _all_gone(group), grace):
        for child in group:
            child.signal(signal.SIGKILL)
        wait_until(lambda: _all_gone(group), grace)
    for child in group:
        child.process = None


def _all_gone(group: Iterable[Child]) -> bool:
    running = set(processes())
    return all(child.gone(running) for child in group)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether *condition* came true within *seconds*."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(PAUSE)
    return True


def processes() -> Iterator[Process]:
    """All running processes of this machine (Linux: /proc; elsewhere none). Zombies do not run."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, *words = entry.read_text().rpartition(")")[2].split()
            if state not in "ZX":
                parent, _, session, *_ = map(int, words)
                yield Process(int(entry.parent.name), parent, session, started=int(words[18]))


def family(head: int, running: set[Process]) -> set[Process]:
    """The process *head*, its session, and all that any of them started."""
    found = {process for process in running if head in (process.pid, process.session)}
    size = 0
    while size != len(found):
        size = len(found)
        parents = {process.pid for process in found}
        found |= {process for process in running if process.parent in parents}
    return found


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody answers on a TCP port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether we could listen on a TCP port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _dies_with_us() -> tuple[str, ...]:
    """A prefix that makes Linux end a program when the supervisor is killed, so that no port stays taken."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()
