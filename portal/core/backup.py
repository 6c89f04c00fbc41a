"""Backups that move between SQLite and PostgreSQL: one zip, one file of JSON lines a table, one snapshot in time.

Everything is read in one transaction (SQLite: the WAL's snapshot; PostgreSQL: REPEATABLE READ), so whatever was
acknowledged before the backup began is in it. Copying a live database file instead loses what is in its WAL.
"""

import base64
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Integer, MetaData, Table, func, insert, inspect, select, text

from portal.core import clock
from portal.core.db import Base, snapshot

FORMAT = 1
BATCH = 5_000

Watch = Callable[[str, int], None]


class BackupUnusable(Exception):
    """The file is no backup of ours, was damaged, or belongs to another schema; the message says which."""


def save(engine: Engine, file: Path, watch: Watch = lambda table, rows: None) -> dict[str, int]:
    """Write every table of *engine* to *file* (readable by its owner only); returns rows by table."""
    scratch = file.with_name(file.name + ".part")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    taken_at = clock.now().isoformat()
    with os.fdopen(descriptor, "wb") as raw, snapshot(engine) as connection:
        counts, sums = {}, {}
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for table in _every_table(connection):
                counts[table.name], sums[table.name] = _save_table(connection, archive, table)
                watch(table.name, counts[table.name])
            manifest = {"format": FORMAT, "schema": _revision(connection), "rows": counts, "sha256": sums}
            manifest["taken_at"] = taken_at
            archive.writestr("manifest.json", json.dumps(manifest, indent=1))
        raw.flush()
        os.fsync(raw.fileno())
    scratch.replace(file)
    return counts


def _every_table(connection: Connection) -> list[Table]:
    """In the order of their foreign keys. What no room of this process knows would be left out without a word."""
    found, known = set(inspect(connection).get_table_names()), Base.metadata.tables.keys()
    if strange := found - known - {"alembic_version"}:
        raise RuntimeError(f"tables of rooms that are not loaded: {', '.join(sorted(strange))}")
    return Base.metadata.sorted_tables


def _save_table(connection: Connection, archive: zipfile.ZipFile, table: Table) -> tuple[int, str]:
    count, digest = 0, hashlib.sha256()
    rows = connection.execution_options(yield_per=_batch(table)).execute(select(table))
    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as out:
        for row in rows:
            line = (json.dumps([_plain(value) for value in row], ensure_ascii=False) + "\n").encode()
            digest.update(line)
            out.write(line)
            count += 1
    return count, digest.hexdigest()


def about(file: Path) -> tuple[str, str]:
    """(when it was taken as ISO 8601, SHA-256 of its manifest in hex); BackupUnusable if it is no backup of ours."""
    manifest = _manifest(file)
    return json.loads(manifest).get("taken_at", ""), hashlib.sha256(manifest).hexdigest()


def check_schema(file: Path, schema: str | None) -> None:
    """BackupUnusable unless *file* can be loaded into a database of *schema*: rows are read by today's columns."""
    manifest = json.loads(_manifest(file))
    if manifest.get("format") != FORMAT or manifest.get("schema") != schema:
        raise BackupUnusable(
            f"the backup is of schema {manifest.get('schema')}, this portal is of {schema}; restore it with the release "
            "of the portal that wrote it, into a database of its own, then run portal migrate of this one"
        )


def _manifest(file: Path) -> bytes:
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = archive.read("manifest.json")
        if isinstance(json.loads(manifest), dict):
            return manifest
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as fault:
        raise BackupUnusable(f"{file} is not a backup of the portal") from fault
    raise BackupUnusable(f"{file} is not a backup of the portal")


def load(engine: Engine, file: Path, watch: Watch = lambda table, rows: None) -> dict[str, int]:
    """Replace everything in the migrated database of *engine* by what is in *file*, wholly or not at all."""
    manifest = json.loads(_manifest(file))
    with zipfile.ZipFile(file) as archive, engine.execution_options(writes=True).begin() as connection:
        check_schema(file, _revision(connection))
        tables = _every_table(connection)
        with _guards_lifted(connection):
            for table in reversed(tables):
                connection.execute(table.delete())
            for table in tables:
                _load_table(connection, archive, table, manifest["sha256"].get(table.name))
                watch(table.name, manifest["rows"].get(table.name, 0))
        _move_sequences(connection, Base.metadata)
    rows: dict[str, int] = manifest["rows"]
    return rows


@contextmanager
def _guards_lifted(connection: Connection) -> Iterator[None]:
    """Without the triggers that watch over single rows (books that are only added to): a backup is taken back whole.
    Lifting them is part of the transaction: if it fails, they were never gone."""
    if connection.dialect.name == "sqlite":
        guards = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        lift, set_up = [f"DROP TRIGGER {guard.name}" for guard in guards], [guard.sql for guard in guards]
    else:
        guarded = connection.exec_driver_sql(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        ).scalars()
        lift, set_up = [], []
        for table in guarded:
            lift.append(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            set_up.append(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for statement in lift:
        connection.exec_driver_sql(statement)
    yield
    if connection.dialect.name == "postgresql":  # rows whose foreign keys are looked at last are looked at now
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in set_up:
        connection.exec_driver_sql(statement)


def _load_table(connection: Connection, archive: zipfile.ZipFile, table: Table, expected: str | None) -> None:
    digest, columns = hashlib.sha256(), list(table.columns)
    with archive.open(f"{table.name}.jsonl") as lines:
        for batch in _batches(lines, _batch(table)):
            for line in batch:
                digest.update(line)
            values = [
                {
                    column.name: _rich(column.type, value)
                    for column, value in zip(columns, json.loads(line), strict=True)
                }
                for line in batch
            ]
            connection.execute(insert(table), values)
    if digest.hexdigest() != expected:
        raise BackupUnusable(f"the part {table.name} of the backup was damaged")


def _batch(table: Table) -> int:
    """How many rows are in memory at a time; tables with large rows say so."""
    return int(table.info.get("rows_at_once", BATCH))


def _batches(lines: Any, size: int) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in io.BufferedReader(lines):
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def _rich(kind: Any, value: Any) -> Any:
    """The Python value a column takes, from its form in JSON."""
    if value is None:
        return None
    python = kind.python_type
    if python is datetime:
        return datetime.fromisoformat(value)
    if python is date:
        return date.fromisoformat(value)
    if python is time:
        return time.fromisoformat(value)
    if python is UUID:
        return UUID(value)
    return base64.b64decode(value) if python is bytes else value


def _revision(connection: Connection) -> str | None:
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _move_sequences(connection: Connection, metadata: MetaData) -> None:
    """PostgreSQL counts on from where the restored rows end."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and isinstance(column.type, Integer):
            newest = connection.execute(select(func.max(column))).scalar()
            if newest is not None:
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                connection.execute(select(func.setval(sequence, newest)))
