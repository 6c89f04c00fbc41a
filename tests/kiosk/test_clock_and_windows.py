"""A machine whose clock is wrong, and what it says of the windows of the ward office while it cannot help itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from card_reader.simulator.card import SimulatedCard
from kiosk.health import beat
from kiosk.job_book import JobBook
from kiosk.journal import Journal
from kiosk.paid_jobs import PaidJobs
from kiosk.portal_client import PortalClient, PortalRefused
from kiosk.portal_time import TOLERANCE_SECONDS, PortalTime
from kiosk.speech import FIXED, tapes
from kiosk.spoken_hours import window_hours
from kiosk.steps import LANGUAGES, Step
from kiosk.window_days import JST, Remembered, Shown, WindowDay, shown
from tests.kiosk.contract_player import ContractPlayer, example
from tests.kiosk.counter import NUMBER, ORDER, Counter
from tests.kiosk.whole_kiosk import QUICK, UnlessDown, WholeKiosk

DAYS = (
    WindowDay("2026-11-23"),
    WindowDay("2026-11-24", "09:00", "17:00"),
    WindowDay("2026-11-25", "09:00", "20:30"),
)
LOST = 3 * 24 * 3600.0


class Wall:
    """The machine's own clock, so many seconds off."""

    def __init__(self, off: float) -> None:
        self.off = off

    def __call__(self) -> float:
        return time.time() + self.off


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=JST).timestamp()


def page(kiosk: WholeKiosk) -> str:
    return kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)


@pytest.fixture
def wall() -> Wall:
    return Wall(-LOST)


@pytest.fixture
def lost(tmp_path: Path, player: ContractPlayer, translations: Path, wall: Wall) -> Iterator[WholeKiosk]:
    """A kiosk that believes it is three days ago."""
    whole = WholeKiosk(tmp_path, player, translations, clock=PortalTime(wall))
    whole.start()
    yield whole
    whole.stop()


# The clock.


@pytest.mark.parametrize("off", [-LOST, LOST, -40 * 365 * 24 * 3600.0], ids=["behind", "ahead", "no year"])
def test_a_machine_with_a_wrong_clock_signs_in_by_the_portals_and_serves_nobody_until_it_is_right(
    lost: WholeKiosk, player: ContractPlayer, wall: Wall, off: float
) -> None:
    wall.off = off
    beat(lost.machine)
    assert player.seen["heartbeat"] > 0, "staff hear of it"
    assert player.bodies["heartbeat"][-1]["clock"] == "wrong"
    assert lost.machine.journey.step is Step.OUT_OF_SERVICE
    assert "時計" in page(lost)
    wall.off = 0.0
    beat(lost.machine)
    assert player.bodies["heartbeat"][-1]["clock"] == "ready"
    lost.wait_for(Step.WELCOME)


def test_a_card_on_a_machine_with_a_wrong_clock_is_not_asked_for_its_pin(
    lost: WholeKiosk, player: ContractPlayer, card: SimulatedCard
) -> None:
    beat(lost.machine)
    lost.insert(card)
    assert lost.machine.journey.step is Step.OUT_OF_SERVICE
    assert player.seen["open-session"] == 0


def test_a_clock_that_jumps_while_somebody_stands_there_lets_them_finish(lost: WholeKiosk, wall: Wall) -> None:
    wall.off = 0.0
    beat(lost.machine)
    lost.wait_for(Step.WELCOME)
    lost.machine._journey = replace(lost.machine.journey, step=Step.TAKE_CARD)
    wall.off = LOST
    beat(lost.machine)
    assert lost.machine.journey.health.clock == "wrong"
    assert lost.machine.journey.step is Step.TAKE_CARD


