"""Very many new rows at once: a stream into the table on PostgreSQL (COPY, text format), executemany on SQLite.

A national register's pairs of letters are a hundred million rows. COPY neither parses statements nor looks for rows that
might be there already: a unique key that exists is a fault here (`writing.NewRows` with *once* passes over it).
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Integer, String, Table
from sqlalchemy.orm import Session

from portal.core import driver
from portal.core.writing import NewRows

_KEPT_FOR_ITSELF = re.compile(r"[\\\t\n\r]")
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
Row = Sequence[str | int | date | bytes | None]


class Stream:
    """New rows of *table*: texts, whole numbers, days, bytes or None, in the order of its columns."""

    def __init__(self, table: Any) -> None:
        self._table: Table = table
        self._names = tuple(column.name for column in self._table.columns)
        self._one_by_one = NewRows(table)
        self._line = _line_of(self._table)

    def many(self, session: Session, rows: Sequence[Row]) -> int:
        """How many rows were written."""
        if not rows:
            return 0
        dialect = session.connection().dialect
        if dialect.name == "sqlite":
            return self._one_by_one.many(session, [dict(zip(self._names, row, strict=True)) for row in rows])
        columns = ", ".join(map(dialect.identifier_preparer.quote, self._names))
        return driver.stream(session, f"COPY {self._table.name} ({columns}) FROM STDIN", "".join(map(self._line, rows)))


def _line_of(table: Table) -> Callable[[Row], str]:
    """What writes a row as a line of COPY's text format; made once, because it runs for each of millions."""
    cells = []
    for place, column in enumerate(table.columns):
        plain = isinstance(column.type, Integer) and not column.nullable
        text = isinstance(column.type, String) and not column.nullable
        cells.append(f"{{row[{place}]}}" if plain else f"{{{'text' if text else 'cell'}(row[{place}])}}")
    source = "\\t".join(cells)
    made: Callable[[Row], str] = eval(f"lambda row: f'{source}\\n'", {"text": _text, "cell": _cell})  # noqa: S307 - our own text
    return made


def _text(value: str) -> str:
    return value.translate(_ESCAPED) if _KEPT_FOR_ITSELF.search(value) else value


def _cell(value: str | int | date | bytes | None) -> str:
    if value is None:
        return r"\N"
    return rf"\\x{value.hex()}" if isinstance(value, bytes) else _text(str(value))
