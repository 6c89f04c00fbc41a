"""The real kiosk is killed while points or a coupon pay a fee: one paper, or everything back; nobody else gets either."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from portal.app import open_database
from portal.certificates import service as certificates
from portal.certificates.models import CertificateOrder
from portal.certificates.service import State
from portal.config import Settings
from portal.core import clock
from portal.core.clock import JST
from portal.core.money import Points, Yen
from portal.core.uow import Database
from portal.demo import cast
from portal.points import service as points
from portal.points.ledger.rules import Reason
from portal.points.service import FeeWay
from tests.journeys.at_the_office import FEE, KIOSK_READER, card, orders_her_record, the_paper_is_hers, wakes
from tests.journeys.conftest import running_town
from tests.journeys.day import Day
from tests.kills import books
from tests.patience import until
from tests.portal.applications.people import person

pytestmark = [pytest.mark.journey, pytest.mark.town]

COUPON = "certificate-fee"
OPEN = time(10)
"""Machines are out of service at night, whenever the test runs."""
OUT_FOR = timedelta(minutes=20)
"""Longer than anybody waits in front of a machine (kiosk.job_book)."""
ENDED = (State.PRINTED, State.REFUNDED, State.CANCELLED)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def day(request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder = tmp_path_factory.mktemp("points-killed")
    with running_town(folder, request.param) as (town, printer):
        made = Day(town, printer, browser, folder / "failed", takes_pictures=False)
        tomorrow = datetime.combine(clock.today() + timedelta(days=1), OPEN, JST)
        clock.set_city_time(settings_of(made).clock_file, tomorrow)
        yield made
        for page in made.pages().values():
            page.context.close()


def settings_of(day: Day) -> Settings:
    return Settings(state_dir=day.town.state, database_url=day.town.database_url)


@pytest.fixture
def database(day: Day) -> Iterator[Database]:
    """The town's own database, beside its programs; 花子 has points and a coupon enough for a fee."""
    opened = open_database(settings_of(day))
    who = person(opened, cast.HANAKO).id
    assert who
    with opened.job("test") as session:
        points.credit(session, who, Points(1_000), reason=Reason.EVENT, key=f"test:{uuid4()}")
        offered = points.fee_offer(session, who, Yen(FEE), points.balance(session, who))
        if offered is None or offered.coupon is None:
            points.redeem(session, who, COUPON, key=uuid4())
    yield opened
    opened.close()


def standing(database: Database) -> dict[str, Any]:
    """What 花子 has, what the newest order came to, and what the books of all machines say of points and of money."""
    who = person(database, cast.HANAKO).id
    assert who
    with database.job("test") as session:
        coupon = points.fee_offer(session, who, Yen(FEE), points.balance(session, who))
        newest = session.scalars(select(CertificateOrder).order_by(CertificateOrder.ordered_at.desc()).limit(1)).first()
        days = set(session.scalars(select(CertificateOrder.ordered_at)))
        first = min(days, default=clock.now()).astimezone(JST).date()
        taken = [
            one
            for ahead in range((clock.today() - first).days + 1)
            for one in certificates.takings(session, first + timedelta(days=ahead)).values()
        ]
        return {
            "points": points.balance(session, who),
            "coupon": coupon.coupon.reference if coupon and coupon.coupon else "",
            "order": newest.id if newest else None,
            "state": newest.state if newest else "",
            "by points": sum(one.points_yen - one.points_back_yen for one in taken),
            "money": sum(one.paid_yen + one.refunded_yen + one.owed_yen for one in taken),
        }


def at_the_question(day: Day) -> None:
    orders_her_record(day)


def pay(day: Day, way: FeeWay) -> None:
    day.kiosk.locator(f"button[value={way}]").click(no_wait_after=True)


def record(day: Day, order: UUID) -> dict[str, Any]:
    """What the machine wrote down of the order; empty before it did."""
    file = day.town.state / "kiosk" / "paid-jobs" / f"{order}.json"
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def wrote(day: Day, order: UUID, *states: str) -> None:
    until(lambda: record(day, order).get("state") in states, f"{states} in the kiosk's journal")


