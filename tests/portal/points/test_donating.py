"""Many give at one moment: they share a transaction, each with an answer of their own."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record, Unit, unit_of
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.demo import cast
from portal.points.ledger.rules import NotEnoughPoints, SentBefore
from portal.points.spending import catalogue, rules
from portal.points.spending.donating import Gift, donate_together
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import wrong
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_spending import balance

HAD = 1_000


@pytest.fixture
def giver(database: Database, cast_residents: None) -> UUID:
    """花子, with points; 太郎 has none."""
    with database.command("rewards") as session:
        catalogue.bring(session, catalogue.read())
    earn(database, resident(database), HAD)
    return resident(database)


def give(database: Database, gift: Gift) -> int | str:
    actor = Actor(Kind.RESIDENT, gift.resident_id, "resident")
    try:
        return database.together(actor, Purpose.OWN_USE, donate_together, gift)
    except Refusal as refusal:
        return refusal.code


def noted(database: Database, who: UUID, since: object) -> int:
    with database.command("look") as session:
        found = Record.what == "points.balance", Record.subject == who, Record.at >= since
        return session.scalar(select(func.count()).where(*found)) or 0


def test_each_gift_of_a_transaction_has_its_own_answer(giver: UUID, database: Database) -> None:
    taro, key, begun = resident(database, cast.TARO), uuid4(), clock.now()
    gifts = [
        Gift(giver, "trees", 300, key),
        Gift(giver, "no-such-project", 100, uuid4()),
        Gift(taro, "trees", 100, uuid4()),
        Gift(giver, "pool", 100, uuid4()),
        Gift(giver, "trees", 150, uuid4()),
        Gift(giver, "trees", 300, key),
        Gift(giver, "trees", 500, key),
        Gift(giver, "trees", 1_000, uuid4()),
        Gift(giver, "trees", 500, uuid4()),
    ]
    with database.command("donate") as session:
        unit = unit_of(session)
        answers = donate_together(session, [(unit, gift) for gift in gifts])
    kinds = [type(answer) if isinstance(answer, Refusal) else int for answer in answers]
    unknown = rules.RewardUnknown
    assert kinds == [int, unknown, NotEnoughPoints, unknown, rules.GiftUnclear, int, SentBefore, NotEnoughPoints, int]
    assert answers[0] == answers[5]
    assert (balance(database), balance(database, cast.TARO)) == (HAD - 800, 0)
    assert noted(database, giver, begun) == 1  # one unit of work, in which it is said once
    assert wrong(database) == []


def test_pressed_by_many_hands_at_once_a_gift_is_one(giver: UUID, database: Database) -> None:
    key, begun = uuid4(), clock.now()
    numbers = together(lambda _number: give(database, Gift(giver, "trees", 100, key)))
    assert len(set(numbers)) == 1
    assert (balance(database), noted(database, giver, begun)) == (HAD - 100, 1)


def test_gifts_at_one_instant_end_where_the_points_end(giver: UUID, database: Database) -> None:
    begun = clock.now()
    said = together(lambda _number: give(database, Gift(giver, "trees", 300, uuid4())), 8)
    assert sorted(type(one).__name__ for one in said) == ["int"] * 3 + ["str"] * 5
    assert {one for one in said if isinstance(one, str)} == {NotEnoughPoints.code}
    assert (balance(database), noted(database, giver, begun)) == (HAD - 900, 3)
    assert wrong(database) == []


def test_a_unit_notes_nothing_of_what_was_given_before(giver: UUID, database: Database) -> None:
    gift, unit = Gift(giver, "trees", 100, uuid4()), Unit(Actor(Kind.RESIDENT, giver, "resident"), Purpose.OWN_USE)
    for expected in (1, 0):
        unit.begin_anew()
        with database.command("donate") as session:
            donate_together(session, [(unit, gift)])
        assert len(unit.entries) == expected
