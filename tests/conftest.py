"""What every test stands on: a migrated database on SQLite and on PostgreSQL, an app, a browserless client."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.app import create_app, open_database
from portal.config import Settings
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.wiring import PERIODIC, work
from tests.databases import Places


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """Where databases come from; PostgreSQL starts when the first test asks for it."""
    with Places(tmp_path_factory) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, places: Places, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a portal of its own, with an empty migrated database."""
    with places.fresh(request.param, tmp_path) as url:
        yield Settings(state_dir=tmp_path, database_url=url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings)
    yield opened
    opened.close()


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    return create_app(settings, database)


@pytest.fixture
def worker(database: Database) -> Worker:
    return Worker(database, work(), PERIODIC)
