"""All tests of the project in one run: `python -m tests` (make test), `python -m tests check` (make check).

Two rows of parts run beside each other. One is shown as it goes: static checks, because they are quick,
then what uses the only card service, then the journeys through the whole town, which mostly wait for browsers
and programs. The other has every test that can share the machine, in a process more than there are processors
(one always waits for a browser or a database) but giving way to the first row; what it has to say is shown once
it is done. The last line counts all tests.

Temporary files lie in memory where there is room: on a disk every commit of SQLite waits for it. They are gone
afterwards, but for those of tests that failed.

Random tests draw from TEST_SEED (printed; set it to repeat a run). Ends with 0 if everything passed. Up to MOST_UNSTEADY
tests that failed are run once more, alone and with the same seed: one that passes then is named as unsteady, for
somebody to mend, and does not count as failed (decision 0060).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from tests import databases

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
BESIDE_PYTHON = Path(sys.executable).parent

STATIC = {
    "lint": (PYTHON, "-m", "ruff", "check", "."),
    "format": (PYTHON, "-m", "ruff", "format", "--check", "."),
    "types": (PYTHON, "-m", "mypy"),
    "import contracts": (str(BESIDE_PYTHON / "lint-imports"),),
    "templates": (str(BESIDE_PYTHON / "djlint"), "--lint", "--quiet", "portal", "kiosk"),
}

WITHOUT_READERS = ("house", "journeys", "kiosk", "portal")
ONE_BY_ONE = {
    "tests with the card service": (
        "-m",
        "pcsc",
        *(f"--ignore=tests/{room}" for room in ("house", "journeys", "kiosk", "portal")),
    ),
    "journeys through the town": ("tests/journeys", "-m", "town"),
}
MOST_PROCESSES = 8  # half a gigabyte each
PROCESSES = min(MOST_PROCESSES, (os.cpu_count() or 1) + 1)
SIDE_BY_SIDE = ("-m", "not pcsc and not town", "-n", str(PROCESSES), "--dist", "worksteal")
ALL = {"tests side by side": SIDE_BY_SIDE} | ONE_BY_ONE
ALONE = ("-n", "0", "--last-failed", "--last-failed-no-failures", "none")
MOST_UNSTEADY = 3  # more than these are no accident
GIVING_WAY = ("nice", "-n", "5")
SOME_FAILED, NO_TESTS_COLLECTED = 1, 5


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; words after `--` go to pytest (a path, -k NAME)."""
    if list(arguments) == ["check"]:
        return int(bool(_failed_checks(STATIC)))
    seed = os.environ.setdefault("TEST_SEED", str(secrets.randbelow(2**32)))
    print(f"TEST_SEED={seed}", flush=True)
    told = (f"--hypothesis-seed={seed}", *arguments)
    os.environ["TMPDIR"] = files = tempfile.mkdtemp(
        prefix="tests-", dir=databases.place()
    )  # short: a socket's path has 107 bytes
    with ThreadPoolExecutor(1) as beside, tempfile.TemporaryFile() as kept:
        first = "tests side by side"
        others = beside.submit(_pytest, first, told, kept)
        try:
            failed = _failed_checks(STATIC)
            runs = {name: _pytest(name, told) for name in ONE_BY_ONE} | {first: others.result()}
        finally:  # also when somebody breaks the run off
            wait([others])
            kept.seek(0)
            print(kept.read().decode(errors="replace"), flush=True)
    unsteady = _unsteady(runs, told)
    print(f"\nTEST_SEED={seed}")
    for name in failed:
        print(f"failed: {name}")
    for name in unsteady:
        print(f"unsteady, passed only alone: {name}")
    counts = sum(runs.values(), Counter(failed=len(failed)))
    if counts["failed"]:
        print(f"files of the tests that failed: {files}")
    else:
        shutil.rmtree(files, ignore_errors=True)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped", flush=True)
    return int(counts["failed"] > 0 or counts["passed"] == 0)


def _failed_checks(checks: dict[str, tuple[str, ...]]) -> list[str]:
    """The names of the static checks that did not pass; their output goes to the terminal."""
    return [name for name, command in checks.items() if _timed(name, command) != 0]


def _unsteady(runs: dict[str, Counter[str]], told: Sequence[str]) -> list[str]:
    """The few tests that failed in *runs* and pass now, alone; from then on they count as passed."""
    steady: list[str] = []
    few = sum(run["failed"] for run in runs.values()) <= MOST_UNSTEADY
    for name, run in runs.items():
        before = _last_failed(name)
        if not few or not before or run["broken"]:
            continue
        again = _pytest(name, (*ALONE, *told))
        if not again["failed"]:
            run.update(passed=again["passed"], failed=-run["failed"])
            steady += before
    return steady


def _memory(name: str) -> Path:
    """Where pytest keeps what failed in the run called *name*."""
    return ROOT / ".pytest_cache" / name.replace(" ", "-")


def _last_failed(name: str) -> list[str]:
    file = _memory(name) / "v" / "cache" / "lastfailed"
    return sorted(json.loads(file.read_text())) if file.exists() else []


def _pytest(name: str, told: Sequence[str], kept: IO[bytes] | None = None) -> Counter[str]:
    """One pytest run of ALL, counted from its report; one that broke off is `broken` and counts as one more failure.

    With *kept* it gives way to others and says what it has to say there.
    """
    if ALONE[-1] not in told:
        shutil.rmtree(_memory(name), ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        first = GIVING_WAY if kept else ()
        asked = (
            "-q",
            "--durations=15",
            "--durations-min=5",
            f"--junitxml={report}",
            "-o",
            f"cache_dir={_memory(name)}",
        )
        code = _timed(name, (*first, PYTHON, "-m", "pytest", *asked, *ALL[name], *told), kept)
        counts = _count(report)
    if code not in (0, SOME_FAILED, NO_TESTS_COLLECTED) or (code == SOME_FAILED and not counts["failed"]):
        counts.update(failed=1, broken=1)
    return counts


def _count(report: Path) -> Counter[str]:
    """Passed, failed (with errors) and skipped of a JUnit report; all 0 without one."""
    if not report.exists():
        return Counter()
    counts: Counter[str] = Counter()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        total, failures, errors, skipped = (
            int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")
        )
        counts.update(failed=failures + errors, skipped=skipped, passed=total - failures - errors - skipped)
    return counts


def _timed(name: str, command: Sequence[str], kept: IO[bytes] | None = None) -> int:
    """Run a command at the top of the project; its exit code. Its output goes to the terminal, or into *kept*."""
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, check=False, stdout=kept, stderr=kept).returncode
    outcome = "ok" if code in (0, NO_TESTS_COLLECTED) else f"failed ({code})"
    print(f"== {name}: {outcome}, {time.monotonic() - started:.1f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
