"""Nobody gets the paper of somebody else, whatever breaks: the short form of the run in the benchmarks."""

import os
import random

from portal.config import Settings
from tests.portal.certificates.crossed import MOMENTS, Conductor, books_are_right

PEOPLE = 6


def test_no_paper_for_another_person_over_two_processes_that_die_lose_answers_and_jump_in_time(
    settings: Settings,
) -> None:
    chance = random.Random(os.environ.get("TEST_SEED", "1"))
    met = Conductor(settings, people=PEOPLE, processes=2, chance=chance).run(fault_every=60)
    assert met.wrong == []
    assert met.issued == PEOPLE
    assert {*(f"kill {moment}" for moment in MOMENTS), "lost", "crossed", "jump"} <= set(met.faults)
    assert books_are_right(settings, PEOPLE) == []
