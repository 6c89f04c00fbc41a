"""Rows streamed into a table are read as they were given, whatever signs are in them."""

from datetime import date
from typing import cast

import pytest
from sqlalchemy import Table, select
from sqlalchemy.exc import IntegrityError

from portal.companies.models import Corporation
from portal.core.streaming import Stream
from portal.core.uow import Database

TABLE = cast(Table, Corporation.__table__)
STREAM = Stream(TABLE)
NAMES = (
    "tab\there",
    "line\nbreak\r",
    r"back\slash",
    r"\N",
    r"\.",
    "",
    "﨑山 \U00020b9f 'quote' \"double\"",
    "{brace} %s ?",
)


def row(number: int, name: str, closed: date | None = None) -> list[str | int | date | bytes | None]:
    values = {column.name: "" for column in TABLE.columns} | {
        "number": number, "name": name, "digest": bytes((0, 92, 9, 10, 255)) + name.encode()[:11],
        "updated_on": date(2026, 1, 1), "changed_on": date(1, 1, 1), "closed_on": closed,
        "successor": None if closed is None else 1,
    }  # fmt: skip
    return [values[column.name] for column in TABLE.columns]


def test_rows_are_kept_as_given(database: Database) -> None:
    rows = [row(number, name, date(2024, 2, 29) if number % 2 else None) for number, name in enumerate(NAMES)]
    with database.command("fill") as session:
        assert STREAM.many(session, rows) == len(rows)
        assert STREAM.many(session, []) == 0
    with database.command("look") as session:
        assert [list(kept) for kept in session.execute(select(TABLE).order_by(TABLE.c.number))] == rows


def test_a_key_that_is_there_leaves_nothing_of_the_batch(database: Database) -> None:
    with database.command("fill") as session:
        STREAM.many(session, [row(1, "first")])
    with pytest.raises(IntegrityError) as fault, database.command("fill") as session:
        STREAM.many(session, [row(2, "second"), row(1, "again")])
    assert "again" not in str(fault.value.params)
    with database.command("look") as session:
        assert list(session.scalars(select(TABLE.c.name))) == ["first"]
