"""The demo family, the staff who work on their cases, and cases they sent."""

from collections.abc import Callable
from random import Random
from uuid import UUID

import pytest

from portal.core.actor import Actor
from portal.core.uow import Database
from portal.demo import casework, cast
from portal.demo.casework import Staff
from tests.portal.applications import people
from tests.portal.applications.people import as_

Send = Callable[[str], UUID]


@pytest.fixture
def city(database: Database, cast_staff: None, cast_residents: None) -> Database:
    return database


@pytest.fixture
def hanako(city: Database) -> Actor:
    return people.person(city)


@pytest.fixture
def team(city: Database) -> Staff:
    """naoto and nozomi of the processing centre, and the id of 育's section."""
    with city.command("look") as session:
        return Staff(session)


@pytest.fixture
def send(city: Database, hanako: Actor) -> Send:
    """`send("child-allowance")`: 花子 sends one, with plausible answers."""

    def sent(procedure: str, who: Actor = hanako) -> UUID:
        assert who.id is not None
        with as_(city, who) as session:
            return casework.send(session, Random(1), who.id, procedure)

    return sent


@pytest.fixture
def taro(city: Database) -> Actor:
    return people.person(city, cast.TARO)
