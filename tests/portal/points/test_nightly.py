"""What the night does to ranks: many at once as one by one, and only whose twelve months ended."""

import os
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.cards.models import ServiceId
from portal.cards.rules import Service
from portal.core import clock
from portal.core.clock import JST
from portal.core.uow import Database
from portal.points import nightly, rules, service
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Reason
from portal.residents.service import Person
from tests.portal.points.books import people

__all__ = ["people"]
YEAR = timedelta(days=365)
SEED = int(os.environ.get("TEST_SEED", "20261123"))


def earners(session: Session, chance: Random) -> list[UUID]:
    """Everybody of the cast, with points of all kinds around the ends of the twelve months and of the days of grace."""
    found = list(session.scalars(select(Person.id).order_by(Person.addressee_number)))
    city, ends = ledger.city(session), (YEAR, YEAR + rules.GRACE, rules.GRACE, timedelta(0))
    for who in found:
        account = ledger.account_of(session, who)
        for place in range(chance.randrange(5)):
            at = clock.now() - chance.choice(ends) + timedelta(hours=chance.randrange(-50, 50))
            reason = chance.choice([Reason.EVENT, Reason.VOLUNTEERING, Reason.GIFT, Reason.E_SERVICE])
            gift = Entry(
                f"{who}:{place}", city, account, chance.choice([100, 600, 2_500]), reason, at=min(at, clock.now())
            )
            number = ledger.grant(session, gift)
            if number and chance.random() < 0.2:
                ledger.reverse(session, number, key=f"back:{number}")
    return found


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        (datetime(2026, 11, 23, 9), datetime(2025, 11, 23, 9)),
        (datetime(2024, 3, 1, 9), datetime(2023, 3, 1, 9)),  # 366 days: February had 29
        (datetime(2025, 3, 1, 0), datetime(2024, 3, 1, 0)),
        (datetime(2024, 2, 29, 9), datetime(2023, 2, 28, 9)),
        (datetime(2025, 2, 28, 9), datetime(2024, 2, 28, 9)),
    ],
)
def test_twelve_months_are_counted_by_the_calendar(now: datetime, begins: datetime) -> None:
    assert rules.window_begins(now.replace(tzinfo=JST)) == begins.replace(tzinfo=JST)


def _a_year_and_grace() -> timedelta:
    now = clock.now()
    return now - rules.window_begins(now - rules.GRACE)


def test_many_ranks_at_once_are_those_of_each(database: Database, people: None) -> None:
    print(f"TEST_SEED={SEED}")
    with database.command("earn") as session:
        found = earners(session, Random(SEED))
        at_once = service.ranks_of(session, found)
        alone = {who: service.rank(session, who) for who in found}
    assert {who: at_once.get(who, rules.Rank.REGULAR) for who in found} == alone
    assert len(set(alone.values())) > 1, "which ranks there are is up to the seed"


def test_the_night_notes_ranks_that_points_have_left(database: Database, people: None) -> None:
    with database.command("earn") as session:
        first, second, *_ = session.scalars(select(Person.id).order_by(Person.addressee_number))
        for who, ago in ((first, _a_year_and_grace()), (second, timedelta(days=9))):
            at = clock.now() - ago - timedelta(hours=5)
            account = ledger.account_of(session, who)
            ledger.grant(session, Entry(f"old:{who}", ledger.city(session), account, 2_500, Reason.EVENT, at=at))
            number = f"{who.int % 10**9:012d}"
            row = {"resident_id": who, "service": str(Service.POINTS), "number": number, "since": at, "note": "gold"}
            session.add(ServiceId(**row))
    with database.command("night") as session:
        nightly.follow_ranks(session, {}, batch=1)
    with database.command("look") as session:
        notes = dict(session.execute(select(ServiceId.resident_id, ServiceId.note)).all())
    assert (notes[first], notes[second]) == ("regular", "gold")
    with database.command("again") as session:
        session.execute(update(ServiceId).values(note="regular"))
        nightly.follow_ranks(session, {"after": str(first)})
    with database.command("look") as session:
        assert set(session.scalars(select(ServiceId.note))) == {"regular"}
