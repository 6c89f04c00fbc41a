"""One notice to the whole city, as the worker delivers it, against one raw INSERT … SELECT into the same table.

Both fill `deliveries` with its primary key, its index and its foreign keys, for every resident. Wall time, because
a server works outside this process; the growth of our own memory is part of the note.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import insert, select, text

from portal.core import clock
from portal.core.actor import system
from portal.core.audit import Purpose
from portal.core.ids import new_id
from portal.core.worker import Worker
from portal.demo.load import load_city
from portal.mailbox import service
from portal.mailbox.models import Notice
from portal.residents.service import Person, Segment
from portal.wiring import work
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns

TARGET = 1.5
AT_ONCE = 10_000
RAW = (
    "INSERT INTO deliveries (resident_id, notice_number, delivered_at, read_at) "
    "SELECT id, :number, :now, NULL FROM residents WHERE moved_out IS NULL"
)


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    fill_city(place, sizes.residents)
    forget_peak()
    before = resident_memory("VmRSS")
    calls = {"ours": lambda: deliver(place), "limit": lambda: insert_raw(place)}
    seconds = in_turns(calls, rounds=min(3, sizes.rounds), clock=time.perf_counter)
    grown = resident_memory("VmHWM") - before
    with place.database.command("benchmark") as session:
        people = service.numbers(session, session.get_one(Notice, 1))[0]
    note = f"wall s for {people:,} mailboxes, in chunks that can be resumed; our memory grew by {grown} MiB at its peak"
    yield at_most(
        f"notice to everybody / raw INSERT … SELECT ({place.kind})",
        ours=seconds["ours"],
        limit=seconds["limit"],
        unit="s",
        target=TARGET,
        note=note,
    )


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


def resident_memory(name: str) -> int:
    """`VmRSS` (now) or `VmHWM` (the peak) of this process in MiB, as Linux tells; 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith(name)), 0)


def forget_peak() -> None:
    """Begin a new peak (proc(5), clear_refs)."""
    peak = Path("/proc/self/clear_refs")
    if peak.exists():
        peak.write_text("5")
