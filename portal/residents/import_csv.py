"""A CSV file of the resident register: which encoding, which rows, what is wrong with which line.

The file is read as a stream, twice at most: once to find the encoding, once for the rows. Good rows are taken in
batches, each a transaction of its own, so the city goes on working meanwhile; taking the same file again changes
nothing, so an import that was cut off is simply repeated. Bad rows are left out and listed.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO

from sqlalchemy.orm import Session

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.residents import register
from portal.residents.columns import CellRefused, RowReader
from portal.residents.register import RegisterRow, Taken

KEEP_REFUSED = 1_000
_PIECE = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Guessing by statistics took a short CP932 file for UTF-16; strict decoding in this order has not failed us.
_WITHOUT_BOM = ("utf-8", "cp932")

Opener = Callable[[], AbstractContextManager[Session]]
Step = Callable[[Session, list[RegisterRow]], Taken]
Watch = Callable[[int], None]


class FileUnreadable(Refusal):
    code = "register-file-unreadable"
    status = 422
    message = N_("This file is neither UTF-8 nor CP932 (Shift JIS).")
    next_step = N_("Save the file as CSV in UTF-8 and try again.")


class FileEmpty(Refusal):
    code = "register-file-empty"
    status = 422
    message = N_("This file has no heading line.")
    next_step = N_("Put the headings of the columns in the first line.")


class ColumnsMissing(Refusal):
    code = "register-columns-missing"
    status = 422
    message = N_("These columns are missing: %(columns)s.")
    next_step = N_("Add the columns, or correct the headings in the first line.")


class ColumnsRepeated(Refusal):
    code = "register-columns-repeated"
    status = 422
    message = N_("A column appears twice.")
    next_step = N_("Remove one of the two columns.")


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


def detect_encoding(file: BinaryIO) -> str:
    """BOM first, then strict UTF-8, then CP932; leaves the file at its start."""
    head = file.read(4)
    file.seek(0)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    for name in _WITHOUT_BOM:
        if _decodes(file, name):
            return name
    raise FileUnreadable


def preview(file: BinaryIO, open_session: Opener, watch: Watch) -> Report:
    """What an import would do; writes nothing."""
    return _run(file, open_session, register.compare, watch)


def take_file(file: BinaryIO, open_session: Opener, watch: Watch) -> Report:
    """Import the file. `open_session` opens one unit of work a batch; `watch` is told the bytes read so far."""
    return _run(file, open_session, register.take, watch)


def _run(file: BinaryIO, open_session: Opener, step: Step, watch: Watch) -> Report:
    encoding = detect_encoding(file)
    decoded = io.TextIOWrapper(file, encoding=encoding, newline="", errors="strict")
    try:
        lines = _lines(decoded)
        reader = _reader(lines)
        report = Report(encoding, tuple(column.heading for _, column in reader.places), reader.ignored)
        for batch in _batches(lines, reader, report):
            with open_session() as session:
                report.taken += step(session, batch)
            watch(file.tell())
    finally:
        decoded.detach()  # the file is its opener's to close
    return report


def _lines(file: io.TextIOWrapper) -> Iterator[tuple[int, list[str] | None]]:
    """(first line of the record, its cells); None where the CSV itself is broken (NUL, a quote never closed)."""
    records = csv.reader(file)
    while True:
        line = records.line_num + 1
        try:
            yield line, next(records)
        except csv.Error:
            yield line, None
        except StopIteration:
            return


def _reader(lines: Iterator[tuple[int, list[str] | None]]) -> RowReader:
    _, headings = next(lines, (0, None))
    if not headings:
        raise FileEmpty
    reader = RowReader(headings)
    if reader.missing:
        raise ColumnsMissing(columns="、".join(reader.missing))
    if reader.repeated:
        raise ColumnsRepeated
    return reader


def _batches(
    lines: Iterator[tuple[int, list[str] | None]], reader: RowReader, report: Report
) -> Iterator[list[RegisterRow]]:
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


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True
