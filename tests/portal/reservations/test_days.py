"""Days unlike others, places kept for staff, and visits staff reserve for a caller."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.mailbox.models import Notice
from portal.reservations import closing, days, phone, service, slots
from portal.reservations.closing import DayWords
from portal.reservations.models import Slot
from portal.reservations.rules import DayReason, DayTaken, DayUnknown, EndedBy, NothingKept, Quota, SlotFull, State
from portal.residents import service as residents
from tests.conftest import StaffClient
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

DAY = TUESDAY.date()
WHY = DayWords(DayReason.WORKS, "北側入口の工事")
STAFF = Actor(Kind.STAFF, new_id(), label="市役所 000001")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.freeze(TUESDAY - timedelta(days=1)):
        yield


def close(database: Database, *offices: str, day: date = DAY) -> int:
    with database.page(STAFF, Purpose.OPERATION, writes=True) as session:
        return closing.close(session, STAFF, offices, day, WHY)


def test_a_closed_day_takes_nobody_and_tells_everybody(database: Database, worker: Worker) -> None:
    hanako, taro = visits.open_city(database)[:2]
    slot = visits.slot_at(database, TUESDAY)
    booking = visits.book(database, hanako, visits.application(database, hanako), slot)
    draft = visits.draft(database, taro)
    visits.hold(database, taro, draft, slot)
    assert close(database, "chuo", "inage") == 1
    with pytest.raises(DayTaken):
        close(database, "chuo")
    with pytest.raises(DayUnknown):
        close(database, "chuo", day=date(2026, 12, 12))
    worker.run_pending()
    with database.command("look") as session:
        assert [one.id for one in closing.to_rebook(session)] == [booking.id]
        assert closing.to_rebook(session, "inage") == []
        assert all(one.day != DAY for one in service.bookable(session, "chuo", 20))
        titles = [text["msgid"]["title"] for text in session.scalars(select(Notice.texts))]
        assert "Your visit needs another time: the office is closed" in titles
    with pytest.raises(SlotFull):
        visits.book(database, taro, visits.application(database, taro), slot)
    with database.page(STAFF, Purpose.OPERATION, writes=True) as session:
        closing.take_off(session, STAFF, _day_of(session, "chuo"))
    assert visits.taken(database, slot) == 1  # hers again; what was held is not
    close(database, "chuo")
    with clock.freeze(TUESDAY - timedelta(minutes=20)):
        with database.job("end") as session:
            closing.end_closed(session, {})
        with database.command("look") as session:
            ended = service.open_booking(session, booking.id)
            assert (ended.state, ended.ended_by) == (State.CANCELLED, EndedBy.CLOSURE)


def _day_of(session: Session, office: str) -> int:
    return next(one.id for one in days.coming(session) if one.office == office)


def test_an_extra_day_has_its_own_hours_and_places(database: Database) -> None:
    visits.open_city(database)
    saturday = date(2026, 12, 12)
    with database.page(STAFF, Purpose.OPERATION, writes=True) as session:
        closing.open_extra(session, STAFF, ["chuo"], saturday, (time(9), time(12), 2), WHY)
    with database.command("look") as session:
        free = [one for one in service.bookable(session, "chuo", 20) if one.day == saturday]
        assert [(one.starts_at.astimezone(clock.JST).hour, one.left) for one in free][::2] == [(9, 2), (10, 2), (11, 2)]
    with database.page(STAFF, Purpose.OPERATION, writes=True) as session:
        closing.take_off(session, STAFF, _day_of(session, "chuo"))
        assert all(one.day != saturday for one in service.bookable(session, "chuo", 20))


def test_kept_places_are_for_staff_until_they_give_them_away(database: Database) -> None:
    people = visits.open_city(database)[:5]
    slot_id = visits.slot_at(database, TUESDAY, places=1)
    with database.command("keep") as session:
        session.get_one(Slot, slot_id).kept = 1
    with pytest.raises(SlotFull):
        visits.book(database, people[0], visits.application(database, people[0]), slot_id)

    def call(person: UUID) -> service.Booking:
        with database.page(STAFF, Purpose.VISIT, writes=True) as session:
            wanted = phone.wanted_of(session, person, ["seal-registration"], [])
            return phone.book(session, person, wanted, slot_id)

    booking = call(people[1])
    assert (booking.kept, visits.taken(database, slot_id)) == (True, 1)
    with pytest.raises(SlotFull):
        call(people[2])
    with database.page(STAFF, Purpose.VISIT, writes=True) as session:
        assert phone.cancel(session, booking.id).ended_by == EndedBy.STAFF
    with database.command("look") as session:
        slot = session.get_one(Slot, slot_id)
        assert (slot.taken, slot.kept) == (0, 1)
        assert slots.times_of(session, slot, 1, quota=Quota.STAFF)[0].left == 1
        closing.give_to_public(session, "chuo", slot_id)
    with pytest.raises(NothingKept), database.command("look") as session:
        closing.give_to_public(session, "chuo", slot_id)
    assert not visits.book(database, people[0], visits.application(database, people[0]), slot_id).kept


def test_staff_reserve_move_and_cancel_for_a_caller(
    database: Database, staff_client: StaffClient, worker: Worker
) -> None:
    hanako = visits.open_city(database)[0]
    with database.command("look", Purpose.REGISTER) as session:
        number = residents.look_up(session, hanako).addressee_number
    desk = staff_client(Role.WINDOW)
    door = desk.get("/staff/visits")
    assert desk.submit(door, "/staff/visits", number="").status == 422
    caller = desk.submit(door, "/staff/visits", number=number)
    assert caller.path == f"/staff/visits/{hanako}"
    assert desk.get(f"{caller.path}/times").status == 422
    wanted = "procedure=seal-registration&procedure=dog-registration"
    times = desk.get(f"{caller.path}/times?{wanted}&ward=緑区&part=afternoon")
    assert times.status == 200
    slot = visits.slot_at(database, TUESDAY, office="midori")
    visit = desk.submit(times, caller.path, slot=slot)
    assert visit.find("p", class_="receipt__number")
    assert visits.taken(database, slot) == 1
    later = visits.slot_at(database, TUESDAY + timedelta(hours=2), office="midori")
    moved = desk.post(f"{visit.path}/change", {"slot": str(later)}, page=desk.get(f"{visit.path}/change"))
    assert (moved.path, visits.taken(database, slot), visits.taken(database, later)) == (visit.path, 0, 1)
    desk.submit(desk.get(f"{visit.path}/cancel"), f"{visit.path}/cancel")
    assert visits.taken(database, later) == 0
    worker.run_pending()
    with database.command("look") as session:
        records = session.scalars(select(Record).where(Record.subject == hanako, Record.why == "visit")).all()
        assert {one.what for one in records} >= {"residents.person", "reservations.visit", "bookings"}
        assert {one.actor_kind for one in records} == {"staff"}
        titles = [text["msgid"]["title"] for text in session.scalars(select(Notice.texts))]
        assert titles == ["Your visit is reserved", "Your visit was moved to another time", "Your visit was cancelled"]


def test_operators_close_a_day_by_its_page(database: Database, staff_client: StaffClient) -> None:
    visits.open_city(database)
    desk = staff_client(Role.OPERATOR)
    page = desk.get("/staff/office-days")
    typed = {"day-era": "ce", "day-year": "2026", "day-month": "12", "day-day": "8", "office": "all", "note": ""}
    typed |= {"kind": "closed", "reason": "disaster", "opens": "09:00", "closes": "12:00", "places": ""}
    assert desk.submit(page, "/staff/office-days", **typed | {"day-month": "13"}).status == 422
    assert desk.submit(page, "/staff/office-days", **typed).path == "/staff/office-days"
    assert desk.submit(page, "/staff/office-days", **typed).status == 409
    with database.command("look") as session:
        assert all(one.day != DAY for office in ("chuo", "midori") for one in service.bookable(session, office, 20))
    kept = staff_client(Role.WINDOW)
    day = kept.get("/staff/office-days/kept?day=2026-12-09")
    assert kept.post("/staff/office-days/kept", {"day": "2026-12-09"}, page=day).status == 200
    with database.command("look") as session:
        assert {one.kept for one in closing.kept_of_day(session, "chuo", date(2026, 12, 9))} == {0}
