"""What is urgent overtakes a full bulk lane, and the bulk is never forgotten behind what is urgent without end."""

from typing import Any

from sqlalchemy.orm import Session

from portal.core import outbox
from portal.core.outbox import Lane
from portal.core.uow import Database
from portal.core.worker import Worker

BULK = 200


def run(database: Database, worked: list[str]) -> Worker:
    def work(name: str) -> Any:
        return lambda session, payload: worked.append(name)

    return Worker(database, {name: work(name) for name in ("urgent", "normal", "bulk")})


def promise(session: Session, name: str, lane: Lane, count: int) -> None:
    for _ in range(count):
        outbox.post(session, name, {}, lane=lane)


def test_one_urgent_notice_overtakes_a_full_bulk_lane(database: Database) -> None:
    worked: list[str] = []
    worker = run(database, worked)
    with database.command("fill") as session:
        promise(session, "bulk", Lane.BULK, BULK)
    for _ in range(5):
        worker.run_one()
    with database.command("disaster") as session:
        promise(session, "urgent", Lane.URGENT, 1)
    worker.run_one()
    assert worked == ["bulk"] * 5 + ["urgent"]


def test_the_bulk_goes_on_while_urgent_and_normal_never_end(database: Database) -> None:
    worked: list[str] = []
    worker = run(database, worked)
    with database.command("fill") as session:
        for name, lane in (("urgent", Lane.URGENT), ("normal", Lane.NORMAL), ("bulk", Lane.BULK)):
            promise(session, name, lane, 3 * outbox.TURNS)
    for _ in range(2 * outbox.TURNS):
        worker.run_one()
    assert {name: worked.count(name) for name in ("urgent", "normal", "bulk")} == {"urgent": 24, "normal": 6, "bulk": 2}
