"""Databases to measure on: migrated, on SQLite and PostgreSQL, gone after the run."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal import migrations
from portal.app import open_database
from portal.config import Settings
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
    with tempfile.TemporaryDirectory() as folder, _open("SQLite", Path(folder), "") as place:
        yield place


@contextmanager
def on_postgresql() -> Iterator[Place]:
    """A server of the run's own, or the one TEST_DATABASE_URL names."""
    with ExitStack() as life:
        folder = life.enter_context(tempfile.TemporaryDirectory())
        url = databases.fresh_database(life.enter_context(databases.postgres_server()))
        life.callback(databases.drop_database, url)
        yield life.enter_context(_open("PostgreSQL", Path(folder), url))


@contextmanager
def _open(kind: str, folder: Path, url: str) -> Iterator[Place]:
    settings = Settings(state_dir=folder, database_url=url)
    database = open_database(settings)
    migrations.upgrade(database.engine)
    try:
        yield Place(kind, settings, database)
    finally:
        database.close()
