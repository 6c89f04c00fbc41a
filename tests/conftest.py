"""What every test stands on: a migrated database on SQLite and on PostgreSQL, an app, a browserless client."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from portal.app import create_app, open_database
from portal.config import Settings
from portal.core import passwords
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import accounts as demo_accounts
from portal.demo import businesses, cast
from portal.demo import staff as demo_staff
from portal.demo.gbizid import Provider
from portal.demo.load import load_city
from portal.devices.service import recognise
from portal.rounds import PERIODIC
from portal.web.hall import Hall
from portal.wiring import work
from tests import alarm, chromium
from tests.beginnings import Beginnings, Names, beginning, furnishing
from tests.browser import Visitor
from tests.portal.companies import people as business_people
from tests.portal.companies.people import BusinessClient

__all__ = ["beginning"]

ALONE = {"pcsc": "tests/card_reader/", "town": "tests/journeys/"}
PEOPLES_HASHER = passwords._hasher

# How long an example takes is the machine's matter, not the rule's.
hypothesis.register_profile("city", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("city")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What has to be alone lies where `make test` looks for it."""
    for item in items:
        for mark, place in ALONE.items():
            if item.get_closest_marker(mark) and not item.nodeid.startswith(place):
                raise pytest.UsageError(f"{item.nodeid}: tests marked {mark} live in {place}")


def pytest_collection_finish() -> None:
    """What importing everything left behind stays: to look through it again and again takes minutes of a run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beginnings]:
    with ExitStack() as life:
        yield Beginnings(tmp_path_factory.mktemp("beginnings"), life)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords of tests cost next to nothing; what those of people cost: tests/portal/core/test_passwords.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(
    request: pytest.FixtureRequest, beginnings: Beginnings, beginning: Names, tmp_path: Path
) -> Iterator[Settings]:
    """Settings of a portal of its own, with a migrated database: empty, but for the furnishings asked for."""
    with beginnings.copy(request.param, tmp_path, beginning) as url:
        # Clients of tests do not compute; tests of proof of work ask for it.
        yield Settings(state_dir=tmp_path, database_url=url, proof_of_work_bits=0)


class Compiled(dict[Any, Any]):
    """Statements as SQL, kept by the kind of database: SQLAlchemy would compile each anew for every test's own one."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


@pytest.fixture(scope="session")
def compiled() -> dict[str, Compiled]:
    return {}


@pytest.fixture
def database(settings: Settings, compiled: dict[str, Compiled]) -> Iterator[Database]:
    opened = open_database(settings)
    opened.engine._compiled_cache = compiled.setdefault(opened.engine.dialect.name, Compiled())
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


@furnishing
def cast_companies(session: Session) -> None:
    """The companies of the cast and some made-up ones, in the register and with accounts."""
    businesses.load(session, 40)


@pytest.fixture(scope="session")
def gbizid() -> Iterator[Provider]:
    """The demo's gBizID, on a port of its own."""
    with business_people.provider_running() as provider:
        yield provider


@pytest.fixture
def business_client(app: Flask, gbizid: Provider, cast_companies: None) -> BusinessClient:
    """`business_client("shoko")`: a visitor signed in through gBizID as that person of the cast."""
    business_people.trust(app, gbizid)

    def sign_in(subject: str) -> Visitor:
        visitor = Visitor(app)
        page = business_people.sign_in(visitor, subject)
        assert page.status == 200, page.text
        return visitor

    return sign_in
