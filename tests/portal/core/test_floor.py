"""The floor: promises, events and records hold together."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from portal.core import audit, outbox
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.core.worker import Worker

CLERK = Actor(Kind.STAFF, uuid4(), "こども家庭支援課", office="本庁舎")


class Stopped(Refusal):
    code = "test-stopped"
    message = next_step = "-"


def test_a_promise_with_the_same_key_is_made_once(database: Database) -> None:
    with database.command("test") as session:
        assert outbox.post(session, "test", {"n": 1}, key="one")
        assert not outbox.post(session, "test", {"n": 2}, key="one")


def test_a_failing_handler_leaves_nothing_and_is_tried_again(database: Database) -> None:
    def fails(session: object, payload: dict[str, int]) -> None:
        outbox.post(session, "child", {})  # type: ignore[arg-type]
        raise OSError("the line is down")

    with database.command("test") as session:
        outbox.post(session, "test", {})
    assert Worker(database, {"test": fails}).run_pending() == 1
    with database.command("look") as session:
        rows = session.execute(select(outbox.Promise.kind, outbox.Promise.attempts, outbox.Promise.error)).all()
    assert [tuple(row) for row in rows] == [("test", 1, "OSError")]


def test_a_look_is_recorded_before_the_page_leaves(database: Database) -> None:
    whose = uuid4()
    with database.page(CLERK, Purpose.REVIEW, writes=False) as session:
        audit.looked(session, whose=whose, what="residents.person", case_ref="K7QM")
    with database.command("look") as session:
        record = session.scalars(select(audit.Record)).one()
    assert (record.subject, record.action, record.why, record.seq) == (whose, "look", "review", 1)


def test_a_refusal_rolls_back_but_its_consequence_stays(database: Database) -> None:
    def consequence(session: object) -> None:
        outbox.post(session, "consequence", {})  # type: ignore[arg-type]

    def act() -> None:
        with database.page(CLERK, Purpose.REVIEW, writes=True) as session:
            outbox.post(session, "deed", {})
            audit.afterwards(session, consequence)
            raise Stopped

    with pytest.raises(Stopped):
        act()
    with database.command("look") as session:
        assert list(session.scalars(select(outbox.Promise.kind))) == ["consequence"]


def test_records_of_one_actor_form_a_chain(database: Database) -> None:
    for _ in range(3):
        with database.page(CLERK, Purpose.REVIEW, writes=True) as session:
            audit.looked(session, whose=uuid4(), what="residents.person")
    with database.command("look") as session:
        assert session.scalar(select(func.max(audit.Record.seq))) == 3
        assert session.scalar(select(func.max(audit.Head.seq))) == 3


def test_what_is_committed_stays_when_the_head_cannot_be_kept_outside(database: Database) -> None:
    database.anchor.directory.write_text("a file where the folder should be")
    with database.page(CLERK, Purpose.REVIEW, writes=True) as session:
        outbox.post(session, "deed", {})
        audit.looked(session, whose=uuid4(), what="residents.person")
    with database.command("look") as session:
        assert session.scalars(select(outbox.Promise.kind)).all() == ["deed"]
