"""`kill -9` in the middle: what was promised happens once, whoever dies when. The programs are the real ones."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from portal.app import open_database
from portal.applications import service as applications
from portal.applications.models import Application
from portal.applications.rules import State
from portal.config import Settings
from portal.core import clock
from portal.core.outbox import LEASE, Promise
from portal.core.uow import Database
from portal.demo import cast
from portal.mailbox.models import Delivery, Notice
from portal.points import service as points
from portal.points.ledger.models import PointTransfer
from portal.reservations.models import Booking
from portal.residents.models import Resident
from portal.window import service as window
from tests.journeys.at_the_office import KIOSK_READER, card, orders_her_record, pays_with_coins
from tests.journeys.browsers import fill_date, press
from tests.journeys.conftest import running_town
from tests.journeys.day import Day, sign_in_staff
from tests.kills import books
from tests.patience import until
from tests.portal.applications.people import CLERK, as_, moving, person

pytestmark = [pytest.mark.journey, pytest.mark.town]

RESIDENTS = 20_000
SEED = os.environ.get("TEST_SEED", "2026")
# Sends a form from within the page, so that the very same request can be repeated later.
HOLD = """form => {
  const body = new URLSearchParams(new FormData(form));
  window.send = () => fetch(form.action, { method: "POST", body })
    .then(answer => `${answer.status} ${new URL(answer.url).pathname}`, () => "cut off");
}"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def day(request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder = tmp_path_factory.mktemp("crashes")
    with running_town(folder, request.param, RESIDENTS) as (town, printer):
        made = Day(town, printer, browser, folder / "failed", takes_pictures=False)
        yield made
        for page in made.pages().values():
            page.context.close()


def settings_of(day: Day) -> Settings:
    return Settings(state_dir=day.town.state, database_url=day.town.database_url)


@pytest.fixture
def database(day: Day) -> Iterator[Database]:
    """The town's own database, beside its programs."""
    opened = open_database(settings_of(day))
    yield opened
    opened.close()


def count(database: Database, what: Any, *conditions: Any) -> int:
    with database.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(what).where(*conditions)).scalar_one())


def set_clock(day: Day, minutes: float = 0, *, at: Any = None) -> None:
    """Move the whole town to *at*, or from now, by *minutes*."""
    wanted = (at or clock.now()) + timedelta(minutes=minutes)
    clock.set_city_time(settings_of(day).clock_file, wanted)


def audit_is_sound(day: Day, database: Database) -> None:
    """No record is missing or changed, in the chains and beside the heads kept outside."""
    assert books.audit_faults(database.engine, settings_of(day)) == []


# --- the worker ---------------------------------------------------------------------------------------------------


def test_a_notice_comes_once_to_20000_people_although_the_worker_is_killed(day: Day, database: Database) -> None:
    sign_in_staff(day.clerk, day.office, cast.SENDER)
    while not (sent := _send_and_kill(day, database)):
        pass  # the worker was quicker than the kill; the next notice gets it
    notice, reach = sent
    assert reach > RESIDENTS * 0.9
    assert count(database, Delivery, Delivery.notice_number == notice) == 0, "half a delivery was kept"
    day.town.restart("worker")
    set_clock(day, minutes=LEASE.total_seconds() / 60 + 1)
    delivered = Notice.number == notice, Notice.state == "sent"
    until(lambda: count(database, Notice, *delivered) == 1, "the delivery after the restart")
    assert count(database, Delivery, Delivery.notice_number == notice) == reach
    audit_is_sound(day, database)


