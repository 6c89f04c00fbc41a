"""The database: column types, the engine for SQLite and PostgreSQL, and statements both understand.

SQLite runs with WAL and `synchronous=FULL`: NORMAL lost acknowledged commits at simulated power cuts
(4 of 2,263), FULL none. Writing transactions begin IMMEDIATE: deferred ones lose every race that
upgrades a read lock. PostgreSQL needs neither.
"""

import importlib
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Index,
    MetaData,
    String,
    Table,
    TextClause,
    create_engine,
    event,
)
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from portal.core.mapping import annotate_when_used

annotate_when_used()
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_MS = 15_000
RESTED = 5.0


class Instant(TypeDecorator[datetime]):
    """An aware instant; a naive one is refused before it reaches the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Straight from what the driver gives: every page reads instants, and the usual way is three calls deep."""
        return _from_text if dialect.name == "sqlite" else _in_utc


class JapaneseDay(FunctionElement[str]):
    """The day of an instant in Japan, as YYYY-MM-DD: `JapaneseDay(column)`. Japan has had no summer time since 1951."""

    type = String(10)
    inherit_cache = True


@compiles(JapaneseDay, "sqlite")
def _day_by_sqlite(element: JapaneseDay, compiler: Any, **asked: Any) -> str:
    return f"date({compiler.process(element.clauses, **asked)}, '+9 hours')"


@compiles(JapaneseDay)
def _day_by_postgresql(element: JapaneseDay, compiler: Any, **asked: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **asked)} AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD')"


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every table inherits. A table about a resident names the column of the person in
    `__subject__`; the unit of work then records each change to it (see core.audit)."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Instant}  # noqa: RUF012 - SQLAlchemy's own convention
    __subject__: str | None = None


def make_engine(url: str, *, pool_size: int = 16, statements: int = 500) -> Engine:
    """An engine for *url* (`sqlite:///file` or `postgresql://…`) with the settings this city relies on, which keeps so
    many *statements* it wrote as SQL."""
    kept: dict[str, Any] = {"pool_size": pool_size, "max_overflow": pool_size, "query_cache_size": statements}
    if not url.startswith("sqlite"):
        engine = create_engine(url, **kept)
        event.listen(engine, "checkin", _note_rest)
        event.listen(engine, "checkout", partial(_ping_if_rested, engine.dialect))
        return engine
    engine = create_engine(url, **kept, pool_timeout=60)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "checkin", _end_failed_commit)
    return engine


_doubted: WeakKeyDictionary[Dialect, float] = WeakKeyDictionary()


def doubt(dialect: Dialect) -> None:
    """A connection of this engine was found lost: whichever lies in the pool now is asked before it is taken."""
    _doubted[dialect] = time.monotonic()


def _note_rest(_connection: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _ping_if_rested(dialect: Dialect, connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that lay unused for a while whether it still lives; one used a moment ago is taken as it is.

    Asking every time is a trip to the server for every page. Whoever meets a server's restart within `RESTED`
    seconds is told to come again (503), and the pool begins anew. Once one was found lost (`doubt`), all that lay
    there at that time are asked.
    """
    rests_since = record.info.get("rests_since", math.inf)
    if time.monotonic() - rests_since < RESTED and rests_since > _doubted.get(dialect, -math.inf):
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as fault:
        raise DisconnectionError from fault


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy, not the driver, says when a transaction begins
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes", False) else "BEGIN"
    # By the driver itself: through SQLAlchemy this one word costs more than a page's queries.
    try:
        connection.connection.driver_connection.execute(begin)
    # Locked for too long, or a full disk: an outage like any other.
    except connection.dialect.loaded_dbapi.OperationalError as fault:
        raise OperationalError(begin, None, fault) from fault


def _end_failed_commit(connection: Any, _record: Any) -> None:
    """A COMMIT that a constraint looked at last refuses leaves SQLite's transaction open, and SQLAlchemy believes it
    ended: nobody else could write."""
    if connection is not None and connection.in_transaction:
        connection.execute("ROLLBACK")


def snapshot(engine: Engine) -> Connection:
    """A connection whose reads all see one moment, while others write: for whoever compares tables with each other.
    (SQLite's WAL gives it to every transaction; PostgreSQL, as set up, to every statement alone.)"""
    level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    return engine.execution_options(**level).connect()


def partial_index(name: str, *columns: str, where: TextClause, unique: bool = False) -> Index:
    """An index of the rows of which *where* is true, as both databases have it (its migration says so to each).

    SQLAlchemy's own words for it, one a database, would load the other database's dialect: two MiB of each process.
    """
    return Index(name, *columns, unique=unique, info={"where": where})


def own_insert(session: Session, target: Any) -> Any:
    """An INSERT of the session's database that knows `on_conflict_do_nothing`; the other database's words are not loaded."""
    return insert_of(session.get_bind().dialect.name, target)


def insert_of(dialect: str, target: Any) -> Any:
    """The same of the database that is named so."""
    return importlib.import_module(f"sqlalchemy.dialects.{dialect}").insert(target)


def insert_once(session: Session, table: Table, values: dict[str, Any] | list[dict[str, Any]]) -> int:
    """Insert rows, leaving alone those whose unique key exists already; returns how many were new."""
    rows = values if isinstance(values, list) else [values]
    # Rows beside the statement, not in it: it is then compiled once, however many they are.
    statement = own_insert(session, table).on_conflict_do_nothing()
    options = {"preserve_rowcount": True}  # PostgreSQL inserts lose it otherwise
    return session.connection().execute(statement, rows, execution_options=options).rowcount
