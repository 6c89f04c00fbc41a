"""Events of the community: one day or several sessions, with or without applying, published by a host or by the city."""

from datetime import timedelta
from uuid import UUID

import pytest
from icalendar import Calendar

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.points import service as points
from portal.points.ledger.rules import Reason
from portal.points.programmes.rules import Unit
from portal.points.volunteering import codes, event_rules, hosting, record, rules, taking_part
from portal.points.volunteering import service as volunteering
from portal.points.volunteering.models import VolunteerActivity
from portal.points.volunteering.rules import Place
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.points import offered
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import activity, apply, approve, host, later, place, programme

__all__ = ["people"]
FAIR = "fair-2026"


def fair(database: Database, *, seats: int = 5, walk_in: bool = True, **terms: object) -> UUID:
    """An event for which nobody has to apply, 50 points for who was there."""
    programme(database, code=FAIR, unit=Unit.ACT, reason=Reason.EVENT, **({"points": 50} | terms))  # type: ignore[arg-type]
    at = clock.now() + timedelta(days=1)
    return activity(database, host(database, code=FAIR), starts_at=at, seats=seats, walk_in=walk_in)


def come(database: Database, who: cast.Resident, one: UUID) -> UUID:
    with database.command("come") as session:
        found = taking_part.come(session, offered.person(session, who), one, device=who.persona)
        return found.id


def balance(database: Database, who: cast.Resident) -> int:
    with database.command("look") as session:
        return points.balance(session, offered.person(session, who))


def test_sessions_begin_at_the_same_time_of_the_day() -> None:
    first = clock.now()
    assert event_rules.beginnings(first, 3, "fortnight") == [first + timedelta(days=14 * n) for n in range(3)]
    assert event_rules.beginnings(first, 1, "day") == [first]


def test_who_did_not_apply_comes_by_the_code_while_places_are_left(database: Database, people: None) -> None:
    one = fair(database, seats=2)
    taken = apply(database, cast.HANAKO, one)
    with pytest.raises(rules.NotNow):
        come(database, cast.MARIA, one)  # a place is taken by coming only at the time
    with clock.freeze(clock.now() + timedelta(days=1)):
        assert come(database, cast.HANAKO, one) == taken
        maria = come(database, cast.MARIA, one)
        assert come(database, cast.MARIA, one) == maria  # she goes
        with pytest.raises(rules.ActivityFull):
            come(database, cast.KAITO, one)
    with later():
        whole = event_rules.whole_time(clock.now(), clock.now() + timedelta(hours=2))
        approve(database, one, {taken: whole, maria: 0})
    assert (balance(database, cast.HANAKO), balance(database, cast.MARIA)) == (50, 0)
    assert wrong(database) == []


def test_where_one_has_to_apply_the_code_gives_no_place(database: Database, people: None) -> None:
    one = fair(database, walk_in=False)
    with clock.freeze(clock.now() + timedelta(days=1)), pytest.raises(rules.NoPlace):
        come(database, cast.MARIA, one)


def test_each_session_brings_points_up_to_the_caps_of_the_programme(database: Database, people: None) -> None:
    programme(database, code=FAIR, unit=Unit.ACT, reason=Reason.EVENT, points=50, per_person=120)
    at = clock.now() + timedelta(days=1)
    facts = {
        "title": "防災を学ぶ夜", "about": "", "ward": "緑区", "meeting": "公民館", "starts_at": at,
        "ends_at": at + timedelta(hours=2), "seats": 9, "walk_in": True,
    }  # fmt: skip
    host_id = host(database, code=FAIR)
    with database.command("publish") as session:
        week = timedelta(days=7)
        sessions = [
            facts | {"starts_at": at + n * week, "ends_at": at + n * week + timedelta(hours=2)} for n in range(3)
        ]
        first = hosting.publish(session, hosting.host(session, host_id), sessions)
        all_three = [one.id for one in hosting.sessions_of(session, first)]
    places = [apply(database, cast.HANAKO, one) for one in all_three]
    with later(20):
        for one, mine in zip(all_three, places, strict=True):
            approve(database, one, {mine: 120})
    assert balance(database, cast.HANAKO) == 120


def test_an_event_is_no_volunteering_on_certificate_and_board(database: Database, people: None) -> None:
    one = fair(database)
    mine = apply(database, cast.HANAKO, one)
    with later():
        approve(database, one, {mine: 120})
    with later(), database.command("look") as session:
        who = offered.person(session, cast.HANAKO)
        assert record.settled(session, who) == []
        span = clock.now() - timedelta(days=9), clock.now()
        assert volunteering.minutes_between(session, [who], *span) == {}


