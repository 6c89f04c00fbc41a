"""A process that only brings notices into mailboxes: small, alone, and whatever else waits stands before nobody."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from portal import delivering
from portal.config import Settings
from portal.core import outbox
from portal.core.audit import Purpose
from portal.core.events import emit
from portal.core.outbox import Lane, Promise
from portal.core.uow import Database
from portal.mailbox import rules
from portal.mailbox.alarms import service as alarms
from portal.mailbox.models import Delivery, Notice
from portal.points.events import PointsCameBack
from portal.segments import service as segments
from tests.patience import until
from tests.portal.mailbox.test_mailbox import CLERK, city, send

__all__ = ["city"]
LOADED = """
import sys
import portal.cli, portal.delivering
from portal.core.db import Base
print(*sorted(name for name in sys.modules if name.startswith("portal.")))
lost = [key for table in Base.metadata.tables.values() for key in table.foreign_keys
        if key.target_fullname.partition(".")[0] not in Base.metadata.tables]
print(*lost)
"""


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """`portal worker --notices-only`, until the block ends; it stops when asked to."""
    place = {"PORTAL_STATE_DIR": str(settings.state_dir), "PORTAL_DATABASE_URL": settings.database_url}
    command = [sys.executable, "-m", "portal", "worker", "--notices-only"]
    with subprocess.Popen(command, env=os.environ | place) as process:
        try:
            yield
            assert process.poll() is None
        finally:
            process.terminate()
        assert process.wait() == 0


def test_it_delivers_a_notice_and_an_alarm_and_leaves_everything_else(city: Database, settings: Settings) -> None:
    """Also what is of the same lanes: that needs rooms it does not know."""
    send(city, segments.EVERYBODY)
    with city.page(CLERK, Purpose.SENDING, writes=True) as session:
        words = {"ja": {"title": "避難してください", "body": "高い所へ"}}
        alarms.begin(session, CLERK, texts=words, link="", wards=[], hours=24, sends_notice=True)
        for lane in Lane:
            outbox.post(session, "somebody.elses", {}, key=f"other {lane}", lane=lane)

    def all_sent() -> bool:
        with city.command("look") as session:
            return set(session.scalars(select(Notice.state))) == {rules.State.SENT}

    with running(settings):
        until(all_sent, "both notices")
    with city.command("look") as session:
        everybody = len(session.scalars(segments.ids(segments.EVERYBODY)).all())
        reached = session.execute(select(func.count()).select_from(Delivery).group_by(Delivery.notice_number)).scalars()
        assert list(reached) == [everybody, everybody]
        tried = select(Promise.attempts).where(Promise.key.startswith("other "))
        assert session.scalars(tried).all() == [0] * len(Lane)


def test_an_alarm_overtakes_the_notices(city: Database) -> None:
    send(city, segments.EVERYBODY)
    with city.page(CLERK, Purpose.SENDING, writes=True) as session:
        words = {"ja": {"title": "避難してください", "body": "高い所へ"}}
        alarms.begin(session, CLERK, texts=words, link="", wards=[], hours=24, sends_notice=True)
    one = delivering.deliverer(city)
    assert one.run_one()
    with city.command("look") as session:
        states = dict(session.execute(select(Notice.texts["ja"]["title"].as_string(), Notice.state)).all())
    assert states.pop("避難してください") == rules.State.SENT
    assert list(states.values()) == [rules.State.SENDING]


def test_it_loads_the_rooms_it_needs_and_no_others() -> None:
    """Nor does it lack a table that one of its tables refers to."""
    found = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout
    modules, lost = found.split("\n")[:2]
    assert lost == ""
    assert not {"portal.wiring", "portal.rooms", "portal.app"} & set(modules.split())
    assert len(modules.split()) < 200


def test_an_event_nobody_would_hear_is_refused(city: Database) -> None:
    """What it does emits nothing. Should that change, it is undone and left to the worker, which tells the listeners."""
    deaf = Database(city.engine, delivering.Nobody(), city.audit_key, city.anchor)
    with pytest.raises(LookupError), deaf.job("deliver") as session:
        emit(session, PointsCameBack(number=1))
