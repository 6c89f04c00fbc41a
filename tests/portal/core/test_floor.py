"""The floor: promises, events and records hold together."""

import threading
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from portal.core import audit, outbox
from portal.core.actor import Actor, Kind
from portal.core.audit import Anchor, Purpose
from portal.core.db import make_engine
from portal.core.errors import Refusal
from portal.core.events import SPREAD, Event, emit, handlers, spread
from portal.core.uow import Database
from portal.core.worker import Worker
from tests.patience import PATIENCE

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


def test_the_worker_waits_out_a_lost_database(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/not-mounted/portal.db")
    lost = Database(engine, {}, b"key", Anchor(tmp_path, Ed25519PrivateKey.generate()))
    stop, beats = threading.Event(), threading.Semaphore(0)
    thread = threading.Thread(target=Worker(lost, {}).run, args=(stop, beats.release))
    thread.start()
    went_on = all(beats.acquire(timeout=PATIENCE) for _ in range(2))
    stop.set()
    thread.join()
    assert went_on, "the worker died of an outage"


class TwoMet(Event):
    """Two people met."""


def note_meeting(session: object, event: TwoMet) -> None:
    outbox.post(session, "met", {})  # type: ignore[arg-type]


def test_events_of_a_crowd_are_one_row_and_each_is_heard_once(database: Database) -> None:
    heard_by = replace(database, listeners={TwoMet: (note_meeting,)})
    with heard_by.command("test") as session:
        emit(session, TwoMet(), TwoMet())
        assert list(session.scalars(select(outbox.Promise.kind))) == [SPREAD]
        told = session.scalars(select(outbox.Promise.payload)).one()
    with heard_by.command("twice") as session:
        spread(session, told)
    Worker(heard_by, handlers(heard_by.listeners) | {"met": lambda _session, _payload: None}).run_pending()
    with database.command("look") as session:
        assert session.scalar(select(func.count()).where(outbox.Promise.kind == "met")) == 2
