"""`portal import residents FILE [--preview]`: the register on the command line, with progress and plain answers."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy.orm import Session

from portal.core.actor import system
from portal.core.audit import Purpose
from portal.core.csv_file import CellRefused
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.residents import import_csv, service
from portal.residents.import_csv import Opener, Report, Watch
from portal.residents.wording import WORDING

NAME = "import residents"
LINES_SHOWN = 20

Run = Callable[[BinaryIO, Opener, Watch], Report]


def preview_residents(database: Database, path: Path, console: Console) -> int:
    """Say what an import would do; returns the exit status (0, or 1 if rows are bad or the file is refused)."""

    def look() -> AbstractContextManager[Session]:
        return database.page(system(NAME), Purpose.REGISTER, writes=False)

    report = _watched(path, console, import_csv.preview, look)
    if report is None:
        return 1
    console.print(_counts(report, "Would be", path.name))
    console.print(_sample(report))
    return _list_refused(report, console)


def import_residents(database: Database, path: Path, console: Console) -> int:
    """Import the file; returns the exit status (0, or 1 if rows were left out or the file is refused)."""

    def write() -> AbstractContextManager[Session]:
        return database.command(NAME, Purpose.REGISTER)

    report = _watched(path, console, import_csv.take_file, write)
    if report is None:
        return 1
    console.print(_counts(report, "Now", path.name))
    with database.page(system(NAME), Purpose.REGISTER, writes=False) as session:
        if headless := service.households_without_head(session):
            console.print(f"{headless:,} households have no head (世帯主). Check whether the file was cut.")
    return _list_refused(report, console)


def _watched(path: Path, console: Console, run: Run, opener: Opener) -> Report | None:
    """Run with a progress bar over the bytes of the file; a refused file is explained."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(path.name, total=path.stat().st_size)
        try:
            with path.open("rb") as file:
                return run(file, opener, lambda read: progress.update(task, completed=read))
        except Refusal as refusal:
            progress.stop()
            console.print(refusal.message % refusal.facts, refusal.next_step)
            return None


def _counts(report: Report, verb: str, name: str) -> Table:
    table = Table(title=name, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    table.add_row("Encoding", report.encoding)
    table.add_row("Columns", "、".join(report.headings))
    if report.ignored:
        table.add_row("Ignored columns", "、".join(report.ignored))
    table.add_row(f"{verb} new", f"{report.taken.new:,}")
    table.add_row(f"{verb} changed", f"{report.taken.changed:,}")
    table.add_row("Same as before", f"{report.taken.same:,}")
    table.add_row("Left out", f"{report.bad_rows:,}")
    return table


def _sample(report: Report) -> Table:
    """Enough of the first rows to see whether the encoding was right; no names, terminals are logged."""
    table = Table("区", "町名", "続柄", title="First rows")
    for row in report.sample:
        table.add_row(row.ward, row.town, row.relation)
    return table


def _list_refused(report: Report, console: Console) -> int:
    for refused in report.refused[:LINES_SHOWN]:
        console.print(describe(refused), highlight=False)
    if len(report.refused) > LINES_SHOWN:
        console.print(f"… and more: {report.bad_rows:,} rows in all.")
    return 1 if report.bad_rows else 0


def describe(refused: CellRefused) -> str:
    """ "Line 12, 生年月日: There is no such day. Check year, month and day."; never the cell itself."""
    wrong, what_to_do = WORDING[refused.code]
    where = f"Line {refused.line}, {refused.heading}" if refused.heading else f"Line {refused.line}"
    return f"{where}: {wrong % refused.facts} {what_to_do}"
