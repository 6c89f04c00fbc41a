"""A time held while the form is finished: one at a time, for ten minutes, turned into the visit by sending it."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from portal.applications import service as applications
from portal.core import clock
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.reservations import holding, holds, limits, rules, service
from portal.reservations.attendance_rules import TooFarAhead
from portal.reservations.models import HoldCount
from portal.reservations.rules import HeldOnceMore, HoldOver, OfficeCannot, SlotFull, TooManyHolds
from tests.portal.reservations import visits
from tests.portal.reservations.test_visits_ahead import missed_visits
from tests.portal.reservations.visits import TUESDAY

NOW = TUESDAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.freeze(NOW):
        yield


def visit_of(database: Database, application_id: UUID) -> int | None:
    """The slot of the application's visit."""
    with database.command("look") as session:
        booking = service.of_application(session, application_id)
        return booking.slot_id if booking else None


def release(database: Database) -> None:
    with database.job("release") as session:
        holding.release_lapsed(session, {})


class Killed(Exception):
    """In the middle of the transaction."""


def send_and_die(database: Database, person: UUID, application_id: UUID) -> None:
    with database.page(visits.resident(person), Purpose.OWN_USE, writes=True) as session:
        applications.submit(session, visits.resident(person), application_id)
        raise Killed


def test_sending_the_form_makes_the_held_time_the_visit(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    slot, other = visits.slot_at(database, TUESDAY), visits.slot_at(database, TUESDAY + timedelta(hours=1))
    case = visits.draft(database, hanako)
    visits.hold(database, hanako, case, other)
    visits.hold(database, hanako, case, slot)
    visits.hold(database, hanako, case, slot)
    assert (visits.taken(database, slot), visits.taken(database, other)) == (1, 0)
    with pytest.raises(Killed):
        send_and_die(database, hanako, case)
    with database.command("look") as session:
        assert applications.is_draft(session, case)
        assert holds.of(session, hanako)
    visits.submit(database, hanako, case)
    visits.submit(database, hanako, case)
    assert (visit_of(database, case), visits.taken(database, slot)) == (slot, 1)
    with database.command("look") as session:
        assert holds.of(session, hanako) is None
        assert "booked" in [line.kind for line in applications.timeline(session, case)]
    release(database)
    assert visits.taken(database, slot) == 1


def test_the_last_place_is_held_for_one_of_two(database: Database) -> None:
    people = visits.open_city(database)[:2]
    slot = visits.slot_at(database, TUESDAY, places=1)
    cases = [(person, visits.draft(database, person)) for person in people]

    def hold(case: tuple[UUID, UUID]) -> str:
        try:
            visits.hold(database, *case, slot)
        except SlotFull as refusal:
            return refusal.code
        return "held"

    with ThreadPoolExecutor(2) as pool:
        assert Counter(pool.map(hold, cases)) == {"held": 1, "slot-full": 1}
    assert visits.taken(database, slot) == 1


def test_a_lapsed_hold_is_not_counted_though_the_worker_is_late(database: Database) -> None:
    hanako, taro, sakura = visits.open_city(database)[:3]
    slot = visits.slot_at(database, TUESDAY, places=1)
    case = visits.draft(database, hanako)
    visits.hold(database, hanako, case, slot)
    taros = visits.application(database, taro)
    with pytest.raises(SlotFull):
        visits.book(database, taro, taros, slot)
    with clock.freeze(NOW + rules.HELD_FOR):
        with database.command("look") as session:
            free = {one.slot_id: one.left for one in service.bookable(session, "chuo", 20)}
        assert free[slot] == 1
        visits.book(database, taro, taros, slot)
        visits.submit(database, hanako, case)
        assert visit_of(database, case) is None
        release(database)
        assert visits.taken(database, slot) == 1
        with pytest.raises(SlotFull):
            visits.hold(database, sakura, visits.draft(database, sakura), slot)


def test_a_time_is_held_longer_once(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    actor, case = visits.resident(hanako), visits.draft(database, hanako)
    visits.hold(database, hanako, case, visits.slot_at(database, TUESDAY))

    def longer() -> None:
        with database.page(actor, Purpose.OWN_USE, writes=True) as session:
            holding.hold_longer(session, actor)

    with clock.freeze(NOW + timedelta(minutes=9)):
        longer()
        with pytest.raises(HeldOnceMore):
            longer()
    with clock.freeze(NOW + timedelta(minutes=18)), database.command("look") as session:
        assert holds.of(session, hanako)
    with clock.freeze(NOW + timedelta(minutes=19)), pytest.raises(HoldOver):
        longer()


def test_sending_while_the_time_runs_out_gives_the_place_once(database: Database) -> None:
    people = visits.open_city(database)[:4]
    slot = visits.slot_at(database, TUESDAY, places=9)
    for number, person in enumerate(people):
        case = visits.draft(database, person)
        visits.hold(database, person, case, slot)

        def send(person: UUID = person, case: UUID = case) -> None:
            visits.submit(database, person, case)

        def let_go(person: UUID = person) -> None:
            actor = visits.resident(person)
            with database.page(actor, Purpose.OWN_USE, writes=True) as session:
                holding.let_go(session, actor)

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(act) for act in ((send, let_go) if number % 2 else (let_go, send))]:
                assert done.exception(60) is None
        with database.command("look") as session:
            booked = sum(len(service.of_resident(session, one)) for one in people)
        assert visits.taken(database, slot) == booked
        with clock.freeze(NOW + timedelta(hours=1)):
            release(database)
        assert visits.taken(database, slot) == booked


def test_places_are_not_kept_from_others_by_holding_them_over_and_over(database: Database) -> None:
    hanako, taro = visits.open_city(database)[:2]
    case, times = visits.draft(database, hanako), [TUESDAY + rules.SLOT * number for number in range(4)]
    ids = [visits.slot_at(database, one) for one in times]

    def hold(number: int) -> str:
        try:
            visits.hold(database, hanako, case, ids[number % 4])
        except (TooManyHolds, SlotFull) as refusal:
            return refusal.code
        return "held"

    visits.slot_at(database, times[0], places=0)
    assert hold(0) == "slot-full"  # what was not held is not counted
    with ThreadPoolExecutor(4) as pool:
        outcomes = Counter(pool.map(lambda number: hold(1 + number % 3), range(4 * rules.HOLDS_A_DAY)))
    assert outcomes["too-many-holds"]
    assert sum(visits.taken(database, one) for one in ids) == 1
    with clock.freeze(NOW + rules.HELD_FOR):
        assert {hold(1), hold(2)} <= {"too-many-holds"}
    with clock.freeze(NOW + timedelta(days=1, hours=-2)):
        assert hold(3) == "held"  # another day
        with database.job("forget") as session:
            limits.forget_counts(session, {})
            assert session.get(HoldCount, hanako)
    # A hold is no way round the other limits: who missed visits, and an office that does not handle it.
    missed_visits(database, taro, 3)
    with pytest.raises(TooFarAhead):
        visits.hold(
            database, taro, visits.draft(database, taro), visits.slot_at(database, TUESDAY + timedelta(days=14))
        )
    with pytest.raises(OfficeCannot):
        rules.check_handles(("inage",), "chuo")
