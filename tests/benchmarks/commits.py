"""Driver connections for the limits: one short writing transaction after another, nothing between."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import UUID

import psycopg

from tests.benchmarks.city import Place


class Driver(Protocol):
    """What both drivers have in common."""

    def execute(self, sql: str, values: Any = ...) -> Any: ...


@contextmanager
def driver(place: Place) -> Iterator[Driver]:
    """A connection of the driver alone, with the durability the portal has; BEGIN and COMMIT are statements."""
    if place.kind == "SQLite":
        file = sqlite3.connect(
            place.settings.url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
        )
        file.execute("PRAGMA synchronous=FULL")
        file.execute("PRAGMA foreign_keys=ON")
        try:
            yield file
        finally:
            file.close()
        return
    with psycopg.connect(place.settings.url, autocommit=True) as server:
        yield server  # type: ignore[misc]


def begin(place: Place) -> str:
    return "BEGIN IMMEDIATE" if place.kind == "SQLite" else "BEGIN"


def marks(place: Place, sql: str) -> str:
    """*sql* with `?` in the driver's own way of marking values."""
    return sql if place.kind == "SQLite" else sql.replace("?", "%s")


def key(place: Place, value: UUID) -> Any:
    """An id as the driver wants it."""
    return value.hex if place.kind == "SQLite" else value