def _send_and_kill(day: Day, database: Database) -> tuple[int, int] | None:
    """Send to the whole city, kill the worker in the middle; (notice, reach), or None if it was done before."""
    page = day.clerk
    page.goto(f"{day.office}/staff/notices/new")
    press(page, "#begin button")
    page.locator("#title").fill("全市へのお知らせ")
    page.locator("#body").fill("届くのは一度だけです。")
    due = clock.today() + timedelta(days=30)
    fill_date(page, "due_on", due.year, due.month, due.day)
    press(page, "main form.form .actions .button--primary")
    reach = count(database, Resident, Resident.moved_out.is_(None), Resident.protected.is_(False))
    press(page, "main form .actions .button--primary")
    newest = select(func.max(Notice.number))
    begun = Promise.kind == "mailbox.deliver", Promise.attempts > 0
    before = count(database, Promise, *begun)
    ends = clock.machine_now() + timedelta(seconds=30)
    while count(database, Promise, *begun) == before and not _is_sent(database) and clock.machine_now() < ends:
        continue
    day.town.kill("worker")
    with database.engine.connect() as connection:
        notice = connection.execute(newest).scalar_one()
    if _is_sent(database):
        day.town.restart("worker")
        return None
    return notice, reach


def _is_sent(database: Database) -> bool:
    """Whether the newest notice is with everybody."""
    query = select(Notice.state).order_by(Notice.number.desc()).limit(1)
    with database.engine.connect() as connection:
        return connection.execute(query).scalar_one() == "sent"


# --- the portal ---------------------------------------------------------------------------------------------------


def killed_amid(day: Day, page: Page, form: str, chance: random.Random) -> None:
    """Send a form, kill the portal a moment later, start it again and send the very same form twice more."""
    page.locator(form).first.evaluate(HOLD)
    page.evaluate("window.first = window.send()")
    Event().wait(chance.uniform(0, 0.08))  # the moment of death is the chance of this test
    day.town.kill("portal")
    first = page.evaluate("window.first")
    day.town.restart("portal")
    second, third = (page.evaluate("window.send()") for _ in range(2))
    assert second.startswith("200 "), second
    assert third == second
    assert first in ("cut off", second)


def typed_draft(database: Database, someone: cast.Resident) -> UUID:
    """A finished draft of a move, ready to be sent."""
    actor = person(database, someone)
    assert actor.id
    with as_(database, actor) as session:
        draft = applications.start_draft(session, actor.id, "moving-within-city")
        members: Any = draft.known["household.members"]
        for section, typed in moving(clock.today(), [one["id"] for one in members]).items():
            applications.save_page(session, actor, draft.id, section, typed)
            session.flush()
        return draft.id


def test_sent_and_reserved_once_although_the_portal_is_killed(day: Day, database: Database) -> None:
    """From a browser, with the real programs; many more deaths are in tests/kills."""
    someone, chance = cast.HANAKO, random.Random(f"{SEED} hanako")
    case = typed_draft(database, someone)
    page = day.phone
    page.context.clear_cookies()
    page.goto(f"{day.home}/sign-in")
    page.locator("input[name=login_id]").fill(someone.login_id)
    page.locator("input[name=password]").fill(someone.password)
    press(page, "main form.form button[type=submit]")
    page.goto(f"{day.home}/applications/{case}/check")
    killed_amid(day, page, "main form[action$='/submit']", chance)
    owner = person(database, someone).id
    sent = Application.resident_id == owner, Application.state == State.SUBMITTED
    assert count(database, Application, *sent) == 1

    page.goto(f"{day.home}/reservations/new?application={case}")
    # Not today: when this runs before the windows open, people of the demo wait there this morning.
    with page.expect_navigation():
        page.locator(".calendar a.calendar__day").nth(1).click()
    page.locator("input[name=slot]").first.check()
    expect(page.locator("input[name=work_answer]")).not_to_have_value("")
    killed_amid(day, page, "#times", chance)
    assert count(database, Booking, Booking.application_id == case) == 1
    today = clock.now().astimezone(clock.JST).replace(hour=0, minute=0)
    assert books.places_agree(database.engine, since=today)
    audit_is_sound(day, database)


