"""While one notice goes to the whole city: who reads it when, what others notice of it, and what a killed worker costs.

A `portal worker` delivers in a process of its own; this process asks for a mailbox page all the while, tells somebody
something urgent, and kills the worker. Wall time: what people wait.
"""

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import quantiles
from uuid import UUID

from sqlalchemy import Connection, Select, func, select

from portal.app import create_app
from portal.core import clock, outbox
from portal.core.actor import system
from portal.core.audit import Purpose
from portal.core.ids import new_id
from portal.core.outbox import LEASE, Promise
from portal.mailbox import service
from portal.mailbox.channels.rules import Says
from portal.mailbox.models import Delivery, Notice
from portal.residents.service import Person
from tests.benchmarks import fan_out, pages
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_least, at_most

FIRST, LAST, URGENT = 10.0, 300.0, 10.0
TIMES_QUIET = 2.0
QUIET_PAGES = 200
KILLS = 3


@dataclass
class Course:
    """Seconds after the button was pressed, and how long each page took meanwhile."""

    first: float = 0.0
    last: float = 0.0
    urgent: float = 0.0
    pages: list[float] = field(default_factory=list)


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    """Those of `fan_out` first: they fill the city."""
    yield from fan_out.rows(place, sizes)
    resident_id, cookie = pages.sign_in(place)
    pages.fill_mailbox(place, resident_id)
    ask = pages.asks(create_app(place.settings, place.database), "/mailbox", cookie=cookie)
    quiet = [timed(ask) for _ in range(QUIET_PAGES)]
    with fan_out.running_worker(place):
        wait_for_worker(place)
        course = watched(place, resident_id, ask)
    quiet += [timed(ask) for _ in range(QUIET_PAGES)]
    people = mailboxes(place)
    where = f"({place.kind})"
    told = f"s after pressing send, {people:,} mailboxes"
    for name, ours, limit in (
        ("first mailbox that has it / 10 s", course.first, FIRST),
        ("last mailbox that has it / 5 min", course.last, LAST),
        ("something urgent, told meanwhile / 10 s", course.urgent, URGENT),
    ):
        yield at_most(f"{name} {where}", ours=ours, limit=limit, unit="s", target=1.0, note=told)
    yield at_most(
        f"mailbox page meanwhile / quiet, p95 {where}",
        ours=p95(course.pages) * 1e3,
        limit=p95(quiet) * 1e3,
        unit="ms",
        target=TIMES_QUIET,
        note=f"wall ms of {len(course.pages):,} pages one after the other; quiet ones before and after",
    )
    yield at_least(
        f"mailboxes right after {KILLS} kills of the worker / mailboxes {where}",
        ours=right_after_kills(place, people),
        limit=people,
        unit="",
        target=1.0,
        note="kill -9 at random moments of the delivery, done again by the next worker: none lost, none twice",
    )


def watched(place: Place, resident_id: UUID, ask: Callable[[], bytes]) -> Course:
    """Press send and look on until the last mailbox has it."""
    course = Course()
    number = fan_out.new_notice(place)
    began = time.perf_counter()
    press_send(place, number)
    while not course.last:
        course.pages.append(timed(ask))
        if not course.first and delivered(place, number):
            course.first = time.perf_counter() - began
            course.urgent = tell(place, resident_id, ask)
        if course.first and fan_out.is_sent(place, number):
            course.last = time.perf_counter() - began
    return course


def wait_for_worker(place: Place) -> None:
    """Until a worker that was just started has begun to work: it does a small thing it was asked for."""
    key = str(new_id())
    with place.database.command("benchmark") as session:
        outbox.post(session, outbox.FORGET, {}, key=key, lane=outbox.Lane.BULK)
    asked = select(func.count()).select_from(Promise).where(Promise.done_at.is_(None))
    with place.database.engine.connect() as connection:
        fan_out.wait_until(lambda: not _fresh(connection, asked))


def _fresh(connection: Connection, query: Select[int]) -> int:
    found = connection.execute(query).scalar_one()
    connection.rollback()
    return found


def press_send(place: Place, number: int) -> None:
    with place.database.page(system("benchmark"), Purpose.SENDING, writes=True) as session:
        service.send(session, session.get_one(Notice, number))


def tell(place: Place, resident_id: UUID, ask: Callable[[], bytes]) -> float:
    """Seconds until something urgent stands in the mailbox's page."""
    began = time.perf_counter()
    title = f"Urgent {began}"
    with place.database.command("benchmark") as session:
        service.tell(
            session, resident_id, key=title, section="benchmark", title=title, body=title, facts={}, says=Says.SECURITY
        )
    fan_out.wait_until(lambda: title.encode() in ask())
    return time.perf_counter() - began


def right_after_kills(place: Place, people: int) -> int:
    """Mailboxes that have a notice once whose worker was killed again and again."""
    number, chance = fan_out.new_notice(place), random.Random(f"fan-out {place.kind}")
    press_send(place, number)
    for _ in range(KILLS):
        with fan_out.running_worker(place) as worker:
            before, moment = delivered(place, number), chance.random()
            with suppress(AssertionError):
                fan_out.wait_until(lambda now=before: delivered(place, number) > now or fan_out.is_sent(place, number))
            with suppress(subprocess.TimeoutExpired):
                worker.wait(moment)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        # A dead worker's claim ends with its lease: the city's clock goes on instead of waiting for it.
        clock.set_city_time(place.settings.clock_file, clock.now() + LEASE + timedelta(seconds=1))
    with fan_out.running_worker(place):
        fan_out.wait_until(lambda: fan_out.is_sent(place, number))
    return delivered(place, number)


def delivered(place: Place, number: int) -> int:
    query = select(func.count()).select_from(Delivery).where(Delivery.notice_number == number)
    with place.database.engine.connect() as connection:
        return connection.execute(query).scalar_one()


def mailboxes(place: Place) -> int:
    with place.database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(Person)).scalar_one()


def timed(ask: Callable[[], bytes]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
