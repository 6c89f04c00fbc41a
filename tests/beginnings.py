"""Databases for tests to begin with: migrated and furnished once a process, then copied for every test.

    @furnishing
    def cast_residents(session: Session) -> None:
        load_city(session, residents=0)

makes a fixture `cast_residents`. A test that asks for it (or for a fixture that does) begins in a copy of a database
in which that was done already; several are done in the order in which they are declared.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from portal import migrations
from portal.app import open_database
from portal.config import Settings
from portal.core import clock
from portal.core.db import make_engine
from tests import databases

Furnish = Callable[[Session], None]
Names = tuple[str, ...]
FURNISHINGS: dict[str, Furnish] = {}
HEADS = "audit-heads"  # what the audit keeps outside the database belongs to the copy


def furnishing(furnish: Furnish) -> Any:
    """A fixture of *furnish*'s name; it gives nothing, the database has what *furnish* brings."""
    name = furnish.__name__
    FURNISHINGS[name] = furnish

    @pytest.fixture(name=name)
    def furnished(beginning: Names) -> None:
        assert name in beginning, f"{name} was asked for after the database was made"

    return furnished


@pytest.fixture
def beginning(request: pytest.FixtureRequest) -> Names:
    """Which furnishings this test's database begins with."""
    return tuple(name for name in FURNISHINGS if name in request.fixturenames)


@dataclass
class Beginnings:
    """`copy` hands out databases; PostgreSQL starts when the first test asks for it."""

    folder: Path
    life: ExitStack
    _sqlite: dict[Names, Path] = field(default_factory=dict)
    _postgres: dict[Names, tuple[str, Path]] = field(default_factory=dict)
    _admin_url: str = ""
    _left: list[str] = field(default_factory=list)

    @contextmanager
    def copy(self, kind: str, directory: Path, names: Names = ()) -> Iterator[str]:
        """The address of a fresh copy on SQLite or PostgreSQL; the audit's heads come into *directory*."""
        if kind == "sqlite":
            yield self._copy_file(directory, names)
            return
        self._start_postgres()
        self._drop_left()
        template, kept = self._postgres.get(names) or self._make_postgres(names)
        self._copy_heads(kept, directory)
        url = databases.fresh_database(self._admin_url, template)
        try:
            yield url
        finally:  # dropped before the next copy: its last connection takes a tenth of a second to end
            self._left.append(url)

    def _copy_file(self, directory: Path, names: Names) -> str:
        if names not in self._sqlite:
            kept = self._new_folder("sqlite", names)
            url = f"sqlite:///{kept / 'portal.db'}"
            if names:
                self._copy_file(kept, ())
                _furnish(kept, url, names)
            else:
                _migrate(url)
            self._sqlite[names] = kept
        shutil.copy(self._sqlite[names] / "portal.db", directory / "portal.db")
        self._copy_heads(self._sqlite[names], directory)
        return f"sqlite:///{directory / 'portal.db'}"

    def _make_postgres(self, names: Names) -> tuple[str, Path]:
        kept = self._new_folder("postgresql", names)
        template = databases.migrated_template(self._admin_url, _migrate)
        if names:
            url = databases.fresh_database(self._admin_url, template)
            self.life.callback(databases.drop_database, url)
            _furnish(kept, url, names)
            template = make_url(url).database or ""
        self._postgres[names] = template, kept
        return template, kept

    def _start_postgres(self) -> None:
        if not self._admin_url:
            self._admin_url = self.life.enter_context(databases.postgres_server())
            self.life.callback(self._drop_left)

    def _drop_left(self) -> None:
        while self._left:
            databases.drop_database(self._left.pop())

    def _new_folder(self, kind: str, names: Names) -> Path:
        folder = self.folder / "-".join((kind, *names))
        folder.mkdir()
        return folder

    def _copy_heads(self, kept: Path, directory: Path) -> None:
        with suppress(FileNotFoundError):
            shutil.copytree(kept / HEADS, directory / HEADS, dirs_exist_ok=True)


def _migrate(url: str) -> None:
    engine = make_engine(url)
    migrations.upgrade(engine)
    engine.dispose()


def _furnish(folder: Path, url: str, names: Names) -> None:
    """Do what *names* say in the database at *url*, at the machine's time, whatever time the first test lives in."""
    database = open_database(Settings(state_dir=folder, database_url=url))
    with clock.freeze(clock.machine_now()):
        for name in names:
            with database.command(name) as session:
                FURNISHINGS[name](session)
    database.close()
