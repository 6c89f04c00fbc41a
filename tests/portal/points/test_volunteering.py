"""Volunteering from the published activity to the points: places, codes, hours, what looks wrong, objections."""

from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import pikepdf
import pytest
from flask import Flask
from sqlalchemy import select

from portal.certificates.attesting.models import AttestedPaper
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.points import service as points
from portal.points.ledger.rules import PotEmpty
from portal.points.programmes.rules import Unit
from portal.points.volunteering import codes, hosting, hours, objections, rules, taking_part
from portal.points.volunteering.models import VolunteerActivity
from portal.points.volunteering.rules import Doubt, Place, Stay
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import OTHER, activity, apply, approve, host, later, place, programme

__all__ = ["people"]
KEY = b"k" * 32
NOON = clock.now().replace(hour=3, minute=0, second=0, microsecond=0)
HOUR = timedelta(hours=1)


def balance(database: Database, who: cast.Resident) -> int:
    with database.command("look") as session:
        return points.balance(session, offered.person(session, who))


def doubts(database: Database) -> list[tuple[str, ...]]:
    with database.command("look") as session:
        return [case.kinds for case in hours.waiting(session)]


@pytest.mark.parametrize(
    ("other", "clashes"),
    [
        (Stay("中央区", NOON + HOUR, NOON + 2 * HOUR), False),
        (Stay("中央区", NOON + HOUR - timedelta(minutes=1), NOON + 2 * HOUR), True),
        (Stay("緑区", NOON + HOUR, NOON + 2 * HOUR), True),  # no time for the way
        (Stay("緑区", NOON + 1.5 * HOUR, NOON + 2 * HOUR), False),
        (Stay("緑区", NOON - 3 * HOUR, NOON - HOUR), False),
    ],
)
def test_nobody_is_at_two_places_at_once(other: Stay, clashes: bool) -> None:
    mine = Stay("中央区", NOON, NOON + HOUR)
    assert rules.clash(mine, other) is clashes
    assert rules.clash(other, mine) is clashes


def test_a_code_holds_for_two_minutes_at_its_own_activity(people: None) -> None:
    one, other = offered.ONE.id, OTHER.id
    assert one
    assert other
    code = codes.write(KEY, one, NOON)
    codes.check(KEY, one, code, NOON + timedelta(seconds=119))
    for activity_id, typed, at in (
        (one, code, NOON + timedelta(seconds=121)),
        (other, code, NOON),
        (one, code.replace(code[0], "9", 1), NOON),
        (one, "", NOON),
        (one, "9.あ", NOON),
    ):
        with pytest.raises(rules.CodeOld):
            codes.check(KEY, activity_id, typed, at)
    assert codes.device_mark(KEY, one, "c") != codes.device_mark(KEY, other, "c")


def test_ten_people_rush_for_three_places(database: Database, people: None) -> None:
    programme(database)
    one = activity(database, host(database), seats=3)
    crowd = [who for who in cast.RESIDENTS if who is not cast.ICHIRO]

    def rush(number: int) -> str:
        try:
            apply(database, crowd[number], one)
        except rules.ActivityFull:
            return "full"
        return "in"

    assert sorted(together(rush, len(crowd))) == ["full"] * (len(crowd) - 3) + ["in"] * 3
    with database.command("look") as session:
        assert hosting.activity(session, one).taken == len(hours.board(session, one)) == 3


def test_a_place_given_up_is_free_and_can_be_taken_again(database: Database, people: None) -> None:
    programme(database)
    one = activity(database, host(database), seats=1)
    first = apply(database, cast.HANAKO, one)
    assert apply(database, cast.HANAKO, one) == first  # twice is one place
    with pytest.raises(rules.ActivityFull):
        apply(database, cast.TARO, one)
    for _twice in range(2):
        with database.command("withdraw") as session:
            taking_part.withdraw(session, offered.person(session, cast.HANAKO), one)
    apply(database, cast.TARO, one)
    with pytest.raises(rules.ActivityFull):
        apply(database, cast.HANAKO, one)
    with later(), pytest.raises(rules.ActivityOver):
        apply(database, cast.MARIA, one)


def test_hours_become_points_once_by_the_minute(database: Database, people: None) -> None:
    programme(database)
    one = activity(database, host(database))
    hanako, maria = (apply(database, who, one) for who in (cast.HANAKO, cast.MARIA))
    with pytest.raises(rules.NotBegun):
        approve(database, one, {hanako: 120})
    with later():
        with pytest.raises(rules.HoursTooLong):
            approve(database, one, {hanako: 181})
        approve(database, one, {hanako: 100, maria: 0})
        approve(database, one, {hanako: 60, maria: 60})  # settled already
        assert (balance(database, cast.HANAKO), balance(database, cast.MARIA)) == (166, 0)
    assert wrong(database) == []


