"""Points for applications come from a programme: its budget, its caps, its days; what finds it spent waits and is paid."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal import migrations
from portal.applications.events import ApplicationCompleted
from portal.applications.models import Application, ApplicationEvent
from portal.core import clock
from portal.core.money import Points
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.points import e_services
from portal.points import service as points
from portal.points.ledger.models import PointTransfer
from portal.points.ledger.rules import Reason
from portal.points.programmes import service as programmes
from portal.points.programmes.models import PointEarning, PointProgramme, PointUnpaid
from portal.points.programmes.rules import State, Unit
from tests.conftest import StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import ONE, OTHER, day, for_applications, person, terms
from tests.portal.reservations import visits

__all__ = ["people"]
SENT = "e-services-2026"


def offer(database: Database, **changed: Any) -> None:
    with database.command("offer") as session:
        for_applications(session, SENT, **changed)


def ended(database: Database, who: UUID, *, promised: int = 50, channel: str = "online") -> ApplicationCompleted:
    """An application of somebody, finished: told as the room tells it."""
    case = visits.application(database, who)
    with database.command("ended") as session:
        reference = session.get_one(Application, case).reference
    return ApplicationCompleted(
        application_id=case,
        resident_id=who,
        reference=reference,
        procedure="moving-in",
        points=promised,
        channel=channel,
    )


def tell(database: Database, event: ApplicationCompleted) -> None:
    with database.command("tell") as session:
        points.on_application_completed(session, event)


def finish(database: Database, who: UUID, promised: int = 50, channel: str = "online") -> ApplicationCompleted:
    event = ended(database, who, promised=promised, channel=channel)
    tell(database, event)
    return event


def balance(database: Database, who: UUID) -> int:
    with database.command("look") as session:
        return points.balance(session, who)


def told(database: Database, event: ApplicationCompleted) -> list[int]:
    """What the timeline says of points."""
    with database.command("look") as session:
        rows = select(ApplicationEvent).where(
            ApplicationEvent.application_id == event.application_id, ApplicationEvent.kind == "points-credited"
        )
        return [row.facts["points"] for row in session.scalars(rows)]


def waits(database: Database) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(PointUnpaid)) or 0


@pytest.fixture
def two(database: Database, people: None) -> list[UUID]:
    with database.command("look") as session:
        return [person(session, one) for one in (cast.HANAKO, cast.TARO)]


def test_what_a_procedure_promises_comes_from_the_budget_once(database: Database, two: list[UUID]) -> None:
    offer(database, budget=500)
    event = finish(database, two[0], 50)
    tell(database, event)
    assert (balance(database, two[0]), told(database, event)) == (50, [50])
    with database.command("look") as session:
        assert programmes.budget(session, SENT) == (500, 450)
        assert session.scalars(select(PointEarning.programme)).all() == [SENT]
    finish(database, two[0], 0)
    finish(database, two[0], 50, "window")
    assert balance(database, two[0]) == 50
    assert wrong(database) == []


def test_without_a_programme_or_after_its_last_day_nothing_is_given_and_nothing_waits(
    database: Database, two: list[UUID]
) -> None:
    finish(database, two[0])
    offer(database, ends_on=day(3))
    event = ended(database, two[0])
    with clock.freeze(clock.now() + timedelta(days=5)):
        tell(database, event)
    assert (balance(database, two[0]), waits(database)) == (0, 0)


def test_the_caps_hold_and_other_terms_price_only_what_comes_later(database: Database, two: list[UUID]) -> None:
    offer(database, per_month=80)
    assert told(database, finish(database, two[0], 50)) == [50]
    assert told(database, finish(database, two[0], 50)) == [30]
    assert told(database, finish(database, two[0], 50)) == []
    with database.command("double") as session:
        programmes.propose(session, ONE, SENT, terms(points=2, begins_on=day(1), title={"ja": "倍"}))
        programmes.approve(session, OTHER, SENT, 2)
    later = ended(database, two[1], promised=40)
    with clock.freeze(clock.now() + timedelta(days=1)):
        tell(database, later)
    assert (balance(database, two[0]), told(database, later)) == (80, [80])


def test_a_spent_budget_holds_no_application_up_is_seen_and_paid_from_the_next(
    database: Database, two: list[UUID], worker: Worker, staff_client: StaffClient
) -> None:
    offer(database, budget=60)
    finish(database, two[0], 50)
    late = [finish(database, two[1], 50), finish(database, two[0], 30)]
    tell(database, late[0])
    assert ([told(database, one) for one in late], waits(database)) == ([[], []], 2)
    keeper = staff_client(Role.POINTS_KEEPER)
    for path in ("/staff/points", f"/staff/points/{SENT}"):
        page = keeper.get(path).text
        assert "2件" in page, path
        assert "80" in page, path
    with database.command("more") as session:
        programmes.propose(session, ONE, SENT, terms(points=3, budget=125, begins_on=day(1), title={"ja": "三倍"}))
        programmes.approve(session, OTHER, SENT, 2)
    worker.run_pending()
    assert [told(database, one) for one in late] == [[50], []], "by the terms of its own day, the oldest first"
    assert waits(database) == 1
    with database.command("more") as session:
        programmes.propose(session, ONE, SENT, terms(points=3, budget=500, begins_on=day(2), title={"ja": "三倍"}))
        programmes.approve(session, OTHER, SENT, 3)
    worker.run_pending()
    assert (balance(database, two[0]), balance(database, two[1]), waits(database)) == (80, 50, 0)
    assert wrong(database) == []


def test_eight_ends_at_the_same_instant_spend_no_more_than_there_is(database: Database, two: list[UUID]) -> None:
    offer(database, budget=120)
    events = [ended(database, two[number % 2], promised=50) for number in range(8)]
    together(lambda number: tell(database, events[number]), 8)
    assert balance(database, two[0]) + balance(database, two[1]) == 100
    assert waits(database) == 6
    assert wrong(database) == []


def test_what_waits_is_paid_in_parts(database: Database, two: list[UUID], worker: Worker) -> None:
    offer(database, budget=0)
    for number in range(5):
        finish(database, two[number % 2], 10)
    with database.command("more") as session:
        programmes.propose(session, ONE, SENT, terms(points=1, budget=1_000, begins_on=day(1)))
        programmes.approve(session, OTHER, SENT, 2)
        e_services.pay_unpaid(session, {"programme": SENT}, batch=2)
    assert waits(database) == 3
    worker.run_pending()
    assert (waits(database), balance(database, two[0])) == (0, 30)


def test_a_city_that_gave_such_points_before_goes_on_and_no_other_begins(database: Database, two: list[UUID]) -> None:
    """What the migration asks the worker for."""
    old = ended(database, two[0])
    with database.command("before") as session:
        key = f"application:{old.application_id}"
        points.credit(session, two[0], Points(200_000), reason=Reason.E_SERVICE, key=key, case_ref=old.reference)
    for _time in range(2):
        with database.command("carry over") as session:
            e_services.carry_over(session, {})
    with database.command("look") as session:
        one = session.scalars(select(PointProgramme)).one()
        found = programmes.terms_on(session, one.code, clock.today())
        assert found
        assert (one.unit, found.points, found.budget, found.state) == (Unit.PROMISED, 1, 200_000, State.APPROVED)
    tell(database, old)
    assert balance(database, two[0]) == 200_000, "what was given before is not given again"
    assert told(database, finish(database, two[1], 50)) == [50]
    with database.command("look") as session:
        given = session.scalar(select(PointTransfer.source_id).where(PointTransfer.key.startswith("earn:application:")))
        assert given == one.account_id
    assert wrong(database) == []


def test_a_city_without_such_points_opens_no_programme_by_itself(database: Database, staff_client: StaffClient) -> None:
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(PointProgramme)) == 0
    keeper = staff_client(Role.POINTS_KEEPER)
    page = keeper.get("/staff/points/new")
    typed = {
        "ja": "オンライン申請",
        "points": "1",
        "budget": "1000",
        "why": "試す",
        "code": "e-services",
        "kind": "e-service",
    }
    wrong_unit = keeper.submit(page, "/staff/points/new", **typed, unit="hour")
    assert wrong_unit.status == 422
    assert keeper.submit(page, "/staff/points/new", **(typed | {"kind": "health"}), unit="promised").status == 422


@pytest.mark.parametrize("gave", [True, False])
def test_the_migration_asks_for_the_programme_where_such_points_were_given(
    database: Database, two: list[UUID], worker: Worker, gave: bool
) -> None:
    if gave:
        with database.command("before") as session:
            points.credit(session, two[0], Points(50), reason=Reason.E_SERVICE, key="application:1", case_ref="x")
    migrations.downgrade(database.engine, "0123")
    migrations.upgrade(database.engine)
    worker.run_pending()
    with database.command("look") as session:
        budgets = [programmes.budget(session, one.code)[0] for one in programmes.programmes(session)]
    assert budgets == ([e_services.LEAST_BUDGET] if gave else [])
