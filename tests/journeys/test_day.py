"""The day that must work: one resident, from a notice to paper in her hand, in real browsers with real programs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import alarm
from tests.journeys import at_home, at_the_office, city_card
from tests.journeys.conftest import running_town
from tests.journeys.day import Day, Step, wants_pictures

pytestmark = [pytest.mark.journey, pytest.mark.town]

ALARMING = (" ERROR ", "[ERROR]", "CRITICAL", "Traceback", '"level": "error"', '"level": "critical"')
STEPS: tuple[Step, ...] = (
    at_home.clerk_writes_a_notice_and_sends_it,
    at_home.resident_signs_in_and_reads,
    at_home.resident_types_at_home,
    at_home.resident_checks_and_sends,
    at_the_office.resident_reserves_a_visit,
    at_home.centre_asks_for_one_correction,
    at_home.resident_corrects,
    at_home.centre_finds_it_ready,
    city_card.staff_writes_her_city_card_stops_it_by_phone_and_opens_it_again,
    at_the_office.the_day_of_the_visit_comes,
    at_the_office.resident_checks_in_at_the_kiosk,
    at_the_office.window_staff_calls_her,
    at_the_office.window_staff_verifies_the_card,
    at_the_office.window_staff_completes,
    at_the_office.resident_prints_her_record,
    at_the_office.kiosk_reminds_of_the_card,
    at_the_office.resident_prints_another_and_pays_with_her_coupon,
    at_the_office.kiosk_reminds_of_the_card,
    at_the_office.resident_sees_who_looked,
    at_the_office.the_record_holds,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def day(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Day]:
    pictures = wants_pictures() and request.param == "sqlite"
    with running_town(tmp_path / "town", request.param) as (town, printer):
        made = Day(town, printer, browser, tmp_path / "failed", pictures)
        yield made
        for page in made.pages().values():
            page.context.close()


def test_the_day(day: Day) -> None:
    for step in STEPS:
        started = time.monotonic()
        with day.step(step.__name__):
            step(day)
        print(f"{time.monotonic() - started:5.1f} s  {step.__name__}")
    assert day.console.faults == []
    assert complaints(day) == []


def complaints(day: Day) -> list[str]:
    """Errors and personal data in the logs of the town's programs."""
    found = []
    for log in sorted((day.town.state / "log").glob("*.log")):
        for line in log.read_text("utf-8", "replace").splitlines():
            found += [f"{log.stem}: {leak}" for leak in alarm.leaks(line)]
            if any(word in line for word in ALARMING):
                found.append(f"{log.stem}: {line[:300]}")
    return found