def comes_to_an_end(day: Day, database: Database, order: UUID) -> dict[str, Any]:
    """The kiosk is there again, ends what it had begun, and serves the next one."""
    wrote(day, order, "settled")
    card(day, "remove", reader=KIOSK_READER)
    until(lambda: standing(database)["state"] in ENDED, "the order has ended in the portal")
    day.kiosk.goto(day.town.kiosk_url)
    wakes(day.kiosk)
    with database.job("test") as session:
        assert points.unbalanced(session) == []
    assert books.audit_faults(database.engine, settings_of(day)) == []
    return standing(database)


def is_paper(before: dict[str, Any], after: dict[str, Any], way: FeeWay) -> bool:
    """The fee was paid, once, by what she chose; False: she has everything back. Anything else is a fault."""
    paid = after["state"] == State.PRINTED
    by_points, by_coupon = paid and way is FeeWay.POINTS, paid and way is FeeWay.COUPON
    assert after["points"] == before["points"] - (FEE if by_points else 0)
    assert (after["coupon"] == before["coupon"]) is not by_coupon
    assert after["by points"] == before["by points"] + (FEE if paid else 0)
    assert after["money"] == before["money"], "the closing counts money only"
    return bool(paid)


def test_killed_while_the_portal_is_silent_nothing_is_spent_and_nothing_printed(day: Day, database: Database) -> None:
    at_the_question(day)
    before, papers = standing(database), len(day.printer.sheets())
    day.town.kill("portal")
    pay(day, FeeWay.POINTS)
    wrote(day, before["order"], "spending", "refunded")
    day.town.kill("kiosk")
    day.town.restart("portal")
    day.town.restart("kiosk")
    after = comes_to_an_end(day, database, before["order"])
    assert (is_paper(before, after, FeeWay.POINTS), len(day.printer.sheets())) == (False, papers)


@pytest.mark.parametrize("way", FeeWay)
def test_killed_at_the_press_it_is_one_paper_or_everything_back(day: Day, database: Database, way: FeeWay) -> None:
    """Whatever moment the kill meets: the kiosk may have asked, been answered, or printed."""
    at_the_question(day)
    before, papers = standing(database), len(day.printer.sheets())
    pay(day, way)
    until(lambda: record(day, before["order"]), "the kiosk writes down that it asks")
    day.town.kill("kiosk")
    day.town.restart("kiosk")
    after = comes_to_an_end(day, database, before["order"])
    assert len(day.printer.sheets()) == papers + is_paper(before, after, way)


@pytest.mark.parametrize("way", FeeWay)
def test_killed_while_the_printer_takes_the_paper_it_comes_once(day: Day, database: Database, way: FeeWay) -> None:
    before, papers = _killed_at_the_printer(day, database, way)
    day.town.restart("kiosk")
    after = comes_to_an_end(day, database, before["order"])
    assert is_paper(before, after, way)
    the_paper_is_hers(day, sheets=papers + 1)


@pytest.mark.parametrize("way", FeeWay)
def test_after_a_long_power_cut_no_paper_lies_there_for_a_stranger(day: Day, database: Database, way: FeeWay) -> None:
    before, papers = _killed_at_the_printer(day, database, way)
    _mains_were_off(day, before["order"])
    day.town.restart("kiosk")
    after = comes_to_an_end(day, database, before["order"])
    assert (is_paper(before, after, way), len(day.printer.sheets())) == (False, papers)
    assert after["state"] == State.REFUNDED


def _killed_at_the_printer(day: Day, database: Database, way: FeeWay) -> tuple[dict[str, Any], int]:
    """Paid, and the kiosk dies with `lp` in its hands; what she had before, and how many papers there were."""
    at_the_question(day)
    before, papers = standing(database), len(day.printer.sheets())
    with day.printer.held():
        pay(day, way)
        wrote(day, before["order"], "sending")
        until(partial(_has_the_paper, database), "the portal has handed out the paper")
        day.town.kill("kiosk")
    assert len(day.printer.sheets()) == papers
    return before, papers


def _has_the_paper(database: Database) -> bool:
    return bool(standing(database)["state"] == State.RENDERED)


def _mains_were_off(day: Day, order: UUID) -> None:
    """The record of another run of the machine's mains, as it is found OUT_FOR later."""
    found = record(day, order)
    file = day.town.state / "kiosk" / "paid-jobs" / f"{order}.json"
    cut = {"boot": "before the power cut", "since": found["since"] - OUT_FOR.total_seconds()}
    file.write_text(json.dumps(found | cut))
