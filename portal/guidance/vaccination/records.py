"""Vaccination records: read by those they are about and their guardians, told by sections' systems.

A dose that is on record is put right only by a row that says it corrects; what it said before is kept beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.audit import Action
from portal.guidance.models import Vaccination, VaccinationCorrection

Key = tuple[UUID, str, int]
"""Whose, vaccine, dose."""


class Given(NamedTuple):
    """One dose as a system tells it; `corrects` says that it is right, whatever is on record."""

    resident_id: UUID
    vaccine: str
    dose: int
    given_on: date
    place: str = ""
    corrects: bool = False

    @property
    def key(self) -> Key:
        return self.resident_id, self.vaccine, self.dose


class Known(NamedTuple):
    given_on: date
    place: str
    source: str


@dataclass(slots=True)
class Report:
    """Rows that were new, changed, or the same; `refused` are (line, heading) of what was left out, `differing` those of
    `rows` that say otherwise than the record without saying that they correct it (lines of a file, once it is read)."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    differing: list[int] = field(default_factory=list)


def of(session: Session, resident_id: UUID) -> dict[tuple[str, int], date]:
    """The record of one person: (vaccine, dose) → day. The look is on record."""
    audit.looked(session, whose=resident_id, what="vaccinations")
    query = select(Vaccination.vaccine, Vaccination.dose, Vaccination.given_on)
    return {(row.vaccine, row.dose): row.given_on for row in session.execute(query.filter_by(resident_id=resident_id))}


def corrections_of(session: Session, resident_id: UUID) -> dict[tuple[str, int], VaccinationCorrection]:
    """The newest correction of each dose of one person."""
    query = select(VaccinationCorrection).filter_by(resident_id=resident_id).order_by(VaccinationCorrection.number)
    return {(one.vaccine, one.dose): one for one in session.scalars(query)}


def take(session: Session, rows: Sequence[Given], *, source: str, report: Report | None = None) -> Report:
    """Put doses on record; the same again change nothing. A row that says otherwise than the record changes it only if it
    corrects; its place among *rows* is told otherwise."""
    report = report or Report()
    before = _known(session, {row.resident_id for row in rows})
    wanted: dict[Key, Known] = {}
    for place, row in enumerate(rows):
        there = wanted.get(row.key) or before.get(row.key)
        if there is None or (row.corrects and not _says(there, row)) or _completes(there, row):
            wanted[row.key] = Known(row.given_on, row.place, source)
        elif _says(there, row):
            report.same += 1
        else:
            report.differing.append(place)
    new = {key: row for key, row in wanted.items() if key not in before}
    changed = {key: row for key, row in wanted.items() if key in before}
    _write(session, new, changed, before)
    report.new += len(new)
    report.changed += len(changed)
    return report


def _says(there: Known, row: Given) -> bool:
    """Whether the record says what the row says; a row without a place says nothing of it."""
    return there.given_on == row.given_on and row.place in ("", there.place)


def _completes(there: Known, row: Given) -> bool:
    return there.given_on == row.given_on and not there.place and bool(row.place)


def _known(session: Session, people: set[UUID]) -> dict[Key, Known]:
    found = session.scalars(select(Vaccination).where(Vaccination.resident_id.in_(people)))
    return {(one.resident_id, one.vaccine, one.dose): Known(one.given_on, one.place, one.source) for one in found}


def _write(session: Session, new: dict[Key, Known], changed: dict[Key, Known], before: dict[Key, Known]) -> None:
    if new:
        session.execute(insert(Vaccination), [_named(key, row) for key, row in new.items()])
    for (whose, vaccine, dose), row in changed.items():
        own = (Vaccination.resident_id == whose, Vaccination.vaccine == vaccine, Vaccination.dose == dose)
        session.execute(update(Vaccination).where(*own).values(row._asdict()))
    if changed:
        told = [
            _named(key, before[key]) | {"corrected_by": row.source, "corrected_at": clock.now()}
            for key, row in changed.items()
        ]
        session.execute(insert(VaccinationCorrection), told)
    for action, some in ((Action.CREATE, new), (Action.CHANGE, changed)):
        for whose in {key[0] for key in some}:
            audit.did(session, action, whose=whose, what="vaccinations")


def _named(key: Key, row: Known) -> dict[str, object]:
    return dict(zip(("resident_id", "vaccine", "dose"), key, strict=True)) | row._asdict()
