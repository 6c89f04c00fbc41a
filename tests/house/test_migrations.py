"""The schema the migrations make is the one the models speak of, up and down, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from portal import migrations
from portal.core.db import Base
from portal.core.uow import Database


def test_migrations_equal_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_go_down_and_up_again(database: Database) -> None:
    migrations.downgrade(database.engine)
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrations.upgrade(database.engine)
    assert set(inspect(database.engine).get_table_names()) >= set(Base.metadata.tables)
