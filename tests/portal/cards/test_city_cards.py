"""A city card from issue to end: the portal, the writer with its keys, the bridge and a simulated card, each as it is."""

from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import httpx
import pytest
from flask import Flask
from sqlalchemy import select, update

from card_reader.errors import StatusError
from card_reader.pairing import is_paired
from card_reader.sessions.city_names import Role as CardRole
from card_reader.sessions.city_names import Service as OnCard
from card_reader.stop_list import read_stop_list
from card_reader.terminal import Reading, Verdict
from card_reader.terminal_watch import NewestList
from portal.cards import service, stop_list
from portal.cards.line import Sealed, seal
from portal.cards.models import CardEntry, CardVisit, CityCard
from portal.config import Settings
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.channels.models import Choice, Message
from portal.residents.models import Resident
from portal.web.hall import Hall
from tests.conftest import ResidentClient, StaffClient
from tests.patience import LOOK_AGAIN, until
from tests.portal.cards.desk import PAIRING, Line, StopLists, Window, id_of


def test_a_card_is_issued_and_its_holder_sees_what_is_on_it(
    window: Window, database: Database, worker: Worker, resident_client: ResidentClient
) -> None:
    window.twice = True
    page = window.issue(database, "library", "sports", library="１２３-ＡＢ")
    assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) == "123-AB"
    drawn = window.reader.id_on_card(CardRole.SPORTS, OnCard.SPORTS)
    assert drawn
    assert len(drawn) == 10
    assert page.text.count("書き込み済み") == 2
    mine = resident_client("hanako").get("/my-card")
    assert "123-AB" in mine.text
    worker.run_pending()
    assert "おまとめカードを発行しました" in resident_client("hanako").get("/mailbox").text


def test_the_desk_says_what_was_just_done_and_what_waits_for_the_card(window: Window, database: Database) -> None:
    window.check_identity()
    page = window.choose(window.page(database), "library", "sports")
    assert "サービスを保存しました" in page.text
    assert page.text.count("未書き込み") == 2
    page = window.visitor.get(window.write(page)[1]["next"])
    assert "カードに書き込みました" in page.text
    assert "未書き込み" not in page.text
    page = window.visitor.get(window.put_through(page, 2)[1]["next"])
    assert "カードの記録を読み取りました" in page.text
    assert b"banner--success" not in window.visitor.get(f"{page.path}?done=anything").body


def test_a_card_pulled_at_any_moment_is_put_back_and_nothing_is_lost(window: Window, database: Database) -> None:
    window.check_identity()
    window.choose(window.page(database), "library", library="77")
    page = window.page(database)
    for at in (1, 2, 5, 9, 10):  # asking whose it is, opening it, looking at what is on it, staging, committing
        window.reader.put(f"{at:02}" * 10)
        window.reader.sent, window.reader.pull_at = 0, at
        give = window.write if at == 1 else window.replace
        assert give(page)[1]["code"] == "city-card-removed"
        assert give(page)[0] == 200
        page = window.page(database)
        assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) == "77"
    with database.command("test") as session:
        written = [(one.version, one.number, one.transaction) for one in session.scalars(select(CardEntry))]
    assert written == [(1, "77", "")] * 5


def test_a_service_that_ends_is_taken_off_the_card_and_a_new_card_keeps_the_numbers(
    window: Window, database: Database
) -> None:
    window.issue(database, "library", "sports", library="77", sports="88")
    window.issue(database, "library", library="77")
    assert window.reader.id_on_card(CardRole.SPORTS, OnCard.SPORTS) == ""
    window.reader.put("ab" * 10)
    page = window.page(database)
    assert window.write(page)[1]["code"] == "city-card-is-new", "nobody said that the old one should end"
    assert window.replace(page)[0] == 200
    assert window.replace(page)[0] == 200, "sent again it is the same"
    assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) == "77"
    with database.command("test") as session:
        states = {one.number: bool(one.ended_at) for one in session.scalars(select(CityCard))}
    assert states.pop(window.reader.number) is False
    assert list(states.values()) == [True]


def test_a_card_that_was_ended_is_erased_when_it_comes_back_and_no_other(window: Window, database: Database) -> None:
    page = window.issue(database, "library", library="77")
    assert "消去" not in page.text
    window.visitor.submit(window.visitor.get(f"{page.path}/end"), f"{page.path}/end")
    ended, old = window.reader.card, window.reader.number
    window.reader.put("ab" * 10)
    assert window.write(window.page(database))[0] == 200
    erase = -1  # the page's last order
    assert window.put_through(window.page(database), erase)[1]["code"] == "city-card-still-used"
    assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) == "77"
    window.reader.card, window.reader.number = ended, old
    page = window.page(database)
    window.twice = True
    status, said = window.put_through(page, erase)
    assert (status, list(said)) == (200, ["next"])
    assert "消去" in window.page(database).text
    assert len(window.orders(window.page(database))) == 4  # write, PIN, log, replace: nothing is left to erase
    with pytest.raises(StatusError, match="6985"):
        window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY)


