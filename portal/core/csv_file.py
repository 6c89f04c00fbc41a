"""A CSV file from another system: which encoding, which records, on which lines. Read as a stream.

UTF-8 and CP932 (Shift JIS) are told apart; what a room makes of a record is its own matter.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from portal.core.errors import Refusal
from portal.core.text import fold_width
from portal.core.words import N_

_PIECE = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Guessing by statistics took a short CP932 file for UTF-16; strict decoding in this order has not failed us.
_WITHOUT_BOM = ("utf-8", "cp932")
Lines = Iterator[tuple[int, list[str] | None]]
"""(first line of a record, its cells); None where the CSV itself is broken (NUL, a quote never closed)."""


@dataclass(frozen=True, slots=True)
class CellRefused:
    """One cell that cannot be taken; `line` counts lines of the file from 1, as editors show them."""

    line: int
    heading: str
    code: str
    facts: Mapping[str, str | int | date]


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


def detect_encoding(file: BinaryIO) -> str:
    """BOM first, then strict UTF-8, then CP932; leaves the file at its start."""
    head = file.read(4)
    file.seek(0)
    marked = [name for mark, name in _BOMS if head.startswith(mark)]
    for name in marked or _WITHOUT_BOM:
        if _decodes(file, name):
            return name
    raise FileUnreadable


@contextmanager
def records(file: BinaryIO, encoding: str) -> Iterator[Lines]:
    """The records of *file*, one after the other; the file itself stays its opener's to close."""
    decoded = io.TextIOWrapper(file, encoding=encoding, newline="", errors="strict")
    try:
        yield _lines(decoded)
    finally:
        decoded.detach()


def find_columns(lines: Lines, columns: Mapping[str, tuple[str, bool]]) -> dict[str, int]:
    """Where each column stands in the first record, by its Japanese heading; *columns* is heading → (English heading,
    whether it must be there). Either width is read. Raises FileEmpty, ColumnsMissing, ColumnsRepeated."""
    _, heads = next(lines, (0, None))
    if not heads:
        raise FileEmpty
    spoken = {name: heading for heading, (english, _) in columns.items() for name in (heading, english)}
    said = enumerate(fold_width(cell).strip() for cell in heads)
    found = [(spoken[name], place) for place, name in said if name in spoken]
    missing = [heading for heading, (_, needed) in columns.items() if needed and heading not in dict(found)]
    if missing:
        raise ColumnsMissing(columns="、".join(missing))
    if len(dict(found)) < len(found):
        raise ColumnsRepeated
    return dict(found)


def _lines(file: io.TextIOWrapper) -> Lines:
    records = csv.reader(file)
    while True:
        line = records.line_num + 1
        try:
            yield line, next(records)
        except csv.Error:
            yield line, None
        except StopIteration:
            return


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
