"""Several procedures in one visit: planned together, added later, left out, done one by one; limits of a person."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from portal.applications import service as applications
from portal.core import clock
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.reservations import parts, rules, search, service, together
from portal.reservations.models import Booking
from portal.reservations.rules import (
    AlreadyPlanned,
    EndedBy,
    NoTimeAfter,
    Part,
    State,
    TooManyCancels,
    TooManyChanges,
    TooManyPlanned,
)
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

HALF_HOUR = timedelta(minutes=30)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.freeze(TUESDAY - timedelta(days=1)):
        yield


def as_person(database: Database, person: UUID, act: Callable[..., Any], *args: Any, **facts: Any) -> Any:
    actor = visits.resident(person)
    with database.page(actor, Purpose.OWN_USE, writes=True) as session:
        return act(session, actor, *args, **facts)


def planned_of(database: Database, booking: Booking) -> list[UUID | None]:
    with database.command("look") as session:
        return [part.application_id for part in parts.of(session, booking.id, Part.PLANNED)]


def test_two_applications_make_one_visit(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    slot = visits.slot_at(database, TUESDAY)
    cases = [
        visits.application(database, hanako, procedure=name) for name in ("moving-within-city", "seal-registration")
    ]
    booking = as_person(database, hanako, together.plan, cases, slot)
    assert as_person(database, hanako, together.plan, cases, slot).id == booking.id
    with database.command("look") as session:
        needed = [applications.summary(session, case).minutes for case in cases]
        assert booking.minutes == rules.visit_minutes(needed) < sum(needed)
        assert {service.of_application(session, case).id for case in cases} == {booking.id}  # type: ignore[union-attr]
        second = applications.summary(session, cases[1]).reference
        assert second != booking.reference
        assert service.by_reference(session, second).id == booking.id  # type: ignore[union-attr]
        assert [[line.kind for line in applications.timeline(session, case)] for case in cases] == [["booked"]] * 2
        views = service.parts_of(session, booking.id)
        assert set(service.to_bring(views)) == {text for view in views for text in view.bring}
    with pytest.raises(AlreadyPlanned):
        as_person(database, hanako, together.plan, [visits.application(database, hanako), cases[1]], slot)
    with database.page(visits.resident(hanako), Purpose.OWN_USE, writes=True) as session:
        service.cancel(session, booking.id, owner=hanako)
    assert visits.taken(database, slot) == 0
    with database.command("look") as session:
        assert [service.of_application(session, case) for case in cases] == [None, None]


def test_a_further_application_makes_the_visit_longer_or_needs_another_time(database: Database, worker: Worker) -> None:
    hanako, taro = visits.open_city(database)[:2]
    slot, after = visits.slot_at(database, TUESDAY), visits.slot_at(database, TUESDAY + HALF_HOUR, places=1)
    late = visits.slot_at(database, TUESDAY + 4 * HALF_HOUR)
    booking = visits.book(database, hanako, visits.application(database, hanako), slot)
    more = visits.application(database, hanako, procedure="child-rearing-allowance")
    taros = visits.book(database, taro, visits.application(database, taro), after)
    with pytest.raises(NoTimeAfter):
        as_person(database, hanako, together.add, booking.id, more)
    assert planned_of(database, booking) == [booking.application_id]
    moved = as_person(database, hanako, service.change, booking.id, late, adding=more)
    worker.run_pending()
    assert (moved.slots, visits.taken(database, slot), visits.taken(database, late)) == (2, 0, 1)
    as_person(database, hanako, together.leave_out, booking.id, more)
    as_person(database, hanako, service.change, booking.id, slot)
    with database.page(visits.resident(taro), Purpose.OWN_USE, writes=True) as session:
        service.cancel(session, taros.id, owner=taro)
    with clock.freeze(clock.now() + timedelta(minutes=31)):
        worker.run_pending()
    grown = as_person(database, hanako, together.add, booking.id, more)
    assert as_person(database, hanako, together.add, booking.id, more).slots == grown.slots == 2
    assert [visits.taken(database, one) for one in (slot, after, late)] == [1, 1, 0]


def test_adding_while_cancelling_loses_no_place(database: Database) -> None:
    people = visits.open_city(database)[:4]
    slot, after = visits.slot_at(database, TUESDAY), visits.slot_at(database, TUESDAY + HALF_HOUR)
    for person in people:
        booking = visits.book(database, person, visits.application(database, person), slot)
        more = visits.application(database, person, procedure="child-rearing-allowance")

        def add(person: UUID = person, id: UUID = booking.id, more: UUID = more) -> None:
            as_person(database, person, together.add, id, more)

        def cancel(person: UUID = person, id: UUID = booking.id) -> None:
            with database.page(visits.resident(person), Purpose.OWN_USE, writes=True) as session:
                service.cancel(session, id, owner=person)

        with ThreadPoolExecutor(2) as pool:
            outcome = Counter(pool.map(outcome_of, (add, cancel)))
        assert outcome in ({"done": 2}, {"done": 1, "booking-over": 1})
        assert (visits.taken(database, slot), visits.taken(database, after)) == (0, 0)
        assert planned_of(database, booking) == []


def outcome_of(act: Callable[[], Any]) -> str:
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return "done"


def test_withdrawing_one_keeps_the_visit_for_the_other(database: Database, worker: Worker) -> None:
    hanako = visits.open_city(database)[0]
    slot, after = visits.slot_at(database, TUESDAY), visits.slot_at(database, TUESDAY + HALF_HOUR)
    first, second = (
        visits.application(database, hanako),
        visits.application(database, hanako, procedure="child-rearing-allowance"),
    )
    booking = as_person(database, hanako, together.plan, [first, second], slot)
    as_person(database, hanako, applications.withdraw, first)
    worker.run_pending()
    with database.command("look") as session:
        kept = service.open_booking(session, booking.id)
        assert (kept.state, kept.application_id, kept.reference) == (State.BOOKED, second, booking.reference)
        assert kept.minutes < booking.minutes
    as_person(database, hanako, applications.withdraw, second)
    worker.run_pending()
    with database.command("look") as session:
        ended = service.open_booking(session, booking.id)
        assert (ended.state, ended.ended_by) == (State.CANCELLED, EndedBy.PERSON)
    assert (visits.taken(database, slot), visits.taken(database, after)) == (0, 0)


def test_a_person_has_three_visits_at_once_also_in_a_race(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    cases = [visits.application(database, hanako) for _ in range(6)]
    start = visits.slot_at(database, TUESDAY, places=9)

    def book(case: UUID) -> str:
        return outcome_of(lambda: visits.book(database, hanako, case, start))

    with ThreadPoolExecutor(6) as pool:
        outcome = Counter(pool.map(book, cases))
    while visits.taken(database, start) < rules.PLANNED_AT_ONCE:  # two of them met: they were told to try again
        assert {book(case) for case in cases} <= {"done", "too-many-planned"}
    assert set(outcome) <= {"done", "met-another", "too-many-planned"}
    assert visits.taken(database, start) == rules.PLANNED_AT_ONCE == 3
    with pytest.raises(TooManyPlanned):
        visits.book(database, hanako, visits.application(database, hanako), start)


def test_changes_a_day_and_cancels_a_month_have_an_end(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    times = [visits.slot_at(database, TUESDAY + HALF_HOUR * number) for number in range(4)]
    booking = visits.book(database, hanako, visits.application(database, hanako), times[0])
    for number in range(rules.CHANGES_A_DAY):
        as_person(database, hanako, service.change, booking.id, times[1 + number % 3])
    with pytest.raises(TooManyChanges):
        as_person(database, hanako, service.change, booking.id, times[0])
    with clock.freeze(TUESDAY - timedelta(minutes=60)):
        as_person(database, hanako, service.change, booking.id, times[0])
        for _ in range(rules.CANCELS_IN_30_DAYS):
            with database.page(visits.resident(hanako), Purpose.OWN_USE, writes=True) as session:
                service.cancel(session, booking.id, owner=hanako)
            if _ < rules.CANCELS_IN_30_DAYS - 1:
                booking = visits.book(database, hanako, visits.application(database, hanako), times[3])
        with pytest.raises(TooManyCancels):
            visits.book(database, hanako, visits.application(database, hanako), times[3])
    with clock.freeze(TUESDAY + timedelta(days=31)):
        with database.job("open") as session:
            service.open_slots(session, {})
        later = visits.slot_at(database, TUESDAY + timedelta(days=35))
        assert visits.book(database, hanako, visits.application(database, hanako), later)


def test_the_first_free_time_is_that_of_the_nearer_office(database: Database) -> None:
    visits.open_city(database)
    visits.slot_at(database, TUESDAY.replace(hour=9), office="inage", places=0)
    near = ("inage", "chuo", "midori")
    with database.command("look") as session:
        found = search.first_free(session, search.Wish(near, 20, days=1))
        assert found.first
        assert (found.first.office, found.first.starts_at) == ("chuo", TUESDAY.replace(hour=9))
        assert [one.office for one in found.elsewhere] == ["inage", "midori"]
        afternoon = search.Wish(near, 45, part=search.PartOfDay.AFTERNOON, weekday=3)
        first = search.first_free(session, afternoon).first
        assert first
        assert (first.office, first.starts_at) == ("inage", TUESDAY.replace(hour=14) + timedelta(days=1))
