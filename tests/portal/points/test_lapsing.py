"""The night's release of holds and people's doings at the same moment, and holds somebody changed in the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.core import clock
from portal.core.uow import Database
from portal.points.ledger import service, sweeping
from portal.points.ledger.entering import Entry, lock
from portal.points.ledger.rules import Kind, Reason
from tests.patience import until
from tests.portal.points.books import account, grant, people, wrong

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")


def held(database: Database, minutes: int, *places: int) -> list[int]:
    """10 of 1,000 points set aside of each of these people, in this order, for so many minutes from now."""
    made, accounts = [], [account(database, place) for place in places]
    with database.command("holds") as session:
        shop = service.named(session, "shop", Kind.PARTNER)
        for place, one in zip(places, accounts, strict=True):
            grant(session, one, 1_000)
            ends = clock.now() + timedelta(minutes=minutes)
            made.append(service.hold(session, Entry(f"hold {place}", one, shop, 10, Reason.HOLD), until=ends))
    return made


def waits_for_a_lock(database: Database) -> bool:
    mine = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    query = f"SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN ({mine})"
    with database.engine.connect() as connection:
        return bool(connection.scalar(text(query)))


def test_the_night_and_a_person_never_wait_for_each_other(database: Database) -> None:
    """A13: holds came in the order of their numbers, and their owners in another one than everybody locks people in."""
    accounts = {account(database, place): place for place in (0, 1)}
    low, high = sorted(accounts)
    held(database, -1, accounts[high], accounts[low])

    def sweep() -> None:
        with database.job("release") as session:
            sweeping.release_lapsed(session, {})

    with ThreadPoolExecutor(1) as pool:
        with database.command("pass on") as session:
            lock(session, [low])
            night = pool.submit(sweep)
            if database.engine.dialect.name == "postgresql":
                until(lambda: waits_for_a_lock(database), "the night at the first account")
            service.pass_on(session, Entry("gift", low, high, 50, Reason.FAMILY))
        night.result()
    with database.command("look") as session:
        left = {one: service.balance(session, one, clock.today()) for one in (low, high)}
    assert left == {low: 950, high: 1_050}
    assert wrong(database) == []


def test_more_holds_than_one_night_takes_at_once_are_all_released(database: Database) -> None:
    """C8: the rest was left until the next minute, and the one after."""
    held(database, -1, 0, 1, 2)
    for left in (1, 0):
        with database.job("release") as session:
            sweeping.release_lapsed(session, {}, batch=2)
        with database.command("look") as session:
            assert session.scalar(text("SELECT count(*) FROM point_holds WHERE state = 'open'")) == left
            woken = text("SELECT count(*) FROM outbox WHERE kind = :kind AND done_at IS NULL")
            assert session.scalar(woken, {"kind": sweeping.RELEASE}) == 1
    assert wrong(database) == []


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE point_holds SET state = 'captured'",
        "UPDATE point_holds SET state = 'released'",
        "UPDATE point_holds SET amount = 1",
    ],
)
def test_a_hold_changed_in_the_database_shows(forgery: str, database: Database) -> None:
    """B3: captured holds were held against nothing."""
    held(database, 5, 0)
    assert wrong(database) == []
    with database.command("forge") as session:
        session.execute(text(forgery))
    assert [fault.split(":")[0].split(",")[0][:4] for fault in wrong(database)] == ["hold"]


def test_a_capture_that_went_elsewhere_shows(database: Database) -> None:
    (number,) = held(database, 5, 0)
    with database.command("capture") as session:
        service.capture(session, number)
    assert wrong(database) == []
    with database.command("forge") as session:
        session.execute(text("UPDATE point_holds SET target_id = (SELECT id FROM point_accounts WHERE name = 'city')"))
    assert len(wrong(database)) == 1
