"""`portal import numbers FILE`: personal numbers from the resident register's own system (columns 宛名番号, 個人番号)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from rich.console import Console
from sqlalchemy.orm import Session

from portal.core.audit import Purpose
from portal.core.csv_file import detect_encoding, records
from portal.core.envelope import KeyRing
from portal.core.errors import Refusal
from portal.core.text import TextRefused, fold_width
from portal.core.uow import Database
from portal.number_vault import service
from portal.residents import service as residents

BATCH = 500
LINES_SHOWN = 20


def import_numbers(database: Database, path: Path, console: Console, *, ring: KeyRing) -> int:
    """Seal what the file says; 0, or 1 if rows were left out. No word of it ever shows a number."""
    taken, left_out = 0, list[str]()
    try:
        with path.open("rb") as file, records(file, detect_encoding(file)) as lines:
            heads = [fold_width(cell).strip() for cell in (next(lines, (0, None))[1] or [])]
            if not {"宛名番号", "個人番号"} <= set(heads):
                console.print("The first line has no columns 宛名番号 and 個人番号.")
                return 1
            rows = ((line, dict(zip(heads, cells or [], strict=False))) for line, cells in lines)
            while batch := list(islice(rows, BATCH)):
                with database.command("import numbers", Purpose.REGISTER) as session:
                    refused = list(_take(session, ring, batch))
                taken, left_out = taken + len(batch) - len(refused), left_out + refused
    except Refusal as refusal:
        console.print(refusal.message % refusal.facts, refusal.next_step)
        return 1
    console.print(f"{taken:,} numbers taken, {len(left_out):,} left out.")
    console.print(*left_out[:LINES_SHOWN], sep="\n", markup=False)
    return 1 if left_out else 0


def _take(session: Session, ring: KeyRing, batch: Sequence[tuple[int, Mapping[str, str]]]) -> Iterator[str]:
    numbers = {line: _addressee(row.get("宛名番号", "")) for line, row in batch}
    known = residents.ids_of_numbers(session, sorted({number for number in numbers.values() if number}))
    for line, row in batch:
        whose = known.get(numbers[line])
        try:
            if whose is None:
                raise ValueError("宛名番号: nobody who lives here")
            service.keep(session, ring, whose, service.read(row.get("個人番号", "")))
        except ValueError as reason:
            yield f"Line {line}: {reason}"


def _addressee(typed: str) -> str:
    try:
        return residents.read_number(typed)
    except TextRefused:
        return ""
