"""The books: what comes, goes, is set aside and comes back, to the point and to the lot."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.core import clock
from portal.core.uow import Database
from portal.points.ledger import rules, service, sweeping
from portal.points.ledger.entering import Entry
from portal.points.ledger.models import PointAllocation, PointLot, PointTransfer
from portal.points.ledger.rules import Kind, Reason
from tests.portal.points.books import account, grant, payment, people, spend, wrong

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")
SPRING = datetime(2026, 4, 10, 3, tzinfo=UTC)
AUTUMN = SPRING + timedelta(days=180)


def left(database: Database) -> list[tuple[int, int]]:
    with database.command("look") as session:
        query = select(PointLot.amount, PointLot.remaining).order_by(PointLot.number)
        return [(amount, remaining) for amount, remaining in session.execute(query)]


def test_what_expires_first_is_spent_first_and_comes_back_where_it_was(database: Database) -> None:
    hanako = account(database)
    with database.command("year") as session:
        grant(session, hanako, 50, at=AUTUMN)
        grant(session, hanako, 30, at=SPRING)
        number = spend(session, hanako, 40)
    assert left(database) == [(50, 40), (30, 0)]
    with database.command("undo") as session:
        service.reverse(session, number, key="undo")
        assert service.balance(session, hanako, clock.today()) == 80
        with pytest.raises(rules.AlreadyReversed):
            service.reverse(session, number, key="undo once more")
    assert left(database) == [(50, 50), (30, 30)]
    assert wrong(database) == []


def test_the_classic_lot_bug_a_spent_lot_does_not_expire_once_more(database: Database) -> None:
    """Points that were spent before their day are not taken a second time on it."""
    hanako = account(database)
    with database.command("earn") as session:
        grant(session, hanako, 100, at=SPRING)
        grant(session, hanako, 100, at=AUTUMN)
        spend(session, hanako, 80)
    after_first = datetime(2028, 5, 1, 3, tzinfo=UTC)
    with clock.freeze(after_first), database.job("night") as session:
        assert sweeping.expire_some(session, clock.today()) == 1
        assert sweeping.expire_some(session, clock.today()) == 0
        assert service.balance(session, hanako, clock.today()) == 100
        lost = session.scalars(select(PointTransfer.amount).where(PointTransfer.reason == Reason.EXPIRY)).all()
    assert lost == [20]
    assert wrong(database) == []


def test_what_expired_but_was_not_swept_yet_is_neither_shown_nor_spent(database: Database) -> None:
    hanako = account(database)
    with database.command("earn") as session:
        grant(session, hanako, 100, at=SPRING)
    with clock.freeze(datetime(2028, 4, 30, 14, tzinfo=UTC)), database.command("last day") as session:
        assert service.balance(session, hanako, clock.today()) == 100
    with clock.freeze(datetime(2028, 4, 30, 15, 1, tzinfo=UTC)), database.command("day after") as session:
        assert service.balance(session, hanako, clock.today()) == 0
        with pytest.raises(rules.NotEnoughPoints):
            spend(session, hanako, 1)


def test_points_set_aside_are_captured_once_or_come_back(database: Database) -> None:
    hanako = account(database)
    until = clock.now() + timedelta(minutes=10)
    with database.command("hold") as session:
        grant(session, hanako, 100)
        first, second, third = (
            service.hold(session, payment(session, hanako, 30, key=f"hold {place}"), until=until) for place in range(3)
        )
        assert service.balance(session, hanako, clock.today()) == 10
        assert service.hold(session, payment(session, hanako, 30, key="hold 0"), until=until) == first
        service.capture(session, first)
        service.release(session, second)
        for ended in (first, second):
            with pytest.raises(rules.HoldEnded):
                service.capture(session, ended)
            with pytest.raises(rules.HoldEnded):
                service.release(session, ended)
        assert service.balance(session, hanako, clock.today()) == 40
    with clock.freeze(until), database.job("minute") as session:
        with pytest.raises(rules.HoldEnded):
            service.capture(session, third)
        sweeping.release_lapsed(session, {})
        assert service.balance(session, hanako, clock.today()) == 70
    assert wrong(database) == []


def test_a_gift_is_taken_back_whole_or_not_at_all(database: Database) -> None:
    hanako = account(database)
    with database.command("mistake") as session:
        good, bad = grant(session, hanako, 10, at=SPRING), grant(session, hanako, 500)
        spend(session, hanako, 10)
        service.reverse(session, bad, key="mistake")
        with pytest.raises(rules.PointsSpentAlready):
            service.reverse(session, good, key="spent")
        assert service.balance(session, hanako, clock.today()) == 0
    assert wrong(database) == []


def test_what_is_passed_on_keeps_its_day(database: Database) -> None:
    hanako, taro = account(database), account(database, 1)
    with database.command("gift") as session:
        grant(session, hanako, 30, at=SPRING)
        grant(session, hanako, 30, at=AUTUMN)
        wish = Entry("present", hanako, taro, 40, Reason.FAMILY)
        numbers = service.pass_on(session, wish)
        assert service.pass_on(session, wish) == []
        days = session.scalars(select(PointLot.expires_on).where(PointLot.number.in_(numbers))).all()
        assert sorted(map(str, days)) == ["2028-04-30", "2028-10-31"]
        assert service.earned(session, taro, SPRING) == 0
        for number in numbers:
            service.reverse(session, number, key=f"back {number}")
        assert service.balance(session, hanako, clock.today()) == 60
    assert wrong(database) == []


def test_the_past_is_known_as_it_was_and_as_it_was_known(database: Database) -> None:
    hanako = account(database)
    monday, tuesday, friday = (SPRING + timedelta(days=days) for days in (0, 1, 4))
    with clock.freeze(tuesday), database.command("earn") as session:
        grant(session, hanako, 20)
    with clock.freeze(friday), database.command("late list") as session:
        grant(session, hanako, 5, at=monday)
        balance = service.balance_at
        assert [balance(session, hanako, at) for at in (monday, tuesday, friday)] == [5, 25, 25]
        assert balance(session, hanako, tuesday, known_by=tuesday) == 20


def test_one_key_gives_once_and_takes_once(database: Database) -> None:
    hanako = account(database)
    with database.command("twice") as session:
        gift = Entry("gift", service.city(session), hanako, 100, Reason.WELCOME)
        assert [bool(service.grant(session, gift)) for _ in range(2)] == [True, False]
        pay = payment(session, hanako, 60, key="coupon")
        assert len(set(service.spend_all(session, [pay, pay]))) == 1
        assert service.spend(session, pay) == service.spend(session, pay)
        assert service.balance(session, hanako, clock.today()) == 40


def test_a_pot_cannot_be_overdrawn(database: Database) -> None:
    hanako = account(database)
    with database.command("budget") as session:
        pot = service.named(session, "pot", Kind.POT, is_bounded=True)
        service.fund(session, pot, 100, key="budget")
        service.grant(session, Entry("one", pot, hanako, 70, Reason.EVENT))
    with pytest.raises(IntegrityError), database.command("too much") as session:
        service.grant(session, Entry("two", pot, hanako, 31, Reason.EVENT))
    assert wrong(database) == []


HANAKO, CITY = (
    "(SELECT id FROM point_accounts WHERE kind = 'resident')",
    "(SELECT id FROM point_accounts WHERE name = 'city')",
)
ROW = (
    "INSERT INTO point_transfers (number, key, source_id, target_id, amount, reason, case_ref, at, recorded_at) VALUES "
)
REST = "'event', '', '2026-04-10 00:00:00', '2026-04-10 00:00:00')"
FORGERIES = {
    "a gift without a lot": [f"{ROW} (900, 'x', {CITY}, {HANAKO}, 10, {REST}"],
    "a payment that draws from no lot": [f"{ROW} (900, 'x', {HANAKO}, {CITY}, 10, {REST}"],
    "a payment that draws less than it takes": [
        "INSERT INTO point_allocations VALUES (900, 1, 9)",
        f"{ROW} (900, 'x', {HANAKO}, {CITY}, 10, {REST}",
    ],
    "a payment of more than there is": [
        "INSERT INTO point_allocations VALUES (900, 1, 101)",
        f"{ROW} (900, 'x', {HANAKO}, {CITY}, 101, {REST}",
    ],
    "a lot without a transfer": [f"INSERT INTO point_lots VALUES (900, {HANAKO}, 10, 10, '2028-01-31')"],
    "a draw without a transfer": ["INSERT INTO point_allocations VALUES (900, 1, 9)"],
    "another amount": ["UPDATE point_transfers SET amount = 1000"],
    "another day": ["UPDATE point_lots SET expires_on = '2099-01-31'"],
    "a transfer gone": ["DELETE FROM point_transfers WHERE number = 1"],
    "a draw gone": ["DELETE FROM point_allocations"],
    "a lot gone": ["DELETE FROM point_lots"],
}


def forge(database: Database, statements: list[str]) -> None:
    with database.command("forge") as session:
        for statement in statements:
            session.execute(text(statement))


@pytest.mark.parametrize("forgery", FORGERIES)
def test_the_database_itself_refuses(forgery: str, database: Database) -> None:
    hanako = account(database)
    with database.command("earn") as session:
        grant(session, hanako, 100)
        spend(session, hanako, 10)
    with pytest.raises(DBAPIError):
        forge(database, FORGERIES[forgery])
    with database.command("look") as session:
        assert service.balance(session, hanako, clock.today()) == 90
        assert session.scalars(select(PointAllocation.amount)).all() == [10]
    assert wrong(database) == []
