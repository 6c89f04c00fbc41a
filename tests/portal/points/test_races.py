"""Many at once, and death in the middle: nobody spends twice, nobody waits for ever, each key counts once."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.uow import Database
from portal.points.ledger import rules, service
from portal.points.ledger.entering import Entry
from portal.points.ledger.models import PointTransfer
from portal.points.ledger.rules import Reason
from tests.forks import Channel, end, forked
from tests.patience import PATIENCE
from tests.portal.points.books import account, grant, payment, people, spend, wrong

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")
CLIENTS = 32
SEED = int(os.environ.get("TEST_SEED", "20261122"))


def balance(database: Database, one: UUID) -> int:
    with database.command("look") as session:
        return service.balance(session, one, clock.today())


def test_thirty_two_spend_the_same_points(database: Database) -> None:
    hanako, barrier = account(database), Barrier(CLIENTS)
    with database.command("earn") as session:
        for _ in range(5):
            grant(session, hanako, 20)
        payment(session, hanako, 1)  # the shop is there

    def pay(_number: int) -> bool:
        barrier.wait(PATIENCE)
        try:
            with database.command("pay") as session:
                spend(session, hanako, 15)
        except rules.NotEnoughPoints:
            return False
        return True

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert sum(pool.map(pay, range(CLIENTS))) == 6
    assert balance(database, hanako) == 10
    assert wrong(database) == []


def test_thirty_two_give_spend_and_pass_on_among_each_other_without_deadlock(database: Database) -> None:
    crowd = [account(database, place) for place in range(4)]
    with database.command("earn") as session:
        for one in crowd:
            grant(session, one, 200)
        payment(session, crowd[0], 1)

    def trade(number: int) -> None:
        chance = Random(f"{SEED} {number}")
        one, other = chance.sample(crowd, 2)
        with database.command("trade") as session:
            service.pass_on(session, Entry(f"gift {number}", one, other, chance.randint(1, 5), Reason.FAMILY))
        with database.command("trade") as session:
            grant(session, other, 1)
            spend(session, other, 1)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(trade, range(CLIENTS)))
    assert sum(balance(database, one) for one in crowd) == 800
    assert wrong(database) == []


TRANSFERS = int(os.environ.get("POINTS_KILLED", "60"))
DEATHS = int(os.environ.get("POINTS_DEATHS", "3"))


def work_off(database: Database, crowd: list[UUID], channel: Channel) -> None:
    """The whole list from its beginning; what was done is said after its commit."""
    for number in range(TRANSFERS // 2):
        one = crowd[number % len(crowd)]
        with database.command("work") as session:
            service.grant(session, Entry(f"gift {number}", service.city(session), one, 10, Reason.EVENT))
        channel.say(f"gift {number}")
        with database.command("work") as session:
            service.spend(session, payment(session, one, 4, key=f"pay {number}"))
        channel.say(f"pay {number}")


def test_killed_again_and_again_each_key_counts_once(database: Database) -> None:
    """The same list is worked off from its beginning after every death; what was said to be done stays done."""
    crowd, chance = [account(database, place) for place in range(3)], Random(SEED)
    said: set[str] = set()
    for _ in range(DEATHS):
        pid, channel = forked(database, partial(work_off, database, crowd))
        said |= {channel.hear() for _ in range(chance.randint(1, TRANSFERS - 1))}
        end(pid)
        channel.close()
    with database.engine.connect() as connection:
        assert said <= set(connection.execute(select(PointTransfer.key)).scalars())
    pid, channel = forked(database, partial(work_off, database, crowd))
    assert len({channel.hear() for _ in range(TRANSFERS)}) == TRANSFERS
    end(pid)
    channel.close()
    with database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(PointTransfer)) == TRANSFERS
    assert sum(balance(database, one) for one in crowd) == 6 * TRANSFERS // 2
    assert wrong(database) == []
