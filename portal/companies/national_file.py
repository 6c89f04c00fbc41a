"""The national register's CSV file (法人番号公表サイト「全件」「差分」, Web-API types 01 and 02): 30 columns, no heading.

Read as a stream in Shift_JIS or UTF-8. Good rows are taken in batches, each a transaction of its own; taking a file again
changes nothing, so an import that was cut off is simply repeated. Rows of history (`latest` = 0) are passed over.
"""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from sqlalchemy.orm import Session

from portal.companies import register, rules
from portal.companies.register import NationalRow, Taken
from portal.core.csv_file import Lines, detect_encoding, records
from portal.core.errors import Refusal
from portal.core.words import N_

COLUMNS = 30
ANSWER_HEAD = 4  # the Web-API's answer begins with the day, the count and the part's number
KEEP_REFUSED = 1_000
PROCESSES = frozenset({"01", "11", "12", "13", "21", "22", "71", "72", "81", "99"})
LONGEST = {6: 150, 28: 500, 24: 300, 9: 10, 10: 20, 11: 300, 15: 7, 16: 300}
Opener = Callable[[], AbstractContextManager[Session]]
Watch = Callable[[int], None]


class NotTheNationalFile(Refusal):
    code = "company-file-unknown"
    status = 422
    message = N_("This is not the file of the national register: it has 30 columns and no heading.")
    next_step = N_("Download the file “全件” or “差分” as CSV and choose it unchanged.")


@dataclass(slots=True)
class Report:
    """What an import found. `refused` holds (line, what is wrong) of the first KEEP_REFUSED rows, `bad_rows` counts all."""

    encoding: str
    taken: Taken = field(default_factory=Taken)
    history: int = 0
    bad_rows: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def take_file(file: BinaryIO, open_session: Opener, watch: Watch) -> Report:
    """Import the file. `open_session` opens one unit of work a batch; `watch` is told the bytes read so far."""
    report = Report(detect_encoding(file))
    with records(file, report.encoding) as lines, closing(_read_ahead(_batches(lines, report))) as batches:
        for batch in batches:
            with open_session() as session:
                report.taken += register.take(session, batch)
            watch(file.tell())
    with open_session() as session:
        register.count_anew(session)
    return report


def _read_ahead(batches: Iterator[list[NationalRow]]) -> Generator[list[NationalRow]]:
    """The next batch is read while the database takes this one."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while batch := coming.result():
            coming = reader.submit(next, batches, None)
            yield batch


def _batches(lines: Lines, report: Report) -> Iterator[list[NationalRow]]:
    batch: list[NationalRow] = []
    for line, cells in lines:
        if cells is not None and (not any(cells) or (line == 1 and len(cells) == ANSWER_HEAD)):
            continue
        if line == 1 and (cells is None or len(cells) != COLUMNS):
            raise NotTheNationalFile
        try:
            row = read_row(cells or [])
        except ValueError as fault:
            report.bad_rows += 1
            if len(report.refused) < KEEP_REFUSED:
                report.refused.append((line, str(fault)))
            continue
        if row is None:
            report.history += 1
            continue
        batch.append(row)
        if len(batch) == register.BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def read_row(cells: list[str]) -> NationalRow | None:
    """One row, None for one of history; ValueError says in a word what is wrong (never the cell itself)."""
    if len(cells) != COLUMNS:
        raise ValueError("columns")
    if cells[23] == "0":
        return None
    for place, longest in LONGEST.items():
        if len(cells[place]) > longest:
            raise ValueError(f"column {place + 1}")
    if "\0" in "".join(cells):
        raise ValueError(f"column {next(place for place, cell in enumerate(cells, start=1) if chr(0) in cell)}")
    if not rules.is_number(cells[1]):
        raise ValueError("number")
    if cells[2] not in PROCESSES or not cells[6]:
        raise ValueError("process" if cells[6] else "name")
    closed_on = _day(cells, 18)
    if closed_on is None and cells[2] == register.STRUCK_OFF:
        closed_on = _day(cells, 5)
    return NationalRow(
        number=int(cells[1]),
        process=cells[2],
        updated_on=_day(cells, 4) or date.min,
        changed_on=_day(cells, 5) or date.min,
        name=cells[6],
        kana=cells[28],
        english=cells[24],
        kind=cells[8][:3],
        prefecture=cells[9],
        city=cells[10],
        street=cells[11],
        postal_code=cells[15],
        abroad=cells[16],
        closed_on=closed_on,
        close_cause=cells[19][:2],
        successor=int(cells[20]) if rules.is_number(cells[20]) else None,
    )


def _day(cells: list[str], place: int) -> date | None:
    try:
        return date.fromisoformat(cells[place]) if cells[place] else None
    except ValueError:
        raise ValueError(f"column {place + 1}") from None  # what Python says of it has the cell in it
