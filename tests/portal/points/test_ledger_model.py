"""Random walks through the books beside a naive model. `POINTS_STEPS=20000` walks as far as wanted."""

import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from portal.core.uow import Database
from tests.portal.points.walk import Walk

STEPS = int(os.environ.get("POINTS_STEPS", "100"))
WALK = 50


def test_the_books_equal_a_naive_model(database: Database) -> None:
    steps = [0]
    machine = type("Walk", (Walk,), {"database": database, "steps": steps})
    while steps[0] < STEPS:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=max(1, STEPS // WALK),
                stateful_step_count=WALK,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    print(f"{steps[0]} steps")
