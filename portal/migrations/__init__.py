"""Linear migrations, in both directions, for SQLite and PostgreSQL alike."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


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


def _run(engine: Engine, act: object) -> None:
    config = _config()
    with engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        act(config)  # type: ignore[operator]
        connection.commit()