def test_two_keepers_approve_at_the_same_instant_and_it_is_paid_once(database: Database, people: None) -> None:
    programme(database)
    one = activity(database, host(database))
    who = apply(database, cast.HANAKO, one)
    with later():
        together(lambda _: approve(database, one, {who: 60}), 4)
        assert balance(database, cast.HANAKO) == 100


def test_what_looks_wrong_waits_for_the_city(database: Database, people: None) -> None:
    """The keeper's own hours, a housemate's, two places at once, one phone for two."""
    programme(database)
    hosts = host(database, keeper=cast.HANAKO), host(database, keeper=cast.ICHIRO, name="海の会")
    at = clock.now() + timedelta(days=1)
    one = activity(database, hosts[0], keeper=cast.HANAKO, starts_at=at)
    other = activity(database, hosts[1], keeper=cast.ICHIRO, starts_at=at, ward="緑区")
    own, mate, maria, kaito, aoi = (
        apply(database, who, one) for who in (cast.HANAKO, cast.TARO, cast.MARIA, cast.KAITO, cast.AOI)
    )
    elsewhere = apply(database, cast.MARIA, other)
    with clock.freeze(at), database.command("come") as session:
        for who in (cast.KAITO, cast.AOI):
            taking_part.come(session, offered.person(session, who), one, device="the same phone")
    with later():
        approve(database, one, dict.fromkeys((own, mate, maria, kaito, aoi), 60), keeper=cast.HANAKO)
        approve(database, other, {elsewhere: 60}, keeper=cast.ICHIRO)
        found = sorted(kind for kinds in doubts(database) for kind in kinds)
        assert found == sorted([Doubt.SELF, Doubt.HOUSEHOLD, Doubt.DEVICE, Doubt.DEVICE, Doubt.OVERLAP])
        assert balance(database, cast.MARIA) == 100  # what was approved first is not held
        assert [balance(database, who) for who in (cast.HANAKO, cast.TARO, cast.KAITO)] == [0, 0, 0]
        with database.command("decide") as session:
            hours.clear(session, OTHER, mate, "確認しました。")
            hours.confirm(session, OTHER, own, "担当者ご自身の時間は対象外です。")
        assert (balance(database, cast.TARO), balance(database, cast.HANAKO)) == (100, 0)
        assert (place(database, own).minutes, place(database, mate).minutes) == (0, 60)
        with pytest.raises(rules.Decided), database.command("again") as session:
            hours.clear(session, OTHER, own, "")
    assert wrong(database) == []


def test_an_objection_is_decided_once_and_pays_the_difference(database: Database, people: None, worker: Worker) -> None:
    programme(database)
    one = activity(database, host(database))
    who = apply(database, cast.HANAKO, one)

    def say(minutes: int) -> None:
        with database.command("object") as session:
            owner = offered.person(session, cast.HANAKO)
            objections.object_to(session, owner, one, minutes=minutes, words="2時間いました。")

    with later(), pytest.raises(rules.ObjectionLate):
        say(120)  # the organisation still has a week
    with later(9):
        approve(database, one, {who: 60})
        with pytest.raises(rules.HoursTooLong):
            say(600)
        say(120)
        with pytest.raises(rules.ObjectionLate):
            say(120)
        with database.command("decide") as session:
            objections.uphold(session, OTHER, who, minutes=120, answer="団体に確認しました。")
        assert balance(database, cast.HANAKO) == 200
        with pytest.raises(rules.Decided), database.command("again") as session:
            objections.refuse(session, OTHER, who, "")
        worker.run_pending()
    assert wrong(database) == []


def test_a_host_that_says_nothing_can_be_objected_to_and_the_empty_pot_pays_nothing(
    database: Database, people: None
) -> None:
    programme(database, unit=Unit.ACT, points=100, budget=150)
    one = activity(database, host(database))
    places = [apply(database, who, one) for who in (cast.HANAKO, cast.MARIA)]
    with later(10):
        with pytest.raises(PotEmpty):
            approve(database, one, dict.fromkeys(places, 120))
        assert place(database, places[0]).state == Place.APPLIED  # nobody was paid alone
        with database.command("object") as session:
            owner = offered.person(session, cast.HANAKO)
            objections.object_to(session, owner, one, minutes=120, words="参加しました。")
            objections.uphold(session, OTHER, places[0], minutes=120, answer="名簿で確認しました。")
        assert balance(database, cast.HANAKO) == 100


