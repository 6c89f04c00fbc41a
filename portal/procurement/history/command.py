"""`portal import awards FILE --agency CODE [--preview]`: awards of years before on the command line, with progress."""

from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from portal.core.actor import system
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.procurement.history import awards_csv
from portal.procurement.models import Agency

NAME = "import awards"
LINES_SHOWN = 20


def import_awards(database: Database, path: Path, console: Console, *, agency: str, preview: bool) -> int:
    """Check or import the file; the exit status (0, or 1 if rows were left out or the file is refused)."""

    def look() -> AbstractContextManager[Session]:
        return database.page(system(NAME), Purpose.OPERATION, writes=False)

    def write() -> AbstractContextManager[Session]:
        return database.command(NAME)

    with look() as session:
        if session.get(Agency, agency) is None:
            console.print(f"There is no public body {agency!r} here.", markup=False)
            return 1
    step, opener = (awards_csv.preview, look) if preview else (awards_csv.take, write)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress, path.open("rb") as file:
        task = progress.add_task(path.name, total=path.stat().st_size)
        try:
            report = awards_csv.run(
                file, opener, lambda read: progress.update(task, completed=read), step=step, agency_code=agency
            )
        except Refusal as refusal:
            progress.stop()
            console.print(refusal.message % refusal.facts, refusal.next_step)
            return 1
    verb = "would be new" if preview else "new"
    console.print(f"{report.encoding}: {report.new:,} {verb}, {report.same:,} as before, {report.bad_rows:,} left out.")
    for cell in report.refused[:LINES_SHOWN]:
        wrong, remedy = awards_csv.WORDING[cell.code]
        console.print(f"Line {cell.line} {cell.heading}: {wrong % cell.facts} {remedy % cell.facts}", markup=False)
    return 1 if report.bad_rows else 0
