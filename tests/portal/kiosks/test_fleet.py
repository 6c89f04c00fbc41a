"""The kiosks under staff's eyes: state, alarms, out of service and hours, and the closing of a day."""

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from portal.core import clock
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import devices as demo_devices
from portal.devices.rules import Kind
from portal.kiosks.fleet import rules
from portal.kiosks.fleet import service as fleet
from portal.kiosks.fleet.rules import Alarm
from portal.reservations.models import OfficeDay
from tests.conftest import ResidentClient, StaffClient
from tests.portal.certificates.at_machines import text_of
from tests.portal.devices.test_tokens import Machine
from tests.portal.kiosks.test_kiosk_api import KIOSK, Kiosk, kiosk  # noqa: F401 - a fixture

WELL: dict[str, Any] = {
    "version": "0.1.0",
    "state": "idle",
    "reader": "ready",
    "printer": "ready",
    "slip_printer": "ready",
    "coin_box": "ready",
    "power": "mains",
    "alarms": [],
}
PAGE = f"/staff/kiosks/{KIOSK}"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=JST)


def beats(machine: Kiosk, **facts: Any) -> dict[str, Any]:
    answer = machine.post("/heartbeat", {**WELL, **facts})
    assert answer.status_code == 200, answer.text
    return answer.json or {}


def at(kiosk: Kiosk, database: Database) -> Kiosk:  # noqa: F811
    """The same machine with a token of this hour."""
    machine = Machine(kiosk.app, demo_devices.key_of(database.anchor.directory.parent / "clients", KIOSK))
    return Kiosk(kiosk.app, (machine.ask(scope="kiosk").json or {})["access_token"], kiosk.cards)


@pytest.mark.parametrize(
    ("told", "alarms"),
    [
        ({}, set()),
        ({"clock": "wrong"}, {Alarm.CLOCK}),
        ({"coin_box": "busy", "printer": "unknown"}, {Alarm.COIN_BOX}),
        ({"printer": "no-paper", "scanner": ""}, {Alarm.NO_PAPER}),
        ({"printer": "low-paper", "power": "battery"}, {Alarm.LOW_PAPER, Alarm.POWER}),
        (
            {"printer": "paused", "reader": "gone", "slip_printer": "offline", "scanner": "missing"},
            {Alarm.PRINTER, Alarm.READER, Alarm.SLIPS, Alarm.SCANNER},
        ),
        ({"alarms": ["staff-called", "surprise", "silent"]}, {Alarm.STAFF_CALLED}),
    ],
)
def test_alarms_follow_from_what_a_machine_says(told: dict[str, Any], alarms: set[Alarm]) -> None:
    assert rules.alarms_of({**WELL, **told}) == alarms


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 11, 24, 6, 29, tzinfo=JST), datetime(2026, 11, 24, 6, 30, tzinfo=JST)),
        (datetime(2026, 11, 24, 6, 30, tzinfo=JST), None),
        (datetime(2026, 11, 24, 22, 59, tzinfo=JST), None),
        (datetime(2026, 11, 24, 23, 0, tzinfo=JST), datetime(2026, 11, 25, 6, 30, tzinfo=JST)),
        (datetime(2026, 12, 28, 23, 5, tzinfo=JST), datetime(2027, 1, 4, 6, 30, tzinfo=JST)),
        (datetime(2027, 1, 3, 12, 0, tzinfo=JST), datetime(2027, 1, 4, 6, 30, tzinfo=JST)),
    ],
)
def test_the_hours_know_nights_and_new_year(now: datetime, opens: datetime | None) -> None:
    assert rules.opens_next(now, rules.OPENS, rules.CLOSES) == opens


def test_at_night_a_machine_is_closed_and_knows_until_when(kiosk: Kiosk, database: Database) -> None:  # noqa: F811
    with clock.freeze(NOON):
        told = beats(at(kiosk, database))
        assert told.pop("windows")
        assert told == {"command": None, "opens_at": None, "hours": "6:30–23:00", "staff": ""}
    with clock.freeze(NOON + timedelta(hours=11)):
        told = beats(at(kiosk, database))
    assert (told["command"], told["opens_at"]) == ("closed", "2026-11-25T06:30:00+09:00")


def test_a_machine_hears_when_the_windows_around_it_open_also_on_days_staff_changed(
    kiosk: Kiosk,  # noqa: F811
    database: Database,
) -> None:
    with clock.freeze(NOON):
        with database.command("days") as session:
            row = {"made_by": new_id(), "made_at": clock.now(), "reason": "works", "note": ""}
            session.add(OfficeDay(office="chuo", day=date(2026, 11, 25), kind="closed", places=0, **row))
            extra = {"opens": time(10), "closes": time(12), "places": 1}
            session.add(OfficeDay(office="chuo", day=date(2026, 11, 28), kind="extra", **row, **extra))
        told = beats(at(kiosk, database))["windows"]
    assert len(told) == rules.DAYS_TOLD
    assert told[0] == {"day": "2026-11-24", "opens": "09:00", "closes": "17:00"}
    assert told[1] == {"day": "2026-11-25", "opens": None, "closes": None}
    assert told[4] == {"day": "2026-11-28", "opens": "10:00", "closes": "12:00"}
    assert told[5]["opens"] is None, "a Sunday"


