"""Whoever reserves, moves or loses a visit finds it in the mailbox: when, where, what to bring, in their language."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.models import Delivery
from portal.reservations import service as reservations
from portal.residents import service as residents
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY


@pytest.fixture
def hanako(database: Database, cast_residents: None) -> Iterator[UUID]:
    """花子 on the day before her visit of Tuesday at 10."""
    with clock.freeze(TUESDAY - timedelta(days=1)):
        visits.open_city(database)
        with database.command("look") as session:
            found = residents.find_by_number(session, cast.HANAKO.addressee_number)
            assert found is not None
        yield found.id


@pytest.fixture
def booking(database: Database, hanako: UUID) -> UUID:
    case = visits.application(database, hanako, state="ready")
    return visits.book(database, hanako, case, visits.slot_at(database, TUESDAY)).id


def newest(visitor: Visitor) -> Page:
    listed = visitor.get("/mailbox")
    return visitor.get(next(link for link in listed.links() if link.startswith("/mailbox/") and len(link) > 40))


def test_a_reserved_visit_is_told_with_time_place_and_what_to_bring(
    booking: UUID, worker: Worker, resident_client: ResidentClient
) -> None:
    worker.run_pending()
    visitor = resident_client("hanako")
    notice = newest(visitor)
    assert notice.heading == "来庁の予約を承りました"
    for fact in ("令和8年12月8日（2026年）", "10:00", "中央区役所", "・"):
        assert fact in notice.text
    assert f"/reservations/{booking}" in notice.links()
    visitor.client.set_cookie("__Host-language", "en")
    for fact in ("December 8, 2026", "10:00", "Chuo Ward Office (中央区役所)", "What to bring"):
        assert fact in visitor.get(notice.path).text


def test_a_moved_visit_tells_the_new_time_and_a_cancelled_one_that_it_is_gone(
    database: Database, hanako: UUID, booking: UUID, worker: Worker, resident_client: ResidentClient
) -> None:
    slot = visits.slot_at(database, TUESDAY + timedelta(hours=1), office="mihama")
    with database.page(visits.resident(hanako), Purpose.OWN_USE, writes=True) as session:
        reservations.change(session, visits.resident(hanako), booking, slot)
    worker.run_pending()
    visitor = resident_client("hanako")
    visitor.client.set_cookie("__Host-language", "en")
    moved = newest(visitor)
    assert "Mihama Ward Office" in moved.text
    assert "11:00" in moved.text
    with database.command("staff cancels") as session:
        reservations.cancel(session, booking)
    worker.run_pending()
    assert newest(visitor).heading == "Your visit was cancelled"


def test_nothing_is_told_twice(database: Database, booking: UUID, worker: Worker) -> None:
    worker.run_pending()
    with database.command("again") as session:
        reservations.cancel(session, booking)
    with database.command("and again") as session:
        reservations.cancel(session, booking)
    worker.run_pending()
    worker.run_pending()
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 2


def test_the_first_page_shows_the_next_visit(booking: UUID, resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    first = visitor.get("/")
    assert "10:00" in first.text
    assert f"/reservations/{booking}" in first.links()
    with clock.freeze(TUESDAY + timedelta(days=1)):
        assert f"/reservations/{booking}" not in resident_client("hanako").get("/").links()
