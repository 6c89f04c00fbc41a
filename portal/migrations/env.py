"""Runs the migrations over the connection `portal.cli` hands in; SQLite alters tables by copying (batch)."""

from alembic import context

from portal.core.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
