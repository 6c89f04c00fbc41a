"""In a disaster: a banner on every page, in every language, without asking the database, and a notice before all others."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.alarms import rules, service
from portal.mailbox.alarms.models import Alarm
from portal.mailbox.models import Delivery, Notice
from portal.residents.models import Resident
from portal.staff.models import Section
from tests.browser import Visitor
from tests.conftest import StaffClient

CONTRACT = Path(__file__).resolve().parents[2] / "contract"
DOOR = "/staff/emergency"
TITLE = "大雨特別警報が出ています"
FORM: dict[str, Any] = {
    "title_ja": TITLE,
    "body_ja": "すぐに高い所へ逃げてください。",
    "body_easy": "いますぐ たかい ところへ にげて ください。",
    "title_en": "Emergency warning of heavy rain",
    "body_en": "Go to high ground now.",
    "hours": "24",
    "notice": "y",
}


@pytest.fixture
def first(staff_client: StaffClient) -> Visitor:
    return staff_client(Role.SUPERVISOR)


def begin(visitor: Visitor, **more: Any) -> None:
    assert visitor.submit(visitor.get(DOOR), DOOR, **{**FORM, **more}).path == DOOR


def test_it_stands_above_every_page_in_the_readers_language_until_two_people_end_it(
    app: Flask, first: Visitor, staff_client: StaffClient, cast_residents: None
) -> None:
    begin(first)
    stranger = Visitor(app)
    for page in ("/", "/sign-in", "/nothing-here", "/emergency"):
        text = stranger.get(page).text
        assert TITLE in text
        assert "にげて" in text
    english = app.test_client().get("/", headers={"Accept-Language": "en"}).text
    assert "Emergency warning of heavy rain" in english
    on_screens = (app.test_client().get("/emergency/now").json or {})["alarms"][0]
    example = json.loads((CONTRACT / "emergency-now-up.response.json").read_text("utf-8"))["body"]["alarms"][0]
    assert on_screens.keys() == example.keys()
    assert on_screens["words"].keys() == example["words"].keys()
    assert {code: one["lang"] for code, one in on_screens["words"].items() if code in ("ja", "pt")} == {
        "ja": "ja",
        "pt": "en",
    }
    assert 0 < on_screens["seconds"] <= 24 * 3_600
    page = first.get(DOOR)
    assert first.get("/staff/").text.count(TITLE) == 1
    link = next(form.get("action") for form in page.find("form") if str(form.get("action")).endswith("/end"))
    assert TITLE in first.submit(page, link).text
    assert Visitor(app).get("/").text.count(TITLE) == 1
    second = staff_client(Role.OPERATOR)
    second.submit(second.get(DOOR), link)
    assert TITLE not in stranger.get("/").text
    assert TITLE not in second.get("/staff/").text


def test_nobody_confirms_alone(database: Database, first: Visitor) -> None:
    begin(first)
    with database.command("look") as session:
        alarm = session.scalars(select(Alarm)).one()
        actor = type("Somebody", (), {"id": alarm.begun_by})()
        with pytest.raises(rules.SecondPersonNeeded):
            service.check(session, actor, alarm.id)
        service.end(session, actor, alarm.id)
        with pytest.raises(rules.SecondPersonNeeded):
            service.end(session, actor, alarm.id)


def test_only_the_area_is_told_and_before_what_waited(
    database: Database, worker: Worker, first: Visitor, cast_residents: None
) -> None:
    ward = cast.HANAKO.ward
    begin(first, wards=[ward])
    worker.run_pending()
    with database.command("look") as session:
        number = session.scalars(select(Alarm.notice_number)).one()
        have = set(session.scalars(select(Delivery.resident_id).where(Delivery.notice_number == number)))
        live = set(session.scalars(select(Resident.id).where(Resident.ward == ward, Resident.moved_out.is_(None))))
    assert have == live
    assert have


def test_the_desk_of_its_section_shows_and_withdraws_its_notice(
    database: Database, worker: Worker, first: Visitor, staff_client: StaffClient, cast_residents: None
) -> None:
    desk = staff_client(Role.SENDER)
    begin(first, wards=[cast.HANAKO.ward])
    with database.command("look") as session:
        notice = session.scalars(select(Notice).where(Notice.section_id.is_not(None))).one()
        sender = session.scalars(select(Section.id).where(Section.name == cast.SENDER.section)).one()
        notice.section_id, door = sender, f"/staff/notices/{notice.id}"
    page = desk.get(door)
    assert page.status == 200
    assert cast.HANAKO.ward in page.text
    desk.submit(desk.get(f"{door}/withdraw"), f"{door}/withdraw", reason="誤報")
    worker.run_pending()
    with database.command("look") as session:
        assert session.scalars(select(Notice.state).where(Notice.section_id == sender)).all() == ["withdrawn"]
        assert session.scalars(select(Delivery)).all() == []


def test_pages_share_one_look_at_the_database(
    app: Flask, database: Database, first: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LOOK_SECONDS", 3_600.0)

    def reads(visitor: Visitor) -> int:
        asked: list[str] = []

        def count(_connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
            asked.append(sql)

        event.listen(database.engine, "before_cursor_execute", count)
        for _ in range(20):
            visitor.get("/accessibility")
        event.remove(database.engine, "before_cursor_execute", count)
        return sum("alarms" in sql for sql in asked)

    begin(first)
    assert reads(Visitor(app)) <= 1


def test_what_is_wrong_comes_back_with_what_was_typed(first: Visitor) -> None:
    page = first.submit(first.get(DOOR), DOOR, **{**FORM, "title_ja": "", "link": "javascript:alert(1)"})
    assert page.status == 422
    assert "にげて" in page.text
