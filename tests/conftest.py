"""What every test stands on: a migrated database on SQLite and on PostgreSQL, an app, a browserless client."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask

from portal import migrations
from portal.app import create_app, open_database
from portal.config import Settings
from portal.core.db import make_engine
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import accounts as demo_accounts
from portal.demo import cast
from portal.demo import staff as demo_staff
from portal.demo.load import load_city
from portal.wiring import PERIODIC, work
from tests import alarm, databases
from tests.browser import Visitor


class Templates:
    """Migrated databases to copy, made once a run; PostgreSQL starts when the first test asks for it."""

    def __init__(self, directory: Path, life: ExitStack) -> None:
        self._directory, self._life = directory, life
        self._sqlite: Path | None = None
        self._admin_url = ""

    @contextmanager
    def copy(self, kind: str, directory: Path) -> Iterator[str]:
        """The address of a fresh copy on SQLite or PostgreSQL."""
        if kind == "sqlite":
            yield self._copy_file(directory)
            return
        if not self._admin_url:
            self._admin_url = self._life.enter_context(databases.postgres_server())
        url = databases.fresh_database(self._admin_url, databases.migrated_template(self._admin_url, _migrate))
        try:
            yield url
        finally:
            databases.drop_database(url)

    def _copy_file(self, directory: Path) -> str:
        if self._sqlite is None:
            self._sqlite = self._directory / "template.db"
            _migrate(f"sqlite:///{self._sqlite}")
        shutil.copy(self._sqlite, directory / "portal.db")
        return f"sqlite:///{directory / 'portal.db'}"


def _migrate(url: str) -> None:
    engine = make_engine(url)
    migrations.upgrade(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    with ExitStack() as life:
        yield Templates(tmp_path_factory.mktemp("templates"), life)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a portal of its own, with an empty migrated database."""
    with templates.copy(request.param, tmp_path) as url:
        yield Settings(state_dir=tmp_path, database_url=url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings)
    yield opened
    leaks = alarm.leaks_in_records(opened.engine) + alarm.wordless_records(opened.engine)
    opened.close()
    assert leaks == []


@pytest.fixture(autouse=True)
def personal_data_alarm() -> Iterator[None]:
    """No log line of any test may hold what belongs to a person of the cast."""
    with alarm.listening() as heard:
        yield
    assert heard == []


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    return create_app(settings, database)


@pytest.fixture
def worker(database: Database) -> Worker:
    return Worker(database, work(), PERIODIC)


StaffClient = Callable[[Role], Visitor]


@pytest.fixture
def staff_client(app: Flask, database: Database) -> StaffClient:
    """`staff_client(Role.SENDER)`: a visitor signed in through the page as the cast's member with that role."""
    with database.command("demo staff") as session:
        demo_staff.load(session)

    def sign_in(role: Role) -> Visitor:
        person = next(someone for someone in cast.STAFF if role in someone.roles)
        visitor = Visitor(app)
        door = visitor.get("/staff/sign-in")
        page = visitor.submit(door, "/staff/sign-in", login_id=person.login_id, password=person.password)
        assert page.path == "/staff/", page.text
        return visitor

    return sign_in


ResidentClient = Callable[[str], Visitor]


@pytest.fixture
def cast_residents(database: Database) -> None:
    """The residents of the cast, with accounts, and nobody else."""
    with database.command("demo residents") as session:
        load_city(session, residents=0)
        demo_accounts.open_accounts(session)


@pytest.fixture
def resident_client(app: Flask, cast_residents: None) -> ResidentClient:
    """`resident_client("hanako")`: a visitor signed in through the page, by password, as that persona."""

    def sign_in(persona: str) -> Visitor:
        person = next(someone for someone in cast.RESIDENTS if someone.persona == persona)
        visitor = Visitor(app)
        door = visitor.get("/sign-in?next=/account")
        page = visitor.submit(door, "/sign-in", login_id=person.login_id, password=person.password)
        assert page.path == "/account", page.text
        return visitor

    return sign_in