@pytest.fixture
def offer(database: Database, cast_residents: None, cast_staff: None) -> tuple[str, str]:
    """An organisation kept by 一郎 and its activity, as addresses."""
    programme(database)
    host_id = host(database)
    one = activity(database, host_id, starts_at=clock.now() + timedelta(minutes=30))
    return str(host_id), str(one)


def test_who_names_no_ward_sees_their_own_while_something_is_there(
    offer: tuple[str, str], database: Database, resident_client: ResidentClient
) -> None:
    host_id, here = offer
    there = activity(database, UUID(host_id), ward="緑区")
    hanako = resident_client("hanako")  # lives in 中央区
    near, everywhere = "/points/volunteering", "/points/volunteering?ward="

    def seen(page: str) -> set[str]:
        return {link.rpartition("/")[2] for link in hanako.get(page).links()} & {here, str(there)}

    assert seen(near) == {here}
    assert seen(everywhere) == {here, str(there)}
    with database.command("elsewhere") as session:
        session.get_one(VolunteerActivity, UUID(here)).ward = "緑区"
    assert seen(near) == {here, str(there)}


def test_from_the_list_to_the_points_by_the_pages(
    offer: tuple[str, str], resident_client: ResidentClient, staff_client: StaffClient, worker: Worker
) -> None:
    _host, one = offer
    hanako, ichiro = resident_client("hanako"), resident_client("ichiro")
    assert "花壇の手入れ" in hanako.get("/points/volunteering?ward=中央区").text
    assert "花壇の手入れ" not in hanako.get("/points/volunteering?ward=緑区").text
    here = f"/points/volunteering/{one}"
    page = hanako.get(here)
    assert "200ポイント" in page.text
    page = hanako.submit(page, f"{here}/apply")
    assert "参加できます" in page.text
    one_file = hanako.client.get(f"{here}.ics").data
    assert b"SUMMARY:" in one_file
    assert b"METHOD" not in one_file  # RFC 5545, 3.7.2: only together with a parameter of the content type
    assert b"SUMMARY:" in hanako.client.get("/points/volunteering/mine.ics").data
    came = _come(hanako, ichiro, one)
    assert "受付しました" in came.text
    board = f"/points/hosting/activities/{one}"
    assert ichiro.post(f"{board}/hours", {}, page=ichiro.get(board)).status == 409  # not over yet
    assert hanako.get(board).status == 404
    with clock.freeze(clock.now() + timedelta(hours=4)):
        hanako, ichiro = resident_client("hanako"), resident_client("ichiro")  # their sessions ended
        page = ichiro.get(board)
        field = next(
            box.get("name") or "" for box in page.find("input") if (box.get("name") or "").startswith("minutes-")
        )
        assert ichiro.submit(page, f"{board}/hours", **{field: "たくさん"}).status == 422
        ichiro.submit(page, f"{board}/hours", **{field: "６０"})
        mine = hanako.get("/points/volunteering/mine")
        assert "1時間0分" in mine.text
        assert "100" in hanako.get("/points").text
        page = hanako.get(f"{here}/object")
        assert hanako.submit(page, f"{here}/object", minutes="", words="").status == 422
        page = hanako.submit(page, f"{here}/object", minutes="120", words="2時間いました。")
        assert "市が確認しています" in page.text
        _answer(staff_client, worker)
        assert "200" in hanako.get("/points").text
        assert "名簿どおり" in hanako.get("/points/volunteering/mine").text


def _come(visitor: Visitor, keeper: Visitor, one: str) -> Page:
    """By the code on the keeper's page: drawn as a picture, so the code itself is made alike."""
    shown = keeper.get(f"/points/hosting/activities/{one}/code")
    assert shown.headers["Refresh"] == "60"
    hall = visitor.client.application.extensions["portal"]
    code = codes.write(hall.key(codes.PURPOSE), UUID(one), clock.now())
    here = f"/points/volunteering/{one}/here"
    assert visitor.post(here, {"code": "1.x"}, page=visitor.get(f"{here}?code={code}")).status == 409
    return visitor.submit(visitor.get(f"{here}?code={code}"), here)


def _answer(staff_client: StaffClient, worker: Worker) -> None:
    keeper = staff_client(Role.POINTS_KEEPER)
    page = keeper.get("/staff/volunteering")
    action = next(
        form.get("action") or "" for form in page.find("form") if "/objections/" in (form.get("action") or "")
    )
    assert keeper.submit(page, action, note="", decision="uphold").status == 422
    assert keeper.submit(page, action, note="名簿どおり", minutes="120", decision="uphold").status == 200
    worker.run_pending()


