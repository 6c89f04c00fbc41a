"""`kill -9` at random moments: nothing that was acknowledged is lost, nothing is there twice.

KILLS says how many (`make bench` has 200 on each database), TEST_SEED when.
"""

import os

import pytest
from flask import Flask

from portal.config import Settings
from portal.core.uow import Database
from tests.kills import day

KILLS = int(os.environ.get("KILLS", "6"))
SEED = os.environ.get("TEST_SEED", "2026")


@pytest.mark.timeout(1800)
def test_a_day_with_random_deaths_leaves_the_books_of_one_without(
    app: Flask, settings: Settings, database: Database
) -> None:
    outcome = day.live_through(app, settings, database, kills=KILLS, seed=f"{SEED} {database.engine.dialect.name}")
    print(f"TEST_SEED={SEED}: {outcome}")
    assert outcome.wrong == []
    assert outcome.portal_kills >= KILLS
    assert outcome.visits > 1
