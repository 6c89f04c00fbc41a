"""Points for walking: with consent, once a day, by the terms of the day; one phone used by two people waits for the city."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.facts import service as facts
from portal.points import service as points
from portal.points.health import rules, service
from portal.points.health.models import HealthDay
from portal.points.health.rules import Doubt, State
from portal.points.health.service import Brought
from portal.points.ledger.rules import PotEmpty, Reason
from portal.points.programmes import service as programmes
from portal.points.programmes.models import PointEarning
from portal.points.programmes.rules import Unit
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import ONE, OTHER
from tests.portal.points.phones import ago, apple_zip, csv, record, still

__all__ = ["people", "still"]
pytestmark = pytest.mark.usefixtures("still")
KEY = b"k" * 32
WALK = "walk-2026"
DAYS = ("begins_on", "ends_on")


def walking(database: Database, **changed: Any) -> None:
    with database.command("offer") as session:
        facts = offered.terms(**({"points": 2, "per_day": 20, "title": {"ja": "ウォーキング"}} | changed))
        programmes.create(session, ONE, code=WALK, reason=Reason.HEALTH, unit=Unit.STEPS, facts=facts)
        programmes.approve(session, OTHER, WALK, 1)


def agree(database: Database, *who: cast.Resident) -> None:
    with database.command("agree") as session:
        for one in who:
            facts.give_consent(session, offered.person(session, one), rules.TOPIC)


def take_back(database: Database, who: cast.Resident) -> None:
    with database.command("take back") as session:
        facts.withdraw_consent(session, offered.person(session, who), rules.TOPIC)


def bring(database: Database, walked: dict[date, int], who: cast.Resident = cast.HANAKO) -> Brought:
    with database.command("bring") as session:
        return service.bring(session, KEY, offered.person(session, who), walked)


def balance(database: Database, who: cast.Resident = cast.HANAKO) -> int:
    with database.command("look") as session:
        return points.balance(session, offered.person(session, who))


def held(database: Database) -> list[tuple[UUID, tuple[str, ...]]]:
    with database.command("look") as session:
        return [(case.resident_id, case.doubts) for case in service.waiting(session)]


@pytest.fixture
def walkers(database: Database, people: None) -> Database:
    walking(database)
    agree(database, cast.HANAKO, cast.TARO)
    return database


def test_a_day_brings_its_thousands_up_to_the_cap_and_once(walkers: Database) -> None:
    walked = {ago(1): 8_999, ago(2): 14_000, ago(3): 999, ago(4): 0, ago(40): 9_000, ago(0): 9_000, ago(5): 200_000}
    assert bring(walkers, walked) == Brought(new=4, held=0, there=0, outside=2, impossible=1, points=16 + 20)
    again = bring(walkers, walked | {ago(1): 12_000, ago(6): 1_000})  # another file says another number
    assert again == Brought(new=1, held=0, there=4, outside=2, impossible=1, points=2)
    assert balance(walkers) == 38
    assert wrong(walkers) == []
    with walkers.command("look") as session:
        kept = dict(session.execute(select(PointEarning.at, PointEarning.quantity)).all())
        assert sorted(kept.values()) == [1, 8, 14], "the books hold whole thousands, never a count of steps"


def test_without_consent_or_programme_nothing_is_kept(database: Database, people: None) -> None:
    agree(database, cast.HANAKO)
    with pytest.raises(rules.WalkingOver):
        bring(database, {ago(1): 5_000})
    walking(database, budget=9)
    with pytest.raises(rules.ConsentMissing):
        bring(database, {ago(1): 5_000}, cast.TARO)
    with pytest.raises(PotEmpty):
        bring(database, {ago(1): 5_000})
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(HealthDay)) == 0
    assert bring(database, {ago(1): 4_000}).points == 8


def test_what_was_promised_on_a_day_is_not_priced_again(walkers: Database) -> None:
    walked = {ago(days): 5_000 for days in (1, 2)}
    assert bring(walkers, walked).points == 20
    with walkers.command("change") as session:
        programmes.propose(session, ONE, WALK, offered.terms(points=9, begins_on=offered.day(1)))
        programmes.approve(session, OTHER, WALK, 2)
    with clock.freeze(clock.now() + timedelta(days=3)):
        found = bring(walkers, {**walked, ago(1): 5_000, ago(2): 5_000, ago(6): 1_000})
        assert (found.there, found.points) == (2, 45 + 45 + 2)  # new days by new terms, the old one by its own
    assert balance(walkers) == 112


def test_one_phone_used_by_two_people_waits_for_the_city(walkers: Database) -> None:
    walked = {ago(days): 6_000 + 37 * days for days in range(1, 9)}
    assert bring(walkers, walked).points == 8 * 12
    own = {ago(day): 4_000 + day for day in range(9, 12)}
    assert bring(walkers, own, cast.TARO).held == 0
    part = {day: steps for day, steps in walked.items() if day > ago(4)}
    assert bring(walkers, part | {ago(20): 3_000}, cast.TARO).held == 4  # also the day that is his own waits
    assert bring(walkers, {ago(5): walked[ago(5)]}, cast.TARO).held == 1
    with walkers.command("look") as session:
        case = service.waiting(session)[0]
        taro, hanako = offered.person(session, cast.TARO), offered.person(session, cast.HANAKO)
    assert (case.resident_id, case.doubts, case.others, len(case.days)) == (taro, (Doubt.SAME,), (hanako,), 5)
    assert balance(walkers, cast.TARO) == 3 * 8
    with walkers.command("decide") as session:
        service.refuse(session, ONE, taro, "同じ記録が別の方から届いています。")
    with pytest.raises(rules.StepsDecided), walkers.command("again") as session:
        service.clear(session, ONE, taro, "")
    assert bring(walkers, walked, cast.TARO).held == 4  # a day that was refused stays refused
    with walkers.command("decide") as session:
        assert service.clear(session, ONE, taro, "確認しました。") == 4 * 12
    assert (held(walkers), wrong(walkers)) == ([], [])


def test_of_two_who_send_the_same_file_at_the_same_instant_one_waits(walkers: Database) -> None:
    walked = {ago(days): 7_000 + days for days in range(1, 6)}
    found = together(lambda number: bring(walkers, walked, (cast.HANAKO, cast.TARO)[number]), 2)
    assert sorted(one.held for one in found) == [0, 5]
    both = together(lambda _number: bring(walkers, {ago(10): 3_000}), 4)
    assert sorted(one.points for one in both) in ([0, 0, 0, 0], [0, 0, 0, 6])  # or she is the one who waits
    assert wrong(walkers) == []


def test_a_very_long_walk_waits_alone(walkers: Database) -> None:
    assert bring(walkers, {ago(1): 50_001, ago(2): 9_000}) == Brought(1, 1, 0, 0, 0, 18)
    with walkers.command("look") as session:
        hanako = offered.person(session, cast.HANAKO)
    assert held(walkers) == [(hanako, (Doubt.MUCH,))]


def test_consent_taken_back_deletes_at_once_and_pays_nothing_twice(walkers: Database) -> None:
    walked = {ago(days): 6_000 + days for days in range(1, 5)}
    bring(walkers, walked | {ago(6): 60_000})
    take_back(walkers, cast.HANAKO)
    with walkers.command("look") as session:
        assert session.scalars(select(HealthDay.steps)).all() == [None] * 5
        assert session.scalars(select(HealthDay.resident_id)).all() == [None] * 5
        assert service.days_of(session, offered.person(session, cast.HANAKO)) == []
    assert held(walkers) == []  # what waited is never paid
    assert balance(walkers) == 48
    with pytest.raises(rules.ConsentMissing):
        bring(walkers, walked)
    assert bring(walkers, walked, cast.TARO).held == 4  # the same file, sent by somebody else meanwhile
    agree(walkers, cast.HANAKO)
    assert bring(walkers, walked).there == 4
    assert balance(walkers) == 48
    assert wrong(walkers) == []


def test_steps_are_kept_for_ninety_days(walkers: Database) -> None:
    bring(walkers, {ago(1): 6_000, ago(2): 60_000})
    for days, left in ((88, 2), (92, 1), (182, 0)):
        with clock.freeze(clock.now() + timedelta(days=days)):
            with walkers.job("forget") as session:
                service.forget_old(session, {})
            with walkers.command("look") as session:
                assert len(session.scalars(select(HealthDay.state)).all()) == left
    assert State.HELD == "held"


# ---- pages --------------------------------------------------------------------------------


@pytest.fixture
def open_city(database: Database, cast_residents: None, cast_staff: None) -> Database:
    walking(database)
    return database


def send(visitor: Visitor, content: bytes, name: str = "steps.csv", path: str = "/points/health", **more: str) -> Page:
    token = visitor.get("/account" if path.startswith("/points") else "/staff/points").csrf_token
    data = {"csrf_token": token, "file": (BytesIO(content), name), **more}
    return visitor.post(path, data, content_type="multipart/form-data")


def test_from_consent_to_points_and_back_by_the_pages(
    open_city: Database, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    hanako, taro = resident_client("hanako"), resident_client("taro")
    walked = {ago(days): 8_000 + days for days in (1, 2, 3)}
    assert send(hanako, csv(walked)).status == rules.ConsentMissing.status
    for visitor in (hanako, taro):
        page = visitor.submit(visitor.get("/points/health"), "/points/health/consent")
    assert "ファイル" in page.text
    assert "歩数" in hanako.get("/guidance/consents").text
    assert send(hanako, b"").status == 422
    assert send(hanako, b"%PDF-1.7", "x.pdf").status == 422
    page = send(hanako, apple_zip([record(day, 9, steps) for day, steps in walked.items()]), "書き出したデータ.zip")
    assert "48" in page.text
    assert "8,001" in page.text
    page = send(taro, csv(walked) + "昨日,5\r\n".encode())
    assert "市が確認" in page.text
    assert "日付として読めません" in page.text
    keeper = staff_client(Role.POINTS_KEEPER)
    list_page = keeper.get("/staff/points-health")
    assert "架空 太郎" in list_page.text
    action = next(
        form.get("action") or "" for form in list_page.find("form") if "/steps/" in (form.get("action") or "")
    )
    assert keeper.submit(list_page, action, note="", decision="refuse").status == 422
    keeper.submit(list_page, action, note="別の方と同じ記録です。", decision="refuse")
    assert "別の方と同じ記録です。" in taro.get("/points/health").text
    assert keeper.submit(list_page, action, note="x", decision="clear").status == rules.StepsDecided.status
    hanako.submit(hanako.get("/points/health"), "/points/health/consent/withdraw")
    assert "8,001" not in hanako.get("/points/health").text
    assert "48" in hanako.get("/points").text


def test_a_file_too_large_and_too_many_files_are_refused(open_city: Database, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    hanako.submit(hanako.get("/points/health"), "/points/health/consent")
    for _ in range(10):
        assert send(hanako, csv({ago(1): 5_000})).status == 200
    assert send(hanako, csv({ago(2): 5_000})).status == 429


def test_a_programme_for_steps_is_one_of_health(open_city: Database, staff_client: StaffClient) -> None:
    keeper = staff_client(Role.POINTS_KEEPER)
    page, today = keeper.get("/staff/points/new"), clock.today()
    typed = {
        "code": "walk-2027", "unit": "steps", "ja": "歩こう", "points": "1", "budget": "1000", "why": "健康のため",
        **{f"{name}-era": "ce" for name in DAYS},
        **{f"{name}-{part}": str(getattr(today, part)) for name in DAYS for part in ("year", "month", "day")},
    }  # fmt: skip
    assert keeper.submit(page, "/staff/points/new", **typed, kind="volunteering").status == 422
    assert "1,000歩" in keeper.submit(page, "/staff/points/new", **typed, kind="health").text


def test_who_came_to_a_class_gets_points_once_by_a_file_of_the_section(
    open_city: Database, staff_client: StaffClient
) -> None:
    with open_city.command("offer") as session:
        terms = offered.terms(points=50, title={"ja": "健康教室"}, begins_on=ago(20))
        programmes.create(session, ONE, code="class-2026", reason=Reason.HEALTH, unit=Unit.ACT, facts=terms)
        programmes.approve(session, OTHER, "class-2026", 1)
    keeper, path = staff_client(Role.POINTS_KEEPER), "/staff/points-health/attendance"
    one, other = cast.HANAKO.addressee_number, cast.TARO.addressee_number
    rows = [
        f"{one},{ago(1)}", f"{other},{ago(1)}", f"{one},{ago(1)}", f"{one},{ago(2)}", f"{one},{ago(-1)}", f"{one},{ago(30)}",
        f"900000000009999,{ago(1)}", f"{other},きのう", "", f"{other}",
    ]  # fmt: skip
    file = ("宛名番号,参加日\n" + "\n".join(rows)).encode()

    def post(step: str, content: bytes = file, programme: str = "class-2026") -> Page:
        return send(keeper, content, "came.csv", path, step=step, programme=programme)

    page = post("preview")
    assert (page.status, balance(open_city)) == (200, 0)
    assert "まだ来ていない日" in page.text
    assert "150ポイント" in post("import").text
    assert (balance(open_city), balance(open_city, cast.TARO)) == (100, 50)
    assert "0ポイント" in post("import").text
    assert (balance(open_city), wrong(open_city)) == (100, [])
    for bad in (b"", b"x,y\n1,2", b"\xff\xfe\x00", b"number\n"):
        assert post("import", bad).status == 422
    assert post("import", programme=WALK).status == 422
    assert post("nonsense").status == 422
    many = (
        "宛名番号,参加日\n" + "".join(f"{one},{date(2000, 1, 1) + timedelta(days=n)}\n" for n in range(2_001))
    ).encode()
    assert post("preview", many).status == 422
