"""Everybody wants the same slot: bookings a second through the service against a bare UPDATE and INSERT.

One after another over one connection each, every booking durable. Ours reads the application, checks the rules,
writes booking, audit record, timeline and event in the same transaction; the limit moves the counter and adds a row.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from portal.core import clock
from portal.core.ids import new_id
from portal.reservations.models import Slot
from tests.benchmarks.city import Place
from tests.benchmarks.commits import begin, driver, key, marks
from tests.benchmarks.measure import Row, Sizes, at_least, in_turns
from tests.portal.reservations import visits

TARGET = 0.6
TAKE = "UPDATE slots SET taken = taken + 1 WHERE id = ? AND taken < capacity"
ADD = (
    "INSERT INTO bookings (id, reference, resident_id, slot_id, office, starts_at, slots, minutes, state, ticket, "
    "made_at, changed_at) VALUES (?, 'K7QM3XPRT2WH', ?, ?, 'chuo', ?, 1, 10, 'booked', '', ?, ?)"
)


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    rounds = min(3, sizes.rounds)
    with clock.freeze(visits.TUESDAY - timedelta(days=1)):
        people = visits.open_city(place.database, (rounds + 1) * sizes.bookings)[: (rounds + 1) * sizes.bookings]
        slot = visits.slot_at(place.database, visits.TUESDAY)
        with place.database.command("benchmark") as session:
            session.execute(update(Slot).values(capacity=1_000_000))
        cases = iter([(person, visits.application(place.database, person)) for person in people])

        def ours() -> None:
            for person, case in (next(cases) for _ in range(sizes.bookings)):
                visits.book(place.database, person, case, slot)

        calls = {"ours": ours, "limit": lambda: book_bare(place, people[: sizes.bookings], slot)}
        seconds = in_turns(calls, rounds=rounds, clock=time.perf_counter)
    yield at_least(
        f"bookings of one hot slot / bare UPDATE + INSERT ({place.kind})",
        ours=sizes.bookings / seconds["ours"],
        limit=sizes.bookings / seconds["limit"],
        unit="/s",
        target=TARGET,
        note="bookings a second, one client, each durable; ours with rules, audit record, timeline and event",
    )


def book_bare(place: Place, people: list[UUID], slot: int) -> None:
    now = clock.now().replace(tzinfo=None).isoformat(sep=" ")
    with driver(place) as bare:
        for person in people:
            bare.execute(begin(place))
            bare.execute(marks(place, ADD), (key(place, new_id()), key(place, person), slot, now, now, now))
            bare.execute(marks(place, TAKE), (slot,))
            bare.execute("COMMIT")