def test_a_page_is_paired_with_the_bridge_for_who_is_signed_in_and_holds_no_secret(
    window: Window, database: Database, app: Flask, staff_client: StaffClient
) -> None:
    hall: Hall = app.extensions["portal"]
    (hall.settings.state_dir / "bridge.pairing").write_text(PAIRING)
    window.issue(database, "library")
    colleague = Window(staff_client(Role.WINDOW), window.reader)
    colleague.check_identity()
    pages = (window.page(database), colleague.page(database))
    shown = [
        next(one for one in page.find("div") if "data-pairing" in one.attrib).attrib["data-pairing"] for page in pages
    ]
    assert all(is_paired(PAIRING, code, clock.machine_now().timestamp()) for code in shown)
    assert PAIRING not in shown
    assert len({code.split(".")[1] for code in shown}) == 2


def test_what_is_refused_at_the_window(window: Window, database: Database, app: Flask) -> None:
    page = window.page(database)
    assert not [one for one in page.find("div") if "data-city-card" in one.attrib]
    refused = window.choose(page, "library", library="77")
    assert refused.status == 403
    window.check_identity()
    for number, status in (("７７!", 422), ("7" * 17, 422)):
        again = window.choose(window.page(database), "library", "sports", library=number)
        assert again.status == status
        assert next(again.find("input", name="number-library")).get("value")
    window.issue(database, "library", library="77")
    window.check_identity(cast.TARO)
    taken = window.choose(window.page(database, cast.TARO), "library", library="77")
    assert taken.status == 409
    window.choose(window.page(database, cast.TARO), "library")
    assert window.write(window.page(database, cast.TARO))[1]["code"] == "city-card-of-another"
    window.reader.put("cd" * 10)
    forged = window.page(database).find("div")
    block = next(one for one in forged if "data-city-card" in one.attrib)
    order, csrf = block.attrib["data-order"], block.attrib["data-csrf"]
    assert window.tell(csrf, order=order[:-2] + "AA")[1]["code"] == "card-order-over"
    assert window.tell(csrf, order=order, job="../jobs", step=1, answer="9000")[1]["code"] == "card-order-over"
    hall: Hall = app.extensions["portal"]
    (hall.settings.state_dir / "writer.token").write_text("another")
    assert window.tell(csrf, order=order)[0] == 503


def test_the_line_takes_what_our_page_sends_and_from_nobody_else(
    window: Window, database: Database, app: Flask
) -> None:
    window.check_identity()
    window.choose(window.page(database), "library")
    block = next(one for one in window.page(database).find("div") if "data-city-card" in one.attrib)
    order, csrf = block.attrib["data-order"], block.attrib["data-csrf"]
    hall: Hall = app.extensions["portal"]
    (hall.settings.state_dir / "writer.token").write_text("another")  # what reaches the writer is a 503
    hostile: list[dict[str, Any]] = [
        {"order": "00.\ud800"}, {"order": "00.é"}, {"order": order, "job": "a" * 70_000, "step": 1, "answer": "9000"},
        {"order": order, "job": "é", "step": 1}, {"order": order, "job": "a", "step": 1, "answer": "\ud800"},
        {"order": order, "job": "a", "step": 1, "answer": "90" * 70_000}, {"order": order, "job": "a", "step": True},
    ]  # fmt: skip
    for body in hostile:
        status, said = window.tell(csrf, **body)
        assert (status, said["code"]) == (409, "card-order-over"), body
    assert window.tell("", order=order)[1]["code"] == "form-expired"
    read = Sealed({"do": "read", "terminal": "CHUO"}, id_of(database, cast.HANAKO), uuid4())
    assert window.tell(csrf, order=seal(hall.key("card-orders"), read))[1]["code"] == "card-order-over"  # a colleague's


def test_a_lost_card_is_stopped_by_phone_and_by_its_holder_and_opened_in_person(
    window: Window, database: Database, worker: Worker, resident_client: ResidentClient, stops: StopLists
) -> None:
    choice = Choice(resident_id=id_of(database, cast.HANAKO), channel="mail", since=clock.now())
    with database.command("test") as session:
        session.add(choice)
    page = window.issue(database, "library")
    number = window.reader.number
    assert not stops.fetch().stops(bytes.fromhex(number))
    assert window.visitor.submit(page, f"{page.path}/stop").status == 422
    assert "カードを停止しました" in window.visitor.submit(page, f"{page.path}/stop", why="lost").text
    assert stops.fetch().stops(bytes.fromhex(number))
    page = window.page(database)
    assert "カードを再開しました" in window.visitor.submit(page, f"{page.path}/resume").text
    assert not stops.fetch().stops(bytes.fromhex(number))
    holder = resident_client("hanako")
    holder.submit(holder.get("/my-card/stop"), "/my-card/stop")
    assert "停止" in holder.get("/my-card").text
    assert stops.fetch().stops(bytes.fromhex(number))
    worker.run_pending()
    with database.command("test") as session:
        assert set(session.scalars(select(Message.says))) == {"security"}, "told at any hour, as a theft would be"


