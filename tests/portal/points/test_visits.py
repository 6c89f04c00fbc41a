"""Points for visits reserved online: once, for who came, and for nobody else."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.points import service as points
from portal.points import visits as rule
from portal.points.ledger.rules import Reason
from portal.points.programmes import service as programmes
from portal.points.programmes.models import PointEarning
from portal.points.programmes.rules import Unit
from portal.reservations import bookings, phone
from portal.reservations import service as reservations
from portal.reservations.models import Booking
from tests.conftest import ResidentClient
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, OTHER, terms
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

MONDAY = TUESDAY - timedelta(days=1)
VISITS = "visits-2026"


@pytest.fixture
def people(database: Database) -> Iterator[list[UUID]]:
    with clock.freeze(MONDAY):
        yield visits.open_city(database)


def give(database: Database, **changed: object) -> None:
    with database.command("programme") as session:
        facts = terms(points=20, **changed)
        programmes.create(session, ONE, code=VISITS, reason=Reason.E_SERVICE, unit=Unit.ACT, facts=facts)
        programmes.approve(session, OTHER, VISITS, 1)


def reserve(database: Database, person: UUID, start: datetime = TUESDAY) -> Booking:
    case = visits.application(database, person)
    return visits.book(database, person, case, visits.slot_at(database, start, places=40))


def come(database: Database, worker: Worker, booking: Booking, *, early: timedelta = timedelta()) -> None:
    """Checked in, and served to the end."""
    with clock.freeze(booking.starts_at - early):
        with database.page(visits.resident(booking.resident_id), Purpose.WINDOW, writes=True) as session:
            own = session.get_one(Booking, booking.id)
            assert bookings.arrived(session, own)
            session.refresh(own)
            bookings.served(session, own)
        worker.run_pending()


def balance(database: Database, person: UUID) -> int:
    with database.command("look") as session:
        return points.balance(session, person)


@pytest.mark.parametrize("early", [timedelta(), timedelta(minutes=55)])
def test_a_kept_visit_brings_points_once_and_the_page_says_so(
    database: Database, people: list[UUID], worker: Worker, resident_client: ResidentClient, early: timedelta
) -> None:
    give(database)
    booking = reserve(database, people[0])
    worker.run_pending()
    assert balance(database, people[0]) == 0
    come(database, worker, booking, early=early)
    assert balance(database, people[0]) == 20
    with database.command("again") as session:
        event = bookings.VisitKept(**bookings.facts_of(booking), by_person=True)
        rule.on_visit_kept(session, event)
        rule.on_visit_kept(session, event)
    assert balance(database, people[0]) == 20
    with clock.freeze(TUESDAY):
        assert booking.reference in resident_client("hanako").get("/points").text
    assert wrong(database) == []


def test_cancelling_or_staying_away_brings_nothing(database: Database, people: list[UUID], worker: Worker) -> None:
    give(database)
    cancelled, missed, made = (reserve(database, person) for person in people[:3])
    with database.page(visits.resident(people[0]), Purpose.OWN_USE, writes=True) as session:
        reservations.cancel(session, cancelled.id, owner=people[0])
    with database.command("absent") as session:
        bookings.did_not_come(session, session.get_one(Booking, missed.id))
    with database.command("only checked in") as session:
        bookings.arrived(session, session.get_one(Booking, made.id))
    with clock.freeze(TUESDAY + timedelta(days=1)):
        worker.run_pending()
    assert [balance(database, person) for person in people[:3]] == [0, 0, 0]


def test_a_second_visit_of_the_day_brings_nothing_and_the_next_days_does(
    database: Database, people: list[UUID], worker: Worker
) -> None:
    give(database)
    for start, wanted in ((0, 20), (3, 20), (24, 40)):
        come(database, worker, reserve(database, people[0], TUESDAY + timedelta(hours=start)))
        assert balance(database, people[0]) == wanted


def test_the_caps_of_the_programme_hold(database: Database, people: list[UUID], worker: Worker) -> None:
    give(database, per_month=30)
    for start in (0, 24, 48):
        come(database, worker, reserve(database, people[0], TUESDAY + timedelta(hours=start)))
    assert balance(database, people[0]) == 30
    with database.command("look") as session:
        given = session.scalars(select(PointEarning.given).order_by(PointEarning.at)).all()
    assert given == [20, 10, 0]


def test_what_staff_reserved_brings_nothing(database: Database, people: list[UUID], worker: Worker) -> None:
    give(database)
    slot = visits.slot_at(database, TUESDAY, places=40)
    clerk = Actor(Kind.STAFF, id=new_id(), label="中央区役所 市民総合窓口課", office="chuo")
    case = visits.application(database, people[0])
    with database.page(clerk, Purpose.WINDOW, writes=True) as session:
        booking = phone.book(session, people[0], phone.wanted_of(session, people[0], (), (case,)), slot)
    come(database, worker, booking)
    assert balance(database, people[0]) == 0


def test_without_a_programme_or_with_an_empty_pot_the_visit_ends_as_always(
    database: Database, people: list[UUID], worker: Worker
) -> None:
    come(database, worker, reserve(database, people[0]))
    give(database, budget=30)
    with clock.freeze(TUESDAY), database.command("look") as session:
        assert rule.promised(session) == 20
    for person in people[:2]:
        come(database, worker, reserve(database, person, TUESDAY + timedelta(days=1)))
    assert [balance(database, person) for person in people[:2]] == [20, 0]
    with clock.freeze(TUESDAY), database.command("look") as session:
        assert rule.promised(session) is None
    assert wrong(database) == []
