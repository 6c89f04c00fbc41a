"""Writes for busy moments: a statement made once, its rows handed over in one go.

The counterpart of `reading`: what SQLAlchemy does for each execution and each value costs several times what the
database does. Types are converted as the columns say; everything runs in the session's own transaction.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Table, Update, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ClauseElement

from portal.core import driver
from portal.core.db import Instant

Values = Mapping[str, Any]
Fill = Callable[[Values], tuple[Any, ...]]
Plan = tuple[str, Fill]


class Changes:
    """An UPDATE whose parameters are named values, run for one row after the other, in their order."""

    def __init__(self, change: Update) -> None:
        self._change = change
        self._plans: dict[str, Plan] = {}

    def many(self, session: Session, rows: Sequence[Values]) -> int:
        """How many rows of the table were changed."""
        if not rows:
            return 0
        dialect = session.connection().dialect
        if (plan := self._plans.get(dialect.name)) is None:
            plan = self._plans[dialect.name] = plan_of(self._change, dialect)
        return driver.change_each(session, plan[0], list(map(plan[1], rows)))


class NewRows:
    """New rows of *table*: each has all *columns*, the others have defaults in the database.

    With *once*, rows whose unique key exists already are left alone. On PostgreSQL all rows are one value: the server
    takes them apart faster than the driver puts them together one by one.
    """

    def __init__(self, table: Any, *columns: str, once: bool = False) -> None:
        self._table: Table = table
        self._columns = columns or tuple(column.name for column in self._table.columns)
        self._unless_there = " ON CONFLICT DO NOTHING" if once else ""
        self._plans: dict[str, Plan] = {}

    def many(self, session: Session, rows: Sequence[Values]) -> int:
        """How many rows were new."""
        if not rows:
            return 0
        dialect = session.connection().dialect
        if (plan := self._plans.get(dialect.name)) is None:
            plan = self._plans[dialect.name] = self._prepare(dialect)
        if dialect.name == "sqlite":
            return driver.change_each(session, plan[0], list(map(plan[1], rows)))
        return driver.change(
            session, plan[0], (_together([{name: row[name] for name in self._columns} for row in rows]),)
        )

    def _prepare(self, dialect: Dialect) -> Plan:
        if dialect.name == "sqlite":
            sql, fill = plan_of(insert(self._table).inline(), dialect, self._columns)
            return sql + self._unless_there, fill
        names = {name: dialect.identifier_preparer.quote(name) for name in self._columns}
        kinds = ", ".join(f"{names[name]} {self._table.c[name].type.compile(dialect)}" for name in self._columns)
        listed = ", ".join(names.values())
        source = f"SELECT {listed} FROM json_to_recordset(%s::json) AS given({kinds})"  # noqa: S608 - our own columns
        return f"INSERT INTO {self._table.name} ({listed}) {source}{self._unless_there}", tuple


def plan_of(statement: ClauseElement, dialect: Dialect, columns: Sequence[str] | None = None) -> Plan:
    """Text with the driver's own marks by place, and what turns a row into the values in their places."""
    kind: Any = type(dialect)
    own = kind(paramstyle="qmark" if dialect.name == "sqlite" else "format")
    compiled: Any = statement.compile(dialect=own, column_keys=columns)
    places, names = [], {}
    for number, name in enumerate(compiled.positiontup):
        bind: Any = compiled.binds[name]
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if not bind.required:  # it stands in the statement itself
            names[f"c{number}"] = convert(bind.value) if convert else bind.value
            places.append(f"c{number}")
            continue
        if convert:
            # The same moment is written into several columns and rows.
            names[f"c{number}"] = lru_cache(64)(convert) if isinstance(bind.type, Instant) else convert
        places.append(f"c{number}(row[{name!r}])" if convert else f"row[{name!r}]")
    fill: Fill = eval(f"lambda row: ({', '.join(places)},)", names)  # noqa: S307 - our own text
    return str(compiled), fill


def _together(rows: Sequence[Values]) -> str:
    return json.dumps(rows, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """As PostgreSQL reads it from text; a naive instant is refused as everywhere (core.db.Instant)."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"no column holds {type(value).__name__}")
