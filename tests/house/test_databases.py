"""The tests' own PostgreSQL: every module gets a database of its own, and the run one server."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.databases import drop_database, fresh_database, migrated_template, postgres_server


@pytest.fixture(scope="module")
def admin_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


def migrate(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS tests_of_databases (id integer PRIMARY KEY)"))
    engine.dispose()


def test_a_copy_is_migrated_and_separate(admin_url: str) -> None:
    empty = fresh_database(admin_url)
    migrate(empty)
    name = empty.split("?")[0].rsplit("/", 1)[1]
    one, other = (fresh_database(admin_url, template=name) for _ in range(2))
    with psycopg.connect(one) as connection:
        connection.execute("INSERT INTO tests_of_databases VALUES (1)")
    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT count(*) FROM tests_of_databases").fetchone() == (0,)
    for url in (one, other, empty):
        drop_database(url)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(one)


def test_a_database_in_use_can_be_dropped(admin_url: str) -> None:
    url = fresh_database(admin_url)
    with psycopg.connect(url) as still_connected:
        drop_database(url)
        with pytest.raises(psycopg.OperationalError):
            still_connected.execute("SELECT 1")


def test_the_template_is_migrated_once(admin_url: str) -> None:
    made: list[str] = []

    def once(url: str) -> None:
        made.append(url)

    first = migrated_template(admin_url, once, purpose="once")
    assert migrated_template(admin_url, once, purpose="once") == first
    assert len(made) == 1


def test_the_server_lasts_as_long_as_anybody_uses_it(admin_url: str) -> None:
    with postgres_server() as same:
        assert same == admin_url
    with psycopg.connect(admin_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
