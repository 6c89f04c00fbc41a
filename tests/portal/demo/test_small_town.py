"""A demo with few people: what fills a town of a thousand must not fall over in one of fifty."""

import pytest
from sqlalchemy import func, select

from portal.config import Settings
from portal.core.uow import Database
from portal.demo import load
from portal.residents.service import Person


@pytest.mark.parametrize("residents", [50])
def test_a_small_town_is_furnished(database: Database, residents: int) -> None:
    """Its few neighbours can plan only so many visits."""
    with database.command("load") as session:
        load.load_city(session, residents=residents)
        load.furnish(session, Settings())
        people = session.scalar(select(func.count()).select_from(Person)) or 0
        assert people >= residents
