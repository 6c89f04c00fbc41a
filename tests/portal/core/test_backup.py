"""A backup brings everything back, also into the other database, and says so when it cannot."""

import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from portal.core import audit, backup, outbox
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
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


def test_something_else_is_no_backup(database: Database, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(backup.BackupUnusable, match="not a backup"):
        backup.load(database.engine, tmp_path / "note.txt")
