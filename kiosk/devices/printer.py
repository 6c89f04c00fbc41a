"""Printers: the system's `lp` (CUPS) and a simulated twin that keeps the sheets in a folder.

`lp` gets the document on its standard input, so no temporary file of one person can be taken for another's.
The order travels as the job's user name (`lp -U`). Only who says that name to the print server (`-U`) sees whose job it is
and may take it back; so after a power cut the kiosk finds each order's own job, and no other. How a job ended, `lpstat` does
not tell: the server is asked itself (ipp).

The print server must keep no documents: `PreserveJobFiles No` in its cupsd.conf (CUPS keeps them for a day by default).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kiosk.devices import ipp
from kiosk.devices.protocols import JobState, PrinterFault
from kiosk.journal import Journal

SOCKET = "/run/cups/cups.sock"
_JOB = re.compile(r"request id is (\S+)")
_WITHDRAWN = re.compile(r"cancel+ed|aborted")
_ALERTS = re.compile(r"^\s*Alerts:\s*(.*)$", re.MULTILINE)
_SECONDS = 20
WORKS = ("ready", "low-paper")
_REASONS = (
    ("media-jam", "jam"),
    ("media-empty", "no-paper"),
    ("media-needed", "no-paper"),
    ("cover-open", "open"),
    ("door-open", "open"),
    ("offline", "offline"),
    ("connecting-to-device", "offline"),
    ("media-low", "low-paper"),
)


@dataclass(frozen=True)
class LpPrinter:
    """The commands of a CUPS client. Without `lpstat` a job counts as finished once `lp` has taken it; without a `server`
    that knows the job, what `lpstat` does not call waiting or withdrawn counts as printed."""

    lp: str = "lp"
    lpstat: str | None = "lpstat"
    cancel: str | None = "cancel"
    queue: str | None = None
    server: str | None = None

    @classmethod
    def from_environment(cls, queue: str | None = None) -> LpPrinter:
        """`KIOSK_LP` names the command; `lpstat` and `cancel` are taken from beside it, if there. Else those of CUPS, with
        its server (`CUPS_SERVER`, as they read it)."""
        lp = os.environ.get("KIOSK_LP")
        if not lp:
            return cls(queue=queue, server=os.environ.get("CUPS_SERVER") or SOCKET)
        beside = {name: Path(lp).with_name(name) for name in ("lpstat", "cancel")}
        found = {name: str(path) if path.exists() else None for name, path in beside.items()}
        return cls(lp=lp, lpstat=found["lpstat"], cancel=found["cancel"], queue=queue)

    def state(self) -> str:
        if shutil.which(self.lp) is None:
            return "missing"
        if self.lpstat is None:
            return "ready"
        code, text = _run([self.lpstat, "-p", *([self.queue] if self.queue else [])])
        if code != 0 or "printer " not in text:
            return "missing"
        if "disabled" in text or "paused" in text:
            return "paused"
        _, long = _run([self.lpstat, "-l", "-p", *([self.queue] if self.queue else [])])
        return _alert(long)

    def submit(self, pdf: bytes, order: str) -> str:
        command = [self.lp, "-U", _owner(order), "-t", f"order {order}"]
        command += ["-d", self.queue] if self.queue else []
        code, text = _run([*command, "-"], pdf)
        match = _JOB.search(text)
        if code != 0 or match is None:
            raise PrinterFault("printer-refused")
        return match.group(1)

    def find(self, order: str) -> str | None:
        if self.lpstat is None:
            return None
        owner = _owner(order)
        for which in ("not-completed", "completed"):
            _, text = _run([self.lpstat, "-U", owner, "-l", "-W", which, "-u", owner])
            for job, lines in _blocks(text).items():
                if lines.split()[1:2] == [owner] and self._counts(job, lines):
                    return job
        return None

    def job(self, job: str) -> JobState:
        if self.lpstat is None:
            return JobState.FINISHED
        code, waiting = _run([self.lpstat, "-l", "-W", "not-completed", "-o"])
        if code != 0:
            return JobState.STUCK
        if job in _blocks(waiting):
            return JobState.WAITING if self.state() in WORKS else JobState.STUCK
        _, past = _run([self.lpstat, "-l", "-W", "completed", "-o"])
        try:
            withdrawn = self._is_withdrawn(job, _blocks(past).get(job, ""))
        except ipp.ServerSilent:
            return JobState.STUCK
        return JobState.WITHDRAWN if withdrawn else JobState.FINISHED

    def withdraw(self, job: str, order: str) -> bool:
        return self.cancel is not None and _run([self.cancel, "-U", _owner(order), job])[0] == 0

    def _counts(self, job: str, lines: str) -> bool:
        """Whether the job was not withdrawn, as far as is known: sent again, it could come out twice."""
        try:
            return not self._is_withdrawn(job, lines)
        except ipp.ServerSilent:
            return True

    def _is_withdrawn(self, job: str, lines: str) -> bool:
        """Raises ServerSilent. Where no server knows the job, `lpstat` is another system's and says it all."""
        state = ipp.state_of(self.server, job) if self.server else None
        return _WITHDRAWN.search(lines) is not None if state is None else state in ipp.WITHDRAWN


