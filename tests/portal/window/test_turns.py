"""Whose turn it is, how long it takes: the city's rules for the queue, without a database."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest

from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.window import kinds, rules, turn_rules
from portal.window.rules import Lane
from portal.window.turn_rules import Turn

NOW = datetime(2026, 12, 8, 10, 0, tzinfo=JST)


def turn(
    minutes: float,
    *,
    lane: Lane = Lane.GENERAL,
    needs: bool = False,
    starts_in: float | None = None,
    passed: int = 0,
    number: int = 1,
) -> Turn:
    """A number drawn *minutes* ago, reserved for in *starts_in* minutes."""
    starts_at = None if starts_in is None else NOW + timedelta(minutes=starts_in)
    return Turn(uuid4(), lane, needs, starts_at, NOW - timedelta(minutes=minutes), number, passed)


EXPRESS = turn(1, lane=Lane.EXPRESS)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(EXPRESS, turn(29.9), id="express before who walked in"),
        pytest.param(turn(30), EXPRESS, id="not after half an hour"),
        pytest.param(EXPRESS, turn(5, passed=2), id="passed over twice is not enough"),
        pytest.param(turn(5, passed=3), EXPRESS, id="three times is"),
        pytest.param(turn(1, needs=True), EXPRESS, id="who cannot wait long"),
        pytest.param(turn(30), turn(1, needs=True), id="but nobody is forgotten for them"),
        pytest.param(turn(3, starts_in=10), turn(20), id="reserved in ten minutes"),
        pytest.param(turn(20), turn(25, starts_in=10.1), id="reserved for later waits like the others, from then on"),
        pytest.param(turn(20), turn(59, starts_in=11), id="an hour early is no better place"),
        pytest.param(turn(9), turn(8), id="who came first"),
        pytest.param(turn(9, number=1), turn(9, number=2), id="who drew first"),
    ],
)
def test_who_is_called_first(first: Turn, second: Turn) -> None:
    assert turn_rules.in_order([second, first], NOW) == [first, second]


@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_passed_over_more_often_than_the_rule_says(seed: int) -> None:
    """A day of calls with express people pouring in: each general number is passed over three times at most, and
    nobody who drew later is called before one that has waited half an hour."""
    chance, now = Random(seed), NOW
    passed: dict[UUID, int] = {}
    waiting: list[Turn] = []
    for number in range(300):
        now += timedelta(minutes=1)
        lane = Lane.EXPRESS if chance.random() < 0.6 else Lane.GENERAL
        soon = now + timedelta(minutes=chance.randint(-20, 60)) if chance.random() < 0.3 else None
        waiting.append(Turn(uuid4(), lane, chance.random() < 0.05, soon, now, number, 0))
        if chance.random() < 0.9:
            turns = [replace(one, passed_over=passed.get(one.id, 0)) for one in waiting]
            chosen = turn_rules.in_order(turns, now)[0]
            for one in turn_rules.passed_by(chosen, turns, now):
                passed[one.id] = passed.get(one.id, 0) + 1
                assert now - one.waits_since < turn_rules.LONGEST_PASSED
            waiting = [one for one in waiting if one.id != chosen.id]
    assert passed
    assert max(passed.values()) <= turn_rules.MOST_PASSED


@pytest.mark.parametrize(
    ("visits", "before", "desks", "expected"),
    [
        ([], 0, 1, (0, 6)),
        ([], 4, 1, (28, 54)),
        ([], 4, 2, (14, 27)),
        ([], 4, 0, (28, 54)),
        ([6] * 27, 4, 1, (16, 31)),
        ([400, 400, 400], 1, 1, (21, 54)),
    ],
)
def test_the_estimate_learns_from_the_day(
    visits: list[int], before: int, desks: int, expected: tuple[int, int]
) -> None:
    minutes = turn_rules.handling_minutes([timedelta(minutes=one) for one in visits], 12)
    found = turn_rules.estimate(before, minutes, desks)
    assert (found.optimistic, found.normal) == expected


@pytest.mark.parametrize(
    ("now", "code"),
    [("08:59", "numbers-not-yet"), ("09:00", None), ("16:44", None), ("16:45", "numbers-closed")],
)
def test_numbers_are_given_from_the_opening_to_the_last_one(now: str, code: str | None) -> None:
    found = None
    try:
        rules.check_giving(opens=time(9), until=time(16, 45), now=time.fromisoformat(now))
    except Refusal as refusal:
        found = refusal.code
    assert found == code


def test_every_office_gives_numbers_with_letters_of_their_own(tmp_path: Path) -> None:
    everywhere = kinds.here("chuo")
    assert len({one.letter for one in everywhere.values()}) == len(kinds.WindowKind) == len(everywhere)
    mihama = kinds.here("mihama")
    assert (kinds.WindowKind.EDUCATION in mihama, mihama[kinds.WindowKind.CARD].quota) == (False, 80)
    wrong = tmp_path / "kinds.json"
    wrong.write_text(kinds.FILE.read_text().replace('"letter": "B"', '"letter": "A"'))
    with pytest.raises(ValueError, match="letters"):
        kinds.read(wrong, "chuo")
