"""What surrounds a reserved visit: reminders, who came, the calendar file, the slip, the calendar and the forecast."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select, update

from portal.applications import service as applications
from portal.core import clock
from portal.core.audit import Purpose
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.reference import new_reference, spoken
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.models import Notice
from portal.reservations import attendance, reminders, service, slots
from portal.reservations.attendance_rules import Attended, TooFarAhead, follows_from, missed_in_a_row
from portal.reservations.models import Booking, Slot
from portal.reservations.rules import State
from portal.reservations.terms import terms
from portal.residents.models import Resident
from portal.window import crowd
from portal.window.models import Ticket
from tests.browser import Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.certificates.test_paper import text_of
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

THURSDAY = TUESDAY - timedelta(days=5)


@pytest.fixture(autouse=True)
def thursday() -> Iterator[None]:
    with clock.freeze(THURSDAY):
        yield


@pytest.mark.parametrize(
    ("hour", "wanted"),
    [(10, ["07 18:00", "08 08:00"]), (9, ["07 18:00", "08 07:00"]), (16, ["07 18:00", "08 14:00"])],
)
def test_reminders_come_the_evening_before_and_some_hours_before(hour: int, wanted: list[str]) -> None:
    times = reminders.times(TUESDAY.replace(hour=hour), terms()).values()
    assert [f"{at.astimezone(JST):%d %H:%M}" for at in times] == wanted


def told(database: Database, booking: Booking) -> list[str]:
    with database.command("look") as session:
        notices = session.scalars(select(Notice).where(Notice.link == f"/reservations/{booking.id}"))
        return [one.texts["msgid"]["title"] for one in notices.all()]


def test_who_still_comes_is_reminded_once_each(database: Database, worker: Worker) -> None:
    hanako, taro, sakura = visits.open_city(database)[:3]
    slot, later = (visits.slot_at(database, TUESDAY + timedelta(hours=number)) for number in (0, 3))
    cases = [visits.application(database, person) for person in (hanako, taro, sakura)]
    comes, cancels, moves = (
        visits.book(database, person, case, slot) for person, case in zip((hanako, taro, sakura), cases, strict=True)
    )
    worker.run_pending()
    with clock.freeze(TUESDAY - timedelta(hours=17)):
        with database.page(visits.resident(taro), Purpose.OWN_USE, writes=True) as session:
            service.cancel(session, cancels.id, owner=taro)
        with database.page(visits.resident(sakura), Purpose.OWN_USE, writes=True) as session:
            service.change(session, visits.resident(sakura), moves.id, later)
        worker.run_pending()
    for hours in (16, 16, 2, 1, -1):
        with clock.freeze(TUESDAY - timedelta(hours=hours)):
            worker.run_pending()
    reminded = ["Your visit is tomorrow", "Your visit is today"]
    assert told(database, comes)[1:] == reminded
    assert told(database, cancels)[1:] == ["Your visit was cancelled"]
    assert told(database, moves)[1:] == ["Your visit was moved to another time", *reminded]
    with database.command("look") as session:
        lines = [line.kind for line in applications.timeline(session, cases[0])]
    assert lines == ["booked", "visit-reminder", "visit-reminder"]


@pytest.mark.parametrize(
    ("state", "ticket", "hours_before", "wanted"),
    [
        (State.BOOKED, "", 48, Attended.UNKNOWN),
        (State.ARRIVED, "G101", 0, Attended.CAME),
        (State.SERVED, "G101", -1, Attended.CAME),
        (State.NO_SHOW, "G101", -1, Attended.CAME),
        (State.NO_SHOW, "", -1, Attended.MISSED),
        (State.CANCELLED, "", 24, Attended.EXCUSED),
        (State.CANCELLED, "", 23, Attended.EXCUSED_LATE),
    ],
)
def test_what_a_booking_says_about_who_came(state: State, ticket: str, hours_before: int, wanted: Attended) -> None:
    assert follows_from(state, ticket, TUESDAY, TUESDAY - timedelta(hours=hours_before), terms()) is wanted


def test_one_kept_visit_makes_up_for_missed_ones() -> None:
    missed, excused, came = Attended.MISSED, Attended.EXCUSED, Attended.CAME
    assert missed_in_a_row([missed, excused, missed, came, missed]) == 2
    assert missed_in_a_row([came, missed, missed]) == 0


def missed_visits(database: Database, person: UUID, count: int) -> list[UUID]:
    ids = []
    with database.command("past") as session:
        slots.open_ahead(session, (THURSDAY - timedelta(days=2)).date(), 1)
        since, until = slots.day_bounds((THURSDAY - timedelta(days=2)).date())
        found = session.scalars(select(Slot).where(Slot.office == "chuo", Slot.starts_at.between(since, until)))
        for slot in found.all()[:count]:
            ids.append(new_id())
            facts = {"office": slot.office, "starts_at": slot.starts_at, "slots": 1, "minutes": 30, "state": "no-show"}
            times = {"made_at": slot.starts_at, "changed_at": slot.starts_at}
            owner = {"id": ids[-1], "reference": new_reference(), "resident_id": person, "slot_id": slot.id}
            session.add(Booking(**owner, **facts, **times))
    return ids


def looks_first(database: Database, person: UUID, case: UUID, slot: int) -> UUID | None:
    """What the page of the form asks before anything is written."""
    actor = visits.resident(person)
    with database.page(actor, Purpose.OWN_USE, writes=False) as session:
        return service.look_first(session, actor, service.Wish(case, slot))


def test_missed_visits_limit_far_days_until_staff_correct_one(
    database: Database, cast_residents: None, staff_client: StaffClient
) -> None:
    hanako = visits.open_city(database)[0]
    case, missed = visits.application(database, hanako), missed_visits(database, hanako, 3)
    near, far = (visits.slot_at(database, TUESDAY + timedelta(days=days)) for days in (0, 7))
    with pytest.raises(TooFarAhead):
        looks_first(database, hanako, case, far)
    booking = visits.book(database, hanako, case, near)
    with database.page(visits.resident(hanako), Purpose.OWN_USE, writes=True) as session:
        service.cancel(session, booking.id, owner=hanako)
    clerk = staff_client(Role.WINDOW)
    page = clerk.get(f"/staff/attendance?day={(THURSDAY - timedelta(days=2)).date()}")
    assert page.text.count("来庁なし") >= 3
    assert clerk.submit(page, f"/staff/attendance/{missed[0]}", state="moon").status == 422
    page = clerk.submit(page, f"/staff/attendance/{missed[0]}", state="excused")
    assert "修正済み" in page.text
    clerk.submit(page, f"/staff/attendance/{missed[0]}", state="excused-late")
    with database.command("look") as session:
        known = attendance.missed(session, hanako)
        assert known is not None
        assert (known.count, known.until) == (2, None)
    assert looks_first(database, hanako, case, far) is None


def person(database: Database, of: cast.Resident) -> UUID:
    with database.command("look") as session:
        found = session.scalars(select(Resident.id).where(Resident.addressee_number == of.addressee_number))
        return UUID(str(found.one()))


def test_the_calendar_file_follows_the_visit_and_the_slip_says_it(
    database: Database, resident_client: ResidentClient
) -> None:
    visitor, hanako = resident_client("hanako"), person(database, cast.HANAKO)
    visits.open_city(database)
    booking = visits.book(database, hanako, visits.application(database, hanako), visits.slot_at(database, TUESDAY))
    home, sequences = f"/reservations/{booking.id}", []
    late = visits.slot_at(database, TUESDAY + timedelta(hours=3))

    def file() -> tuple[str, object]:
        body = visitor.get(f"{home}/visit.ics").body
        assert max(len(line) for line in body.split(b"\r\n")) <= 75
        calendar = Calendar.from_ical(body)
        event: Any = next(iter(calendar.walk("VEVENT")))
        assert calendar.errors == event.errors == []
        assert str(event["UID"]) == f"{booking.id}@reservations"
        zone: Any = next(iter(calendar.walk("VTIMEZONE")))
        assert zone["TZID"] == "Asia/Tokyo"
        assert zone.subcomponents[0]["TZOFFSETTO"].td == timedelta(hours=9)
        sequences.append(int(event["SEQUENCE"]))
        return str(calendar["METHOD"]), event["DTSTART"].dt

    assert file() == ("PUBLISH", TUESDAY)
    words = text_of(visitor.get(f"{home}/slip.pdf").body)
    for wanted in (
        booking.reference,
        "中央区役所",
        "令和8年12月8日",
        "お持ちください",
        spoken(booking.reference, "ja")[0],
    ):
        assert wanted in words
    with database.page(visits.resident(hanako), Purpose.OWN_USE, writes=True) as session:
        service.change(session, visits.resident(hanako), booking.id, late)
    assert file() == ("PUBLISH", TUESDAY + timedelta(hours=3))
    with database.page(visits.resident(hanako), Purpose.OWN_USE, writes=True) as session:
        service.cancel(session, booking.id, owner=hanako)
    assert file() == ("CANCEL", TUESDAY + timedelta(hours=3))
    assert sequences == [0, 1, 2]


def test_days_say_what_they_offer_and_a_full_one_leads_to_the_list(
    database: Database, worker: Worker, resident_client: ResidentClient
) -> None:
    visitor, hanako = resident_client("hanako"), person(database, cast.HANAKO)
    taro = person(database, cast.TARO)
    visits.open_city(database)
    case = visits.application(database, hanako)
    with database.command("narrow") as session:
        session.execute(update(Slot).values(capacity=0, kept=0))
        session.execute(update(Slot).where(Slot.starts_at == TUESDAY, Slot.office == "chuo").values(capacity=1))
    booking = visits.book(database, taro, visits.application(database, taro), visits.slot_at(database, TUESDAY))
    new = f"/reservations/new?application={case}&office=chuo"
    month = visitor.get(new).text
    for label in (
        "令和8年12月8日（2026年）火曜日：満席",
        "お休み：土曜日、日曜日",
        "令和8年12月29日（2026年）火曜日：お休み（年末年始）",
    ):
        assert label in month
    assert "12月8日（2026年）火曜日" in visitor.get(f"{new}&shape=list").text
    assert "火曜日 10:00：満席" in visitor.get(f"{new}&shape=week&day={TUESDAY.date()}").text
    day = TUESDAY.date().isoformat()
    form = visitor.get(f"/reservations/waiting/new?application={case}&office=chuo&day={day}")
    bad = visitor.submit(form, "/reservations/waiting/new", first_day=(TUESDAY + timedelta(days=1)).date().isoformat())
    assert (bad.status, "最後の日は、最初の日と同じか" in bad.text) == (422, True)
    entry = visitor.submit(form, "/reservations/waiting/new")
    assert "空き待ち中" in entry.text
    with database.page(visits.resident(taro), Purpose.OWN_USE, writes=True) as session:
        service.cancel(session, booking.id, owner=taro)
    worker.run_pending()
    assert "枠が空きました" in visitor.get("/mailbox").text
    offer = visitor.get(entry.path)
    assert "この枠を確保しています" in offer.text
    stranger = resident_client("taro")
    assert stranger.post(f"{entry.path}/accept", page=stranger.get("/account")).status == 404
    for page in ("new", "first", "waiting/new"):
        hers, none = (stranger.get(f"/reservations/{page}?application={one}") for one in (case, new_id()))
        assert (hers.status, hers.text) == (none.status, none.text), "whose it is, and whether it is, nobody is told"
    with clock.freeze(THURSDAY + timedelta(minutes=15)):
        late = visitor.submit(offer, f"{entry.path}/accept")
        assert (late.status, "確保は終わりました" in late.text) == (409, True)
    taken = visitor.submit(offer, f"{entry.path}/accept")
    assert (taken.heading, "10:00" in taken.text) == ("来庁予約", True)


def test_the_forecast_adds_reservations_and_who_usually_comes(database: Database, app: Flask) -> None:
    people = visits.open_city(database)
    slot = visits.slot_at(database, TUESDAY)
    for one in people[:3]:
        visits.book(database, one, visits.application(database, one), slot)
    with database.command("past") as session:
        assert [(one.hour, one.people, one.level) for one in crowd.forecast(session, "chuo", TUESDAY.date())][:2] == [
            (9, 0, "quiet"),
            (10, 3, "quiet"),
        ]
        assert crowd.forecast(session, "chuo", (TUESDAY + timedelta(days=4)).date()) == []
    page = Visitor(app).get(f"/crowd/chuo?day={TUESDAY.date()}")
    assert "3人（すいています）" in page.text
    assert Visitor(app).get("/crowd/moon").status == 404


@pytest.mark.parametrize(("people", "wanted"), [(3, "quiet"), (4, "usual"), (6, "usual"), (7, "crowded")])
def test_what_is_crowded_depends_on_what_the_office_can_serve(people: int, wanted: str) -> None:
    assert crowd.level(people, 8) == wanted


def test_past_tickets_make_the_usual_day(database: Database) -> None:
    hanako = visits.open_city(database)[0]
    day = (TUESDAY - timedelta(days=7)).date()
    with database.command("past") as session:
        slots.open_ahead(session, day, 1)
        start = datetime.combine(day, datetime.min.time(), JST) + timedelta(hours=11)
        slot = session.scalars(select(Slot).where(Slot.office == "chuo", Slot.starts_at == start)).one()
        times = {"made_at": start, "changed_at": start, "starts_at": start}
        facts = {"office": "chuo", "slots": 1, "minutes": 30, "state": "served", "resident_id": hanako}
        booking = Booking(id=new_id(), reference=new_reference(), slot_id=slot.id, **facts, **times)
        session.add(booking)
        session.flush()
        whose = {"office": "chuo", "day": day, "state": "served", "kind": "resident-affairs", "language": "ja"}
        came = {"booking_id": booking.id, "resident_id": hanako, "reference": booking.reference}
        for number, (who, minutes) in enumerate([(came, 20), ({}, 150)], start=1):
            label = {"lane": "general", "number": number, "label": f"A00{number}", "how": "kiosk", "token": str(number)}
            session.add(Ticket(drawn_at=start + timedelta(minutes=minutes), **whose, **label, **who))
        session.flush()
        found = {one.hour: one.people for one in crowd.forecast(session, "chuo", TUESDAY.date())}
        assert (found[10], found[11], found[13]) == (0, 1, 1)