def test_staff_see_a_machine_whose_clock_is_wrong_until_it_is_right(
    kiosk: Kiosk,  # noqa: F811
    staff_client: StaffClient,
) -> None:
    window = staff_client(Role.WINDOW)
    beats(kiosk)
    assert "時計" not in window.get(PAGE).text, "an older machine says nothing of a clock"
    beats(kiosk, clock="wrong")
    assert "機械の時計が合っていません" in window.get("/staff/kiosks").text
    assert "合っていません" in window.get(PAGE).text
    beats(kiosk, clock="ready")
    assert "機械の時計が合っていません" not in window.get("/staff/kiosks").text


def test_staff_see_a_call_take_it_and_the_person_reads_that_somebody_comes(
    kiosk: Kiosk,  # noqa: F811
    staff_client: StaffClient,
) -> None:
    window = staff_client(Role.WINDOW)
    assert beats(kiosk, alarms=["staff-called"])["staff"] == "called"
    assert "係員を呼んでいます" in window.get("/staff/kiosks").text
    page = window.get(PAGE)
    action = next(form.get("action") or "" for form in page.find("form") if (form.get("action") or "").endswith("/see"))
    assert "対応しています" in window.submit(page, action).text
    assert window.submit(page, action).status == 409
    assert beats(kiosk, alarms=["staff-called"])["staff"] == "coming"
    assert beats(kiosk)["staff"] == ""
    assert "これまでに" not in window.get(PAGE).text, "the history keeps it"


def test_an_operator_takes_a_machine_out_of_service_and_back_and_it_is_on_record(
    kiosk: Kiosk,  # noqa: F811
    staff_client: StaffClient,
) -> None:
    operator = staff_client(Role.OPERATOR)
    page = operator.get(PAGE)
    assert operator.submit(page, f"{PAGE}/out", reason="").status == 422
    operator.submit(page, f"{PAGE}/out", reason="supplies")
    assert beats(kiosk)["command"] == "out-of-service"
    assert "休止中" in operator.get("/staff/kiosks").text
    operator.submit(operator.get(PAGE), f"{PAGE}/back")
    wrong = operator.submit(operator.get(PAGE), f"{PAGE}/hours", opens="９時", closes="17:00")
    assert wrong.status == 422
    assert "９時" in [field.get("value") for field in wrong.find("input", name="opens")]
    operator.submit(operator.get(PAGE), f"{PAGE}/hours", opens="00:00", closes="23:59")
    assert beats(kiosk)["hours"] == "0:00–23:59"


@pytest.mark.parametrize("who", [Role.SENDER, Role.PROCESSOR])
def test_who_has_nothing_to_do_with_kiosks_finds_no_page(
    kiosk: Kiosk,  # noqa: F811
    staff_client: StaffClient,
    who: Role,
) -> None:
    visitor = staff_client(who)
    assert [visitor.get(path).status for path in ("/staff/kiosks", PAGE, "/staff/kiosk-closing")] == [404] * 3


def test_the_window_sees_but_does_not_steer_and_another_office_sees_nothing(
    kiosk: Kiosk,  # noqa: F811
    staff_client: StaffClient,
    database: Database,
) -> None:
    window = staff_client(Role.WINDOW)
    steering = [form for form in window.get(PAGE).find("form") if (form.get("action") or "").startswith(PAGE)]
    assert steering == []
    assert window.get("/staff/kiosk-closing").status == 404
    with database.command("elsewhere") as session:
        from sqlalchemy import update

        from portal.devices.models import Client

        session.execute(update(Client).where(Client.kind == str(Kind.KIOSK)).values(office="honcho"))
    assert window.get(PAGE).status == 404


def test_two_machines_under_one_identity_are_an_alarm_until_one_of_them_is_gone(
    kiosk: Kiosk,  # noqa: F811
    database: Database,
) -> None:
    for run, alarm in (("a", False), ("b", False), ("b", False), ("a", True), ("b", True), ("b", False), ("c", False)):
        beats(kiosk, run=run)
        assert (Alarm.TWINS in codes(database)) == alarm, f"{run}: a start that was over speaks again"


def test_a_machine_that_says_nothing_any_more_is_an_alarm_until_it_speaks(
    kiosk: Kiosk,  # noqa: F811
    database: Database,
) -> None:
    beats(kiosk)
    later = clock.now() + rules.SILENT_AFTER + timedelta(seconds=5)
    with clock.freeze(later):
        for _ in range(2):
            with database.command("watch") as session:
                fleet.watch(session, {})
        assert codes(database) == ["silent"]
    beats(kiosk)
    assert codes(database) == []


def codes(database: Database) -> list[str]:
    from portal.kiosks.fleet.models import KioskAlarm

    with database.command("look") as session:
        return list(session.scalars(select(KioskAlarm.code).where(KioskAlarm.until.is_(None))))


