"""Many at once: people with an application each, and clients who ask for all of them together."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import insert, select, update

from portal.applications.models import Application
from portal.core import clock
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.reference import new_reference
from portal.core.uow import Database
from portal.reservations import service
from portal.reservations.models import Slot
from tests.portal.reservations import visits

CLIENTS = 32
Case = tuple[UUID, UUID]
"""A resident and their application."""
T = TypeVar("T")


@contextmanager
def opened_city(database: Database, many: int) -> Iterator[list[UUID]]:
    """The day before a Tuesday with slots, and *many* residents."""
    with clock.freeze(visits.TUESDAY - timedelta(days=1)):
        yield people(database, many)


def people(database: Database, many: int) -> list[UUID]:
    """So many residents of a city whose offices are open for reservations."""
    return visits.open_city(database, many)[:many]


def apply(database: Database, people: Sequence[UUID]) -> list[Case]:
    """Everybody has sent a fresh application to visit for."""
    then = clock.now() - timedelta(days=1)
    empty: dict[str, Any] = {name: {} for name in ("answers", "typed", "known")} | {
        "seen": [],
        "held_because": "",
        "claimed_label": "",
    }
    times = dict.fromkeys(("started_at", "saved_at", "submitted_at"), then)
    case = {"procedure": "moving-within-city", "version": 1, "state": "submitted"}
    rows = [
        {"id": new_id(), "reference": new_reference(), "resident_id": person, **case, **empty, **times}
        for person in people
    ]
    with database.command("benchmark") as session:
        session.execute(insert(Application), rows)
    return [(row["resident_id"], row["id"]) for row in rows]  # type: ignore[misc]


def slots_with(database: Database, count: int, *, places: int) -> list[int]:
    """The first *count* slots bookable on and after that Tuesday, with so many places each; nothing taken yet."""
    with database.command("benchmark") as session:
        wanted = select(Slot.id).where(Slot.starts_at >= visits.TUESDAY).order_by(Slot.starts_at, Slot.office)
        found = list(session.scalars(wanted.limit(count)))
        session.execute(update(Slot).where(Slot.id.in_(found)).values(capacity=places, kept=0))
    return found


def try_all(database: Database, cases: Sequence[Case], slots: Sequence[int]) -> Counter[str]:
    """Everybody tries for one slot, each slot has as many who try; what came of it, by the refusal's code."""
    outcome: Counter[str] = Counter()
    guard = threading.Lock()

    def attempt(wanted: tuple[Case, int]) -> None:
        (person, application), slot = wanted
        actor, wish = visits.resident(person), service.Wish(application, slot)
        try:
            with database.page(actor, Purpose.OWN_USE, writes=False) as session:
                service.look_first(session, actor, wish)
            database.together(actor, Purpose.OWN_USE, service.book_together, wish)
            said = "booked"
        except Refusal as refusal:
            said = refusal.code
        with guard:
            outcome[said] += 1

    at_once(list(zip(cases, cycle(slots), strict=False)), attempt)
    return outcome


def at_once(work: Sequence[T], act: Callable[[T], object], *, clients: int = CLIENTS) -> list[float]:
    """Let *clients* do all of *work* side by side; returns how long each piece took, in seconds."""
    waited: list[float] = []
    start = threading.Barrier(min(clients, len(work)))

    def client(share: Sequence[T]) -> None:
        start.wait()
        for piece in share:
            began = time.perf_counter()
            act(piece)
            waited.append(time.perf_counter() - began)

    shares = [work[number::clients] for number in range(min(clients, len(work)))]
    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(client, shares))
    return waited
