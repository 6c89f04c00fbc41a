"""Days of instants, computed by the database."""

from datetime import UTC, datetime

from sqlalchemy import bindparam, select

from portal.core.db import Instant, JapaneseDay
from portal.core.uow import Database


def test_the_day_of_an_instant_is_japans(database: Database) -> None:
    midnight = bindparam("at", datetime(2026, 11, 21, 15, 0, tzinfo=UTC), type_=Instant)
    with database.command("look") as session:
        assert session.scalar(select(JapaneseDay(midnight))) == "2026-11-22"