def test_a_day_is_closed_when_books_and_coin_box_agree(
    kiosk: Kiosk,  # noqa: F811
    staff_client: StaffClient,
    database: Database,
) -> None:
    """One paper issued, one refunded by the machine, one kept without paper, one never paid."""
    now = clock.now()
    day = now.astimezone(JST).date() - timedelta(days=1)
    with clock.freeze(now - timedelta(days=1)):
        orders = [kiosk.order(kiosk.greet(who)[0]) for who in ("hanako", "taro", "hanako", "taro")]
        for order in orders[:3]:
            kiosk.pay(order)
        kiosk.get(f"/orders/{orders[0]['order']}/document", **{"X-Order-Owner": orders[0]["owner"]})
        kiosk.post(f"/orders/{orders[0]['order']}/printed", {"job": "7", "owner": orders[0]["owner"]})
        failed = {"reason": "printer-jam", "refunded": True, "kept": 0, "owner": orders[1]["owner"]}
        kiosk.post(f"/orders/{orders[1]['order']}/failed", failed)
        owed = {"reason": "coin-box", "refunded": False, "kept": 200, "owner": orders[2]["owner"]}
        kiosk.post(f"/orders/{orders[2]['order']}/failed", owed)
    operator = staff_client(Role.OPERATOR)
    page = f"/staff/kiosk-closing?day={day}"
    assert "未報告" in operator.get(page).text
    count = {"day": day.isoformat(), "taken": 600, "returned": 200, "payments": 3, "content": 22_300}
    for _ in range(2):
        assert kiosk.post("/closings", count).status_code == 200
    with structlog.testing.capture_logs() as log:  # another count of the same day changes nothing, and is told
        kiosk.post("/closings", {**count, "taken": 9_999})
    assert [one["day"] for one in log if one["event"] == "closing.told_otherwise"] == [day.isoformat()]
    shown = operator.get(page).text
    assert "未報告" not in shown
    file = operator.get(f"/staff/kiosk-closing/file.csv?day={day}")
    row = list(csv.DictReader(io.StringIO(file.body.decode("utf-8-sig"))))[0]
    names = ["paid", "yen", "points", "points yen", "points back", "issued", "copies", "voided", "back", "back yen"]
    names += ["kept", "window", "open", "expected", "counted", "difference"]
    figures = dict(zip(names, list(row.values())[4:], strict=True))
    wanted = {"paid": "3", "yen": "600", "issued": "1", "back": "1", "back yen": "200", "kept": "200"}
    wanted |= {"expected": "400", "counted": "400", "difference": "0"}
    assert {name: figures[name] for name in wanted} == wanted
    sheet = operator.get(f"/staff/kiosk-closing/sheet.pdf?day={day}")
    assert sheet.body.startswith(b"%PDF-")
    with clock.freeze(now):
        begun = operator.get(f"/staff/kiosk-closing/sheet.pdf?day={day + timedelta(days=1)}")
    unfinished = ["まだ終わっていません" in text_of(one.body) for one in (sheet, begun)]
    assert unfinished == [False, True], "nobody signs half a day"
    for wrong in ("yesterday", f"{day + timedelta(days=3)}"):
        for address in ("file.csv", "sheet.pdf"):
            assert operator.get(f"/staff/kiosk-closing/{address}?day={wrong}").status == 422
    assert operator.get("/staff/kiosk-closing?day=yesterday").status == 422
    assert operator.get(f"/staff/kiosk-closing?day={day + timedelta(days=3)}").status == 422


@pytest.mark.parametrize("days", [400, 1, 0, -41, -40_000])
def test_only_a_day_that_is_over_and_not_long_ago_is_closed(kiosk: Kiosk, database: Database, days: int) -> None:  # noqa: F811
    """A machine whose clock is wrong: half a day would stand in the books for good."""
    from portal.kiosks.fleet.models import KioskClosing

    with clock.freeze(NOON):
        day = (clock.today() + timedelta(days=days)).isoformat()
        count = {"day": day, "taken": 1, "returned": 0, "payments": 1, "content": 1}
        answer = at(kiosk, database).post("/closings", count)
    assert (answer.status_code, (answer.json or {})["code"]) == (422, "kiosk-closing-day-wrong")
    with database.command("look") as session:
        assert list(session.scalars(select(KioskClosing))) == []


def test_what_waits_and_what_is_on_the_card_is_shown_to_its_owner_and_on_record(
    kiosk: Kiosk,  # noqa: F811
    resident_client: ResidentClient,
    worker: Worker,
) -> None:
    worker.run_pending()
    session, welcome = kiosk.greet("hanako")
    told = kiosk.get(f"/sessions/{session}/tasks").json or {}
    assert len(told["tasks"]) + told["more"] == welcome["unread_tasks"]
    services = kiosk.get(f"/sessions/{session}/services").json or {}
    assert "おまとめカード" in services["card"]
    looks = resident_client("hanako").get("/my-data/looks").text
    assert "メールボックスのご用の件" in looks
    kiosk.post(f"/sessions/{session}/end", {})
    assert kiosk.get(f"/sessions/{session}/tasks").status_code == 410
