"""A list of addressee numbers as a clerk pastes it or takes it from a CSV file, with values for places. Pure.

The first line may name the columns; the first column holds the numbers (統合宛名番号). Commas or tabs, either width.
"""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.core import text
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.mailbox.composing.rules import MOST_ROWS, MOST_VALUE

NUMBER_DIGITS = 15  # 標準仕様書 データ要件: 統合宛名番号
_ENCODINGS = ("utf-8-sig", "cp932")

NOT_A_NUMBER = N_("This is no addressee number.")
TWICE = N_("This number stands in the list already (line %(line)s).")
COLUMNS = N_("This line has %(found)s columns, the first line has %(wanted)s.")
EMPTY = N_("“%(name)s” is empty.")
TOO_LONG = N_("“%(name)s” is longer than %(most)s characters.")
NOBODY = N_("Nobody who lives here has this number.")
TOO_MANY = N_("A list may have %(most)s lines.")
NO_ROWS = N_("There is nobody in the list.")
NOT_TEXT = N_("This file is no text in UTF-8 or CP932 (Shift JIS).")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line (counted from 1): a sentence (msgid) with its facts."""

    line: int
    words: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    number: str
    fills: dict[str, str]


@dataclass(slots=True)
class People:
    """What a list says: the columns beside the number, good rows, and what is wrong with the others."""

    columns: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def without(self, unknown: Collection[str]) -> "People":
        """The same, where rows with these numbers are faults: nobody has them."""
        lost = [Fault(row.line, NOBODY) for row in self.rows if row.number in unknown]
        kept = [row for row in self.rows if row.number not in unknown]
        return People(self.columns, kept, sorted([*self.faults, *lost], key=lambda fault: fault.line))


def decode(content: bytes) -> str | None:
    """A file as text: with or without BOM in UTF-8, else CP932; None when it is neither."""
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def read(typed: str) -> People:
    """The rows of *typed*; every line that cannot be used is a fault with its number."""
    lines = [(number, line) for number, line in enumerate(typed.splitlines(), start=1) if line.strip()]
    if len(lines) > MOST_ROWS + 1:
        return People(faults=[Fault(lines[-1][0], TOO_MANY, {"most": MOST_ROWS})])
    cells = [(number, _cells(line)) for number, line in lines]
    columns: tuple[str, ...] = ()
    if cells and _number(cells[0][1][0]) is None:
        columns = tuple(cells[0][1][1:])
        cells = cells[1:]
    found, seen = People(columns), dict[str, int]()
    for line, row in cells:
        fault = _fault(line, row, columns, seen)
        if fault:
            found.faults.append(fault)
            continue
        number = _number(row[0]) or ""
        seen[number] = line
        found.rows.append(Row(line, number, dict(zip(columns, row[1:], strict=False))))
    if not found.rows and not found.faults:
        found.faults.append(Fault(1, NO_ROWS))
    return found


def _cells(line: str) -> list[str]:
    delimiter = "\t" if "\t" in line else ","
    try:
        row = next(csv.reader(io.StringIO(line), delimiter=delimiter), [""])
    except csv.Error:
        row = [line]
    return [cell.strip() for cell in row] or [""]


def _number(cell: str) -> str | None:
    try:
        return text.digits(cell, longest=NUMBER_DIGITS).zfill(NUMBER_DIGITS)
    except TextRefused:
        return None


def _fault(line: int, row: Sequence[str], columns: Sequence[str], seen: Mapping[str, int]) -> Fault | None:
    number = _number(row[0])
    if number is None:
        return Fault(line, NOT_A_NUMBER)
    if number in seen:
        return Fault(line, TWICE, {"line": seen[number]})
    if len(row) - 1 != len(columns) and (columns or len(row) > 1):
        return Fault(line, COLUMNS, {"found": len(row), "wanted": len(columns) + 1})
    for name, value in zip(columns, row[1:], strict=False):
        if not value:
            return Fault(line, EMPTY, {"name": name})
        if len(value) > MOST_VALUE:
            return Fault(line, TOO_LONG, {"name": name, "most": MOST_VALUE})
        if not value.isprintable():
            return Fault(line, NOT_A_NUMBER)
    return None
