"""Who pays and who joins take locks in one order: two that meet wait, and neither is thrown out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import UUID

from sqlalchemy import select, text

from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.points.gifts import giving
from portal.points.gifts.models import PointGift
from portal.points.joining import service as joining
from portal.points.ledger import service as ledger
from portal.points.ledger.rules import AccountJoined
from portal.points.programmes import debts, earning
from portal.points.programmes.earning import Act
from portal.residents.service import Person
from tests.patience import PATIENCE, until
from tests.portal.points import offered, one_person
from tests.portal.points.books import wrong
from tests.portal.points.offered import OTHER, PARK
from tests.portal.points.test_gifts import approve, everybody_of_gifts, park, propose

__all__ = ["everybody_of_gifts", "park"]


def somebody_waits(database: Database) -> bool:
    """Of the sessions of this very database, for a lock. SQLite has one writer at a time: the other one waits at once."""
    if database.engine.dialect.name == "sqlite":
        return True
    ours = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    with database.engine.connect() as connection:
        return bool(connection.scalar(text(f"{ours} AND cardinality(pg_blocking_pids(pid)) > 0")))


def meet(database: Database, first: Callable[[Callable[[], None]], object], second: Callable[[], object]) -> None:
    """*second* begins where *first* says so, and *first* goes on once *second* waits for it. Both come to their end."""
    begun = Event()

    def let_the_other_come() -> None:
        begun.set()
        until(lambda: somebody_waits(database), "the other one waits")

    def come() -> None:
        assert begun.wait(PATIENCE)
        second()

    with ThreadPoolExecutor(2) as pool:
        for one in (pool.submit(first, let_the_other_come), pool.submit(come)):
            one.result(PATIENCE)


def test_first_points_of_a_programme_while_it_gives_to_everybody(database: Database, park: str) -> None:
    number = propose(database)
    approve(database, number)
    with database.command("look") as session:
        last: UUID = session.scalars(select(Person.id).order_by(Person.id).offset(20)).first() or UUID(int=0)

    def earn(let_the_other_come: Callable[[], None]) -> None:
        with database.command("earn") as session:
            ledger.accounts_of(session, {last})
            let_the_other_come()
            earning.earn_all(session, [Act("first", "first", PARK, last, 60, clock.now())])

    def give() -> None:
        with database.command("give") as session:
            giving.give(session, {"number": number, "round": session.get_one(PointGift, number).round}, chunk=40)

    meet(database, earn, give)
    with database.command("look") as session:
        assert session.get_one(PointGift, number).people == 40
        account = ledger.account_of(session, last)
        assert ledger.balance(session, account, clock.today()) == 200
    assert wrong(database) == []


def test_what_is_taken_back_while_two_records_become_one_is_asked_for_once_more(database: Database, park: str) -> None:
    """To go on would lock the other account out of order, and two who do so wait for each other for ever."""
    with database.command("earn") as session:
        gone = offered.person(session, one_person.GONE)
        earning.earn_all(session, [Act("hours", "hours", PARK, gone, 60, clock.now())])
    proposed, asked = one_person.propose(database), 0

    def join(let_the_other_come: Callable[[], None]) -> None:
        with database.command("join") as session:
            joining.agree(session, OTHER, proposed)
            let_the_other_come()

    def take_back() -> None:
        nonlocal asked
        asked += 1
        with database.command("take back") as session:
            assert debts.take_back(session, gone, "hours").points == 100

    def ask_again() -> None:
        try:
            take_back()
        except AccountJoined:
            take_back()

    meet(database, join, ask_again)
    assert asked == (1 if database.engine.dialect.name == "sqlite" else 2)
    assert [one_person.has(database, one) for one in (cast.HANAKO, cast.AOI)] == [0, 0]
    assert wrong(database) == []
