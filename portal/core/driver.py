"""Statements in a session's own transaction, handed to the driver itself.

A busy moment runs the same dozen statements again and again: what SQLAlchemy does around each costs several times what
the database does. Faults look the same as everywhere, and a line that is lost goes out of the pool.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.core.db import doubt


def fetch(session: Session, sql: str, values: Sequence[Any]) -> list[Any]:
    """All rows as the driver gives them; *values* in the order of the driver's own marks."""
    found: list[Any] = _run(session, sql, lambda cursor: cursor.execute(sql, values).fetchall())
    return found


def change(session: Session, sql: str, values: Sequence[Any]) -> int:
    """How many rows one statement changed."""
    return int(_run(session, sql, lambda cursor: cursor.execute(sql, values).rowcount))


def change_each(session: Session, sql: str, rows: Sequence[Sequence[Any]]) -> int:
    """The same statement for each of *rows*, in their order; how many rows of the table were changed."""

    def run(cursor: Any) -> int:
        cursor.executemany(sql, rows)
        return int(cursor.rowcount)

    return int(_run(session, sql, run))


def stream(session: Session, sql: str, text: str) -> int:
    """COPY … FROM STDIN on PostgreSQL with *text* as its data; how many rows were written."""

    def run(cursor: Any) -> int:
        with cursor.copy(sql) as copy:
            copy.write(text)
        return int(cursor.rowcount)

    return int(_run(session, sql, run))


def _run(session: Session, sql: str, act: Callable[[Any], Any]) -> Any:
    connection = session.connection()
    line: Any = connection.connection.driver_connection
    cursor = line.cursor()
    try:
        return act(cursor)
    except connection.dialect.loaded_dbapi.Error as fault:
        raise _as_everywhere(connection, line, sql, fault) from fault
    finally:
        cursor.close()


def _as_everywhere(connection: Connection, line: Any, sql: str, fault: Exception) -> BaseException:
    """The fault as SQLAlchemy names it, without the values: they are about people."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(fault, line, None)  # type: ignore[arg-type]
    if is_lost:
        doubt(dialect)
        connection.invalidate(fault)
    return DBAPIError.instance(
        sql,
        None,
        fault,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
