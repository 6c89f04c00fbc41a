"""`portal import companies FILE`: the national register on the command line, with progress and plain answers."""

import time
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from portal.companies import national_file
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.uow import Database

NAME = "import companies"
LINES_SHOWN = 20


def import_companies(database: Database, path: Path, console: Console) -> int:
    """Import the file; returns the exit status (0, or 1 if rows were left out or the file is refused)."""

    def write() -> AbstractContextManager[Session]:
        return database.command(NAME, Purpose.REGISTER)

    started = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress, path.open("rb") as file:
        task = progress.add_task(path.name, total=path.stat().st_size)
        try:
            report = national_file.take_file(file, write, lambda read: progress.update(task, completed=read))
        except Refusal as refusal:
            progress.stop()
            console.print(refusal.message, refusal.next_step)
            return 1
    taken, seconds = report.taken, time.monotonic() - started
    console.print(
        f"{report.encoding}: {taken.new:,} new, {taken.changed:,} changed, {taken.same:,} as before, "
        f"{taken.removed:,} removed, {taken.older:,} older than what is here, left out, "
        f"{report.history:,} of history passed over, {report.bad_rows:,} left out "
        f"({seconds:.0f} s)."
    )
    for line, fault in report.refused[:LINES_SHOWN]:
        console.print(f"Line {line}: {fault}", highlight=False)
    return 1 if report.bad_rows else 0
