"""Vaccination records: read by those they are about and their guardians, brought in as CSV of the section's system."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.core import audit, clock, text, wareki
from portal.core.audit import Action
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.guidance.models import Vaccination
from portal.guidance.vaccination import schedule
from portal.residents import service as residents

HEADINGS = ("宛名番号", "ワクチン", "回数", "接種日", "医療機関")
NEEDED = HEADINGS[:4]
BATCH = 1_000
LONGEST_PLACE = 100


class RecordsUnreadable(Refusal):
    code = "vaccination-file-unreadable"
    status = 422
    message = N_("This file of vaccination records cannot be read.")
    next_step = N_("It needs UTF-8 or CP932 and the columns 宛名番号, ワクチン, 回数, 接種日 in its first line.")


class Given(NamedTuple):
    resident_id: UUID
    vaccine: str
    dose: int
    given_on: date
    place: str = ""


@dataclass(slots=True)
class Report:
    """Rows that were new, changed, or the same; `refused` are (line, heading) of what was left out."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def of(session: Session, resident_id: UUID) -> dict[tuple[str, int], date]:
    """The record of one person: (vaccine, dose) → day. The look is on record."""
    audit.looked(session, whose=resident_id, what="vaccinations")
    query = select(Vaccination.vaccine, Vaccination.dose, Vaccination.given_on)
    return {(row.vaccine, row.dose): row.given_on for row in session.execute(query.filter_by(resident_id=resident_id))}


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


def _take_lines(
    session: Session, lines: Sequence[tuple[int, list[str]]], places: dict[str, int], source: str, report: Report
) -> None:
    read = list(_read(lines, places, report))
    ids = residents.ids_of_numbers(session, [number for _, number, _ in read])
    known = [(ids[number], said) for _, number, said in read if number in ids]
    report.refused += [(line, "宛名番号") for line, number, _ in read if number not in ids]
    take(session, [Given(whose, *said) for whose, said in known], source=source, report=report)


Said = tuple[str, int, date, str]


def _read(
    lines: Sequence[tuple[int, list[str]]], places: dict[str, int], report: Report
) -> Iterator[tuple[int, str, Said]]:
    for line, cells in lines:
        if not any(cells):
            continue
        heading = "行"
        try:
            cell = {name: cells[place] for name, place in places.items()}
            heading = "宛名番号"
            number = text.digits(cell[heading], longest=15).zfill(15)
            heading = "接種日"
            day = wareki.parse(cell[heading])
            if day > clock.today():
                raise TextRefused("date-unknown")
            heading = "回数"
            dose = int(text.digits(cell[heading], longest=1))
            heading = "ワクチン"
            vaccine = cell[heading].strip()
            if not schedule.has_dose(vaccine, dose):
                raise TextRefused("vaccine-unknown")
            heading = "医療機関"
            place = text.single_line(cell[heading], longest=LONGEST_PLACE) if cell.get(heading) else ""
        except (TextRefused, IndexError):
            report.refused.append((line, heading))
            continue
        yield line, number, (vaccine, dose, day, place)


def take(session: Session, rows: Sequence[Given], *, source: str, report: Report | None = None) -> Report:
    """Put doses on record; the same again change nothing, another day or place replaces the old one."""
    report = report or Report()
    batch = {(row.resident_id, row.vaccine, row.dose): row for row in rows}
    people = {row.resident_id for row in batch.values()}
    query = select(Vaccination).where(Vaccination.resident_id.in_(people))
    known = {(one.resident_id, one.vaccine, one.dose): (one.given_on, one.place) for one in session.scalars(query)}
    new = [row for key, row in batch.items() if key not in known]
    changed = [row for key, row in batch.items() if key in known and known[key] != (row.given_on, row.place)]
    if new:
        session.execute(insert(Vaccination), [row._asdict() | {"source": source} for row in new])
    for row in changed:
        own = (Vaccination.resident_id == row.resident_id, Vaccination.vaccine == row.vaccine)
        values = {"given_on": row.given_on, "place": row.place, "source": source}
        session.execute(update(Vaccination).where(*own, Vaccination.dose == row.dose).values(values))
    for action, some in ((Action.CREATE, new), (Action.CHANGE, changed)):
        for whose in {row.resident_id for row in some}:
            audit.did(session, action, whose=whose, what="vaccinations")
    report.new += len(new)
    report.changed += len(changed)
    report.same += len(batch) - len(new) - len(changed)
    return report
