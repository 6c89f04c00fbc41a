"""A CSV file of addressee numbers: one column 宛名番号 (others are ignored), UTF-8 or CP932."""

from typing import BinaryIO, NamedTuple

from portal.core.csv_file import ColumnsMissing, detect_encoding, records
from portal.core.text import TextRefused, fold_width
from portal.residents import service as residents

HEADINGS = ("宛名番号", "addressee_number")


class Numbers(NamedTuple):
    """(line, number as written) of those that can be read, and lines of those that cannot."""

    numbers: list[tuple[int, str]]
    unreadable: list[int]


def read(file: BinaryIO) -> Numbers:
    """ColumnsMissing if there is no such column; FileUnreadable if it is no text."""
    found = Numbers([], [])
    with records(file, detect_encoding(file)) as lines:
        _, heads = next(lines, (0, None))
        names = [fold_width(cell).strip() for cell in heads or ()]
        column = next((names.index(name) for name in HEADINGS if name in names), None)
        if column is None:
            raise ColumnsMissing(columns=HEADINGS[0])
        for line, cells in lines:
            if cells is not None and not any(cells):
                continue
            try:
                found.numbers.append((line, residents.read_number(cells[column] if cells else "")))
            except (TextRefused, IndexError):
                found.unreadable.append(line)
    return found
