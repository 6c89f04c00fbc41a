"""What happens at nine o'clock: every place is sold once, nobody meets a fault, and who comes too late is told at once.

Two rushes: 10,000 tries through the service over 100 slots with 10 places each, and 3,000 people who send the form for
500 places through the portal's own WSGI door with its waiting room, eight at a time in one process. A ratio of
1 means that as many bookings stand in the books as there were places: not one more, not one less.
"""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median
from uuid import UUID

from sqlalchemy import func, select

from portal.app import create_app
from portal.reservations.models import Booking, Slot
from portal.reservations.rules import PLANNED_AT_ONCE
from portal.web.waiting_room import WaitingRoom
from tests import crowd
from tests.benchmarks import rush
from tests.benchmarks.booking import end_visits
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_least, at_most, settled
from tests.benchmarks.rush import CLIENTS

SLOTS, A_PLACE = 100, 10
"""Slots, and how many try for each place."""
SEATS, VISITORS = 4, 8
"""Served at once by one process, and how many ask at the same time."""
PATIENCE = 2.0
"""How many times the median of a plain page a refusal may take."""


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    enough = sizes.tries // PLANNED_AT_ONCE + 1  # or the limit per person refuses before the slots do
    with rush.opened_city(place.database, max(sizes.crowd, enough)) as people:
        end_visits(place)
        yield _tries(place, people[: max(sizes.crowd, enough)], sizes.tries)
        end_visits(place)
        yield from _nine_o_clock(place, people[: sizes.crowd])


def _tries(place: Place, people: Sequence[UUID], tries: int) -> Row:
    places = max(1, tries // SLOTS // A_PLACE)
    slots = rush.slots_with(place.database, SLOTS, places=places)
    cases = rush.apply(place.database, [people[number % len(people)] for number in range(tries)])
    began = time.perf_counter()
    outcome = rush.try_all(place.database, cases, slots)
    speed = tries / (time.perf_counter() - began)
    assert set(outcome) <= {"booked", "slot-full"}, f"somebody met a fault: {outcome}"
    return at_least(
        f"bookings after {tries:,} tries / places ({place.kind})",
        ours=_sold(place),
        limit=min(places * SLOTS, tries),
        unit="",
        target=1.0,
        note=f"bookings in the books, {CLIENTS} at once over {SLOTS} slots, {speed:,.0f} tries/s",
    )


def _nine_o_clock(place: Place, people: Sequence[UUID]) -> Iterator[Row]:
    before, places = _sold(place), max(1, len(people) // 6)
    slot = _slot_with(place, 0)
    gate, visitors = _before_the_doors(place, people, slot)
    assert _slot_with(place, places) == slot
    plain: list[float] = []
    with settled():
        met = crowd.rush(gate, visitors, "/reservations/new", clients=VISITORS, afterwards=partial(_look, gate, plain))
    assert set(met.answers) == {303, 409}, f"somebody met a fault: {met.answers}"
    assert met.numbers_grew == 0, "somebody went back in line"
    yield at_least(
        f"booked at nine / places ({place.kind})",
        ours=_sold(place) - before,
        limit=places,
        unit="",
        target=1.0,
        note=f"{len(people):,} people send the form, {SEATS} are served at once, the others see their number and move up",
    )
    yield at_most(
        f"refusal at nine / plain page ({place.kind})",
        ours=max(met.refusals) * 1e3,
        limit=median(plain) * 1e3,
        unit="ms",
        target=PATIENCE,
        note="CPU of the dearest of all refusals against the median of the person's application page in the same rush",
    )


def _before_the_doors(place: Place, people: Sequence[UUID], slot: int) -> tuple[WaitingRoom, list[crowd.Someone]]:
    """The waiting room and who will come for *slot*; templates and statements are made, as on any day before."""
    easy = place.settings.model_copy(update={"proof_of_work_bits": 0})
    gate = crowd.gate(create_app(easy, place.database), easy, seats=SEATS)
    forms = [{"application": str(case), "slot": str(slot)} for _, case in rush.apply(place.database, people)]
    visitors = crowd.signed_in(place.database, place.settings, people, forms)
    crowd.rush(gate, visitors[: 4 * VISITORS], "/reservations/new", clients=VISITORS)
    for someone in visitors:
        someone.come_anew()
    return gate, visitors


def _look(gate: WaitingRoom, plain: list[float], someone: crowd.Someone) -> None:
    """A page of theirs in the same rush, without standing in line again: what a refusal is compared with."""
    answer = crowd.ask(gate.served, someone, f"/applications/{someone.form['application']}")
    assert answer.status == 200
    plain.append(someone.seconds)


def _slot_with(place: Place, free: int) -> int:
    """A slot in which exactly so many places are free."""
    (slot,) = rush.slots_with(place.database, 1, places=1_000_000)
    with place.database.command("look") as session:
        taken = session.get_one(Slot, slot).taken
    return rush.slots_with(place.database, 1, places=taken + free)[0]


def _sold(place: Place) -> int:
    """Bookings in the books; in every slot as many places are taken, and no more than there are."""
    with place.database.command("look") as session:
        held = dict(session.execute(select(Booking.slot_id, func.count()).group_by(Booking.slot_id)).all())
        slots = session.execute(select(Slot.id, Slot.taken, Slot.capacity).where(Slot.taken > 0)).all()
    assert {row.id: row.taken for row in slots} == held
    assert all(row.taken <= row.capacity for row in slots)
    return sum(held.values())
