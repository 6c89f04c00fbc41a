"""All tests of the project in one run: `python -m tests` (make test), `python -m tests check` (make check).

Static checks come first, because they are quick; then every test that can share the machine, two at a
time; then one by one what uses the only card service or a browser. The last line counts all tests.

Random tests draw from TEST_SEED (printed; set it to repeat a run). Ends with 0 if everything passed.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
BESIDE_PYTHON = Path(sys.executable).parent

STATIC = {
    "lint": (PYTHON, "-m", "ruff", "check", "."),
    "format": (PYTHON, "-m", "ruff", "format", "--check", "."),
    "types": (PYTHON, "-m", "mypy"),
    "import contracts": (str(BESIDE_PYTHON / "lint-imports"),),
}
TEMPLATES = {"templates": (str(BESIDE_PYTHON / "djlint"), "--lint", "--quiet", "portal", "kiosk")}

ONE_BY_ONE = "journey or pcsc"
PARTS = {
    "tests side by side": ("-m", f"not ({ONE_BY_ONE})", "-n", "2", "--dist", "loadfile", "--ignore=tests/journeys"),
    # Each in a process of its own: one process drives one browser at a time.
    "tests one by one": ("-m", ONE_BY_ONE, "--ignore=tests/journeys"),
    "journeys": ("tests/journeys",),
}
NO_TESTS_COLLECTED = 5


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; words after `--` go to pytest (a path, -k NAME)."""
    if list(arguments) == ["check"]:
        return int(bool(_failed_checks(STATIC | TEMPLATES)))
    seed = os.environ.setdefault("TEST_SEED", str(secrets.randbelow(2**32)))
    print(f"TEST_SEED={seed}", flush=True)
    failed = _failed_checks(STATIC)
    counts: Counter[str] = Counter()
    for name, options in PARTS.items():
        counts += _pytest(name, (*options, f"--hypothesis-seed={seed}", *arguments))
    print(f"\nTEST_SEED={seed}")
    for name in failed:
        print(f"failed: {name}")
    counts["failed"] += len(failed)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped", flush=True)
    return int(counts["failed"] > 0 or counts["passed"] == 0)


def _failed_checks(checks: dict[str, tuple[str, ...]]) -> list[str]:
    """The names of the static checks that did not pass; their output goes to the terminal."""
    return [name for name, command in checks.items() if _timed(name, command) != 0]


def _pytest(name: str, options: Sequence[str]) -> Counter[str]:
    """One pytest run, counted from its report; a run that broke off counts as one more failure."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = _timed(name, (PYTHON, "-m", "pytest", "-q", f"--junitxml={report}", *options))
        counts = _count(report)
    if code not in (0, NO_TESTS_COLLECTED) and not counts["failed"]:
        counts["failed"] += 1
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


def _timed(name: str, command: Sequence[str]) -> int:
    """Run a command at the top of the project; its exit code."""
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    outcome = "ok" if code in (0, NO_TESTS_COLLECTED) else f"failed ({code})"
    print(f"== {name}: {outcome}, {time.monotonic() - started:.1f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
