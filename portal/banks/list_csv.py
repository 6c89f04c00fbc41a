"""A file of the national list: CSV with a heading line, UTF-8 or CP932; a line without 店番 is a bank, others are branches.

All sound rows are taken in one transaction, bad ones are listed by line and column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

from portal.banks.rules import Entry
from portal.core import text, wareki
from portal.core.csv_file import CellRefused, detect_encoding, find_columns, records
from portal.core.text import TextRefused
from portal.core.wording import WORDING as OF_TEXTS
from portal.core.words import N_

LONGEST = 60
# heading → (English heading, whether it must be there); both are read.
COLUMNS = {
    "金融機関コード": ("bank_code", True),
    "店番": ("branch_code", True),
    "名称": ("name", True),
    "カナ": ("kana", False),
    "廃止日": ("closed_on", False),
    "承継先金融機関コード": ("successor_bank", False),
    "承継先店番": ("successor_branch", False),
}
WORDING = OF_TEXTS | {
    "row-unreadable": (N_("This row cannot be read."), N_("Check its quotation marks.")),
    "row-wrong-width": (N_("This row has %(length)s cells instead of %(count)s."), N_("Check its commas.")),
    "bank-twice": (N_("These codes appear twice in the file."), N_("Keep one of the two rows.")),
    "bank-not-in-list": (N_("The bank of these codes is neither in the file nor known here."), N_("Add its row.")),
    "bank-heir-wrong": (
        N_("The successor is neither in the file nor known here, or is the same."),
        N_("Write the codes of who took over, and the day."),
    ),
}


@dataclass(slots=True)
class Read:
    """What a file says, and what is wrong with it."""

    encoding: str
    entries: list[Entry] = field(default_factory=list)
    refused: list[CellRefused] = field(default_factory=list)
    bad_rows: int = 0


def read(file: BinaryIO, known: frozenset[tuple[str, str]] = frozenset()) -> Read:
    """The rows of *file*; codes may point to what is *known* here already. Raises FileUnreadable, FileEmpty,
    ColumnsMissing, ColumnsRepeated."""
    found = Read(detect_encoding(file))
    at: dict[tuple[str, str], int] = {}
    entries: list[Entry] = []
    with records(file, found.encoding) as lines:
        places = find_columns(lines, COLUMNS)
        for line, cells in lines:
            if cells is not None and not any(cells):
                continue
            row = _row(line, cells, places) if cells else [CellRefused(line, "", "row-unreadable", {})]
            if isinstance(row, Entry) and row.key in at:
                row = [CellRefused(line, "金融機関コード", "bank-twice", {})]
            if isinstance(row, Entry):
                at[row.key] = line
                entries.append(row)
                continue
            found.bad_rows += 1
            found.refused += row
    _check_together(found, entries, at, known)
    return found


def _check_together(
    found: Read, entries: Sequence[Entry], at: Mapping[tuple[str, str], int], known: frozenset[tuple[str, str]]
) -> None:
    """What one row cannot know: its bank, and who took over."""
    there = known | set(at)
    for entry in entries:
        bank, branch = entry.heir
        heir = (bank, branch if entry.branch else "")
        if entry.branch and (entry.bank, "") not in there:
            wrong = "bank-not-in-list"
        elif (bank or branch) and (heir not in there or heir == entry.key or entry.closed_on is None):
            wrong = "bank-heir-wrong"
        else:
            found.entries.append(entry)
            continue
        found.bad_rows += 1
        found.refused.append(
            CellRefused(
                at[entry.key], "承継先金融機関コード" if wrong != "bank-not-in-list" else "金融機関コード", wrong, {}
            )
        )


def _row(line: int, cells: Sequence[str], places: Mapping[str, int]) -> Entry | list[CellRefused]:
    if len(cells) <= max(places.values()):
        return [CellRefused(line, "", "row-wrong-width", {"count": max(places.values()) + 1, "length": len(cells)})]
    said: dict[str, Any] = {}
    refused = []
    for heading, (name, _needed) in COLUMNS.items():
        typed = cells[places[heading]] if heading in places else ""
        try:
            said[name] = READERS[name](typed) if typed.strip() or name in ("bank_code", "name") else EMPTY.get(name, "")
        except TextRefused as reason:
            refused.append(CellRefused(line, heading, reason.code, reason.facts))
    if refused:
        return refused
    heir = (said["successor_bank"], said["successor_branch"])
    return Entry(said["bank_code"], said["branch_code"], said["name"], said["kana"], said["closed_on"], heir)


def _line(typed: str) -> str:
    return text.single_line(typed, longest=LONGEST)


def _digits(count: int) -> Any:
    return lambda typed: text.digits(typed, count=count)


def _day(typed: str) -> date:
    return wareki.parse(typed)


READERS: dict[str, Any] = {
    "bank_code": _digits(4), "branch_code": _digits(3), "name": _line, "kana": _line, "closed_on": _day,
    "successor_bank": _digits(4), "successor_branch": _digits(3),
}  # fmt: skip
EMPTY: dict[str, Any] = {"closed_on": None}