def test_points_come_once_although_portal_and_worker_are_killed(day: Day, database: Database) -> None:
    booking = _at_the_window(day, database)
    chance = random.Random(f"{SEED} points")
    page = day.window
    sign_in_staff(page, day.office, cast.WINDOW)
    page.goto(f"{day.office}/staff/window")
    page.locator("input[name=window]").fill("1")
    press(page, "form[action='/staff/window/number'] button")
    press(page, "form[action='/staff/window/next'] button")
    press(page, "form[action$='/start'] button")
    page.locator("details:has(form[action$='/document']) summary").click()
    page.locator("#document-driving-licence").check()
    press(page, "form[action$='/document'] button")
    day.town.kill("worker")
    killed_amid(day, page, "form[action$='/complete']", chance)
    day.town.restart("worker")
    Event().wait(chance.uniform(0, 0.5))
    day.town.kill("worker")
    day.town.restart("worker")
    set_clock(day, minutes=LEASE.total_seconds() / 60 + 1)
    given = PointTransfer.case_ref == booking.reference
    until(lambda: count(database, PointTransfer, given) > 0, "the points")
    until(lambda: not _waits(database), "an empty outbox")
    with database.job("test") as session:
        keys = sorted(key.split(":")[1] for key in session.scalars(select(PointTransfer.key).where(given)))
    assert keys == ["application", "visit"]  # of the procedure that was done online, and of the visit that was kept
    with database.job("test") as session:
        assert points.unbalanced(session) == []
    audit_is_sound(day, database)


def _waits(database: Database) -> int:
    """Work that is due; what is promised for later (a freed place's return, a reminder) may wait."""
    due = Promise.done_at.is_(None), Promise.failed_at.is_(None), Promise.available_at <= clock.now()
    return count(database, Promise, *due)


def _at_the_window(day: Day, database: Database) -> Booking:
    """花子's application is checked, her day has come and she has drawn a number at 中央区役所."""
    owner = person(database, cast.HANAKO).id
    with as_(database, CLERK) as session:
        booking = session.scalars(select(Booking).where(Booking.resident_id == owner)).one()
        assert booking.application_id
        applications.claim(session, booking.application_id, CLERK)
        applications.mark_ready(session, booking.application_id, CLERK)
        session.flush()
        session.expunge(booking)
    set_clock(day, minutes=-10, at=booking.starts_at)
    with database.job("test") as session:
        window.check_in(session, session.get_one(Booking, booking.id), by="test")
    return booking


# --- the kiosk ----------------------------------------------------------------------------------------------------


def payments(day: Day) -> list[dict[str, Any]]:
    """What the coin box remembers."""
    return [json.loads(file.read_text()) for file in (day.town.state / "coin-box" / "payments").glob("*.json")]


@pytest.mark.parametrize("day", ["sqlite"], indirect=True)  # money and paper are the kiosk's own books
@pytest.mark.parametrize("when", ["at the last coin", "when paper comes"])
def test_paid_is_printed_or_refunded_although_the_kiosk_is_killed(day: Day, database: Database, when: str) -> None:
    papers, paid = len(day.printer.sheets()), len(payments(day))
    orders_her_record(day)
    pays_with_coins(day, 500)
    if when == "when paper comes":
        until(lambda: len(day.printer.sheets()) > papers, "paper")
    day.town.kill("kiosk")
    day.town.restart("kiosk")
    jobs = day.town.state / "kiosk" / "paid-jobs"

    def settled() -> bool:
        return all(json.loads(file.read_text())["state"] == "settled" for file in jobs.glob("*.json"))

    until(settled, "every paid job is settled")
    card(day, "remove", reader=KIOSK_READER)
    assert len(payments(day)) == paid + 1
    refunded = sum(payment["state"] == "refunded" for payment in payments(day))
    assert len(day.printer.sheets()) + refunded == len(payments(day)), "each payment is paper or money back"
    audit_is_sound(day, database)
