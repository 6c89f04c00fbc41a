"""What may be kept on a device, and what a device is told, on both databases."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.mailbox.models import Act
from portal.mailbox.rules import Strength
from portal.mailbox.shelf import rules, service
from portal.mailbox.shelf.models import Shelf
from portal.web import signed_in
from portal.web.signed_in import WebSession
from tests.browser import Visitor
from tests.conftest import ResidentClient
from tests.portal.mailbox.shelf.conftest import City


def make(visitor: Visitor) -> dict[str, Any]:
    """What a browser gets when its owner lets it keep letters."""
    token = visitor.get("/account").csrf_token
    answer = visitor.client.post("/mailbox/shelf", headers={"X-CSRF-Token": token, "Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def check(visitor: Visitor, token: str, *notices: UUID) -> dict[str, Any]:
    sent = {"token": token, "notices": [str(one) for one in notices]}
    answer = visitor.client.post("/mailbox/shelf/check", json=sent)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def copy(visitor: Visitor, notice: UUID) -> tuple[int, dict[str, Any]]:
    answer = visitor.client.get(f"/mailbox/{notice}/copy", headers={"Accept": "application/json"})
    return answer.status_code, answer.json or {}


def test_a_letter_is_handed_to_its_owner_once_signed_in_and_stands_in_its_course(
    city: City, database: Database, resident_client: ResidentClient
) -> None:
    letter = city.put(cast.HANAKO, "保険証", "一つ目。\n\n二つ目。", facts={})
    hanako = resident_client("hanako")
    status, kept = copy(hanako, letter)
    assert (status, kept["title"], kept["paragraphs"], kept["language"]) == (
        200,
        "保険証",
        ["一つ目。", "二つ目。"],
        "ja",
    )
    assert "端末に保存" in hanako.get(f"/mailbox/{letter}").text
    with database.command("look") as session:
        assert session.scalars(select(Act.what).where(Act.what == "kept")).all() == ["kept"]
    assert copy(resident_client("taro"), letter)[0] == 404


def test_what_needs_a_stronger_sign_in_is_never_kept_also_by_who_has_one(
    city: City, database: Database, resident_client: ResidentClient
) -> None:
    letter = city.put(cast.HANAKO, "ひみつ", strength=Strength.PASSKEY_OR_CARD)
    hanako = resident_client("hanako")
    assert copy(hanako, letter)[0] == 403
    with database.command("strong") as session:
        session.execute(update(WebSession).values(assurance=3))
    status, said = copy(hanako, letter)
    assert (status, said["code"]) == (403, "notice-not-to-keep")
    page = hanako.get(f"/mailbox/{letter}")
    assert "ひみつ" in page.text
    assert list(page.find("script", src="/static/js/shelf/keep.js")) == []


@pytest.mark.parametrize("number", ["123456789018", "1234 5678 9018", "１２３４－５６７８－９０１８", "1234-5678-9018"])
def test_what_looks_like_a_personal_number_is_not_kept(
    city: City, resident_client: ResidentClient, number: str
) -> None:
    letter = city.put(cast.HANAKO, "お知らせ", f"番号は{number}です。")
    status, said = copy(resident_client("hanako"), letter)
    assert (status, said["code"]) == (403, "notice-not-to-keep")


@pytest.mark.parametrize("text", ["043-245-5111", "2026年11月23日", "12345678901", "1234567890123"])
def test_other_numbers_are_kept(text: str) -> None:
    assert not rules.looks_like_number([text])


def test_a_withdrawn_letter_is_not_handed_out_and_a_device_is_told_what_must_go(
    city: City, resident_client: ResidentClient
) -> None:
    stays, goes, others = (
        city.put(cast.HANAKO, "残る"),
        city.put(cast.HANAKO, "消える"),
        city.put(cast.TARO, "ほかの人の"),
    )
    hanako = resident_client("hanako")
    token = make(hanako)["token"]
    city.withdraw(goes)
    assert copy(hanako, goes)[0] == 410
    told = check(hanako, token, stays, goes, others, missing := uuid4())
    assert told == {"stands": True, "gone": [str(goes), str(others), str(missing)]}


def test_a_letter_put_away_is_not_offered_to_be_kept(city: City, resident_client: ResidentClient) -> None:
    """A device would be told to take it off at once."""
    letter, hanako = city.put(cast.HANAKO, "しまう"), resident_client("hanako")
    page, script = f"/mailbox/{letter}", "/static/js/shelf/keep.js"
    assert list(hanako.get(page).find("script", src=script)) != []
    token = make(hanako)["token"]
    for act, gone, offered in (("archive", [str(letter)], False), ("restore", [], True)):
        hanako.post("/mailbox/tidy", {"n": str(letter), "act": act, "next": "/mailbox"}, page=hanako.get(page))
        assert check(hanako, token, letter)["gone"] == gone
        assert bool(list(hanako.get(page).find("script", src=script))) is offered


def test_a_stranger_with_the_token_is_told_the_same_and_nobody_without(
    city: City, app: Any, resident_client: ResidentClient
) -> None:
    letter = city.put(cast.HANAKO, "残る")
    token = make(resident_client("hanako"))["token"]
    assert check(Visitor(app), token, letter) == {"stands": True, "gone": []}
    assert check(Visitor(app), "x" * 43, letter) == {"stands": False, "gone": [str(letter)]}
    for sent in (
        [],
        {"token": 1},
        {"token": "x", "notices": "y"},
        {"token": "x", "notices": [1]},
        {"token": "x" * 101},
    ):
        assert Visitor(app).client.post("/mailbox/shelf/check", json=sent).status_code == 422


def test_signing_out_ends_it_at_once_and_a_session_that_ran_out_does_not(
    city: City, app: Any, database: Database, resident_client: ResidentClient
) -> None:
    hanako = resident_client("hanako")
    token = make(hanako)["token"]
    later = clock.now() + timedelta(days=3)
    with clock.freeze(later):
        with database.command("worker") as session:
            signed_in.forget_ended(session, {})
            service.forget_old(session, {})
        assert check(Visitor(app), token)["stands"]
    hanako = resident_client("hanako")
    assert check(hanako, token)["stands"]  # its owner is signed in again: this session counts now
    hanako.submit(hanako.get("/account"), "/sign-out")
    assert not check(Visitor(app), token)["stands"]
    with database.command("look") as session:
        assert session.scalars(select(Shelf)).all() == []


def test_left_alone_for_two_weeks_it_ends(
    app: Any, database: Database, city: City, resident_client: ResidentClient
) -> None:
    token = make(resident_client("hanako"))["token"]
    with clock.freeze(clock.now() + rules.ABSENT + timedelta(hours=1)):
        with database.command("worker") as session:
            service.forget_old(session, {})
            assert session.scalars(select(Shelf)).all() == []
        assert not check(Visitor(app), token)["stands"]


def test_its_owner_sees_the_devices_and_ends_one_from_anywhere(
    app: Any, city: City, resident_client: ResidentClient
) -> None:
    token = make(resident_client("hanako"))["token"]
    other = resident_client("hanako")
    page = other.get("/mailbox/shelf")
    (action,) = [form.get("action") or "" for form in page.find("form") if (form.get("action") or "").endswith("/end")]
    taro = resident_client("taro")
    taro.post(action, page=taro.get("/account"))
    assert check(Visitor(app), token)["stands"]
    other.submit(page, action)
    assert not check(Visitor(app), token)["stands"]


def test_no_more_than_ten_devices(city: City, database: Database, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    make(hanako)
    owner = city.id_of(cast.HANAKO)
    make(hanako)
    with database.command("look") as session:
        assert len({one.name for one in service.of(session, owner)}) == 2  # of one kind, and told apart
    with database.command("many") as session:
        place = session.scalars(select(WebSession.token_hash)).first()
        assert place
        for number in range(rules.MOST_DEVICES - 2):
            service.make(session, owner, name=f"端末{number}", place=place)
        with pytest.raises(rules.DevicesFull):
            service.make(session, owner, name="もう一つ", place=place)


def test_the_page_for_the_time_without_a_line_names_nobody(city: City, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    page = hanako.get("/mailbox/shelf/offline")
    assert "花子" not in page.text
    assert list(page.find("input", name="csrf_token")) == []
    assert list(page.find("meta", name="reader")) == []
    assert len(list(hanako.get("/mailbox").find("meta", name="reader"))) == 1
