"""A worker killed anywhere in a run of guidance: whoever goes on loses nobody and tells nobody twice."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.config import Settings
from portal.core import clock
from portal.core.audit import Record
from portal.core.outbox import LEASE, Promise
from portal.core.uow import Database
from portal.guidance import catalogue, finding, keeping, matching, rules
from portal.guidance.models import Advice
from portal.mailbox.models import Delivery, Notice
from tests.house.mortal import Mortal
from tests.portal.guidance.people import TODAY, noon, settle
from tests.portal.guidance.test_runs import CLERK

DEATHS = 24
ON = ("vaccine-influenza", "nursery-places", "child-insurance", "certificate-renewal", "care-alone", "pension-65")
Line = tuple[Any, str, Any, str]


@pytest.fixture
def night(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A city of the people of every case, with six rules on; each rule is found, and people are told, in many parts."""
    monkeypatch.setattr(rules, "CHUNK", 40)
    monkeypatch.setattr(rules, "FOUND_AT_ONCE", 25)
    clock.set_city_time(settings.clock_file, noon(TODAY))
    with database.command("settle") as session:
        settle(session, [rule for rule in catalogue.rules().values() if rule.when.anchor != "declared"])
        for name in catalogue.rules().keys() - set(ON):
            keeping.switch_off(session, CLERK, name, "nobody is told of it tonight")
    yield database
    settings.clock_file.unlink()


def test_a_run_killed_anywhere_tells_each_person_once(app: Flask, night: Database, settings: Settings) -> None:
    expected = _who_fits(night)
    assert len(expected) > 2 * rules.FOUND_AT_ONCE, "too few people to be told in parts"
    chance = random.Random(os.environ.get("TEST_SEED", "2026"))
    with night.command("begin") as session:
        finding.begin(session, "night")
    with Mortal(app, night) as mortal:
        mortal.dies_at(islice(iter(lambda: chance.randint(1, 90), None), DEATHS))
        while not mortal.work():
            clock.set_city_time(settings.clock_file, clock.now() + LEASE + timedelta(seconds=1))
        assert mortal.deaths > DEATHS // 4
    _each_was_found_and_told_once(night, expected)


def _who_fits(database: Database) -> set[Line]:
    with database.command("look") as session:
        return {
            (row.resident_id, name, row.subject_id, row.occasion)
            for name in ON
            for row in session.execute(matching.matches(catalogue.find(name)))
        }


def _each_was_found_and_told_once(database: Database, expected: set[Line]) -> None:
    with database.command("look") as session:
        lines = session.scalars(select(Advice)).all()
        found = [(one.resident_id, one.rule, one.subject_id, one.occasion) for one in lines]
        assert len(found) == len(expected)
        assert set(found) == expected
        told = Counter(one.resident_id for one in lines if one.told_on)
        lots = Counter(one.resident_id for one in lines)
        assert told == {person: min(count, rules.MOST_A_DAY) for person, count in lots.items()}
        keys = {(one.resident_id, f"guidance:{one.rule}:{one.occasion}:{TODAY}") for one in lines if one.told_on}
        in_mailboxes = select(Delivery.resident_id, Notice.key).join(Notice, Notice.number == Delivery.notice_number)
        assert sorted(tuple(row) for row in session.execute(in_mailboxes)) == sorted(keys)
        undone = Promise.done_at.is_(None) | Promise.failed_at.is_not(None)
        assert session.scalar(select(func.count()).select_from(Promise).where(undone)) == 0
        runs = session.scalars(select(Record.case_ref).where(Record.what == "guidance.run")).all()
        parts = Counter(name for _, name, _, _ in expected)
        assert Counter(runs) == {name: -(-count // rules.FOUND_AT_ONCE) for name, count in parts.items()}
