"""The visit by its pages: reserve on the phone, check in, be called, show a document, done."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select, update

from portal.applications.models import Application
from portal.core import clock
from portal.core.audit import Record
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.reservations import slots
from portal.reservations.models import Slot
from portal.residents import service as residents
from portal.window import view
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

MONDAY = TUESDAY - timedelta(days=1)


@pytest.fixture
def hanako(database: Database, cast_residents: None) -> Iterator[UUID]:
    with clock.freeze(MONDAY):
        with database.command("demo") as session:
            slots.open_ahead(session, clock.today(), 32)
            person = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert person is not None
        yield visits.application(database, person.id, state="ready")


def choose(visitor: Visitor, application_id: UUID, slot_id: int) -> Page:
    page = visitor.get(f"/reservations/new?application={application_id}&office=chuo&day=2026-12-08")
    return visitor.submit(page, "/reservations/new", slot=slot_id)


def ward_office_of(page: Page) -> str:
    return next(link for link in page.find("a", class_="offices__link") if link.get("aria-current")).text or ""


def test_a_visit_from_the_phone_to_the_receipt(
    app: Flask, database: Database, hanako: UUID, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    phone = resident_client("hanako")
    page = phone.get(f"/reservations/new?application={hanako}")
    assert ward_office_of(page) == "中央区役所"
    shown = choose(phone, hanako, visits.slot_at(database, TUESDAY))
    assert shown.status == 200
    assert "2026" in shown.text
    address = shown.path
    assert phone.get(f"{address}/slip").status == 200
    with clock.freeze(TUESDAY - timedelta(minutes=10)):
        phone, window = resident_client("hanako"), staff_client(Role.WINDOW)
        queue = window.get("/staff/window")
        queue = window.submit(queue, "/staff/window/number", window="3")
        queue = window.submit(queue, "/staff/window/check-in")
        assert "E001" in queue.text
        assert "E001" in Visitor(app).get("/board/chuo").text
        assert "E001" in phone.get(f"{address}/waiting").text
        ticket = window.submit(queue, "/staff/window/next")
        assert cast.HANAKO.name not in ticket.text
        assert "3" in phone.get(f"{address}/waiting").text
        here = window.submit(ticket, f"{ticket.path}/start")
        assert cast.HANAKO.name in here.text
        refused = window.submit(here, f"{ticket.path}/document")
        assert refused.status == 422
        card = window.submit(here, f"{ticket.path}/card")
        assert card.status == 403
        checked = window.submit(here, f"{ticket.path}/document", document="driving-licence")
        receipt = window.submit(checked, f"{ticket.path}/complete")
        assert receipt.path == f"{ticket.path}/receipt"
        assert window.get(ticket.path).path == receipt.path
        assert phone.get(address).status == 200


def test_a_full_time_offers_the_next_free_ones(
    database: Database, hanako: UUID, resident_client: ResidentClient
) -> None:
    slot = visits.slot_at(database, TUESDAY)
    phone = resident_client("hanako")
    page = phone.get(f"/reservations/new?application={hanako}&office=chuo&day=2026-12-08")
    with database.command("rush") as session:
        session.execute(update(Slot).where(Slot.id == slot).values(taken=Slot.capacity))
    refused = phone.submit(page, "/reservations/new", slot=slot)
    assert refused.status == 409
    choices = [choice.get("value") for choice in refused.find("input", name="slot")]
    assert len(choices) >= 3
    assert str(slot) not in choices
    assert phone.submit(refused, "/reservations/new").path.startswith("/reservations/")


@pytest.mark.parametrize("typed", ["", "x", "999999999", "-1", "１"])
def test_without_a_time_the_page_comes_again(hanako: UUID, resident_client: ResidentClient, typed: str) -> None:
    phone = resident_client("hanako")
    page = phone.get(f"/reservations/new?application={hanako}")
    refused = phone.submit(page, "/reservations/new", slot=typed)
    assert refused.status == 422
    assert list(refused.find("input", name="slot"))


def test_change_and_cancel(database: Database, hanako: UUID, resident_client: ResidentClient, worker: Worker) -> None:
    phone = resident_client("hanako")
    shown = choose(phone, hanako, visits.slot_at(database, TUESDAY))
    page = phone.get(f"{shown.path}/change?office=inage&day=2026-12-09")
    later = visits.slot_at(database, TUESDAY + timedelta(days=1), office="inage")
    moved = phone.submit(page, f"{shown.path}/change", slot=later)
    assert "稲毛区役所" in moved.text
    page = phone.get(f"{shown.path}/cancel")
    gone = phone.submit(page, f"{shown.path}/cancel")
    assert gone.path == shown.path
    with clock.freeze(clock.now() + timedelta(minutes=31)):  # a freed place is public again after a while
        worker.run_pending()
        assert visits.taken(database, later) == 0
    assert phone.get(f"{shown.path}/change").path == shown.path
    assert phone.get(f"/reservations/new?application={hanako}").heading


def test_the_calendar_file_knows_the_time_zone_and_names_nobody(
    database: Database, hanako: UUID, resident_client: ResidentClient
) -> None:
    phone = resident_client("hanako")
    shown = choose(phone, hanako, visits.slot_at(database, TUESDAY))
    answer = phone.client.get(f"{shown.path}/visit.ics", headers=phone.headers)
    assert answer.mimetype == "text/calendar"
    file = Calendar.from_ical(answer.get_data())
    assert [str(zone["TZID"]) for zone in file.walk("VTIMEZONE")] == ["Asia/Tokyo"]
    event = file.walk("VEVENT")[0]
    assert event["DTSTART"].dt == TUESDAY
    assert cast.HANAKO.name not in answer.get_data(as_text=True)


def test_somebody_elses_reservation_looks_like_none(
    database: Database, hanako: UUID, resident_client: ResidentClient
) -> None:
    shown = choose(resident_client("hanako"), hanako, visits.slot_at(database, TUESDAY))
    taro = resident_client("taro")
    for address in ("", "/slip", "/visit.ics", "/change", "/cancel", "/waiting"):
        assert taro.get(shown.path + address).status == 404
    assert taro.get(f"/reservations/new?application={hanako}").status == 404
    assert taro.get("/reservations/new?application=nonsense").status == 404


def test_the_board_is_cheap_and_names_nobody(app: Flask, hanako: UUID) -> None:
    screen = Visitor(app)
    first = screen.client.get("/board/chuo/state")
    assert first.json is not None
    assert set(first.json) == {"now", "message", "calls", "waiting", "numbers"}
    # A full hall leaves room for the next of every kind of window.
    assert view.in_turn([["A1", "A2", "A3"], [], ["B1"], ["C1", "C2"]]) == ["A1", "B1", "C1", "A2", "C2", "A3"]
    again = screen.client.get("/board/chuo/state", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert first.headers["Cache-Control"] == "no-cache", "a cache on the way would show numbers later"
    assert screen.get("/board/nowhere").status == 404


@pytest.mark.parametrize("language", ["ja", "en", "zh", "ko", "es", "pt"])
def test_the_pages_speak_six_languages(
    database: Database, hanako: UUID, resident_client: ResidentClient, language: str
) -> None:
    phone = resident_client("hanako")
    phone.headers["Accept-Language"] = language
    page = choose(phone, hanako, visits.slot_at(database, TUESDAY))
    assert page.status == 200
    assert phone.get(f"{page.path}/change").status == 200


def test_staff_search_finds_a_reservation(
    database: Database, hanako: UUID, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    choose(resident_client("hanako"), hanako, visits.slot_at(database, TUESDAY))
    with database.command("look") as session:
        reference = session.get_one(Application, hanako).reference
    window = staff_client(Role.WINDOW)
    assert reference in window.get(f"/staff/window?q={reference.lower()}").text
    with database.command("look") as session:
        looks = session.scalars(select(Record).where(Record.what == "reservations.visit")).all()
    assert [(look.case_ref, look.actor_kind, look.why) for look in looks] == [(reference, "staff", "window")]
    assert window.get("/staff/window?q=nonsense").status == 404
    queue = window.submit(window.get("/staff/window"), "/staff/window/number", window="0")
    assert queue.status == 422
