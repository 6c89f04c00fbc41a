"""Databases to measure on: migrated, on SQLite and PostgreSQL, gone after the run."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portal import migrations
from portal.app import open_database
from portal.config import Settings
from portal.core.db import make_engine
from portal.core.uow import Database
from tests import databases


@dataclass(frozen=True, slots=True)
class Place:
    """One portal's settings and open database; `kind` is how the table calls it."""

    kind: str
    settings: Settings
    database: Database


@contextmanager
def on_sqlite() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "portal.db").write_bytes(_migrated_file())
        with _open("SQLite", Path(folder), "") as place:
            yield place


@contextmanager
def on_postgresql(*, is_durable: bool = False) -> Iterator[Place]:
    """A server of the run's own (`is_durable`: one that waits for the disk as a city's does), or the one TEST_DATABASE_URL
    names."""
    with ExitStack() as life:
        folder = life.enter_context(tempfile.TemporaryDirectory())
        server = life.enter_context(databases.postgres_server(is_durable=is_durable))
        url = databases.fresh_database(server, databases.migrated_template(server, _migrate))
        life.callback(databases.drop_database, url)
        yield life.enter_context(_open("PostgreSQL", Path(folder), url))


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _migrate(f"sqlite:///{folder}/portal.db")
        return (Path(folder) / "portal.db").read_bytes()


def _migrate(url: str) -> None:
    engine = make_engine(url)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@contextmanager
def _open(kind: str, folder: Path, url: str) -> Iterator[Place]:
    settings = Settings(state_dir=folder, database_url=url)
    database = open_database(settings)
    try:
        yield Place(kind, settings, database)
    finally:
        database.close()
