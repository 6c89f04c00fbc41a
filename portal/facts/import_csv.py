"""A section's CSV file of facts: 宛名番号, 項目, 内容, 開始日, 終了日. Read as a stream, taken in batches.

As with the register: good rows are taken, bad ones are listed; the same file again changes nothing, so an import that
was cut off is simply repeated.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO, NamedTuple

from sqlalchemy.orm import Session

from portal.core import wareki
from portal.core.csv_file import (
    CellRefused,
    Lines,
    detect_encoding,
    find_columns,
    records,
)
from portal.core.text import TextRefused, fold_width
from portal.facts import catalogue, taking
from portal.facts.catalogue import FactType
from portal.facts.taking import FactRow, Taken
from portal.residents import service as residents

KEEP_REFUSED = 1_000
# heading → (English heading, whether it must be there); both are read.
COLUMNS = {
    "宛名番号": ("addressee_number", True),
    "項目": ("fact", True),
    "内容": ("value", True),
    "開始日": ("since", True),
    "終了日": ("until", False),
}

Opener = Callable[[], AbstractContextManager[Session]]
Watch = Callable[[int], None]


class Step(NamedTuple):
    """What is done with a batch: `taking.take` or `taking.compare`."""

    do: Callable[..., Taken]


PREVIEW, IMPORT = Step(taking.compare), Step(taking.take)


class Told(NamedTuple):
    """One good row, before the person of its number is known."""

    line: int
    number: str
    name: str
    value: str
    since: date
    until: date | None


@dataclass(slots=True)
class Report:
    """What an import or a preview found. `refused` holds the first KEEP_REFUSED cells, `bad_rows` counts all rows."""

    encoding: str
    taken: Taken = field(default_factory=Taken)
    bad_rows: int = 0
    refused: list[CellRefused] = field(default_factory=list)

    def note(self, refused: Sequence[CellRefused]) -> None:
        self.bad_rows += 1
        self.refused += refused[: KEEP_REFUSED - len(self.refused)]


def run(
    file: BinaryIO,
    open_session: Opener,
    watch: Watch,
    *,
    step: Step,
    source: str,
    own: Collection[str] | None = None,
) -> Report:
    """Check or take in the file. *source* is the section it comes from, *own* the facts it may tell (None: all); *watch*
    is told the bytes read so far."""
    report = Report(detect_encoding(file))
    with records(file, report.encoding) as lines:
        places = find_columns(lines, COLUMNS)
        for batch in _batches(lines, places, report, own):
            with open_session() as session:
                report.taken = report.taken.plus(step.do(session, _of_residents(session, batch, report), source=source))
            watch(file.tell())
    return report


def _batches(lines: Lines, places: dict[str, int], report: Report, own: Collection[str] | None) -> Iterator[list[Told]]:
    seen: set[int] = set()
    batch: list[Told] = []
    for line, cells in lines:
        if cells is not None and not any(cells):
            continue
        row = _read(line, cells, places, own) if cells else [CellRefused(line, "", "row-unreadable", {})]
        if isinstance(row, Told):
            key = hash((row.number, row.name, row.since))
            row = [CellRefused(line, "開始日", "fact-twice", {})] if key in seen else row
            seen.add(key)
        if not isinstance(row, Told):
            report.note(row)
            continue
        batch.append(row)
        if len(batch) == taking.BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(
    line: int, cells: Sequence[str], places: dict[str, int], own: Collection[str] | None
) -> Told | list[CellRefused]:
    if len(cells) <= max(places.values()):
        facts = {"count": max(places.values()) + 1, "length": len(cells)}
        return [CellRefused(line, "", "row-wrong-width", facts)]
    cell = {heading: cells[place] for heading, place in places.items()}
    kind = catalogue.types().get(fold_width(cell["項目"]).strip())
    if kind is None:
        return [CellRefused(line, "項目", "fact-unknown", {})]
    if own is not None and kind.name not in own:
        return [CellRefused(line, "項目", "fact-of-another-section", {"section": kind.owner})]
    found, refused = _cells(line, cell, kind)
    if refused:
        return refused
    row = Told(line, found["宛名番号"], kind.name, found["内容"], found["開始日"], found["終了日"])  # type: ignore[arg-type]
    if row.until and row.until < row.since:
        return [CellRefused(line, "終了日", "fact-ends-before-it-begins", {})]
    return row


def _cells(line: int, cell: Mapping[str, str], kind: FactType) -> tuple[dict[str, object], list[CellRefused]]:
    """What the cells say, and those that cannot be read."""
    readers: dict[str, Callable[[str], object]] = {
        "宛名番号": residents.read_number, "内容": kind.read, "開始日": wareki.parse,
        "終了日": lambda typed: wareki.parse(typed) if typed.strip() else None,
    }  # fmt: skip
    found: dict[str, object] = {"終了日": None}
    refused = []
    for heading, read in readers.items():
        if heading not in cell:
            continue
        try:
            found[heading] = read(cell[heading])
        except TextRefused as reason:
            refused.append(CellRefused(line, heading, reason.code, reason.facts))
    return found, refused


def _of_residents(session: Session, batch: list[Told], report: Report) -> list[FactRow]:
    """The rows of people the city knows; numbers that are nobody's are bad rows."""
    known = residents.ids_of_numbers(session, sorted({row.number for row in batch}))
    for row in batch:
        if row.number not in known:
            report.note([CellRefused(row.line, "宛名番号", "number-of-nobody", {})])
    return [
        FactRow(known[row.number], row.name, row.value, row.since, row.until) for row in batch if row.number in known
    ]