def test_an_answer_some_seconds_late_is_no_wrong_clock() -> None:
    seconds = [1_000.0]
    heard = PortalTime(wall=lambda: 2_000_000_000.0 + seconds[0], passing=lambda: seconds[0])
    assert (heard.state(), heard.now()) == ("unknown", None)
    heard.hear("Wed, 18 May 2033 03:33:20 GMT")  # 2,000,000,000
    assert heard.state() == "wrong"
    close = PortalTime(wall=lambda: 2_000_000_000.0 + TOLERANCE_SECONDS - 1, passing=lambda: 0.0)
    close.hear("Wed, 18 May 2033 03:33:20 GMT")
    assert close.state() == "ready"
    for nothing in (None, "", "yesterday", "Wed, 99 May 2033 03:33:20 GMT"):
        close.hear(nothing)
    assert close.now() == 2_000_000_000.0


def restarted(counter: Counter, player: ContractPlayer, wall: Wall) -> PaidJobs:
    """As after a power cut: another run of the machine, whose clock goes on where it stopped."""
    portal = PortalClient(player.url, player.client_id, player.key, UnlessDown(player), PortalTime(wall))
    return PaidJobs(counter.journal, portal, counter.box, counter.printer, boot="another-run")


def test_a_clock_that_stood_still_through_the_night_prints_no_paper_into_an_empty_place(
    tmp_path: Path, player: ContractPlayer
) -> None:
    counter = Counter(tmp_path, player)
    counter.pay()
    record = counter.journal.read(NUMBER)
    assert record
    counter.journal.write(NUMBER, {**record, "since": record["since"] - 9 * 3600})
    jobs = restarted(counter, player, Wall(-9 * 3600.0))
    assert jobs.finish(NUMBER) == "owed"
    assert (counter.papers(), counter.box.tray.total) == (0, 0)
    assert player.orders == {NUMBER: "owed"}


def test_after_a_short_power_cut_the_paper_comes_by_the_portals_time(tmp_path: Path, player: ContractPlayer) -> None:
    counter = Counter(tmp_path, player)
    counter.pay()
    assert restarted(counter, player, Wall(LOST)).finish(NUMBER) == "printed"


def test_a_fee_paid_with_points_is_dated_by_the_portals_time_too(tmp_path: Path, player: ContractPlayer) -> None:
    counter, clock = Counter(tmp_path, player), PortalTime()
    clock.hear("Wed, 18 May 2033 03:33:20 GMT")  # 2,000,000,000
    portal = PortalClient(player.url, player.client_id, player.key, UnlessDown(player), clock)
    jobs = PaidJobs(counter.journal, portal, counter.box, counter.printer)
    with pytest.raises(PortalRefused):  # it lives in another year; what was written down before stays
        jobs.spend(replace(ORDER, paid_with="points"))
    record = counter.journal.read(NUMBER)
    assert record
    assert datetime.fromtimestamp(record["since"], JST).year == 2033


def test_after_a_power_cut_without_a_line_nobody_knows_the_time_and_staff_pay(
    tmp_path: Path, player: ContractPlayer
) -> None:
    counter = Counter(tmp_path, player)
    counter.pay()
    portal = PortalClient("http://127.0.0.1:9", player.client_id, player.key, QUICK)
    jobs = PaidJobs(counter.journal, portal, counter.box, counter.printer, boot="another-run")
    assert jobs.finish(NUMBER) == "owed"
    assert (counter.papers(), counter.box.tray.total) == (0, 0)


def test_a_program_started_again_in_the_same_run_knows_how_long_it_was_without_any_clock(tmp_path: Path) -> None:
    from kiosk.paid_jobs import PaidJob

    journal = Journal(tmp_path)
    first = JobBook(journal, lambda: None, boot="one")
    first.begin(PaidJob(NUMBER, "owner", 200, "paid", time.time() + LOST))
    kept = first.read(NUMBER)
    assert kept
    assert JobBook(journal, lambda: None, boot="one").is_attended(kept)
    assert not JobBook(journal, lambda: None, boot="two").is_attended(kept)


