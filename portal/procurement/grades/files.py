"""Files of grades and of suspensions: five or four columns in this order, a heading or none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import text, wareki
from portal.core.actor import Actor
from portal.core.csv_file import detect_encoding, records
from portal.core.text import TextRefused, fold_width
from portal.procurement import agencies, suspending
from portal.procurement.grades import service
from portal.procurement.grading import QualificationRow
from portal.procurement.models import Agency, Suspension
from portal.procurement.rules import CATEGORY_WORDS, GRADES, SuspensionState

Row = TypeVar("Row")
HEADINGS = ("法人番号", "company")
CATEGORIES: Mapping[str, str] = {"物品": "goods", "工事": "works", "役務": "services"}
LONGEST_GROUND = 500
MOST = 50_000


@dataclass(slots=True)
class Report:
    """What became of a file: how many rows are taken in and how many were there already, the numbers of lines that cannot be
    read, and of companies that have no account here."""

    taken: int = 0
    same: int = 0
    bad: list[int] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def take_grades(session: Session, agency: Agency, file: BinaryIO) -> Report:
    """Raises FileUnreadable."""
    report = Report()
    rows = list(_rows(file, _grade, report))
    outcomes = service.take(session, agency, rows)
    report.taken = sum(outcome in (service.NEW, service.CHANGED) for outcome in outcomes)
    report.same = outcomes.count(service.SAME)
    pairs = zip(rows, outcomes, strict=True)
    report.unknown = sorted({row.number for row, outcome in pairs if outcome == service.UNKNOWN})
    return report


def _rows(file: BinaryIO, read: Callable[[list[str]], Row | None], report: Report) -> Iterator[Row]:
    """The sound rows; every other line is in the report, the first one too unless it is a heading."""
    with records(file, detect_encoding(file)) as lines:
        for count, (line, cells) in enumerate(lines):
            if cells is not None and (not any(cells) or (not count and fold_width(cells[0]).strip() in HEADINGS)):
                continue
            try:
                row = read(cells) if cells is not None and count <= MOST else None
            except TextRefused:
                row = None
            if row is None:
                report.bad.append(line)
            else:
                yield row


def _grade(cells: list[str]) -> QualificationRow | None:
    if len(cells) != 5:
        return None
    number, category, grade = companies.read_key(cells[0]), CATEGORIES.get(cells[1], cells[1]), fold_width(cells[2])
    first, last = wareki.parse(cells[3]), wareki.parse(cells[4])
    sound = category in CATEGORY_WORDS and grade in GRADES and first <= last
    return QualificationRow(number, category, grade, first, last) if sound else None


@dataclass(frozen=True, slots=True)
class SuspensionRow:
    """One line of a file of suspensions, as `suspending.propose` takes it."""

    number: str
    ground: str
    begins_on: date
    ends_on: date


def _suspension(cells: list[str]) -> SuspensionRow | None:
    if len(cells) != 4:
        return None
    number, ground = companies.read_key(cells[0]), text.single_line(cells[1], longest=LONGEST_GROUND)
    first, last = wareki.parse(cells[2]), wareki.parse(cells[3])
    return SuspensionRow(number, ground, first, last) if first <= last else None


def take_suspensions(session: Session, actor: Actor, file: BinaryIO) -> Report:
    """Propose each; a second person puts them in force one by one. What stands already is not proposed again. Raises
    NoAgency, FileUnreadable."""
    agency, report = agencies.agency_of(session, actor), Report()
    session.execute(select(Agency.code).where(Agency.code == agency.code).with_for_update())  # files come one by one
    unknown = set()
    for row in list(_rows(file, _suspension, report)):
        company = companies.bidder_of(session, row.number)
        if company is None:
            unknown.add(row.number)
            continue
        stands = select(Suspension.id).where(
            Suspension.company_id == company.id, Suspension.agency_code == agency.code, Suspension.ground == row.ground,
            Suspension.begins_on == row.begins_on, Suspension.ends_on == row.ends_on,
            Suspension.state != SuspensionState.LIFTED,
        )  # fmt: skip
        if session.scalar(stands.limit(1)) is not None:
            report.same += 1
            continue
        suspending.propose(
            session, actor, agency, number=row.number, ground=row.ground, begins_on=row.begins_on, ends_on=row.ends_on
        )
        session.flush()
        report.taken += 1
    report.unknown = sorted(unknown)
    return report
