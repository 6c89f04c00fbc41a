"""Linear migrations, in both directions, for SQLite and PostgreSQL alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str | None:
    """The revision `upgrade` leads to."""
    with Operations.context(MigrationContext.configure(dialect_name="sqlite")):  # some use `op` when imported
        return ScriptDirectory.from_config(_config()).get_current_head()


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the schema up to revision *to*."""
    _run(engine, lambda config: command.upgrade(config, to))


def downgrade(engine: Engine, to: str = "base") -> None:
    """Take the schema back to revision *to*."""
    _run(engine, lambda config: command.downgrade(config, to))


def _run(engine: Engine, act: Callable[[Config], None]) -> None:
    config = _config()
    with engine.execution_options(writes=True).connect() as connection, _tables_exchanged(connection):
        config.attributes["connection"] = connection
        act(config)
        connection.commit()


@contextmanager
def _tables_exchanged(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by putting a copy in its place: rows that point to it must not hold it (env.py checks them
    before each step is committed). SQLite, "Making Other Kinds Of Table Schema Changes", steps 1, 10 and 12."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")
