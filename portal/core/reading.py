"""Reads for busy pages: a query compiled once, sent by the driver itself, on a connection without a transaction.

One statement needs no transaction to be consistent; beginning one and going through the ORM costs several times
the query. Types are converted as the columns say, so the answers are those of `session.execute`.

The connections are the readers' own and kept between requests (taking one from the pool and giving it back costs
more than a small query). They are not asked beforehand whether they still live: a read can be repeated, so when one
fails it is thrown away and the query sent once more over a fresh one.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Date, Dialect, Engine, Pool, Select, Uuid, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeEngine

from portal.core.db import Instant, doubt

if TYPE_CHECKING:
    import psycopg

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]
Read = Callable[[Row], Row]
MOST_KEPT = 16


@dataclass(frozen=True, slots=True)
class _Plan:
    """The query in one dialect: its text, its fixed values, and how values go in (by name) and rows come out."""

    sql: str
    names: tuple[str, ...]
    fixed: dict[str, Any]
    binds: dict[str, Convert]
    read: Read

    def fill(self, values: dict[str, Any]) -> list[Any]:
        filled = self.fixed | values
        for name, convert in self.binds.items():
            filled[name] = convert(filled[name])
        return [filled[name] for name in self.names]


class IdText(TypeEngine[str]):
    """An id on its way into an address: its usual text at once. `type_coerce(cast(Notice.id, String), IdText())`."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert | None:
        return _dashed if dialect.name == "sqlite" else None


