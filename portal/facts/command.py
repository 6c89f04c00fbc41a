"""`portal import facts FILE --section NAME [--preview]`: a section's facts on the command line, with progress."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy.orm import Session

from portal.core.actor import system
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.facts import import_csv
from portal.facts.import_csv import IMPORT, PREVIEW, Report
from portal.facts.wording import WORDING

NAME = "import facts"
LINES_SHOWN = 20


def import_facts(database: Database, path: Path, console: Console, *, source: str, preview: bool) -> int:
    """Check or import the file; returns the exit status (0, or 1 if rows were left out or the file is refused)."""

    def look() -> AbstractContextManager[Session]:
        return database.page(system(NAME), Purpose.REGISTER, writes=False)

    def write() -> AbstractContextManager[Session]:
        return database.command(NAME, Purpose.REGISTER)

    step, opener = (PREVIEW, look) if preview else (IMPORT, write)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(path.name, total=path.stat().st_size)
        watch: Callable[[int], None] = lambda read: progress.update(task, completed=read)  # noqa: E731
        try:
            with path.open("rb") as file:
                report = import_csv.run(file, opener, watch, step=step, source=source)
        except Refusal as refusal:
            progress.stop()
            console.print(refusal.message % refusal.facts, refusal.next_step)
            return 1
    console.print(_counts(report, "Would be" if preview else "Now", path.name))
    for cell in report.refused[:LINES_SHOWN]:
        wrong, remedy = WORDING[cell.code]
        console.print(f"Line {cell.line} {cell.heading}: {wrong % cell.facts} {remedy}", markup=False)
    return 1 if report.bad_rows else 0


def _counts(report: Report, verb: str, name: str) -> Table:
    table = Table(title=name, show_header=False)
    table.add_row("Encoding", report.encoding)
    table.add_row(f"{verb} new", f"{report.taken.new:,}")
    table.add_row(f"{verb} changed", f"{report.taken.changed:,}")
    table.add_row("Same as before", f"{report.taken.same:,}")
    table.add_row("Left out", f"{report.bad_rows:,}")
    return table
