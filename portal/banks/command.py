"""`portal import banks FILE [--changes] [--preview]`: the national list on the command line."""

from pathlib import Path

from rich.console import Console

from portal.banks import list_csv, service
from portal.core.actor import system
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.uow import Database

NAME = "import banks"
LINES_SHOWN = 20


def import_banks(database: Database, path: Path, console: Console, *, whole: bool, preview: bool) -> int:
    """Check or import the file; the exit status (0, or 1 if rows were left out or the file is refused)."""
    try:
        with path.open("rb") as file, database.page(system(NAME), Purpose.OPERATION, writes=False) as session:
            found = list_csv.read(file, service.known_keys(session))
            counts = service.preview(session, found.entries, whole=whole)
        if not preview:
            with database.command(NAME) as session:
                counts = service.take(session, found.entries, whole=whole)
    except Refusal as refusal:
        console.print(refusal.message % refusal.facts, refusal.next_step, markup=False)
        return 1
    would = "would be " if preview else ""
    console.print(
        f"{found.encoding}: {counts.new:,} {would}new, {counts.changed:,} {would}changed, {counts.same:,} as before, "
        f"{counts.gone:,} {would}ended, {found.bad_rows:,} left out."
    )
    for cell in found.refused[:LINES_SHOWN]:
        wrong, remedy = list_csv.WORDING[cell.code]
        console.print(f"Line {cell.line} {cell.heading}: {wrong % cell.facts} {remedy % cell.facts}", markup=False)
    return 1 if found.bad_rows else 0
