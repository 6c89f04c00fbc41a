"""Commands as they run on a machine: in a process of their own, which knows only the rooms it imports."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from sqlalchemy import func, inspect, select

from portal.config import Settings
from portal.core.audit import Record
from portal.core.uow import Database

ROOT = Path(__file__).resolve().parents[2]


def run(settings: Settings, *words: str) -> str:
    """What one Python process says that was started with *words*, on this portal's database."""
    told = {"PORTAL_STATE_DIR": str(settings.state_dir), "PORTAL_DATABASE_URL": settings.database_url}
    ended = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=os.environ | told, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_backup_holds_every_table_and_comes_back(database: Database, settings: Settings, tmp_path: Path) -> None:
    saved = tmp_path / "city.zip"
    run(settings, "-m", "portal", "backup", str(saved))
    tables = set(inspect(database.engine).get_table_names()) - {"alembic_version"}
    with zipfile.ZipFile(saved) as archive:
        assert set(json.loads(archive.read("manifest.json"))["rows"]) == tables
    assert f"{len(tables)} tables are back" in run(settings, "-m", "portal", "restore", str(saved))
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(Record))  # of the backup that was taken back


def test_the_worker_knows_every_table_its_own_refer_to(settings: Settings) -> None:
    run(settings, "-c", "from portal import wiring; from portal.core.db import Base; Base.metadata.sorted_tables")
