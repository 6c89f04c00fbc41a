"""The whole town on one machine, running: start it, watch it, end it.

Made and started by portal.demo.opening.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from portal.demo import programs
from portal.demo.children import GRACE_SECONDS, Child, Program, end_all, wait_until
from portal.demo.programs import Ports, python

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 120.0  # on a slow machine that starts ten programs at once
PATIENCE_WITH_EXTRAS = 60.0
WATCH_SECONDS = 0.25
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
LONG_LIFE = 60.0
TRIES = 5

Say = Callable[[str], None]


class TownFailed(Exception):
    """The town cannot start; the message says why and what to do."""


class Town:
    """Running programs under supervision. A program that ends unasked is started again, later each time."""

    def __init__(self, state: Path, ports: Ports, say: Say, environment: Mapping[str, str] | None = None) -> None:
        self.state = state.resolve()
        self.ports = ports
        self.grace = GRACE_SECONDS
        self.portal_url = f"http://127.0.0.1:{ports.portal}"
        self.kiosk_url = f"http://127.0.0.1:{ports.kiosk}"
        self.post_office_url = f"http://127.0.0.1:{ports.post_office}"
        self.coin_box_url = f"http://127.0.0.1:{ports.coin_box}"
        self.bridge_url = f"http://127.0.0.1:{ports.bridge}"
        self.simulator_url = f"http://127.0.0.1:{ports.simulator}"
        self.children: dict[str, Child] = {}
        self._say = say
        self._environment = {
            **os.environ,
            **programs.environment(self.state, ports),
            **(environment or {}),
        }
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="town", daemon=True)

    def start(self, wanted: Sequence[Program] | None = None) -> None:
        """Start all programs at once and wait until each answers; TownFailed if a needed one does not."""
        for program in programs.programs(self.state, self.ports) if wanted is None else wanted:
            log = self.state / "log" / f"{program.name}.log"
            self.children[program.name] = Child(program, log, ROOT, self._environment)
        try:
            for child in self.children.values():
                child.start()
            for child in self.children.values():
                self._await_first_answer(child)
        except BaseException:
            self.stop()
            raise
        self._watcher.start()

    def stop(self) -> None:
        """End everything; returns when nothing of the town runs any more."""
        self._ending.set()
        if self._watcher.is_alive():
            self._watcher.join()
        end_all(reversed(list(self.children.values())), self.grace)

    def kill(self, name: str) -> None:
        """End one program without warning, like `kill -9`; it stays dead until `restart`."""
        with self._lock:
            child = self.children[name]
            child.held = True
            child.signal(signal.SIGKILL)
            end_all([child], grace=0)

    def restart(self, name: str) -> None:
        """Start one program anew and wait until it answers."""
        with self._lock:
            child = self.children[name]
            end_all([child], self.grace)
            child.deaths = 0
            child.start()
            if not wait_until(lambda: child.alive() and child.program.answers(), READY_SECONDS):
                raise TownFailed(f"{name} does not answer. Its last words: {child.last_words()}")

    def command(self, *words: str) -> str:
        """Run one of our modules to its end (`portal.cli migrate`); what it printed."""
        log = self.state / "log" / "prepare.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            done = subprocess.run(
                python(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                cwd=ROOT, env=self._environment, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            last = log.read_text("utf-8", "replace").strip().splitlines()[-5:]
            raise TownFailed("\n  ".join([f"{' '.join(words)} failed ({log}):", *last]))
        return done.stdout.decode()

    @property
    def database_url(self) -> str:
        """Where the town's data is; empty for SQLite in the state folder."""
        return self._environment.get("PORTAL_DATABASE_URL", "")

    def accounts(self) -> dict[str, Any]:
        """Every demo sign-in, card, PIN and client, as `portal demo --accounts-json` says."""
        found: dict[str, Any] = json.loads(self.command("portal.cli", "demo", "--accounts-json"))
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _await_first_answer(self, child: Child) -> None:
        started = time.monotonic()
        program = child.program
        patience = READY_SECONDS if program.needed else PATIENCE_WITH_EXTRAS
        wait_until(lambda: not child.alive() or program.answers(), patience)
        if child.alive() and program.answers():
            self._say(f"  {program.name:<15} ready ({time.monotonic() - started:.1f} s)")
        elif program.needed:
            raise TownFailed(f"{program.name} does not start: {child.last_words()} (all of it: {child.log})")
        else:
            self._say(f"  {program.name:<15} NOT ready. {program.without_it}")
            self._say(f"  {'':<15} {child.last_words()} (all of it: {child.log})")

    def _watch(self) -> None:
        while not self._ending.wait(WATCH_SECONDS):
            with self._lock:
                for child in self.children.values():
                    self._look_after(child)

    def _look_after(self, child: Child) -> None:
        child.trim_log()
        now = time.monotonic()
        if child.held or child.alive():
            return
        if child.start_again_at is None and child.process is not None:
            self._notice_death(child, now)
        elif child.start_again_at is not None and now >= child.start_again_at:
            child.start()

    def _notice_death(self, child: Child, now: float) -> None:
        code = child.process.returncode if child.process else None
        end_all([child], grace=1)
        child.deaths = 1 if now - child.started_at > LONG_LIFE else child.deaths + 1
        name = child.program.name
        if child.deaths > TRIES and not child.program.needed:
            child.held = True
            self._say(f"{name} ended {child.deaths} times and is left alone. {child.program.without_it}")
            self._say(f"  {child.last_words()} (all of it: {child.log})")
            return
        pause = min(FIRST_PAUSE * 2 ** (child.deaths - 1), LONGEST_PAUSE)
        child.start_again_at = now + pause
        if child.deaths == 1 or child.program.needed:
            self._say(f"{name} ended unasked (exit code {code}); starting it again in {pause:.1f} s.")
