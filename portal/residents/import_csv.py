"""A CSV file of the resident register: which encoding, which rows, what is wrong with which line.

The file is read as a stream, twice at most: once to find the encoding, once for the rows. Good rows are taken in
batches, each a transaction of its own, so the city goes on working meanwhile; taking the same file again changes
nothing, so an import that was cut off is simply repeated. Bad rows are left out and listed.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO

from sqlalchemy.orm import Session

from portal.core.csv_file import (
    CellRefused,
    ColumnsMissing,
    ColumnsRepeated,
    FileEmpty,
    Lines,
    detect_encoding,
    records,
)
from portal.residents import register
from portal.residents.columns import RowReader
from portal.residents.register import RegisterRow, Taken

KEEP_REFUSED = 1_000
Opener = Callable[[], AbstractContextManager[Session]]
Step = Callable[[Session, list[RegisterRow]], Taken]
Watch = Callable[[int], None]


@dataclass(slots=True)
class Report:
    """What an import or a preview found. `refused` holds the first KEEP_REFUSED cells, `bad_rows` counts all rows."""

    encoding: str
    headings: tuple[str, ...]
    ignored: tuple[str, ...]
    taken: Taken = field(default_factory=Taken)
    bad_rows: int = 0
    refused: list[CellRefused] = field(default_factory=list)
    sample: list[RegisterRow] = field(default_factory=list, repr=False)


def preview(file: BinaryIO, open_session: Opener, watch: Watch) -> Report:
    """What an import would do; writes nothing."""
    return _run(file, open_session, register.compare, watch)


def take_file(file: BinaryIO, open_session: Opener, watch: Watch) -> Report:
    """Import the file. `open_session` opens one unit of work a batch; `watch` is told the bytes read so far."""
    return _run(file, open_session, register.take, watch)


def _run(file: BinaryIO, open_session: Opener, step: Step, watch: Watch) -> Report:
    encoding = detect_encoding(file)
    with records(file, encoding) as lines:
        reader = _reader(lines)
        report = Report(encoding, tuple(column.heading for _, column in reader.places), reader.ignored)
        for batch in _batches(lines, reader, report):
            with open_session() as session:
                report.taken += step(session, batch)
            watch(file.tell())
    return report


def _reader(lines: Lines) -> RowReader:
    _, headings = next(lines, (0, None))
    if not headings:
        raise FileEmpty
    reader = RowReader(headings)
    if reader.missing:
        raise ColumnsMissing(columns="、".join(reader.missing))
    if reader.repeated:
        raise ColumnsRepeated
    return reader


def _batches(lines: Lines, reader: RowReader, report: Report) -> Iterator[list[RegisterRow]]:
    """Good rows in batches; bad ones go to the report. A number seen before in this file is a bad row."""
    seen: set[int] = set()
    batch: list[RegisterRow] = []
    for line, cells in lines:
        if cells is not None and not any(cells):
            continue
        row = reader.read(cells, line) if cells else [CellRefused(line, "", "row-unreadable", {})]
        if isinstance(row, RegisterRow) and int(row.addressee_number) in seen:
            row = [CellRefused(line, "宛名番号", "number-twice", {})]
        if not isinstance(row, RegisterRow):
            _note(report, row)
            continue
        seen.add(int(row.addressee_number))
        batch.append(row)
        if len(report.sample) < 3:
            report.sample.append(row)
        if len(batch) == register.BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _note(report: Report, refused: list[CellRefused]) -> None:
    report.bad_rows += 1
    report.refused += refused[: KEEP_REFUSED - len(report.refused)]
