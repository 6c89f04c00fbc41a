"""Books older than their heads: a restored backup says why, and only that much; everything else is still tampering."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from portal import migrations
from portal.cli import main
from portal.config import Settings
from portal.core.uow import Database
from tests.portal.oversight.test_reader import CHAIN, faults, fill, tamper


class Operator:
    """Runs the city's commands on its own database."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def run(self, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, list(words))
        return done.exit_code, done.output

    def backup(self) -> None:
        assert self.run("backup", str(self.file))[0] == 0

    def restore(self) -> None:
        status, said = self.run("restore", str(self.file), "--yes")
        assert status == 0, said

    def verify(self) -> tuple[int, str]:
        return self.run("verify-audit")


@pytest.fixture
def operator(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("PORTAL_STATE_DIR", str(settings.state_dir))
    monkeypatch.setenv("PORTAL_DATABASE_URL", settings.database_url)
    return Operator(tmp_path / "city.zip")


def test_what_a_restored_backup_lacks_is_told_and_no_fault(database: Database, operator: Operator) -> None:
    fill(database, 3)
    operator.backup()
    fill(database, 4)
    operator.restore()
    fill(database, 2)
    status, said = operator.verify()
    assert status == 0, said
    assert "4 records after it are known missing" in said
    assert "0 faults" in said
    assert "6 records" in said, "3 of the backup, the restoration itself, 2 since then"


def test_a_backup_of_another_schema_is_refused_before_anything_changes(database: Database, operator: Operator) -> None:
    fill(database, 3)
    operator.backup()
    migrations.downgrade(database.engine, "0012")
    with ZipFile(operator.file) as written:
        parts = {name: written.read(name) for name in written.namelist()}
    with ZipFile(operator.file, "w") as older:
        for name, part in parts.items():
            older.writestr(name, part.replace(newest().encode(), b"0012") if name == "manifest.json" else part)
    status, said = operator.run("restore", str(operator.file), "--yes")
    assert status == 1
    assert "Nothing was changed: the backup is of schema 0012" in said
    assert "with the release of the portal that wrote it" in said
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0012"
    migrations.upgrade(database.engine)


def newest() -> str:
    found = migrations.newest()
    assert found
    return found


def test_a_second_restoration_counts_from_the_first(database: Database, operator: Operator) -> None:
    fill(database, 3)
    operator.backup()
    for more in (2, 5):
        fill(database, more)
        operator.restore()
    status, said = operator.verify()
    assert status == 0, said
    assert "2 records after it" in said
    assert "6 records after it" in said, "five, and the record of the first restoration"


def test_without_the_operators_command_it_is_tampering(database: Database, operator: Operator) -> None:
    from portal.core import backup

    fill(database, 3)
    operator.backup()
    fill(database, 4)
    backup.load(database.engine, operator.file)
    status, said = operator.verify()
    assert status == 1
    assert "is gone" in said


@pytest.mark.parametrize("seq", [2, 3])
def test_a_row_of_before_removed_after_the_restoration_shows(
    database: Database, settings: Settings, operator: Operator, seq: int
) -> None:
    fill(database, 3)
    operator.backup()
    fill(database, 2)
    operator.restore()
    tamper(database, f"DELETE FROM audit_records WHERE chain = {CHAIN} AND seq = {seq}")
    assert faults(database, settings)


def test_a_new_row_removed_together_with_its_head_shows(
    database: Database, settings: Settings, operator: Operator
) -> None:
    fill(database, 3)
    operator.backup()
    operator.restore()
    fill(database, 2)
    tamper(database, f"DELETE FROM audit_records WHERE chain = {CHAIN} AND seq = 5")
    back = f"(SELECT mac FROM audit_records WHERE chain = {CHAIN} AND seq = 4)"
    tamper(database, f"UPDATE audit_heads SET seq = 4, mac = {back} WHERE chain = {CHAIN}")
    assert faults(database, settings) == [f"chain {CHAIN}: row 5, whose head was kept outside, is gone"]


def test_a_forged_statement_excuses_nothing(database: Database, settings: Settings, operator: Operator) -> None:
    fill(database, 3)
    operator.backup()
    fill(database, 4)
    operator.restore()
    statement = settings.state_dir / "audit-heads.0001" / "restored.json"
    kept = json.loads(statement.read_text())
    said = json.loads(kept["restored"])
    said["ends"] = [[chain, 1, digest] for chain, _seq, digest in said["ends"]]
    statement.write_text(json.dumps({**kept, "restored": json.dumps(said)}))
    found = faults(database, settings)
    assert "audit-heads.0001: no statement of a restoration signed by this city" in found
    assert any("is gone" in fault for fault in found)


def test_a_restoration_that_was_killed_is_done_again(
    database: Database, settings: Settings, operator: Operator
) -> None:
    fill(database, 3)
    operator.backup()
    fill(database, 2)
    operator.restore()
    closed = settings.state_dir / "audit-heads.0001"
    new = settings.state_dir / "audit-heads"
    for file in new.iterdir():
        file.unlink()
    new.rmdir()
    closed.rename(new)  # as if killed before the folder was put aside
    status, said = operator.verify()
    assert status == 1
    assert "restore the same backup again" in said
    operator.restore()
    assert operator.verify()[0] == 0
