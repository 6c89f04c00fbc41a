"""Who came to a check-up or a class, by a file of the section: 宛名番号, 参加日. Never what a check-up found.

Good rows give points (attendance says when), bad ones are listed; the same file again gives nothing again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import BinaryIO, NamedTuple

from sqlalchemy.orm import Session

from portal.core import clock, wareki
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.csv_file import CellRefused, Lines, detect_encoding, find_columns, records
from portal.core.text import TextRefused
from portal.points.health.attendance_seal import Came
from portal.points.health.rules import TooManyRows
from portal.points.ledger import service as ledger
from portal.points.programmes import earning
from portal.points.programmes import service as programmes
from portal.points.programmes.earning import Act
from portal.residents import service as residents

# heading → (English heading, whether it must be there); both are read.
COLUMNS = {"宛名番号": ("addressee_number", True), "参加日": ("attended_on", True)}
MOST_ROWS, KEEP_REFUSED = 2_000, 1_000
NOON = time(12)


class Row(NamedTuple):
    """One good row."""

    line: int
    number: str
    day: date


@dataclass(slots=True)
class Report:
    """What reading a file found: rows that would give points now (`new`, at most `most` points), those that gave before
    (`same`), and those left out."""

    encoding: str
    new: int = 0
    same: int = 0
    most: int = 0
    bad_rows: int = 0
    refused: list[CellRefused] = field(default_factory=list)

    def note(self, cells: Sequence[CellRefused]) -> None:
        self.bad_rows += 1
        self.refused += cells[: KEEP_REFUSED - len(self.refused)]


def read(session: Session, file: BinaryIO, programme: str) -> tuple[Report, list[Came]]:
    """What the file says, and its rows that would give points now. Raises what `core.csv_file` raises of files,
    TooManyRows."""
    report = Report(detect_encoding(file))
    with records(file, report.encoding) as lines:
        places = find_columns(lines, COLUMNS)
        rows = _rows(lines, places, report)
    came = _known(session, rows, programme, report)
    known = earning.given_by(session, [key_of(programme, row) for row in came])
    fresh = [row for row in came if key_of(programme, row) not in known]
    report.same, report.new, report.most = len(came) - len(fresh), len(fresh), worth(session, programme, fresh)
    did(session, Action.LOOK, whose=None, what="points.attendance", case_ref=f"{programme} {len(came)} rows")
    return report, fresh


def key_of(programme: str, row: Came) -> str:
    """Who came twice on a day came once."""
    return f"att:{programme}:{row.resident_id.hex}:{row.day:%Y%m%d}"


def worth(session: Session, programme: str, rows: Sequence[Came]) -> int:
    """At most, before caps."""
    terms = {day: programmes.terms_on(session, programme, day) for day in {row.day for row in rows}}
    return sum(found.points for row in rows if (found := terms[row.day]))


def give(session: Session, programme: str, rows: Sequence[Came]) -> int:
    """Points to everybody of these rows, within caps; how many. Raises PotEmpty, NoTerms: then nobody gets any."""
    acts = [
        Act(
            fact=key_of(programme, row), key=key_of(programme, row), programme=programme, resident_id=row.resident_id,
            quantity=1, at=datetime.combine(row.day, NOON, JST),
        )
        for row in rows
    ]  # fmt: skip
    ledger.hold_accounts(session, {row.resident_id for row in rows})
    known = earning.given_by(
        session, [act.key for act in acts]
    )  # of two who bring the same at once the later one knows
    return sum(one.given for one in earning.earn_all(session, [act for act in acts if act.key not in known]))


def _rows(lines: Lines, places: dict[str, int], report: Report) -> list[Row]:
    found, seen = [], set()
    for line, cells in lines:
        if cells is not None and not any(cells):
            continue
        row = _read(line, cells, places)
        if isinstance(row, Row) and row[1:] in seen:
            row = [CellRefused(line, "参加日", "attended-twice", {})]
        if not isinstance(row, Row):
            report.note(row)
            continue
        seen.add(row[1:])
        found.append(row)
        if len(found) > MOST_ROWS:
            raise TooManyRows(most=MOST_ROWS)
    return found


def _read(line: int, cells: list[str] | None, places: dict[str, int]) -> Row | list[CellRefused]:
    if cells is None or len(cells) <= max(places.values()):
        return [CellRefused(line, "", "row-unreadable", {})]
    number, day, refused = "", date.min, []
    try:
        number = residents.read_number(cells[places["宛名番号"]])
    except TextRefused as reason:
        refused.append(CellRefused(line, "宛名番号", reason.code, reason.facts))
    try:
        day = wareki.parse(cells[places["参加日"]])
    except TextRefused as reason:
        refused.append(CellRefused(line, "参加日", reason.code, reason.facts))
    if not refused and day > clock.today():
        refused.append(CellRefused(line, "参加日", "attended-ahead", {}))
    return refused or Row(line, number, day)


def _known(session: Session, rows: Sequence[Row], programme: str, report: Report) -> list[Came]:
    """The rows of people the city knows, on days with terms."""
    known = residents.ids_of_numbers(session, sorted({row.number for row in rows}))
    open_on = {day: programmes.terms_on(session, programme, day) is not None for day in {row.day for row in rows}}
    came = []
    for row in rows:
        who = known.get(row.number)
        if who is None:
            report.note([CellRefused(row.line, "宛名番号", "number-of-nobody", {})])
        elif not open_on[row.day]:
            report.note([CellRefused(row.line, "参加日", "attended-without-terms", {})])
        else:
            came.append(Came(row.line, who, row.day))
    return came
