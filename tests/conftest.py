"""What every test stands on: a migrated database on SQLite and on PostgreSQL, an app, a browserless client."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from portal.app import create_app, open_database
from portal.config import Settings
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import accounts as demo_accounts
from portal.demo import cast
from portal.demo import staff as demo_staff
from portal.demo.load import load_city
from portal.devices.service import recognise
from portal.web.hall import Hall
from portal.wiring import PERIODIC, work
from tests import alarm, chromium
from tests.beginnings import Beginnings, Names, beginning, furnishing
from tests.browser import Visitor

__all__ = ["beginning"]


def pytest_collection_finish() -> None:
    """What importing everything left behind stays: to look through it again and again takes minutes of a run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beginnings]:
    with ExitStack() as life:
        yield Beginnings(tmp_path_factory.mktemp("beginnings"), life)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(
    request: pytest.FixtureRequest, beginnings: Beginnings, beginning: Names, tmp_path: Path
) -> Iterator[Settings]:
    """Settings of a portal of its own, with a migrated database: empty, but for the furnishings asked for."""
    with beginnings.copy(request.param, tmp_path, beginning) as url:
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


@pytest.fixture(scope="session")
def built() -> list[Flask]:
    """The one app of this process, once a test needed it."""
    return []


@pytest.fixture
def app(settings: Settings, database: Database, built: list[Flask]) -> Flask:
    """The app in a hall of this test's own. Its doors and templates take a second to make, so it is made once."""
    if not built:
        built.append(create_app(settings, database))
    built[0].extensions["portal"] = Hall(settings, database, recognise)
    return built[0]


@pytest.fixture
def worker(database: Database) -> Worker:
    return Worker(database, work(), PERIODIC)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for a module's tests: it is gone before the next module starts one."""
    with chromium.running() as started:
        yield started


StaffClient = Callable[[Role], Visitor]


@furnishing
def cast_staff(session: Session) -> None:
    """The staff of the cast."""
    demo_staff.load(session)


@furnishing
def cast_residents(session: Session) -> None:
    """The residents of the cast, with accounts, and nobody else."""
    load_city(session, residents=0)
    demo_accounts.open_accounts(session)


@pytest.fixture
def staff_client(app: Flask, cast_staff: None) -> StaffClient:
    """`staff_client(Role.SENDER)`: a visitor signed in through the page as the cast's member with that role."""

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
