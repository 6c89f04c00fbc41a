"""Everybody wants a visit at once: bookings a second through the service against the bare statements.

32 clients in one process, every booking durable. Ours reads the applications, checks the rules, writes booking, two
audit records, timeline and event; the limits are the driver alone: for one slot the conditional UPDATE with the INSERT
(one CTE on PostgreSQL, one transaction on SQLite), for 100 slots nothing but the INSERT.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from statistics import median
from uuid import UUID

from sqlalchemy import update

from portal.core import clock
from portal.core.audit import Purpose
from portal.core.ids import new_id
from portal.reservations import service
from portal.reservations.models import Booking
from portal.reservations.service import Wish
from tests.benchmarks import rush
from tests.benchmarks.city import Place
from tests.benchmarks.commits import Driver, driver, key, marks
from tests.benchmarks.measure import Row, Sizes, at_least, at_most, in_turns
from tests.benchmarks.rush import CLIENTS, Case
from tests.portal.reservations import visits

HOT, MANY, FAIR = 0.6, 0.5, 20.0
COLUMNS = "id, reference, resident_id, slot_id, office, starts_at, slots, minutes, state, ticket, made_at, changed_at"
INSERT = f"INSERT INTO bookings ({COLUMNS}) VALUES (?, 'K7QM3XPRT2WH', ?, ?, 'chuo', ?, 1, 10, 'booked', '', ?, ?)"
TAKE = "UPDATE slots SET taken = taken + 1 WHERE id = ? AND taken < capacity"
CTE = (
    f"WITH place AS ({TAKE} RETURNING id) INSERT INTO bookings ({COLUMNS}) "
    "SELECT ?, 'K7QM3XPRT2WH', ?, id, 'chuo', ?, 1, 10, 'booked', '', ?, ? FROM place"
)


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    rounds, count = min(3, sizes.rounds), max(sizes.bookings, 4) * 8
    with rush.opened_city(place.database, 200) as people:
        crowd = [people[number % len(people)] for number in range(count)]
        slots = rush.slots_with(place.database, 100, places=1_000_000)
        yield from _throughput(place, crowd, slots[:1], rounds)
        yield from _throughput(place, crowd, slots, rounds)


def _throughput(place: Place, crowd: Sequence[UUID], slots: Sequence[int], rounds: int) -> Iterator[Row]:
    """Ours and the limit in turns; on SQLite also how long the unluckiest of ours waited."""
    cases = iter([rush.apply(place.database, crowd) for _ in range(rounds + 1)])
    waits: list[float] = []
    bare = write_bare if len(slots) > 1 else take_bare

    def ours() -> None:
        wishes = zip(next(cases), cycle(slots), strict=False)
        waits.extend(rush.at_once(list(wishes), partial(book, place)))

    calls: dict[str, Callable[[], object]] = {
        "ours": ours,
        "limit": lambda: bare(place, crowd, slots),
        "over": lambda: end_visits(place),
    }
    seconds = in_turns(calls, rounds=rounds, clock=time.perf_counter)
    hot = len(slots) == 1
    yield at_least(
        f"bookings of {'one hot slot / bare conditional CTE' if hot else '100 slots / bare INSERT'} ({place.kind})",
        ours=len(crowd) / seconds["ours"],
        limit=len(crowd) / seconds["limit"],
        unit="/s",
        target=HOT if hot else MANY,
        note=f"bookings a second, {CLIENTS} clients, each durable; ours with rules, timeline, event and two audit records",
    )
    if hot and place.kind == "SQLite":
        yield at_most(
            f"longest wait of a booking / median ({place.kind})",
            ours=max(waits) * 1e3,
            limit=median(waits) * 1e3,
            unit="ms",
            target=FAIR,
            note=f"{CLIENTS} writers ask for one slot again and again; nobody is forgotten in the queue",
        )


def end_visits(place: Place) -> None:
    """Nobody has more visits planned than the city allows when the next turn begins."""
    with place.database.command("benchmark") as session:
        session.execute(update(Booking).values(state="served", nth=None))


def book(place: Place, wish: tuple[Case, int]) -> UUID:
    (person, application), slot = wish
    return place.database.together(
        visits.resident(person), Purpose.OWN_USE, service.book_together, Wish(application, slot)
    )


def take_bare(place: Place, crowd: Sequence[UUID], slots: Sequence[int]) -> None:
    """The conditional UPDATE and the INSERT: one statement on PostgreSQL, one transaction on SQLite."""
    now = clock.now().replace(tzinfo=None).isoformat(sep=" ")

    def take(line: Driver, person: UUID) -> None:
        if place.kind == "PostgreSQL":
            line.execute(marks(place, CTE), (slots[0], key(place, new_id()), key(place, person), now, now, now))
            return
        line.execute("BEGIN IMMEDIATE")
        line.execute(TAKE, (slots[0],))
        line.execute(INSERT, (key(place, new_id()), key(place, person), slots[0], now, now, now))
        line.execute("COMMIT")

    _bare(place, crowd, take)


def write_bare(place: Place, crowd: Sequence[UUID], slots: Sequence[int]) -> None:
    """Nothing but the INSERT."""
    now = clock.now().replace(tzinfo=None).isoformat(sep=" ")
    wanted = cycle(slots)

    def write(line: Driver, person: UUID) -> None:
        values = (key(place, new_id()), key(place, person), next(wanted), now, now, now)
        line.execute(marks(place, INSERT), values)

    _bare(place, crowd, write)


def _bare(place: Place, crowd: Sequence[UUID], act: Callable[[Driver, UUID], None]) -> None:
    """As many clients as ours on PostgreSQL; on SQLite one, the fastest there is: it never meets another writer."""
    with ExitStack() as life:
        lines = [life.enter_context(driver(place)) for _ in range(CLIENTS if place.kind == "PostgreSQL" else 1)]
        mine = threading.local()
        free = iter(lines)

        def client(person: UUID) -> None:
            if not hasattr(mine, "line"):
                mine.line = next(free)
            act(mine.line, person)

        rush.at_once(crowd, client, clients=len(lines))
