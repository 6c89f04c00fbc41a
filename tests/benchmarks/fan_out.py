"""One notice to the whole city, as the worker delivers it, against one raw INSERT … SELECT into the same table.

Both fill `deliveries` with its primary key, its index and its foreign keys, for every resident. Wall time, because
a server works outside this process. The second row is the memory of the worker itself, as `portal worker` runs: the
whole process at its peak, while it delivers to the whole city.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, insert, select, text

from portal.core import clock
from portal.core.actor import system
from portal.core.audit import Purpose
from portal.core.ids import new_id
from portal.core.outbox import Promise
from portal.core.worker import Worker
from portal.demo.load import load_city
from portal.mailbox import sending, service
from portal.mailbox.models import Notice
from portal.residents.service import Person, Segment
from portal.wiring import PERIODIC, work
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns

TARGET = 1.5
MOST_MIB = 100.0
WAITS = 300.0
AT_ONCE = 10_000
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
    yield at_most(
        f"memory of the worker, notice to everybody ({place.kind})",
        ours=peak,
        limit=MOST_MIB,
        unit="MiB",
        target=1.0,
        note=f"the whole process at its peak, for {people:,} mailboxes; {idle:.0f} MiB before there was work",
    )


def memory_of_worker(place: Place) -> tuple[float, float]:
    """(MiB before there was work, MiB at the peak) of a `portal worker` that delivers one notice to all."""
    with running_worker(place) as worker:
        wait_until(lambda: is_idle(place))
        idle = resident_memory(worker.pid, "VmRSS")
        number = new_notice(place)
        with place.database.page(system("benchmark"), Purpose.SENDING, writes=True) as session:
            service.send(session, session.get_one(Notice, number))
        wait_until(lambda: is_sent(place, number))
        return idle, resident_memory(worker.pid, "VmHWM")


@contextmanager
def running_worker(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    settings = {"PORTAL_STATE_DIR": str(place.settings.state_dir), "PORTAL_DATABASE_URL": place.settings.database_url}
    command = [sys.executable, "-m", "portal", "worker"]
    with subprocess.Popen(command, env=os.environ | settings) as worker:
        try:
            yield worker
        finally:
            worker.terminate()


def wait_until(happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + WAITS
    while not happened():
        if time.monotonic() > ends:
            raise TimeoutError("the worker did not do its work")
        time.sleep(0.05)


def is_idle(place: Place) -> bool:
    """Whether the worker has promised its periodic work and done all of it."""
    waiting = select(func.count().filter(Promise.done_at.is_(None)), func.count()).where(
        Promise.kind != sending.DELIVER
    )
    with place.database.command("benchmark") as session:
        undone, all_promised = session.execute(waiting).one()
    return all_promised >= len(PERIODIC) and not undone


def is_sent(place: Place, number: int) -> bool:
    with place.database.command("benchmark") as session:
        return session.get_one(Notice, number).state == "sent"


def fill_city(place: Place, people: int) -> None:
    """So many residents, alike but for their numbers: a whole demo city would take longer than what is measured."""
    with place.database.command("benchmark", Purpose.REGISTER) as session:
        load_city(session, residents=0)
        one = dict(session.execute(select(Person.__table__).limit(1)).mappings().one())
        for start in range(0, people, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, people))
            rows = [{**one, "id": new_id(), "addressee_number": f"{1_000_000 + number:015}"} for number in numbers]
            session.connection().execute(insert(Person.__table__), rows)  # type: ignore[arg-type]


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
            "segment": {name: getattr(Segment(), name) for name in Segment.__slots__},
            "written_at": clock.now(),
        }
        return session.execute(insert(Notice).values(**values).returning(Notice.number)).scalar_one()


def resident_memory(pid: int, name: str) -> float:
    """`VmRSS` (now) or `VmHWM` (the peak) of a process in MiB, as Linux tells (proc(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
