"""What is over for five years is forgotten, sooner what was needed for days; the books balance and nothing open goes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from portal.config import Settings
from portal.core import clock
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.points import forgetting
from portal.points.exchange import rules as exchange_rules
from portal.points.exchange import service as exchange
from portal.points.exchange.models import PointExchange
from portal.points.ledger.models import PointTransfer
from portal.points.partners import contracts, sales, settling
from portal.points.partners.models import PointSale, PointStatement
from portal.points.spending.models import PointCoupon
from portal.points.volunteering import objections, taking_part
from portal.points.volunteering.models import VolunteerObjection, VolunteerPlace
from tests.portal.points import offered
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, activity, apply, approve, host, programme
from tests.portal.points.shops import coupon, touch

FIVE_YEARS = forgetting.CLAIMS + timedelta(days=60)


def count(database: Database, table: type[Any]) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def forget(database: Database, part: int = forgetting.PART) -> None:
    with database.command("forget") as session:
        forgetting.forget_old(session, {}, part=part)


@pytest.fixture
def now() -> Iterator[Any]:
    with clock.freeze(clock.now()):
        yield clock.now()


def test_sales_and_coupons_go_after_five_years_and_statements_stay(
    town: Database, shop: UUID, worker: Worker, now: Any
) -> None:
    used, _open = coupon(town), coupon(town)
    with town.command("take") as session:
        sales.by_coupon(session, ONE, contracts.partner(session, shop), used)
    for _time in range(3):
        touch(town, shop, 100)
    transfers = count(town, PointTransfer)
    with clock.freeze(now + FIVE_YEARS - timedelta(days=90)):
        forget(town)
        assert (count(town, PointSale), count(town, PointCoupon)) == (4, 2)
    with clock.freeze(now + FIVE_YEARS):
        forget(town)
        assert count(town, PointSale) == 4, "what no shop was paid for waits, however old"
    with clock.freeze(now + timedelta(days=60)), town.command("settle") as session:
        settling.settle(session, {})
    with clock.freeze(now + FIVE_YEARS):
        forget(town)
        assert (count(town, PointSale), wrong(town)) == (4, []), "five years after the statement"
    with clock.freeze(now + FIVE_YEARS + timedelta(days=30)):
        forget(town, part=2)
        assert wrong(town) == [], "also while only some are gone"
        assert count(town, PointSale) == 2
        worker.run_pending()
        assert (count(town, PointSale), count(town, PointStatement)) == (0, 1)
        forget(town)
        assert count(town, PointCoupon) == 1, "one nobody used goes five years after its last day"
    with clock.freeze(now + FIVE_YEARS + timedelta(days=400)):
        forget(town)
    assert count(town, PointCoupon) == 0
    assert count(town, PointTransfer) == transfers + 1
    assert wrong(town) == []


def test_a_member_number_is_kept_for_three_months_and_an_exchange_for_five_years(
    town: Database, settings: Settings, now: Any
) -> None:
    with town.command("ask") as session:
        who = offered.person(session, cast.HANAKO)
        done = exchange.ask(session, who, member="1234567890", points=100, key=uuid4()).reference
        waits = exchange.ask(session, who, member="1234567890", points=100, key=uuid4()).reference
        mine = update(PointExchange).where(PointExchange.reference == done)
        session.execute(mine.values(state=str(exchange_rules.State.DONE), done_at=clock.now()))

    def members() -> dict[str, str]:
        with town.command("look") as session:
            return dict(session.execute(select(PointExchange.reference, PointExchange.member)).all())  # type: ignore[arg-type]

    forget(town)
    assert members() == {done: "1234567890", waits: "1234567890"}
    for _time in range(2):
        with clock.freeze(now + forgetting.MEMBER_KEPT + timedelta(days=1)):
            forget(town)
        assert members() == {done: "…7890", waits: "1234567890"}
    assert exchange_rules.ending("…7890") == exchange_rules.ending("1234567890")
    with clock.freeze(now + FIVE_YEARS):
        forget(town)
    assert members() == {waits: "1234567890"}, "what never ended is for staff to end"


def test_hours_go_after_five_years_with_what_was_said_and_left_places_after_one(town: Database, now: Any) -> None:
    programme(town)
    one = activity(town, host(town))
    mine = apply(town, cast.HANAKO, one)
    apply(town, cast.TARO, one)
    with town.command("leave") as session:
        taking_part.withdraw(session, offered.person(session, cast.TARO), one)
    with clock.freeze(now + timedelta(days=2)):
        approve(town, one, {mine: 60})
        with town.command("object") as session:
            who = offered.person(session, cast.HANAKO)
            objections.object_to(session, who, one, minutes=120, words="2時間いました。")
    forget(town)
    assert count(town, VolunteerPlace) == 2
    with clock.freeze(now + timedelta(days=380)):
        forget(town)
    assert (count(town, VolunteerPlace), count(town, VolunteerObjection)) == (1, 1)
    with clock.freeze(now + FIVE_YEARS):
        forget(town)
    assert (count(town, VolunteerPlace), count(town, VolunteerObjection)) == (0, 0)
    assert wrong(town) == []
