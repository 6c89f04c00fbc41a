"""A backup brings everything back, also into the other database, and says so when it cannot."""

import zipfile
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Date, LargeBinary, Time, Uuid, func, select

from portal.core import audit, backup, outbox
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.db import Base, Instant
from portal.core.uow import Database


def fill(database: Database) -> None:
    with database.page(Actor(Kind.STAFF, uuid4(), "課"), Purpose.WINDOW, writes=True) as session:
        outbox.post(session, "test", {"n": 1, "text": "日本語"}, key="one")
        audit.looked(session, whose=uuid4(), what="residents.person")


def test_a_restored_city_is_the_saved_one(database: Database, tmp_path: Path) -> None:
    fill(database)
    counts = backup.save(database.engine, tmp_path / "city.zip")
    assert counts["outbox"] == 1
    fill(database)
    assert backup.load(database.engine, tmp_path / "city.zip") == counts
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(audit.Record)) == 1
        assert outbox.post(session, "test", {}, key="two")
    assert (tmp_path / "city.zip").stat().st_mode & 0o77 == 0


def test_a_damaged_backup_changes_nothing(database: Database, tmp_path: Path) -> None:
    fill(database)
    backup.save(database.engine, tmp_path / "city.zip")
    with zipfile.ZipFile(tmp_path / "city.zip") as good, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(b"test", b"tost"))
    with pytest.raises(backup.BackupUnusable, match="outbox"):
        backup.load(database.engine, tmp_path / "bad.zip")
    with database.command("look") as session:
        assert session.scalars(select(outbox.Promise.kind)).all() == ["test"]


def test_every_column_is_of_a_kind_that_is_written_and_read_back() -> None:
    known = {int, float, bool, str, bytes, UUID, datetime, date, time, dict, list, object}  # object: JSON
    for table in Base.metadata.sorted_tables:
        strange = {column.name for column in table.columns if column.type.python_type not in known}
        assert not strange, f"{table.name}: {strange}"


@pytest.mark.parametrize("value", [time(8, 45), date(2026, 11, 24), datetime(2026, 11, 24, tzinfo=UTC), uuid4(), b"x"])
def test_values_come_back_as_they_were(value: Any) -> None:
    kinds = {time: Time, date: Date, datetime: Instant, bytes: LargeBinary}
    assert backup._rich(kinds.get(type(value), Uuid)(), backup._plain(value)) == value


def test_something_else_is_no_backup(database: Database, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(backup.BackupUnusable, match="not a backup"):
        backup.load(database.engine, tmp_path / "note.txt")
