"""The demo family in a database of its own."""

import pytest

from portal.core.actor import Actor
from portal.core.uow import Database
from portal.demo import cast
from tests.portal.applications import people


@pytest.fixture
def city(database: Database) -> Database:
    people.load_people(database)
    return database


@pytest.fixture
def hanako(city: Database) -> Actor:
    return people.person(city)


@pytest.fixture
def ichiro(city: Database) -> Actor:
    return people.person(city, cast.ICHIRO)
