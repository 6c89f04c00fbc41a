"""A day with many deaths, from an open city to the comparison of its books."""

import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import Flask

from portal import wiring
from portal.config import Settings
from portal.core import clock
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.demo import staff as demo_staff
from tests.kills import books, town
from tests.kills.people import City, Visit, cards_for, serve_next, sign_in
from tests.kills.town import PORTAL, WORKER, OwnDoor
from tests.portal.devices.test_tokens import KIOSK, Machine
from tests.portal.points.offered import for_applications
from tests.portal.reservations import visits as at_the_office
from tests.portal.reservations.visits import TUESDAY

AT_ONCE = 4
COMERS_A_KILL = 4  # more than a quick machine serves in the longest of lives, so that nobody is missing at the end
FIRST, THEN = TUESDAY + timedelta(minutes=30), TUESDAY
"""Half past ten is reserved and moved to ten; it is twenty past nine, so that all can still be done on this day."""
NOW = TUESDAY - timedelta(minutes=40)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`visits` were acknowledged; `wrong` says what of the books does not fit them."""

    visits: int
    portal_kills: int
    worker_kills: int
    cut_off: int
    wrong: list[str]

    def __str__(self) -> str:
        return (
            f"{self.visits} visits, {self.portal_kills} portals and {self.worker_kills} workers killed, "
            f"{self.cut_off} requests cut off, wrong: {self.wrong or 'nothing'}"
        )


def live_through(app: Flask, settings: Settings, database: Database, *, kills: int, seed: str) -> Outcome:
    """People apply, book, change and check in, a clerk serves them, while the portal is killed *kills* times."""
    clock.set_city_time(settings.clock_file, NOW)
    try:
        people = at_the_office.open_city(database, kills * COMERS_A_KILL + AT_ONCE)
        city = open_doors(app, settings, database, people)
        door = OwnDoor(app)
        visits = [city.visit(door, person) for person in people[:2]]  # one at the kiosk, one at the desk
        clerk = sign_in(database, settings, door, cast.WINDOW)
        assert all(serve_next(clerk) for _ in visits)
        work_off(database, settings)
        with town.killing(app, database, kills=kills, chance=random.Random(seed)) as killed:
            visits += day_of(city, killed, people[2:], kills)
        finish(database, settings)
        wrong = books.differences(database, settings, visits, NOW)
        return Outcome(len(visits), killed.kills[PORTAL], killed.kills[WORKER], killed.cut_off, wrong)
    finally:
        settings.clock_file.unlink()


def open_doors(app: Flask, settings: Settings, database: Database, people: Sequence[UUID]) -> City:
    """Staff at their desks, a kiosk with its token, cards for every other person, and two times with room for all."""
    folder = settings.state_dir
    with database.command("furnish") as session:
        demo_staff.load(session)
        for_applications(session)
        demo_devices.enrol_machines(session, folder / "clients")
    machine = Machine(app, demo_devices.key_of(folder / "clients", KIOSK))
    token = (machine.ask(scope="kiosk").json or {})["access_token"]
    cards = cards_for(database, folder / "cards", people[::2])
    slots = [at_the_office.slot_at(database, start, places=len(people)) for start in (FIRST, THEN)]
    city = City(database, settings, token, cards, *slots)
    sign_in(database, settings, OwnDoor(app), cast.WINDOW).post("/staff/window/number", {"window": "3"})
    return city


def day_of(city: City, killed: town.Town, people: Sequence[UUID], kills: int) -> list[Visit]:
    """Visits of as many people as come until *kills* portals died; every visit that was begun is finished."""
    coming, guard, done = iter(people), threading.Lock(), threading.Event()

    def comers() -> Iterator[UUID]:
        while killed.kills[PORTAL] < kills:
            with guard:
                yield next(coming)

    def visitor(_number: int) -> list[Visit]:
        return [city.visit(killed, person) for person in comers()]

    def clerk() -> None:
        caller = sign_in(city.database, city.settings, killed, cast.WINDOW)
        while True:
            last_look = done.is_set()
            if not serve_next(caller) and last_look:
                return
            done.wait(0.02)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        serving = pool.submit(clerk)
        try:
            found = [visit for share in pool.map(visitor, range(AT_ONCE - 1)) for visit in share]
        finally:
            done.set()
        serving.result()
    return found


def finish(database: Database, settings: Settings) -> None:
    """Whatever a killed worker had in its hands is free again a moment later; the last one lives."""
    clock.set_city_time(settings.clock_file, clock.now() + town.LEASE * 2)
    work_off(database, settings)


def work_off(database: Database, settings: Settings) -> None:
    Worker(database, wiring.work(settings), ()).run_pending()
