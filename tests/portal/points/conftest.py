"""A town with rewards and a shop in it, for the tests that ask for them by name."""

from uuid import UUID

import pytest

from portal.config import Settings
from portal.core.uow import Database
from portal.demo import cards as demo_cards
from portal.points.spending import catalogue
from tests.portal.points.shops import open_shop
from tests.portal.points.test_pages import earn, resident


@pytest.fixture
def town(database: Database, settings: Settings, cast_residents: None) -> Database:
    """Rewards, 花子 with 6,000 points and the cast's cards."""
    with database.command("rewards") as session:
        catalogue.bring(session, catalogue.read())
        demo_cards.load(session, settings)
    earn(database, resident(database), 6_000)
    return database


@pytest.fixture
def shop(town: Database, settings: Settings) -> UUID:
    return open_shop(town, settings)
