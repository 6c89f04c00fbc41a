"""A worker killed at each step of a delivery: whoever goes on loses nobody and tells nobody twice."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from portal.config import Settings
from portal.core import clock
from portal.core.outbox import LEASE
from portal.core.uow import Database
from portal.mailbox.models import Delivery, Notice
from portal.segments import service as segments
from tests.house.mortal import Mortal
from tests.portal.mailbox.test_mailbox import city, send

__all__ = ["city"]
STEPS = range(1, 40, 3)


def test_a_worker_killed_at_each_step_loses_nobody_and_tells_nobody_twice(
    app: Flask,
    city: Database,
    settings: Settings,
) -> None:
    send(city, segments.EVERYBODY)
    with Mortal(app, city) as mortal:
        mortal.dies_at(iter(STEPS))
        while not mortal.work():
            clock.set_city_time(settings.clock_file, clock.now() + LEASE + timedelta(seconds=1))
        assert mortal.deaths >= len(STEPS) // 2
    with city.command("look") as session:
        reached = sorted(session.scalars(select(Delivery.resident_id)))
        assert reached == sorted(session.scalars(segments.ids(segments.EVERYBODY)))
        assert session.scalars(select(Notice.state)).all() == ["sent"]
        assert session.scalar(select(func.count()).select_from(Delivery)) == len(reached)
