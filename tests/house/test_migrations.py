"""The schema the migrations make is the one the models speak of, up and down, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from portal import migrations
from portal.config import Settings
from portal.core.db import Base
from portal.core.uow import Database
from portal.demo import load


def test_migrations_equal_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_an_index_of_some_rows_is_of_those_the_model_names(database: Database) -> None:
    """Which the comparison above does not look at. PostgreSQL tells conditions in words of its own: there it is whether."""
    dialect, differing = database.engine.dialect.name, []
    for table in Base.metadata.sorted_tables:
        told = {one["name"]: one.get("dialect_options", {}) for one in inspect(database.engine).get_indexes(table.name)}
        for index in table.indexes:
            wanted, found = str(index.info.get("where", "")), str(told[index.name].get(f"{dialect}_where", ""))
            same = wanted.split() == found.split() if dialect == "sqlite" else bool(wanted) == bool(found)
            differing += [] if same else [(index.name, wanted, found)]
    assert differing == []


def test_migrations_go_down_and_up_again(database: Database) -> None:
    migrations.downgrade(database.engine)
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrations.upgrade(database.engine)
    assert set(inspect(database.engine).get_table_names()) >= set(Base.metadata.tables)


def test_a_city_with_people_goes_down_and_up_again(database: Database, settings: Settings) -> None:
    with database.command("demo") as session:
        load.load_city(session, residents=60)
        load.furnish(session, settings)
    migrations.downgrade(database.engine, "0013")
    migrations.upgrade(database.engine)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM applications"))
    migrations.downgrade(database.engine)