def _dashed(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Reading:
    """A select that only reads, ready for either database: `Reading(select(…)).rows(engine, name=value)`."""

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self._query, self._columns = query, list(query.selected_columns)
        self._plans: dict[str, _Plan] = {}

    def rows(self, engine: Engine, **values: Any) -> list[Row]:
        """All rows; *values* fill the query's named parameters."""
        return list(map(self.reader(engine), self.raw(engine, **values)))

    def raw(self, engine: Engine, **values: Any) -> list[Row]:
        """All rows as the driver gives them: for who remembers what `reader` made of an equal row before."""
        plan = self._plan(engine)
        return _send(engine, plan.sql, plan.fill(values))

    def reader(self, engine: Engine) -> Read:
        """What turns a raw row into one with the types of the columns."""
        return self._plan(engine).read

    def _plan(self, engine: Engine) -> _Plan:
        return self._plans.get(engine.dialect.name) or self._prepare(engine.dialect)

    def _prepare(self, dialect: Dialect) -> _Plan:
        # PostgreSQL's own marks ($1) instead of the driver's: the statement is handed to the server as it is.
        kind_of: Any = type(dialect)
        own = kind_of(paramstyle="numeric_dollar") if dialect.name == "postgresql" else dialect
        compiled: Any = self._query.compile(dialect=own)
        into = {name: (bind, bind.type.dialect_impl(dialect)) for bind, name in compiled.bind_names.items()}
        binds = {name: convert for name, (_, kind) in into.items() if (convert := kind.bind_processor(dialect))}
        fixed = {name: bind.value for name, (bind, _) in into.items() if not bind.required}
        plan = _Plan(
            sql=str(compiled),
            names=tuple(compiled.positiontup),
            fixed={name: binds[name](value) if name in binds else value for name, value in fixed.items()},
            binds={name: convert for name, convert in binds.items() if name not in fixed},
            read=_reader([_of_raw(column.type, dialect) for column in self._columns]),
        )
        self._plans[dialect.name] = plan
        return plan


def reader_of(columns: Sequence[ColumnElement[Any]], dialect: Dialect) -> Read:
    """What turns a row as the driver gives it into one with the types of *columns*."""
    return _reader([column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns])


def _of_raw(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    """The same for what a `_Reader` gives: from PostgreSQL instants, days and ids too come as text."""
    if dialect.name == "postgresql":
        for known, convert in _OF_TEXT.items():
            if isinstance(kind, known):
                return convert
    return kind.dialect_impl(dialect).result_processor(dialect, None)


_OF_TEXT: dict[type[TypeEngine[Any]], Convert] = {
    Instant: lambda text: text and datetime.fromisoformat(text).astimezone(UTC),
    Date: lambda text: text and date.fromisoformat(text),
    Uuid: lambda text: text and UUID(text),
}


def _reader(out: Sequence[Convert | None]) -> Read:
    """`lambda row: (row[0], c1(row[1]), …)` written out: a loop over the columns of every row costs more than the query."""
    if not any(out):
        return tuple
    places = (f"c{place}(row[{place}])" if convert else f"row[{place}]" for place, convert in enumerate(out))
    names = {f"c{place}": convert for place, convert in enumerate(out) if convert}
    read: Read = eval(f"lambda row: ({', '.join(places)},)", names)  # noqa: S307 - our own text
    return read


class _Reader(Protocol):
    """A connection that reads: the rows of a statement with *values* for its marks."""

    def ask(self, sql: str, values: list[Any]) -> list[Row]: ...
    def close(self) -> None: ...


class _OnSqlite:
    def __init__(self, connection: Any) -> None:
        self._execute, self.close = connection.execute, connection.close

    def ask(self, sql: str, values: list[Any]) -> list[Row]:
        found: list[Row] = self._execute(sql, values).fetchall()
        return found


class _OnPostgresql:
    """Statements prepared once a connection; one trip to the server each, without the cursor's bookkeeping."""

    def __init__(self, connection: "psycopg.Connection") -> None:
        import psycopg  # here: on SQLite nobody needs to carry it
        from psycopg.adapt import Transformer
        from psycopg.types.string import TextLoader

        self._driver = psycopg
        connection.autocommit = True
        # Who remembers what it made of an equal row needs no instants, only to see that it is equal.
        for kind in ("timestamptz", "date", "uuid"):
            connection.adapters.register_loader(kind, TextLoader)
        self._server, self.close = connection.pgconn, connection.close
        self._types = Transformer(connection)
        self._names: dict[str, bytes] = {}

    def ask(self, sql: str, values: list[Any]) -> list[Row]:
        name = self._names.get(sql) or self._prepare(sql)
        return self._rows(self._server.exec_prepared(name, _as_text(values)))

    def _rows(self, result: Any) -> list[Row]:
        if result is None or result.status != self._driver.pq.ExecStatus.TUPLES_OK:
            raise self._fault(result)
        self._types.set_pgresult(result)
        return self._types.load_rows(0, result.ntuples, tuple)

    def _prepare(self, sql: str) -> bytes:
        name = b"reading_%d" % len(self._names)
        result = self._server.prepare(name, sql.encode())
        if result.status != self._driver.pq.ExecStatus.COMMAND_OK:
            raise self._fault(result)
        self._names[sql] = name
        return name

    def _fault(self, result: Any) -> Exception:
        """What the server said; a line that broke has no code of the server's and is told as an outage."""
        if result is None:
            return self._driver.OperationalError("the server gave no answer")
        fault: Exception = self._driver.errors.error_from_result(result)
        is_lost = self._server.status == self._driver.pq.ConnStatus.BAD
        return self._driver.OperationalError(str(fault)) if is_lost else fault


def _as_text(values: list[Any]) -> Any:
    return [None if value is None else str(value).encode() for value in values]


_kept: WeakKeyDictionary[Pool, deque[_Reader]] = WeakKeyDictionary()


def _send(engine: Engine, sql: str, values: list[Any]) -> list[Row]:
    """The raw rows, over a kept reader if there is one; an outage looks the same to every reader."""
    kept = _kept.get(engine.pool)
    if kept is None:
        kept = _begin_to_keep(engine)
    driver = engine.dialect.loaded_dbapi
    try:
        return _ask(_next(engine, kept), kept, sql, values)
    except driver.Error as fault:
        if isinstance(fault, driver.OperationalError):  # the others may be lost with it
            doubt(engine.dialect)
            _close_all(kept)
    try:
        return _ask(_fresh(engine), kept, sql, values)
    except driver.OperationalError as fault:
        raise OperationalError(sql, None, fault) from fault


def _ask(reader: _Reader, kept: deque[_Reader], sql: str, values: list[Any]) -> list[Row]:
    try:
        found = reader.ask(sql, values)
    except Exception:
        reader.close()
        raise
    if len(kept) < MOST_KEPT:
        kept.appendleft(reader)
    else:
        reader.close()
    return found


def _next(engine: Engine, kept: deque[_Reader]) -> _Reader:
    try:
        return kept.popleft()
    except IndexError:  # other threads have them all
        return _fresh(engine)


def _fresh(engine: Engine) -> _Reader:
    """A connection made as all others are, but ours to keep."""
    given = engine.raw_connection()
    connection: Any = given.driver_connection
    given.detach()
    return _OnPostgresql(connection) if engine.dialect.name == "postgresql" else _OnSqlite(connection)


def _begin_to_keep(engine: Engine) -> deque[_Reader]:
    pool = engine.pool
    event.listen(engine, "engine_disposed", lambda _engine: _let_go(pool))
    return _kept.setdefault(pool, deque())


def _let_go(pool: Pool) -> None:
    _close_all(_kept.pop(pool, deque()))


def _close_all(kept: deque[_Reader]) -> None:
    with suppress(IndexError):  # none left
        while True:
            kept.popleft().close()
