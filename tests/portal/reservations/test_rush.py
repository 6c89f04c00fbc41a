"""Nine o'clock: many want few places, by the service and by the pages, and nobody gets what another has."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.config import Settings
from portal.core import clock, events
from portal.core.audit import Record
from portal.core.outbox import Promise
from portal.core.uow import Database
from portal.reservations.models import Booking, Slot
from tests import crowd
from tests.benchmarks import rush
from tests.portal.oversight.test_reader import faults
from tests.portal.reservations.visits import TUESDAY

PEOPLE, SLOTS, A_SLOT = 160, 8, 4
CROWD, PLACES, SEATS = 80, 15, 8


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.freeze(TUESDAY - timedelta(days=1)):
        yield


def books(database: Database) -> tuple[int, int]:
    """(bookings, places taken); fails if a slot has more or fewer taken than bookings."""
    with database.command("look") as session:
        held = dict(session.execute(select(Booking.slot_id, func.count()).group_by(Booking.slot_id)).all())
        taken = dict(session.execute(select(Slot.id, Slot.taken).where(Slot.taken > 0)).all())
    assert held == taken
    return sum(held.values()), sum(taken.values())


def test_many_tries_over_few_slots_sell_each_place_once(database: Database, settings: Settings) -> None:
    people = rush.people(database, PEOPLE)
    slots = rush.slots_with(database, SLOTS, places=A_SLOT)
    outcome = rush.try_all(database, rush.apply(database, people), slots)
    assert outcome == {"booked": SLOTS * A_SLOT, "slot-full": PEOPLE - SLOTS * A_SLOT}
    assert books(database) == (SLOTS * A_SLOT, SLOTS * A_SLOT)
    with database.command("worker") as session:
        for crowd_told in session.scalars(select(Promise.payload).where(Promise.kind == events.SPREAD)):
            events.spread(session, crowd_told)
        told = session.scalar(
            select(func.count()).select_from(Promise).where(Promise.kind.like("%visit_news.on_booking_made"))
        )
        records = Counter(
            session.scalars(select(Record.what).where(Record.what.in_(["bookings", "applications.timeline"])))
        )
    assert told == SLOTS * A_SLOT
    assert records == {"bookings": SLOTS * A_SLOT, "applications.timeline": SLOTS * A_SLOT}
    assert faults(database, settings) == []


def test_a_crowd_at_nine_comes_in_order_and_fills_every_place(
    app: Flask, database: Database, settings: Settings
) -> None:
    people = rush.people(database, CROWD)[:CROWD]
    (slot,) = rush.slots_with(database, 1, places=PLACES)
    gate = crowd.gate(app, settings, seats=SEATS)
    forms = [{"application": str(case), "slot": str(slot)} for _, case in rush.apply(database, people)]
    visitors = crowd.signed_in(database, settings, people, forms)
    met = crowd.rush(gate, visitors, "/reservations/new", clients=32)
    assert met.answers == {303: PLACES, 409: CROWD - PLACES}, "exactly as many as there are places, and no fault"
    assert met.numbers_grew == 0, "nobody goes back in line"
    # Who came n-th had a ticket of at most n and those who were inside or called at that moment.
    assert all(ticket <= place + 3 * 32 for place, ticket in enumerate(met.came_in, start=1))
    assert books(database) == (PLACES, PLACES)