def typed(**more: str) -> dict[str, str]:
    tomorrow = offered.day(1)
    return {
        "title": "区民まつり", "about": "雨の日は体育館で行います。", "ward": "美浜区", "meeting": "中央公園",
        "begins": "10:00", "ends": "12:00", "seats": "20", "day-era": "ce", "day-year": str(tomorrow.year),
        "day-month": str(tomorrow.month), "day-day": str(tomorrow.day), "count": "2", "rhythm": "week", "walk_in": "y",
    } | more  # fmt: skip


def test_the_city_publishes_sessions_and_confirms_who_came(
    database: Database, cast_residents: None, staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    programme(database, code=FAIR, unit=Unit.ACT, reason=Reason.EVENT, points=50)
    new = f"/staff/volunteering/hosts/{host(database, code=FAIR)}/new"
    staff, hanako = staff_client(Role.POINTS_KEEPER), resident_client("hanako")
    page = staff.get(new)
    assert staff.submit(page, new, **typed(count="99")).status == 422
    board = staff.submit(page, new, **typed())
    assert board.heading == "区民まつり"
    assert len([one for one in board.find("a") if "/activities/" in (one.get("href") or "")]) >= 2  # code, next session
    listed = hanako.get("/points/volunteering?kind=event&ward=美浜区")
    assert listed.text.count("区民まつり") == 2
    assert "区民まつり" not in hanako.get("/points/volunteering?kind=volunteering").text
    one = board.path.rpartition("/")[2]
    shown = hanako.get(f"/points/volunteering/{one}")
    assert "50ポイント" in shown.text
    hanako.submit(shown, f"/points/volunteering/{one}/apply")
    file = Calendar.from_ical(hanako.client.get(f"/points/volunteering/{one}.ics").data)
    assert [str(event["summary"]) for event in file.walk("vevent")] == ["区民まつり"]
    assert staff.get(f"{board.path}/code").headers["Refresh"] == "60"
    with later():
        _confirm(staff_client(Role.POINTS_KEEPER), board)
        hanako = resident_client("hanako")
        assert "参加確認済み" in hanako.get("/points/volunteering/mine").text
        assert "イベントに参加" in hanako.get("/points").text
    assert balance(database, cast.HANAKO) == 50


def _confirm(staff: Visitor, board: Page) -> None:
    page = staff.get(board.path)
    field = next(box.get("name") or "" for box in page.find("select") if (box.get("name") or "").startswith("minutes-"))
    assert staff.submit(page, f"{board.path}/hours", **{field: "yes"}).status == 200


def test_a_stranger_to_the_event_comes_by_the_page_and_objects_when_forgotten(
    database: Database, cast_residents: None, cast_staff: None, resident_client: ResidentClient, staff_client: StaffClient,
    worker: Worker,
) -> None:  # fmt: skip
    one = fair(database)
    here = f"/points/volunteering/{one}/here"
    with clock.freeze(clock.now() + timedelta(days=1)):
        taro = resident_client("taro")
        hall = taro.client.application.extensions["portal"]
        code = codes.write(hall.key(codes.PURPOSE), one, clock.now())
        assert "受付しました" in taro.submit(taro.get(f"{here}?code={code}"), here).text
    with database.command("look") as session:
        found = taking_part.place_of(session, offered.person(session, cast.TARO), one)
        assert found
        mine = found.id
    with later():
        approve(database, one, {mine: 0})
        taro = resident_client("taro")
        objection = f"/points/volunteering/{one}/object"
        page = taro.get(objection)
        assert not [box for box in page.find("input") if box.get("name") == "minutes"]
        assert "市が確認しています" in taro.submit(page, objection, words="受付をしました。").text
        staff = staff_client(Role.POINTS_KEEPER)
        page = staff.get("/staff/volunteering")
        staff.submit(
            page, f"/staff/volunteering/objections/{mine}", note="受付の記録あり", minutes="120", decision="uphold"
        )
        worker.run_pending()
        assert place(database, mine).state == Place.SETTLED
        assert "受付の記録あり" in taro.get("/points/volunteering/mine").text
        assert "参加についてのお返事" in taro.get("/mailbox").text
    assert balance(database, cast.TARO) == 50


def test_who_publishes_sees_the_next_session_first() -> None:
    now = clock.now()
    days = [-9, 5, -2, 1]
    rows = [
        VolunteerActivity(starts_at=now + timedelta(days=n), ends_at=now + timedelta(days=n, hours=2)) for n in days
    ]
    shown = hosting.nearest_first(rows, now)
    assert [rows.index(one) for one in shown] == [3, 1, 2, 0]
