"""Reads for busy pages: a query compiled once, sent by the driver itself, on a connection without a transaction.

One statement needs no transaction to be consistent; beginning one and going through the ORM costs several times
the query. Types are converted as the columns say, so the answers are those of `session.execute`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Engine, Select
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The query in one dialect: its text, its fixed values, and how values go in (by name) and out (by place)."""

    sql: str
    names: tuple[str, ...] | None
    fixed: dict[str, Any]
    binds: dict[str, Convert]
    results: tuple[tuple[int, Convert], ...]

    def fill(self, values: dict[str, Any]) -> Any:
        filled = self.fixed | values
        for name, convert in self.binds.items():
            filled[name] = convert(filled[name])
        return filled if self.names is None else [filled[name] for name in self.names]

    def read(self, row: Any) -> list[Any]:
        read = list(row)
        for place, convert in self.results:
            if read[place] is not None:
                read[place] = convert(read[place])
        return read


class IdText(TypeEngine[str]):
    """An id on its way into an address: its usual text at once. `type_coerce(Notice.id, IdText())`."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert:
        return _dashed if dialect.name == "sqlite" else str


def _dashed(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Reading:
    """A select that only reads, ready for either database: `Reading(select(…)).rows(engine, name=value)`."""

    def __init__(self, query: Select[Any]) -> None:
        self._query, self._columns = query, list(query.selected_columns)
        self._plans: dict[str, _Plan] = {}

    def rows(self, engine: Engine, **values: Any) -> list[list[Any]]:
        """All rows; *values* fill the query's named parameters."""
        plan = self._plans.get(engine.dialect.name) or self._prepare(engine.dialect)
        kept = engine.raw_connection()
        driver: Any = kept.driver_connection
        is_postgresql = engine.dialect.name == "postgresql"
        try:
            if is_postgresql:
                driver.autocommit = True  # one trip to the server instead of three
            found = driver.execute(plan.sql, plan.fill(values)).fetchall()
        except engine.dialect.loaded_dbapi.OperationalError as fault:
            raise OperationalError(plan.sql, None, fault) from fault  # an outage looks the same to every reader
        finally:
            if is_postgresql and not driver.closed:
                driver.autocommit = False
            kept.close()
        return [plan.read(row) for row in found]

    def _prepare(self, dialect: Dialect) -> _Plan:
        compiled: Any = self._query.compile(dialect=dialect)
        into = {name: (bind, bind.type.dialect_impl(dialect)) for bind, name in compiled.bind_names.items()}
        binds = {name: convert for name, (_, kind) in into.items() if (convert := kind.bind_processor(dialect))}
        fixed = {name: bind.value for name, (bind, _) in into.items() if not bind.required}
        out = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in self._columns]
        plan = _Plan(
            sql=str(compiled),
            names=tuple(compiled.positiontup) if compiled.positional else None,
            fixed={name: binds[name](value) if name in binds else value for name, value in fixed.items()},
            binds={name: convert for name, convert in binds.items() if name not in fixed},
            results=tuple((place, convert) for place, convert in enumerate(out) if convert),
        )
        self._plans[dialect.name] = plan
        return plan
