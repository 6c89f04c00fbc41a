"""Tries are counted exactly, also when they come at the same instant, and also when the page ends in a refusal."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from portal.core import clock
from portal.core.actor import STRANGER
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.uow import Database
from portal.web import throttle
from portal.web.throttle import TooManyTries

LIMIT = 9


class Wrong(Refusal):
    code = "test-wrong-guess"
    message = next_step = "-"


def guess(app: Flask, database: Database, name: str, *, wrong: bool = False) -> str:
    """One try; how it ended."""
    try:
        with app.app_context(), database.page(STRANGER, Purpose.ACCOUNT, writes=True) as session:
            throttle.guard(session, "guess", name, limit=LIMIT)
            if wrong:
                raise Wrong
    except Refusal as refusal:
        return refusal.code
    return "passed"


@pytest.mark.parametrize("wrong", [False, True])
def test_the_limit_is_exact_one_after_the_other(app: Flask, database: Database, wrong: bool) -> None:
    ends = Counter(guess(app, database, "hanako", wrong=wrong) for _ in range(LIMIT + 3))
    assert ends == {Wrong.code if wrong else "passed": LIMIT, TooManyTries.code: 3}


def test_of_forty_tries_at_once_exactly_nine_pass(app: Flask, database: Database) -> None:
    with ThreadPoolExecutor(40) as pool:
        ends = Counter(pool.map(lambda _: guess(app, database, "hanako"), range(40)))
    assert ends == {"passed": LIMIT, TooManyTries.code: 40 - LIMIT}


def test_the_window_ends_and_success_forgives(app: Flask, database: Database) -> None:
    for _ in range(LIMIT + 1):
        last = guess(app, database, "hanako")
    assert last == TooManyTries.code
    with clock.freeze(clock.now() + throttle.WINDOW + timedelta(seconds=1)):
        assert guess(app, database, "hanako") == "passed"
    for _ in range(LIMIT):
        guess(app, database, "taro")
    with app.app_context(), database.command("forgive") as session:
        throttle.forgive(session, "guess", "taro")
    assert guess(app, database, "taro") == "passed"