def test_who_moved_away_has_no_card_any_more(
    window: Window, database: Database, worker: Worker, stops: StopLists
) -> None:
    window.issue(database, "library")
    with database.command("test") as session:
        session.execute(update(Resident).values(moved_out=clock.today()))
    with database.command("test") as session:
        service.end_of_people_gone(session, {})
    assert stops.fetch().stops(bytes.fromhex(window.reader.number))
    assert "持っていません" in window.page(database).text


def test_what_terminals_read_is_shown_to_the_holder_once(
    window: Window, database: Database, resident_client: ResidentClient, stops: StopLists
) -> None:
    window.issue(database, "library")
    visit = {"card": window.reader.number, "service": "library", "at": "2026-11-01T10:00:00+09:00"}
    unknown = visit | {"card": "00" * 10}
    assert stops.post([visit, unknown]).get_json() == {"new": 1}
    assert stops.post([visit]).get_json() == {"new": 0}
    assert stops.post([visit | {"service": "paint"}]).status_code == 422
    assert stops.post([visit | {"service": "emergency"}]).get_json() == {"new": 0}  # a library is no ambulance
    for at in ("0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "1999-01-01T00:00:00Z"):
        assert stops.post([visit | {"at": at}]).status_code == 201  # a clock gone wrong holds nothing up
    assert "図書館" in resident_client("hanako").get("/my-card").text


def test_a_terminal_sends_what_it_read_once_also_after_hours_without_a_network(
    window: Window, database: Database, app: Flask, tmp_path: Path, stops: StopLists
) -> None:
    window.issue(database, "library")
    line = Line(app, tmp_path)
    for minute in range(3):
        line.city.note(
            Reading(Verdict.WELCOME, "library", f"2026-11-01T10:0{minute}:00+09:00", card=window.reader.number)
        )
    line.city.note(Reading(Verdict.STOPPED, "library", "2026-11-01T10:09:00+09:00", card=window.reader.number))
    line.breaks = "/api/v1/cards/visits"
    with pytest.raises(httpx.ConnectError):
        line.city.exchange()
    line.breaks = ""
    line.city.note(Reading(Verdict.WELCOME, "library", "2026-11-01T11:00:00+09:00", card=window.reader.number))
    line.city.exchange()
    line.city.exchange()
    with database.command("test") as session:
        assert len(session.scalars(select(CardVisit)).all()) == 4
    known = NewestList(line.city.stop_list, line.city.key).read()
    assert known is not None
    assert known.is_fresh(clock.now().timestamp())


def test_the_list_is_numbered_by_what_changes_on_it_and_timed_by_the_machines_clock(
    window: Window, database: Database, stops: StopLists, settings: Settings
) -> None:
    """A clock that was ahead, or a demo city on another day, bars no terminal from the next list."""
    page = window.issue(database, "library")
    with clock.freeze(clock.now() + timedelta(days=2)):
        text = stop_list.sign(settings.master, 1, [])
    assert read_stop_list(text, stop_list.public_key(settings.master)).is_fresh(clock.machine_now().timestamp())
    first = stops.fetch()
    assert stops.fetch().number == first.number
    window.visitor.submit(page, f"{page.path}/stop", why="lost")
    second = stops.fetch().number
    window.visitor.submit(window.page(database), f"{page.path}/resume")
    assert first.number < second < stops.fetch().number


def test_a_line_that_meets_a_fault_of_its_own_machine_goes_on(
    window: Window, app: Flask, tmp_path: Path, stops: StopLists, caplog: pytest.LogCaptureFixture
) -> None:
    """A stolen terminal has to hear of it, also one whose disk was full yesterday."""
    line, stopped = Line(app, tmp_path), Event()
    blocked = tmp_path / "terminal" / "visits.sending"
    blocked.mkdir()
    line.city.keep(stopped, every=LOOK_AGAIN)
    until(lambda: caplog.text.count("terminal.line-fault") > 1, "the line tries again")
    assert line.city.tried.is_set()
    line.city.stop_list.unlink()
    blocked.rmdir()
    until(line.city.stop_list.exists, "a newer list")
    stopped.set()


def test_a_terminal_that_lost_power_while_it_wrote_goes_on(
    window: Window, database: Database, app: Flask, tmp_path: Path, stops: StopLists
) -> None:
    window.issue(database, "library")
    line, waiting = Line(app, tmp_path), tmp_path / "terminal" / "visits.jsonl"
    waiting.write_text('{"card": "00')
    line.city.exchange()  # a torn line alone is no message to send again and again
    waiting.write_text('{"card": "00')
    for minute in range(2):  # the first goes into the torn line, and is lost with it
        line.city.note(
            Reading(Verdict.WELCOME, "library", f"2026-11-01T10:0{minute}:00+09:00", card=window.reader.number)
        )
    line.breaks = "/api/v1/cards/visits"
    line.city.stop_list.unlink()
    with pytest.raises(httpx.ConnectError):
        line.city.exchange()
    assert line.city.stop_list.exists()  # what is wrong with a message keeps no lost card open
    line.breaks = ""
    line.city.exchange()
    with database.command("test") as session:
        assert len(session.scalars(select(CardVisit)).all()) == 1