# The windows.


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-23T12:00", Shown(DAYS[0], DAYS[1])),
        ("2026-11-24T08:59", Shown(DAYS[1], DAYS[2])),
        ("2026-11-24T09:00", Shown(DAYS[1], DAYS[2], open_now=True)),
        ("2026-11-24T16:59", Shown(DAYS[1], DAYS[2], open_now=True)),
        ("2026-11-24T17:00", Shown(DAYS[1], DAYS[2], over=True)),
        ("2026-11-25T12:00", Shown(DAYS[2], None, open_now=True)),
        ("2026-11-26T12:00", None),
    ],
)
def test_today_and_the_next_opening_follow_from_the_days(now: str, expected: Shown | None) -> None:
    assert shown(DAYS, at(now), sure=True) == expected


@pytest.mark.parametrize(
    ("now", "next_day"), [("2001-01-01T00:00", DAYS[1]), ("2026-11-24T23:00", DAYS[1]), ("2026-12-24T12:00", None)]
)
def test_who_only_believes_what_day_it_is_calls_none_today(now: str, next_day: WindowDay | None) -> None:
    found = shown(DAYS, at(now), sure=False)
    assert (found.next_day if found else None) == next_day
    assert found is None or found.today is None


def told(kiosk: WholeKiosk, player: ContractPlayer, *days: WindowDay) -> None:
    answer = example("heartbeat-out-of-service.response")
    windows = [{"day": one.day, "opens": one.opens or None, "closes": one.closes or None} for one in days]
    player.answers["heartbeat"] = {**answer, "body": {**answer["body"], "windows": windows}}
    beat(kiosk.machine)


def coming(days: int) -> str:
    return datetime.fromtimestamp(time.time() + days * 86400, JST).date().isoformat()


def test_out_of_service_names_the_windows_hours_in_every_language_and_by_ear(
    kiosk: WholeKiosk, player: ContractPlayer
) -> None:
    days = [WindowDay(coming(number), "08:30", "17:15") for number in range(3)]
    told(kiosk, player, *days)
    kiosk.wait_for(Step.OUT_OF_SERVICE)
    with kiosk.shown_as() as show:
        for language in LANGUAGES:
            show(language=language)
            assert "8:30–17:15" in page(kiosk), language
    found = Shown(WindowDay("2026-11-24", "08:30", "17:15"), WindowDay("2026-12-04", "09:00", "17:00"), open_now=True)
    with kiosk.app.test_request_context():
        spoken = list(window_hours(found))
    assert spoken == [
        *("窓口は今、開いています。", "始まりの時刻", "#8", "#30", "終わりの時刻", "#17", "#15"),
        *("次に窓口が開くのは", "金曜日", "今日から数えた日数", "#10", "始まりの時刻", "#9", "終わりの時刻", "#17"),
    ]
    assert set(spoken) <= set(tapes()["ja"])
    assert FIXED[Step.OUT_OF_SERVICE], "said before"


def test_a_machine_that_starts_without_a_line_says_the_hours_it_heard_last(
    tmp_path: Path, player: ContractPlayer, translations: Path, kiosk: WholeKiosk
) -> None:
    told(kiosk, player, *(WindowDay(coming(number), "08:30", "17:15") for number in range(-1, 4)))
    kiosk.stop()
    player.down = True
    again = WholeKiosk(tmp_path, player, translations, clock=PortalTime())
    again.machine.start(lambda effect: None)
    try:
        assert again.machine.journey.step is Step.OUT_OF_SERVICE
        shown_now = page(again)
        assert "8:30–17:15" in shown_now
        assert "今日" not in shown_now, "nobody told it the day"
    finally:
        again.machine.stop()


def test_days_a_disk_has_spoiled_are_as_none(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for bad in ({"days": [{"day": "soon"}]}, {"days": [{"when": 1}]}, {"days": [{"day": "2026-11-24", "opens": "9"}]}):
        journal.write("windows", bad)
        assert Remembered(journal).read() == ()
    Remembered(journal).write(DAYS)
    assert Remembered(journal).read() == DAYS
