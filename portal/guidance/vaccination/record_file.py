"""Vaccination records as CSV of the section's system, into the record."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from portal.core import clock, text, wareki
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.guidance.vaccination import records, schedule
from portal.guidance.vaccination.records import Given, Report
from portal.residents import service as residents

HEADINGS = ("宛名番号", "ワクチン", "回数", "接種日", "医療機関", "訂正")
NEEDED = HEADINGS[:4]
BATCH = 1_000
LONGEST_PLACE = 100
# What the column 訂正 says of a row that is right, whatever is on record.
CORRECTS = ("1", "訂正")


class RecordsUnreadable(Refusal):
    code = "vaccination-file-unreadable"
    status = 422
    message = N_("This file of vaccination records cannot be read.")
    next_step = N_("It needs UTF-8 or CP932 and the columns 宛名番号, ワクチン, 回数, 接種日 in its first line.")


def take_file(session: Session, content: bytes, *, source: str) -> Report:
    """Bring in a whole file; rows that cannot be taken are left out and listed. The same file again changes nothing."""
    report = Report()
    batch: list[tuple[int, list[str]]] = []
    lines = _cells(_decoded(content))
    places = _places(lines[0] if lines else [])
    for line, cells in enumerate(lines[1:], start=2):
        batch.append((line, cells))
        if len(batch) == BATCH:
            _take_lines(session, batch, places, source, report)
            batch.clear()
    _take_lines(session, batch, places, source, report)
    return report


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RecordsUnreadable


def _cells(content: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(content, newline="")))
    except csv.Error:
        raise RecordsUnreadable from None


def _places(headings: Sequence[str]) -> dict[str, int]:
    cleaned = [text.fold_width(heading).strip() for heading in headings]
    if not set(NEEDED) <= set(cleaned):
        raise RecordsUnreadable
    return {heading: cleaned.index(heading) for heading in HEADINGS if heading in cleaned}


class Said(NamedTuple):
    """A good row: whose number, and what it says of a dose."""

    line: int
    number: str
    vaccine: str
    dose: int
    given_on: date
    place: str
    corrects: bool


def _take_lines(
    session: Session, lines: Sequence[tuple[int, list[str]]], places: dict[str, int], source: str, report: Report
) -> None:
    read = list(_read(lines, places, report))
    ids = residents.ids_of_numbers(session, [row.number for row in read])
    known = [row for row in read if row.number in ids]
    report.refused += [(row.line, "宛名番号") for row in read if row.number not in ids]
    told = records.take(session, [Given(ids[row.number], *row[2:]) for row in known], source=source)
    report.new, report.changed, report.same = (
        report.new + told.new,
        report.changed + told.changed,
        report.same + told.same,
    )
    report.differing += [known[place].line for place in told.differing]


def _read(lines: Sequence[tuple[int, list[str]]], places: dict[str, int], report: Report) -> Iterator[Said]:
    for line, cells in lines:
        if not any(cells):
            continue
        try:
            yield _row(line, {name: cells[place] for name, place in places.items() if place < len(cells)})
        except _Wrong as wrong:
            report.refused.append((line, wrong.heading))


class _Wrong(ValueError):
    def __init__(self, heading: str) -> None:
        super().__init__(heading)
        self.heading = heading


def _row(line: int, cell: dict[str, str]) -> Said:
    """One row; _Wrong with the heading of the first cell that cannot be taken."""
    if not set(NEEDED) <= set(cell):
        raise _Wrong("行")
    heading = "宛名番号"
    try:
        number = text.digits(cell[heading], longest=15).zfill(15)
        heading = "接種日"
        day = wareki.parse(cell[heading])
        if day > clock.today():
            raise _Wrong(heading)
        heading = "回数"
        dose = int(text.digits(cell[heading], longest=1))
        heading = "ワクチン"
        vaccine = cell[heading].strip()
        if not schedule.has_dose(vaccine, dose):
            raise _Wrong(heading)
        heading = "医療機関"
        place = text.single_line(cell[heading], longest=LONGEST_PLACE) if cell.get(heading) else ""
    except TextRefused:
        raise _Wrong(heading) from None
    return Said(line, number, vaccine, dose, day, place, _corrects(cell.get("訂正", "")))


def _corrects(cell: str) -> bool:
    said = text.fold_width(cell).strip()
    if said not in ("", *CORRECTS):
        raise _Wrong("訂正")
    return said in CORRECTS
