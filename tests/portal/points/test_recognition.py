"""The thank-you board: who asked for it, by a name somebody read, never a few people, never who is under protection."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.core import clock
from portal.core.audit import Record
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points.recognition import rules, service
from portal.points.recognition.models import RecognitionEntry
from portal.points.recognition.rules import State
from portal.points.volunteering.models import VolunteerPlace
from portal.residents import service as residents
from portal.residents.service import Person
from tests.browser import Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import people
from tests.portal.points.offered import ONE, activity, host, programme
from tests.portal.points.phones import still

__all__ = ["people", "still"]
pytestmark = pytest.mark.usefixtures("still")
BOARD = "/points/recognition"


def grown(database: Database, count: int) -> list[UUID]:
    """People who may stand on the board, nobody of them under protection."""
    today = clock.today()
    with database.command("look") as session:
        found = []
        for who in cast.RESIDENTS:
            person = residents.find_by_number(session, who.addressee_number)
            assert person
            standing = residents.standing_of(session, person.id)
            if standing and rules.may_stand(
                birth_date=standing.birth_date, moved_out=standing.moved_out, guarded=standing.guarded, today=today
            ):
                found.append(person.id)
        assert len(found) >= count
        return found[:count]


def put_on(database: Database, who: UUID, name: str) -> None:
    with database.command("ask") as session:
        service.ask(session, who, name)
        service.decide(session, ONE, who, name, state=State.SHOWN)


def helped(database: Database, who: list[UUID], minutes: list[int]) -> date:
    """Everybody took part in one activity; the month it was in."""
    programme(database)
    one = activity(database, host(database), seats=50)
    with database.command("hours") as session:
        for person, done in zip(who, minutes, strict=True):
            now = clock.now()
            session.add(
                VolunteerPlace(
                    activity_id=one, resident_id=person, state="settled", minutes=done, applied_at=now, settled_at=now
                )
            )
    return (clock.now() + timedelta(days=1)).astimezone(clock.JST).date().replace(day=1)


def lines(database: Database, month: date) -> list[tuple[str, int]]:
    with database.command("look") as session:
        return [(one.name, one.hours) for one in service.board(session, month)]


def test_whole_hours_of_a_month_are_shown_from_five_people_on(database: Database, people: None) -> None:
    who = grown(database, 6)
    month = helped(database, who, [30, 119, 240, 60, 61, 600])
    for number, person in enumerate(who[:4]):
        put_on(database, person, f"花いっぱい{number}")
    assert lines(database, month) == []
    put_on(database, who[4], "さくら")
    assert lines(database, month) == [
        ("花いっぱい2", 4), ("さくら", 1), ("花いっぱい0", 1), ("花いっぱい1", 1), ("花いっぱい3", 1),
    ]  # fmt: skip
    assert lines(database, rules.last_months(month)[1]) == []
    with database.command("leave") as session:
        service.leave(session, who[0])
        assert session.get(RecognitionEntry, who[0]) is None
    assert lines(database, month) == []  # four are few again


def test_who_is_under_protection_is_never_shown_nor_told_why(database: Database, people: None) -> None:
    who = grown(database, 6)
    month = helped(database, who, [60] * 6)
    for number, person in enumerate(who):
        put_on(database, person, f"名前{number}")
    assert len(lines(database, month)) == 6
    with database.command("protect") as session:
        session.execute(update(Person).where(Person.id == who[0]).values(protected=True))
    shown = [name for name, _hours in lines(database, month)]
    assert "名前0" not in shown
    with database.command("ask") as session, pytest.raises(rules.NotNow):
        service.ask(session, who[0], "別の名前")


def test_children_the_dead_and_those_who_moved_are_not_shown() -> None:
    today = date(2026, 11, 23)
    facts = {"birth_date": date(2008, 11, 23), "moved_out": None, "guarded": False, "today": today}
    assert rules.may_stand(**facts)  # type: ignore[arg-type]
    others = ({"birth_date": date(2008, 11, 24)}, {"moved_out": today}, {"guarded": True})
    assert not any(rules.may_stand(**(facts | other)) for other in others)  # type: ignore[arg-type]


@pytest.mark.parametrize("typed", ["", "a", "x" * 21, "me@example.jp", "０４３-555-0101", "https://a", "日\u202e本"])
def test_an_address_is_no_name(typed: str) -> None:
    with pytest.raises(rules.NameUnfit):
        rules.read_name(typed)


def test_asked_for_at_one_instant_it_waits_once(database: Database, people: None) -> None:
    who = grown(database, 1)[0]

    def ask(_number: int) -> None:
        with database.command("ask") as session:
            service.ask(session, who, "さくら")

    together(ask, 6)
    with database.command("look") as session:
        assert [one.name for one in service.waiting(session)] == ["さくら"]
        asked = select(func.count()).where(Record.what == "recognition_entries")
        assert session.scalar(asked) == 1


def test_a_name_changed_while_it_is_read_waits_on(database: Database, people: None) -> None:
    who = grown(database, 1)[0]
    put_on(database, who, "さくら")
    with database.command("ask") as session:
        service.ask(session, who, "さくら")  # nothing new
        assert service.waiting(session) == []
        service.ask(session, who, "もみじ")
    with database.command("late") as session, pytest.raises(rules.NameDecided):
        service.decide(session, ONE, who, "さくら", state=State.SHOWN)
    with database.command("look") as session:
        assert [one.name for one in service.waiting(session)] == ["もみじ"]


@pytest.mark.parametrize(("typed", "month"), [("2026-11", 11), ("2025-12", 12), ("2025-11", 10), ("x", 10), ("", 10)])
def test_the_last_twelve_months_can_be_read(typed: str, month: int) -> None:
    assert rules.month_of(typed, date(2026, 11, 23)).month == month


def test_asked_for_read_shown_and_left_by_the_pages(
    app: Flask, database: Database, cast_residents: None, cast_staff: None, resident_client: ResidentClient,
    staff_client: StaffClient,
) -> None:  # fmt: skip
    hanako, keeper, stranger = resident_client("hanako"), staff_client(Role.POINTS_KEEPER), Visitor(app)
    assert "5人以上" in stranger.get(BOARD).text
    page = hanako.get(f"{BOARD}/mine")
    assert hanako.submit(page, f"{BOARD}/mine", name="043-555-0101").status == 422
    assert "確認" in hanako.submit(page, f"{BOARD}/mine", name="はなちゃん").text
    desk = keeper.get("/staff/points-recognition")
    assert "はなちゃん" in desk.text
    assert cast.HANAKO.name not in desk.text
    action = next(
        form.get("action") or "" for form in desk.find("form") if "recognition/" in (form.get("action") or "")
    )
    assert keeper.submit(desk, action, decision="refuse", note="").status == 422
    keeper.submit(desk, action, decision="show")
    assert keeper.submit(desk, action, decision="show").status == rules.NameDecided.status
    others = grown(database, 6)
    month = helped(database, others, [60] * 6)
    for number, person in enumerate(others):
        with database.command("put on") as session:
            if service.entry_of(session, person) is None:
                service.ask(session, person, f"名前{number}")
                service.decide(session, ONE, person, f"名前{number}", state=State.SHOWN)
    with clock.freeze(clock.now() + timedelta(days=2)):
        assert "はなちゃん" in stranger.get(f"{BOARD}?month={month:%Y-%m}").text
        hanako = resident_client("hanako")
        hanako.submit(hanako.get(f"{BOARD}/mine"), f"{BOARD}/mine/leave")
        assert "はなちゃん" not in stranger.get(f"{BOARD}?month={month:%Y-%m}").text


def test_a_name_that_was_shown_is_taken_off(database: Database, people: None) -> None:
    who = grown(database, 1)[0]
    put_on(database, who, "さくら")
    with database.command("off") as session:
        service.decide(session, ONE, who, "さくら", state=State.REFUSED, note="ほかの方のお名前です。")
        assert service.shown(session) == []
        found = service.entry_of(session, who)
        assert found
        assert found.note
    with database.command("again") as session, pytest.raises(rules.NameDecided):
        service.decide(session, ONE, who, "さくら", state=State.SHOWN)
    with database.command("ask") as session:
        service.ask(session, who, "もみじ")
        assert len(service.waiting(session)) == 1
