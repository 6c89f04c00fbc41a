"""Runs the migrations over the connection `portal.cli` hands in; SQLite alters tables by copying (batch)."""

from typing import Any

from alembic import context

from portal.core.db import Base


class RowsLeftBehind(Exception):
    """A step of a migration would leave rows that point to nothing; it is taken back."""


def check_rows(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    """What SQLite does not watch while tables are exchanged (portal.migrations)."""
    if ctx.dialect.name == "sqlite" and (left := ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise RowsLeftBehind(f"rows of {left[0]} point to rows of {left[2]} that are not there")


context.configure(
    on_version_apply=check_rows,
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