def _alert(text: str) -> str:
    """The first trouble among the printer-state-reasons (RFC 8011, 5.4.12) of `lpstat -l -p`, line "Alerts:"."""
    told = _ALERTS.search(text)
    reasons = told.group(1).split() if told else []
    for beginning, state in _REASONS:
        if any(reason.startswith(beginning) for reason in reasons):
            return state
    return "ready"


def _owner(order: str) -> str:
    return f"order-{order}"


def _blocks(text: str) -> dict[str, str]:
    """`lpstat -l -o` as job id → its lines; a job starts at the margin, its details are indented."""
    blocks: dict[str, str] = {}
    job = ""
    for line in text.splitlines():
        if line[:1].strip():
            job = line.split()[0]
        blocks[job] = blocks.get(job, "") + line + "\n"
    blocks.pop("", None)
    return blocks


def _run(command: list[str], data: bytes | None = None) -> tuple[int, str]:
    """Exit code and standard output of a command in the C locale; 127 when it cannot run at all."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, input=data or b"", capture_output=True, timeout=_SECONDS, env=environment, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 127, ""
    return done.returncode, done.stdout.decode(errors="replace")


def _key(order: str) -> str:
    return hashlib.sha256(order.encode()).hexdigest()


class SimulatedPrinter:
    """A printer without paper: sheets land in `folder`. `jam`, `hold` and their opposites play its moods.

    Jobs are remembered on disk as a print server would, so a kiosk that restarts finds its own again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = Journal(folder / "jobs")
        self._orders = Journal(folder / "orders")
        self._jam = folder / "jam"
        self._hold = folder / "hold"
        self._mood = folder / "mood"

    def state(self) -> str:
        if self._jam.exists():
            return "jam"
        return self._mood.read_text("utf-8") if self._mood.exists() else "ready"

    def feel(self, state: str) -> None:
        """As if its sensors said `no-paper`, `low-paper`, `open`, `offline`, or `ready` again."""
        self._mood.write_text(state, "utf-8")

    def jam(self) -> None:
        self._jam.touch()

    def repair(self) -> None:
        self._jam.unlink(missing_ok=True)

    def hold(self) -> None:
        """Keep new jobs waiting, as a printer that warms up."""
        self._hold.touch()

    def release(self) -> None:
        self._hold.unlink(missing_ok=True)

    def submit(self, pdf: bytes, order: str) -> str:
        job = self._take_number(pdf)
        self._journal.write(job, {"order": order, "withdrawn": False})
        self._orders.write(_key(order), {"job": job})
        return job

    def _take_number(self, pdf: bytes) -> str:
        """A sheet of its own: two at the same moment (a slip, a certificate) never get the same name."""
        number = self._journal.count()
        while True:
            number += 1
            with suppress(FileExistsError), open(self.folder / f"simulated-{number}.pdf", "xb") as sheet:
                sheet.write(pdf)
                return f"simulated-{number}"

    def find(self, order: str) -> str | None:
        named = self._orders.read(_key(order))
        record = self._journal.read(named["job"]) if named else None
        return named["job"] if named and record and not record["withdrawn"] else None

    def job(self, job: str) -> JobState:
        record = self._journal.read(job)
        if record is not None and record["withdrawn"]:
            return JobState.WITHDRAWN
        if self.state() not in WORKS:
            return JobState.STUCK
        return JobState.WAITING if self._hold.exists() else JobState.FINISHED

    def withdraw(self, job: str, order: str) -> bool:
        record = self._journal.read(job)
        if record is None or self.state() in WORKS:
            return False
        (self.folder / f"{job}.pdf").unlink(missing_ok=True)
        self._journal.write(job, {**record, "withdrawn": True})
        return True
