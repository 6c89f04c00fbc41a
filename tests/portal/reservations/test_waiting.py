"""The waiting list: a freed place goes to one person, the one who waits longest, and is never lost on its way."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.core import clock
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.outbox import LEASE, Promise
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.mailbox.models import Notice
from portal.reservations import freed, service, waiting
from portal.reservations.models import Booking, Slot
from portal.reservations.terms import terms
from portal.reservations.waiting_models import FreedPlace, PlaceOffer, WaitingEntry
from portal.reservations.waiting_rules import (
    EntryState,
    OfferOver,
    PartOfDay,
    TimesStillFree,
    WishNotPossible,
    next_offer,
)
from portal.reservations.waiting_rules import Wish as Wishes
from tests.house.mortal import Mortal
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY
from tests.portal.reservations.waiting_city import ANY_TIME, HALF, WISH, City, Model, city_with

SEED = os.environ.get("TEST_SEED", "2026")
THURSDAY = TUESDAY - timedelta(days=5)
RUSH, LULL = 0.9, 0.3
LONG_VISIT = "tax-consultation"  # 40 minutes: two slots


@pytest.fixture(autouse=True)
def thursday() -> Iterator[None]:
    with clock.freeze(THURSDAY):
        yield


def test_a_freed_place_is_kept_for_who_waits_longest(database: Database, worker: Worker) -> None:
    city = city_with(database, {TUESDAY: 1})
    booked, first, second, late = city.people[:4]
    booking = city.book(booked, TUESDAY)
    for number, person in enumerate((first, second)):
        with clock.freeze(THURSDAY + timedelta(minutes=number)):
            city.joins(person)
    assert city.joins(first).id == city.joins(first).id
    city.cancels(booked, booking)
    worker.run_pending()
    assert city.offered_to() == [first]
    with pytest.raises(Refusal, match="slot-full"):
        city.book(late, TUESDAY)
    waits = city.all(WaitingEntry, resident_id=second)[0]
    with pytest.raises(OfferOver):
        city.does(waiting.accept, second, waits.id)
    mine = city.all(WaitingEntry, resident_id=first)[0]
    taken = [city.does(waiting.accept, first, mine.id).id for _ in range(2)]
    worker.run_pending()
    assert taken[0] == taken[1]
    assert city.all(WaitingEntry, resident_id=first)[0].state == EntryState.BOOKED
    assert [one.state for one in city.all(WaitingEntry, resident_id=second)] == [EntryState.WAITING]
    city.books_are_right()


def test_declined_or_unanswered_it_goes_on_and_then_is_public(database: Database, worker: Worker) -> None:
    city = city_with(database, {TUESDAY: 1})
    booked, first, second = city.people[:3]
    booking = city.book(booked, TUESDAY)
    entries = []
    for number, person in enumerate((first, second)):
        with clock.freeze(THURSDAY + timedelta(minutes=number)):
            entries.append(city.joins(person))
    city.cancels(booked, booking)
    worker.run_pending()
    city.does(waiting.decline, first, entries[0].id)
    worker.run_pending()
    assert city.offered_to() == [second]
    with clock.freeze(THURSDAY + terms().offer), pytest.raises(OfferOver):
        city.does(waiting.accept, second, entries[1].id)
    with clock.freeze(THURSDAY + timedelta(minutes=31)):
        worker.run_pending()
        assert city.offered_to() == []
        assert visits.taken(database, visits.slot_at(database, TUESDAY)) == 0
    assert {one.state for one in city.all(WaitingEntry)} == {EntryState.WAITING}
    assert len(city.all(Notice, link=f"/reservations/waiting/{entries[0].id}")) == 1


@pytest.mark.parametrize(("before", "at_once"), [(timedelta(hours=24), True), (timedelta(hours=24, minutes=1), False)])
def test_a_place_nobody_waits_for_returns_after_a_while(
    database: Database, worker: Worker, before: timedelta, at_once: bool
) -> None:
    city = city_with(database, {TUESDAY: 1})
    slot = visits.slot_at(database, TUESDAY)
    with clock.freeze(TUESDAY - before):
        city.cancels(city.people[0], city.book(city.people[0], TUESDAY))
        worker.run_pending()
        assert visits.taken(database, slot) == (0 if at_once else 1)
    if not at_once:
        place = city.all(FreedPlace)[0]
        assert timedelta(minutes=5) <= place.returns_at - place.freed_at <= timedelta(minutes=30)
        for moment, taken in ((place.returns_at - timedelta(seconds=1), 1), (place.returns_at, 0)):
            with clock.freeze(moment):
                worker.run_pending()
                assert visits.taken(database, slot) == taken


def test_a_lost_promise_is_found_by_the_sweep(database: Database, worker: Worker) -> None:
    city = city_with(database, {TUESDAY: 1})
    city.cancels(city.people[0], city.book(city.people[0], TUESDAY))
    with database.command("lose") as session:
        session.execute(update(Promise).where(Promise.kind == freed.SETTLE).values(failed_at=clock.now()))
    with clock.freeze(THURSDAY + timedelta(minutes=40)):
        with database.job("sweep") as session:
            freed.settle_all(session, {})
        worker.run_pending()
    assert visits.taken(database, visits.slot_at(database, TUESDAY)) == 0


def test_a_long_place_serves_a_short_visit_and_the_rest_goes_on(database: Database, worker: Worker) -> None:
    city = city_with(database, {TUESDAY: 1, TUESDAY + HALF: 1})
    booked, long, short = city.people[:3]
    booking = city.book(booked, TUESDAY, LONG_VISIT)
    entry = city.joins(short)
    with clock.freeze(THURSDAY + timedelta(minutes=1)):
        city.joins(long, procedure=LONG_VISIT)
    city.cancels(booked, booking)
    worker.run_pending()
    city.does(waiting.accept, short, entry.id)
    worker.run_pending()
    assert city.offered_to() == [], "one slot is too short for the one who waits"
    assert [(one.starts_at, one.slots) for one in city.all(FreedPlace, state="free")] == [(TUESDAY + HALF, 1)]
    city.books_are_right()


def test_nobody_is_woken_at_night(database: Database, worker: Worker) -> None:
    city = city_with(database, {TUESDAY: 1})
    booked, waits = city.people[:2]
    booking = city.book(booked, TUESDAY)
    city.joins(waits)
    with clock.freeze(THURSDAY.replace(hour=20, minute=46)):
        city.cancels(booked, booking)
        worker.run_pending()
        assert city.offered_to() == []
    morning = THURSDAY.replace(hour=8) + timedelta(days=1)
    with clock.freeze(morning - timedelta(seconds=1)):
        worker.run_pending()
        assert (city.offered_to(), visits.taken(database, visits.slot_at(database, TUESDAY))) == ([], 1)
    with clock.freeze(morning):
        worker.run_pending()
        assert city.offered_to() == [waits]


@pytest.mark.parametrize(
    ("hour", "minute", "wanted"),
    [(7, 59, "03 08:00"), (8, 0, "03 08:00"), (12, 30, "03 12:30"), (20, 45, "03 20:45"), (20, 46, "04 08:00")],
)
def test_offers_lie_wholly_in_waking_hours(hour: int, minute: int, wanted: str) -> None:
    when = next_offer(THURSDAY.replace(hour=hour, minute=minute), terms())
    assert f"{when.astimezone(JST):%d %H:%M}" == wanted


def test_who_can_reserve_need_not_wait(database: Database) -> None:
    city = city_with(database, {TUESDAY: 1})
    with pytest.raises(TimesStillFree):
        city.joins(city.people[0])
    for wish in (
        Wishes((), WISH.first_day, WISH.last_day, ANY_TIME),
        Wishes(("moon",), WISH.first_day, WISH.last_day, ANY_TIME),
        Wishes(("chuo",), WISH.first_day, WISH.last_day, PartOfDay(0)),
        Wishes(("chuo",), WISH.last_day, WISH.first_day - timedelta(days=1), ANY_TIME),
        Wishes(("chuo",), THURSDAY.date(), THURSDAY.date(), ANY_TIME, notice_days=1),
        Wishes(("chuo",), THURSDAY.date(), THURSDAY.date() + timedelta(days=31), ANY_TIME),
    ):
        with pytest.raises(WishNotPossible):
            city.joins(city.people[0], wish)


def test_a_wait_ends_by_itself(database: Database, worker: Worker) -> None:
    city = city_with(database, {TUESDAY: 1, TUESDAY + HALF: 0})
    booked, waits, finds = city.people[:3]
    city.book(booked, TUESDAY)
    city.joins(waits, Wishes(("chuo",), WISH.first_day, WISH.last_day, ANY_TIME, notice_days=2))
    city.joins(finds)
    with database.command("one more") as session:
        session.execute(update(Slot).where(Slot.starts_at == TUESDAY + HALF, Slot.office == "chuo").values(capacity=1))
    city.book(finds, TUESDAY + HALF)
    worker.run_pending()
    assert city.all(WaitingEntry, resident_id=finds)[0].why == "no-need"
    for days, state in ((2, EntryState.WAITING), (1, EntryState.ENDED)):
        with clock.freeze(TUESDAY - timedelta(days=days)), database.job("end") as session:
            waiting.end_past(session, {})
        assert city.all(WaitingEntry, resident_id=waits)[0].state == state
    with clock.freeze(TUESDAY + timedelta(days=100)), database.job("forget") as session:
        waiting.forget_ended(session, {})
    assert city.all(WaitingEntry) == []


def test_two_workers_and_two_presses_are_one_visit(database: Database, worker: Worker) -> None:
    city = city_with(database, {TUESDAY: 2})
    booked, other, first, second = city.people[:4]
    bookings = [(one, city.book(one, TUESDAY)) for one in (booked, other)]
    for number, person in enumerate((first, second)):
        with clock.freeze(THURSDAY + timedelta(minutes=number)):
            city.joins(person)
    for person, booking in bookings:
        city.cancels(person, booking)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(worker.run_pending) for _ in range(4)]:
            done.result()
    with clock.freeze(THURSDAY + timedelta(minutes=10)):  # a promise that met a lock is tried again
        worker.run_pending()
    assert sorted(city.offered_to()) == sorted([first, second])

    def press(person: UUID) -> UUID:
        entry = city.all(WaitingEntry, resident_id=person)[0]
        booking: Booking = city.does(waiting.accept, person, entry.id)
        return booking.id

    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(press, [first, second] * 3))
    assert len(ids) == 2
    city.books_are_right()


def test_killed_anywhere_a_place_is_offered_once(app: Flask, database: Database) -> None:
    city = city_with(database, {TUESDAY: 1})
    booked, waits = city.people[:2]
    booking = city.book(booked, TUESDAY)
    city.joins(waits)
    city.cancels(booked, booking)
    chance = Random(f"{SEED} {database.engine.dialect.name}")
    with Mortal(app, database) as mortal:
        mortal.dies_at(iter([chance.randint(2, 24) for _ in range(6)]))
        later = THURSDAY
        while not mortal.work(later):
            later += LEASE + timedelta(seconds=1)
        assert mortal.deaths > 3
    assert len(city.all(PlaceOffer)) == len(city.offered_to()) == 1
    link = f"/reservations/waiting/{city.all(WaitingEntry)[0].id}"
    assert len(city.all(Notice, link=link)) == 1
    city.books_are_right()


def test_random_days_end_as_on_paper(database: Database, worker: Worker) -> None:
    starts = [TUESDAY - HALF, TUESDAY, TUESDAY + HALF, TUESDAY.replace(hour=13), TUESDAY.replace(hour=13, minute=30)]
    city = city_with(database, dict.fromkeys(starts, 2), people=24)
    chance = Random(f"{SEED} waiting")
    model, now = Model(city), THURSDAY
    for person in city.people:
        with suppress(Refusal):
            city.book(person, chance.choice(starts), chance.choice(["moving-within-city", LONG_VISIT]))
    for step in count():
        if step >= 48 and model.offers > 6 and model.returns > 2:
            break
        assert now < TUESDAY - terms().at_once, f"too little happened: {model.offers} offers, {model.returns} returns"
        now += pause(step, now, chance)
        with clock.freeze(now):
            worker_checks(worker, model)
            with suppress(Refusal):
                one_deed(city, chance, starts, wish=RUSH if step // 12 % 2 else LULL)
            worker_checks(worker, model)
            city.books_are_right()


def pause(step: int, now: datetime, chance: Random) -> timedelta:
    """Until the next deed: some minutes, and now and then a night (later on only at night: days are for offers)."""
    rests = step % 12 == 0 and (step < 48 or not 8 <= now.astimezone(JST).hour < 21)
    return timedelta(hours=9) if rests else timedelta(minutes=chance.choice([1, 2, 7, 16]))


def worker_checks(worker: Worker, model: Model) -> None:
    while worker.run_one():
        model.check()


def one_deed(city: City, chance: Random, starts: list[datetime], *, wish: float) -> None:
    """Somebody does something, sensible or not; *wish* is how likely people are to want a visit."""
    person = chance.choice(city.people)
    entries = city.all(WaitingEntry, resident_id=person, state="waiting")
    if offered := city.offered_to():
        person = chance.choice([person, *offered, *offered])
        entries = city.all(WaitingEntry, resident_id=person, state="waiting")
    bookings = city.all(Booking, resident_id=person, state="booked")
    wants = chance.random() < wish
    if entries:
        deed = chance.choice([waiting.accept, waiting.decline] if wants else [waiting.decline, waiting.leave])
        city.does(deed, person, entries[0].id)
    elif bookings and chance.random() < 0.7:
        city.cancels(person, bookings[0])
    elif bookings:
        slot = visits.slot_at(city.database, chance.choice(starts))
        city.does(service.change, person, bookings[0].id, slot)
    elif wants:
        parts = chance.choice([ANY_TIME, PartOfDay.MORNING, PartOfDay.MIDDAY])
        try:
            city.joins(person, Wishes(("chuo",), WISH.first_day, WISH.last_day, parts))
        except TimesStillFree:
            for start in chance.sample(starts, len(starts)):
                with suppress(Refusal):
                    city.book(person, start)
                    break


def test_an_unanswering_person_holds_up_nobody_for_ever(database: Database, worker: Worker) -> None:
    city = city_with(database, {TUESDAY: 3})
    silent = city.people[4]
    bookings = [(person, city.book(person, TUESDAY)) for person in city.people[:3]]
    city.joins(silent)
    for number, (person, booking) in enumerate(bookings):
        with clock.freeze(THURSDAY + timedelta(minutes=40 * number)):
            city.cancels(person, booking)
            worker.run_pending()
            assert city.offered_to() == [silent]
        with clock.freeze(THURSDAY + timedelta(minutes=40 * number + 31)):
            worker.run_pending()
    assert city.all(WaitingEntry)[0].why == "unanswered"
    with database.command("look") as session:
        assert session.scalar(select(func.sum(Slot.taken))) == 0
