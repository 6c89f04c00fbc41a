"""One notice to the whole city, as the worker delivers it, against one raw INSERT … SELECT into the same table.

Both fill `deliveries` with its primary key, its index and its foreign keys, for every resident. Wall time, because
a server works outside this process. The other rows are the memory of the worker itself, as `portal worker` runs, and of
`portal worker --notices-only`: the whole process at its peak, while it delivers to the whole city.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

from sqlalchemy import func, insert, select, text

from portal.core import clock
from portal.core.actor import system
from portal.core.addresses import WARDS
from portal.core.audit import Purpose
from portal.core.ids import new_id
from portal.core.outbox import Promise
from portal.core.worker import Worker
from portal.demo.load import load_city
from portal.mailbox import sending, service
from portal.mailbox.models import Notice
from portal.residents.service import Person
from portal.rounds import PERIODIC
from portal.segments import service as segments
from portal.wiring import work
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns, resident_memory
from tests.patience import until

TARGET = 1.5
MOST_MIB = 100.0
WAITS = 300.0
RAW = (
    "INSERT INTO deliveries (resident_id, notice_number, delivered_at, read_at) "
    "SELECT id, :number, :now, NULL FROM residents WHERE moved_out IS NULL"
)


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    fill_city(place, sizes.residents)
    calls = {"ours": lambda: deliver(place), "limit": lambda: insert_raw(place)}
    seconds = in_turns(calls, rounds=min(3, sizes.rounds), clock=time.perf_counter)
    with place.database.command("benchmark") as session:
        people = service.numbers(session, session.get_one(Notice, 1))[0]
    note = f"wall s for {people:,} mailboxes, in chunks that can be resumed"
    yield at_most(
        f"notice to everybody / raw INSERT … SELECT ({place.kind})",
        ours=seconds["ours"],
        limit=seconds["limit"],
        unit="s",
        target=TARGET,
        note=note,
    )
    idle, peak = memory_of_worker(place)
    yield _memory("worker", place, peak, f"for {people:,} mailboxes; {idle:.0f} MiB before there was work")
    yield _memory("process that only delivers", place, memory_of_deliverer(place), f"for {people:,} mailboxes")


def _memory(whose: str, place: Place, peak: float, note: str) -> Row:
    name, note = f"memory of the {whose}, notice to everybody ({place.kind})", f"the whole process at its peak, {note}"
    return at_most(name, ours=peak, limit=MOST_MIB, unit="MiB", target=1.0, note=note)


def memory_of_worker(place: Place) -> tuple[float, float]:
    """(MiB before there was work, MiB at the peak) of a `portal worker` that delivers one notice to all."""
    with running_worker(place) as worker:
        wait_until(lambda: is_idle(place))
        idle = resident_memory(worker.pid, "VmRSS")
        return idle, peak_of_a_delivery(place, worker)


def memory_of_deliverer(place: Place) -> float:
    """MiB at the peak of a `portal worker --notices-only` that does the same."""
    with running_worker(place, options=("--notices-only",)) as deliverer:
        return peak_of_a_delivery(place, deliverer)


def peak_of_a_delivery(place: Place, process: subprocess.Popen[bytes]) -> float:
    number = new_notice(place)
    with place.database.page(system("benchmark"), Purpose.SENDING, writes=True) as session:
        service.send(session, session.get_one(Notice, number))
    wait_until(lambda: is_sent(place, number))
    return resident_memory(process.pid, "VmHWM")


@contextmanager
def running_worker(
    place: Place, more: Mapping[str, str] = MappingProxyType({}), options: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """`portal worker` in a process of its own, with these *options*, and *more* settings."""
    settings = {"PORTAL_STATE_DIR": str(place.settings.state_dir), "PORTAL_DATABASE_URL": place.settings.database_url}
    command = [sys.executable, "-m", "portal", "worker", *options]
    with subprocess.Popen(command, env=os.environ | settings | more) as worker:
        try:
            yield worker
        finally:
            worker.terminate()


def wait_until(happened: Callable[[], bool]) -> None:
    until(happened, "the worker's work", WAITS, look_again=0.05)


def is_idle(place: Place) -> bool:
    """Whether the worker has promised its periodic work and done all of it."""
    waiting = select(func.count().filter(Promise.done_at.is_(None)), func.count()).where(
        Promise.kind != sending.DELIVER
    )
    with place.database.engine.connect() as connection:
        undone, all_promised = connection.execute(waiting).one()
    return all_promised >= len(PERIODIC) and not undone


def is_sent(place: Place, number: int) -> bool:
    with place.database.engine.connect() as connection:
        return connection.execute(select(Notice.state).where(Notice.number == number)).scalar_one() == "sent"


def fill_city(place: Place, people: int) -> None:
    """So many residents by one statement, alike but for their numbers, wards and households of two: a whole demo city
    would take longer than what is measured."""
    with place.database.command("benchmark", Purpose.REGISTER) as session:
        load_city(session, residents=0)
        wards = " ".join(f"WHEN {rest} THEN '{ward}'" for rest, ward in enumerate(WARDS))
        columns = [column.name for column in Person.__table__.columns]
        drawn = {
            "id": "lower(hex(randomblob(16)))" if place.kind == "SQLite" else "gen_random_uuid()",
            "addressee_number": _digits(place, "1000000 + n"),
            "household_number": _digits(place, "1000000 + n / 2"),
            "ward": f"CASE n % 6 {wards} END",
        }
        values = ", ".join(drawn.get(name, f"one.{name}") for name in columns)
        session.execute(
            text(
                "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :most) "
                f"INSERT INTO residents ({', '.join(columns)}) SELECT {values} FROM numbers, "
                "(SELECT * FROM residents ORDER BY addressee_number LIMIT 1) AS one"
            ),
            {"most": people - 1},
        )
    with place.database.engine.execution_options(writes=True).connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def _digits(place: Place, number: str) -> str:
    """A number as the 15 digits of the register."""
    return f"printf('%015d', {number})" if place.kind == "SQLite" else f"lpad(({number})::text, 15, '0')"


def deliver(place: Place) -> None:
    """Write, send and deliver one notice to all, chunk after chunk, by the worker."""
    number = new_notice(place)
    with place.database.page(system("benchmark"), Purpose.SENDING, writes=True) as session:
        service.send(session, session.get_one(Notice, number))
    worker = Worker(place.database, work(), ())
    worker.run_pending()
    with place.database.command("benchmark") as session:
        assert session.get_one(Notice, number).state == "sent"


def insert_raw(place: Place) -> None:
    """The same rows by one statement."""
    number = new_notice(place)
    now = clock.now().replace(tzinfo=None) if place.kind == "SQLite" else clock.now()
    with place.database.command("benchmark") as session:
        session.execute(text(RAW), {"number": number, "now": str(now)})


def new_notice(place: Place) -> int:
    texts = {"ja": {"title": "架空のお知らせ", "body": "架空です。"}}
    with place.database.command("benchmark") as session:
        values = {
            "id": new_id(),
            "kind": "information",
            "state": "draft",
            "section": "benchmark",
            "texts": texts,
            "segment": segments.as_json(segments.EVERYBODY),
            "written_at": clock.now(),
        }
        return session.execute(insert(Notice).values(**values).returning(Notice.number)).scalar_one()
