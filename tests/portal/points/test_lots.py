"""Payments from accounts with more lots than are looked at first."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.core.uow import Database
from portal.points.ledger import lots, rules, service
from portal.points.ledger.models import PointLot
from tests.portal.points.books import account, grant, payment, people, spend, wrong

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")
FIRST = datetime(2026, 1, 10, 3, tzinfo=UTC)
MANY = 3 * lots.FEW


def left(database: Database) -> list[int]:
    """What is left of each lot, in the order in which they run out."""
    with database.command("look") as session:
        return list(session.scalars(select(PointLot.remaining).order_by(PointLot.expires_on, PointLot.number)))


@pytest.fixture
def hanako(database: Database) -> UUID:
    """An account of single points, those that run out first came last; a neighbour has as many."""
    accounts = account(database), account(database, 1)
    with database.command("earn") as session:
        for one in accounts:
            for months in range(MANY):
                grant(session, one, 1, at=FIRST - months * timedelta(days=31))
    return accounts[0]


def test_a_payment_draws_the_oldest_lots_however_many_it_needs(database: Database, hanako: UUID) -> None:
    with database.command("pay") as session:
        spend(session, hanako, 2 * lots.FEW)
        assert service.balance(session, hanako, FIRST.date()) == MANY - 2 * lots.FEW
    assert left(database).count(0) == 2 * lots.FEW
    with database.command("look") as session:
        drawn = select(PointLot.number).where(PointLot.remaining == 0).order_by(PointLot.expires_on, PointLot.number)
        oldest = select(PointLot.number).where(PointLot.account_id == hanako)
        oldest = oldest.order_by(PointLot.expires_on, PointLot.number).limit(2 * lots.FEW)
        assert session.scalars(drawn).all() == session.scalars(oldest).all()
    assert wrong(database) == []


def test_payments_at_once_from_one_account_see_each_others_lots(database: Database, hanako: UUID) -> None:
    with database.command("pay") as session:
        wishes = [payment(session, hanako, amount) for amount in (lots.FEW, MANY, lots.FEW, lots.FEW)]
        first, too_much, second, third = service.spend_all(session, wishes)
        assert isinstance(too_much, rules.NotEnoughPoints)
        assert [isinstance(one, int) for one in (first, second, third)] == [True, True, True]
        assert service.balance(session, hanako, FIRST.date()) == 0
    assert wrong(database) == []


def test_a_refusal_tells_all_that_is_there(database: Database, hanako: UUID) -> None:
    with database.command("pay") as session, pytest.raises(rules.NotEnoughPoints) as refused:
        spend(session, hanako, MANY + 1)
    assert refused.value.facts == {"there": MANY, "wanted": MANY + 1}
    assert left(database).count(1) == 2 * MANY
