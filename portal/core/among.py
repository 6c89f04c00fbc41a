"""Reads for busy moments: what belongs to many keys at once, by a statement that is the same however many they are.

The counterpart of `writing`, in the session's own transaction. A list of marks (`IN (?, ?, …)`) would be another
statement for each length: built, compiled and planned again.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Dialect, Select, any_, bindparam, cast, func, select
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from portal.core import driver
from portal.core.reading import Convert, Read, Row, reader_of
from portal.core.writing import Fill, plan_of

_PLAIN = re.compile(r"[0-9a-f:-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Plan:
    sql: str
    fill: Fill
    key: Convert | None
    read: Read


class Among:
    """The rows of *query* whose *column* (of ids, whole numbers or codes) is one of many keys."""

    def __init__(self, query: Select[*tuple[Any, ...]], column: Any) -> None:
        self._query, self._column = query, column
        self._plans: dict[str, _Plan] = {}

    def rows(self, session: Session, keys: Iterable[Any], **values: Any) -> list[Row]:
        """All rows with the types of their columns; *values* fill the query's named parameters."""
        dialect = session.get_bind().dialect
        plan = self._plans.get(dialect.name) or self._prepare(dialect)
        texts = [plan.key(key) for key in keys] if plan.key else list(keys)
        given = json.dumps(texts) if dialect.name == "sqlite" else _array(texts)
        return list(map(plan.read, driver.fetch(session, plan.sql, plan.fill({**values, "keys": given}))))

    def _prepare(self, dialect: Dialect) -> _Plan:
        sql, fill = plan_of(self._query.where(_is_among(self._column, dialect)), dialect)
        key = self._column.type.dialect_impl(dialect).bind_processor(dialect)
        plan = _Plan(sql, fill, key, reader_of(list(self._query.selected_columns), dialect))
        self._plans[dialect.name] = plan
        return plan


def _array(values: Iterable[Any]) -> str:
    """As PostgreSQL writes an array; ids and numbers as they are, any other text in quotes."""
    return f"{{{','.join(text if _PLAIN.fullmatch(text) else _quoted(text) for text in map(str, values))}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_among(column: Any, dialect: Dialect) -> ColumnElement[bool]:
    given = bindparam(
        "keys", type_=NullType()
    )  # PostgreSQL then sees an array from the start, not a text to make one of
    if dialect.name == "sqlite":
        return column.in_(select(func.json_each(given).table_valued("value").c.value))
    return column == any_(cast(given, ARRAY(column.type)))