def test_a_host_publishes_and_cancels_and_people_are_told(
    offer: tuple[str, str], resident_client: ResidentClient, worker: Worker
) -> None:
    host_id, _one = offer
    hanako, ichiro = resident_client("hanako"), resident_client("ichiro")
    assert hanako.get(f"/points/hosting/{host_id}/new").status == 404
    new = f"/points/hosting/{host_id}/new"
    tomorrow = offered.day(1)
    typed = {
        "title": "海岸の清掃", "about": "長靴をお持ちください。", "ward": "美浜区", "meeting": "駅前", "begins": "10:00",
        "ends": "12:00", "seats": "20", "day-era": "ce", "day-year": str(tomorrow.year), "day-month": str(tomorrow.month),
        "day-day": str(tomorrow.day),
    }  # fmt: skip
    page = ichiro.get(new)
    for bad in ({"ends": "09:00"}, {"seats": "0"}, {"day-year": "2020"}, {"ward": "千代田区"}, {"title": ""}):
        assert ichiro.submit(page, new, **(typed | bad)).status == 422, bad
    page = ichiro.submit(page, new, **typed)
    assert page.heading == "海岸の清掃"
    here = page.path.replace("hosting/activities", "volunteering")
    hanako.submit(hanako.get(here), f"{here}/apply")
    ichiro.submit(page, f"{page.path}/cancel")
    worker.run_pending()
    assert "中止" in hanako.get(here).text
    assert "海岸の清掃" in hanako.get("/mailbox").text
    assert b"STATUS:CANCELLED" in hanako.client.get(f"{here}.ics").data


def test_the_city_registers_organisations_and_who_acts_for_them(
    offer: tuple[str, str], staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    keeper = staff_client(Role.POINTS_KEEPER)
    new = "/staff/volunteering/hosts/new"
    page = keeper.get(new)
    assert keeper.submit(page, new, name="みどりの会").status == 422  # there already
    page = keeper.submit(page, new, name="あおぞら会")
    assert page.heading == "あおぞら会"
    assert keeper.submit(page, f"{page.path}/keepers", number="900000000009999").status == 422
    named = keeper.submit(page, f"{page.path}/keepers", number=cast.MARIA.addressee_number)
    assert cast.MARIA.name in named.text or "マリア" in named.text
    maria, chief = resident_client("maria"), staff_client(Role.POINTS_CHIEF)
    assert "あおぞら会" not in maria.get("/points/hosting").text
    theirs = chief.get(page.path)
    agree = next(form.get("action") or "" for form in theirs.find("form") if "/agree" in (form.get("action") or ""))
    chief.submit(theirs, agree)
    assert "あおぞら会" in maria.get("/points/hosting").text
    keeper.submit(named, f"{page.path}/open", open="no")
    dismiss = next(form.get("action") or "" for form in named.find("form") if "dismiss" in (form.get("action") or ""))
    keeper.submit(named, dismiss)
    assert "あおぞら会" not in maria.get("/points/hosting").text


def test_the_certificate_is_checked_on_the_citys_page_and_stays_the_same(
    database: Database, app: Flask, offer: tuple[str, str], resident_client: ResidentClient
) -> None:
    one = UUID(offer[1])
    hanako = resident_client("hanako")
    mine = "/points/volunteering/mine"
    assert hanako.post(f"{mine}/certificate", {}, page=hanako.get("/account")).status == 409  # nothing is approved yet
    where = apply(database, cast.HANAKO, one)
    with clock.freeze(clock.now() + timedelta(hours=4)):
        approve(database, one, {where: 90})

    def order() -> bytes:
        sent = {"csrf_token": hanako.get(mine).csrf_token}
        return hanako.client.post(f"{mine}/certificate", data=sent).data

    assert order()[:5] == b"%PDF-"
    pdf = order()
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1
    with database.command("look") as session:
        papers = session.scalars(select(AttestedPaper)).all()
    assert [(paper.document_sha256, paper.pages) for paper in papers] == [(sha256(pdf).hexdigest(), 1)]
    typed = {"number": papers[0].issue_number, "code": papers[0].verification_code}
    stranger = Visitor(app)
    page = stranger.submit(stranger.get("/verify"), "/verify", **typed)
    assert "ボランティア活動証明書" in page.text
    assert cast.HANAKO.name not in page.text
    wrong_code = typed | {"code": "0000-0000-0001"}
    assert "ボランティア" not in stranger.submit(stranger.get("/verify"), "/verify", **wrong_code).text
