"""Reserving a visit: the rush, the second press, the change of mind."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.applications import service as applications
from portal.applications import visits as timelines
from portal.core import clock
from portal.core.audit import Purpose
from portal.core.clock import JST
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.reservations import rules, service
from portal.reservations.hours import opening
from portal.reservations.models import Booking, Slot
from portal.reservations.rules import BookingNotFound, BookingOver, NotBookable, SlotClosed, SlotFull, State
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.freeze(TUESDAY - timedelta(days=1)):
        yield


def test_a_hundred_people_rush_for_three_places(database: Database) -> None:
    people = visits.open_city(database, 100)
    slot = visits.slot_at(database, TUESDAY, places=3)
    cases = [(person, visits.application(database, person)) for person in people]

    refused = []

    def rush(case: tuple[UUID, UUID]) -> str:
        try:
            visits.book(database, *case, slot)
        except SlotFull as refusal:
            refused.append({one.slot_id for one in refusal.facts["alternatives"]})
            return refusal.code
        return "booked"

    with ThreadPoolExecutor(100) as pool:
        outcome = Counter(pool.map(rush, cases))
    assert outcome == {"booked": 3, "slot-full": 97}
    assert all(alternatives and slot not in alternatives for alternatives in refused)
    assert visits.taken(database, slot) == 3
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == 3


def test_pressing_twice_is_one_booking(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    slot, case = visits.slot_at(database, TUESDAY), visits.application(database, hanako)
    with ThreadPoolExecutor(4) as pool:
        ids = {booking.id for booking in pool.map(lambda _: visits.book(database, hanako, case, slot), range(4))}
    assert len(ids) == 1
    assert visits.taken(database, slot) == 1
    with database.command("look") as session:
        assert [line.kind for line in applications.timeline(session, case)] == ["booked"]


def test_a_changed_visit_frees_the_old_place(database: Database, worker: Worker) -> None:
    hanako = visits.open_city(database)[0]
    early, late = visits.slot_at(database, TUESDAY), visits.slot_at(database, TUESDAY + timedelta(hours=3))
    booking = visits.book(database, hanako, visits.application(database, hanako), early)
    actor = visits.resident(hanako)
    with database.page(actor, Purpose.OWN_USE, writes=True) as session:
        moved = service.change(session, actor, booking.id, late)
    worker.run_pending()
    assert (moved.id, moved.starts_at) == (booking.id, TUESDAY + timedelta(hours=3))
    assert (visits.taken(database, early), visits.taken(database, late)) == (0, 1)


def test_a_full_time_leaves_the_old_visit_as_it_is(database: Database) -> None:
    hanako, sakura = visits.open_city(database)[:2]
    early, late = visits.slot_at(database, TUESDAY), visits.slot_at(database, TUESDAY + timedelta(hours=3), places=1)
    visits.book(database, sakura, visits.application(database, sakura), late)
    booking = visits.book(database, hanako, visits.application(database, hanako), early)
    actor = visits.resident(hanako)
    with pytest.raises(SlotFull), database.page(actor, Purpose.OWN_USE, writes=True) as session:
        service.change(session, actor, booking.id, late)
    assert (visits.taken(database, early), visits.taken(database, late)) == (1, 1)


def test_two_people_change_places_at_the_same_time(database: Database, worker: Worker) -> None:
    people = visits.open_city(database)[:2]
    slots = [visits.slot_at(database, TUESDAY, places=2), visits.slot_at(database, TUESDAY.replace(hour=14), places=2)]
    booked = [
        visits.book(database, person, visits.application(database, person), slot)
        for person, slot in zip(people, slots, strict=True)
    ]

    def change(number: int) -> None:
        actor = visits.resident(people[number])
        with database.page(actor, Purpose.OWN_USE, writes=True) as session:
            service.change(session, actor, booked[number].id, slots[1 - number])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, range(2)))
    with clock.freeze(clock.now() + timedelta(minutes=31)):
        worker.run_pending()
    assert [visits.taken(database, slot) for slot in slots] == [1, 1]


def test_a_cancelled_visit_frees_its_place_once(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    slot, case = visits.slot_at(database, TUESDAY), visits.application(database, hanako)
    booking = visits.book(database, hanako, case, slot)
    with database.command("their list") as session:
        told = timelines.reserved(session, [case])
    assert datetime.fromisoformat(told[case]["starts_at"]) == TUESDAY
    for _ in range(2):
        with database.page(visits.resident(hanako), Purpose.OWN_USE, writes=True) as session:
            service.cancel(session, booking.id, owner=hanako)
    assert visits.taken(database, slot) == 0
    with database.command("their list") as session:
        assert timelines.reserved(session, [case]) == {}
    assert visits.book(database, hanako, case, slot).id != booking.id


def test_a_long_visit_takes_two_slots_in_a_row(database: Database) -> None:
    visits.open_city(database)
    with database.command("look") as session:
        whole = service.bookable(session, "chuo", 45)
        last = max(one.starts_at.astimezone(JST).time() for one in whole)
    assert (last.hour, last.minute) == (16, 0)
    assert rules.slots_needed(30) == 1
    assert rules.slots_needed(31) == 2


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (TUESDAY - timedelta(minutes=30), True),
        (TUESDAY - timedelta(minutes=29), False),
        (TUESDAY - timedelta(days=30), True),
        (TUESDAY - timedelta(days=30, minutes=1), False),
    ],
)
def test_a_slot_takes_bookings_from_30_days_to_30_minutes_before(moment: datetime, open_: bool) -> None:
    if open_:
        rules.check_open(TUESDAY, moment)
        return
    with pytest.raises(SlotClosed):
        rules.check_open(TUESDAY, moment)


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 4), True),
        (date(2026, 11, 21), False),
        (date(2026, 11, 23), False),
        (date(2026, 11, 24), True),
    ],
)
def test_ward_offices_close_on_weekends_holidays_and_at_new_year(day: date, open_: bool) -> None:
    assert opening().is_open("chuo", day) is open_
    starts = list(opening().starts("chuo", day))
    assert len(starts) == (16 if open_ else 0)


def test_nobody_books_for_the_application_of_somebody_else(database: Database) -> None:
    hanako, taro = visits.open_city(database)[:2]
    slot, case = visits.slot_at(database, TUESDAY), visits.application(database, hanako)
    with pytest.raises(BookingNotFound):
        visits.book(database, taro, case, slot)
    booking = visits.book(database, hanako, case, slot)
    with pytest.raises(BookingNotFound), database.command("look") as session:
        service.open_booking(session, booking.id, owner=taro)


def test_a_finished_application_needs_no_visit(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    case = visits.application(database, hanako, state="completed")
    with pytest.raises(NotBookable):
        visits.book(database, hanako, case, visits.slot_at(database, TUESDAY))


def test_withdrawing_the_application_gives_the_place_back(database: Database, worker: Worker) -> None:
    hanako = visits.open_city(database)[0]
    slot, case = visits.slot_at(database, TUESDAY), visits.application(database, hanako)
    visits.book(database, hanako, case, slot)
    actor = visits.resident(hanako)
    with database.page(actor, Purpose.OWN_USE, writes=True) as session:
        applications.withdraw(session, actor, case)
    worker.run_pending()
    assert visits.taken(database, slot) == 0


def test_who_never_came_may_reserve_again(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    slot, case = visits.slot_at(database, TUESDAY), visits.application(database, hanako)
    booking = visits.book(database, hanako, case, slot)
    with clock.freeze(TUESDAY + timedelta(minutes=61)), database.job("give up") as session:
        service.give_up(session, {})
        assert service.open_booking(session, booking.id).state == State.NO_SHOW
        assert service.of_application(session, case) is None


def test_a_visit_that_began_cannot_be_cancelled(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    booking = visits.book(database, hanako, visits.application(database, hanako), visits.slot_at(database, TUESDAY))
    with clock.freeze(TUESDAY), pytest.raises(BookingOver), database.command("look") as session:
        service.cancel(session, booking.id, owner=hanako)


def test_opening_slots_twice_opens_them_once(database: Database) -> None:
    visits.open_city(database)
    with database.command("again") as session:
        before = session.scalar(select(func.count()).select_from(Slot))
        service.open_slots(session, {})
        assert session.scalar(select(func.count()).select_from(Slot)) == before
