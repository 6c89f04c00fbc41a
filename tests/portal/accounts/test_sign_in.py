"""A resident comes in by password, sees where they are signed in, and ends it elsewhere at once."""

from statistics import median
from time import process_time

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.models import Account
from portal.core.audit import Record
from portal.core.uow import Database
from portal.demo import cast
from portal.web import throttle
from portal.web.password_try import FROM_ONE_ADDRESS
from portal.web.session import COOKIE
from tests.browser import Page, Visitor
from tests.conftest import PEOPLES_HASHER, ResidentClient


def knock(visitor: Visitor, login_id: str, password: str, door: Page | None = None) -> Page:
    data = {"login_id": login_id, "password": password, "next": "/account"}
    return visitor.post("/sign-in", data, page=door)


def test_a_resident_signs_in_and_sees_where(resident_client: ResidentClient) -> None:
    page = resident_client("hanako").get("/account")
    assert "このブラウザ" in page.text or "This browser" in page.text
    assert cast.HANAKO.name in page.text


def test_a_login_id_may_be_typed_in_any_width(app: Flask, cast_residents: None) -> None:
    assert knock(Visitor(app), " ＨＡＮＡＫＯ ", cast.HANAKO.password).path == "/account"


@pytest.mark.parametrize("login_id", ["", "\0", "hanako\0x", "é" * 5_000, "'; DROP TABLE accounts; --"])
def test_rubbish_for_a_login_id_is_refused_without_a_bug(app: Flask, cast_residents: None, login_id: str) -> None:
    assert knock(Visitor(app), login_id, "wrong").status == 422


def test_a_stranger_comes_back_to_the_page_they_wanted(app: Flask, cast_residents: None) -> None:
    visitor = Visitor(app)
    door = visitor.get("/account/passkeys")
    assert door.path == "/sign-in"
    person = cast.HANAKO
    page = visitor.submit(door, "/sign-in", login_id=person.login_id, password=person.password)
    assert page.path == "/account/passkeys"


def test_unknown_and_known_names_get_the_same_answer(app: Flask, cast_residents: None) -> None:
    answers = [knock(Visitor(app), login_id, "wrong") for login_id in (cast.HANAKO.login_id, "nobody")]
    assert [answer.status for answer in answers] == [422, 422]
    hanako, nobody = (answer.text.replace(cast.HANAKO.login_id, "").replace("nobody", "") for answer in answers)
    assert hanako == nobody


def test_unknown_and_known_names_take_the_same_time(app: Flask, database: Database, cast_residents: None) -> None:
    with database.command("test") as session:
        session.execute(update(Account).values(password_hash=PEOPLES_HASHER.hash(cast.HANAKO.password)))

    def seconds(login_id: str) -> float:
        visitor = Visitor(app)
        door = visitor.get("/sign-in")
        times = []
        for _ in range(7):
            start = process_time()  # of this process alone: a busy machine tells nothing about names
            assert knock(visitor, login_id, "wrong", door).status == 422
            times.append(process_time() - start)
        return median(times)

    known, unknown = seconds(cast.HANAKO.login_id), seconds("nobody")
    assert max(known, unknown) / min(known, unknown) <= 1.5


@pytest.mark.parametrize("login_id", ["hanako", "nobody"])
def test_the_tenth_try_within_a_quarter_of_an_hour_is_refused(app: Flask, cast_residents: None, login_id: str) -> None:
    visitor = Visitor(app)
    door = visitor.get("/sign-in")
    assert [knock(visitor, login_id, "wrong", door).status for _ in range(10)] == [422] * 9 + [429]


def test_ten_addresses_gain_nothing(app: Flask, cast_residents: None) -> None:
    answers = [knock(Visitor(app, address=f"192.0.2.{n}"), "hanako", "wrong").status for n in range(1, 11)]
    assert answers[-1] == 429


def test_one_address_gains_nothing_by_trying_many_names(
    app: Flask, database: Database, resident_client: ResidentClient
) -> None:
    owner = resident_client("hanako")
    owner.submit(owner.get("/account"), "/sign-out")
    visitor = Visitor(app)
    with app.test_request_context(), database.command("names tried before") as session:
        for _ in range(FROM_ONE_ADDRESS - 1):
            throttle.guard(session, "sign-in under any name", "127.0.0.1", limit=FROM_ONE_ADDRESS)
    assert knock(visitor, "taro", cast.TARO.password).path == "/account", "what succeeds is not counted"
    stranger = Visitor(app)
    assert [knock(stranger, name, "wrong").status for name in ("nobody", "taro")] == [422, 429]
    assert knock(owner, "hanako", cast.HANAKO.password).path == "/account", "in a browser of theirs"
    assert knock(Visitor(app, address="192.0.2.7"), "taro", "wrong").status == 422


def test_a_stranger_cannot_lock_the_owner_out(app: Flask, resident_client: ResidentClient) -> None:
    owner = resident_client("hanako")
    owner.submit(owner.get("/account"), "/sign-out")
    stranger = Visitor(app, address="192.0.2.66")
    door = stranger.get("/sign-in")
    assert [knock(stranger, "hanako", "wrong", door).status for _ in range(12)][-1] == 429
    assert knock(owner, "hanako", cast.HANAKO.password).path == "/account"


def test_the_token_is_another_one_after_each_sign_in(app: Flask, cast_residents: None) -> None:
    visitor, tokens = Visitor(app), []
    for _ in range(2):
        knock(visitor, "hanako", cast.HANAKO.password)
        cookie = visitor.client.get_cookie(COOKIE)
        assert cookie is not None
        tokens.append(cookie.value)
        visitor.submit(visitor.get("/account"), "/sign-out")
    assert tokens[0] != tokens[1]


def test_a_cookie_kept_from_before_signing_out_opens_nothing(app: Flask, resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    cookie = visitor.client.get_cookie(COOKIE)
    assert cookie is not None
    visitor.submit(visitor.get("/account"), "/sign-out")
    thief = Visitor(app)
    thief.client.set_cookie(COOKIE, cookie.value, secure=True)
    assert thief.get("/account").path == "/sign-in"


def test_signing_out_elsewhere_works_at_once(resident_client: ResidentClient) -> None:
    here, there = resident_client("hanako"), resident_client("hanako")
    page = here.get("/account")
    ends = [form.get("action") or "" for form in page.find("form") if "/end" in (form.get("action") or "")]
    assert len(ends) == 1
    here.submit(page, ends[0])
    assert there.get("/account").path == "/sign-in"
    assert here.get("/account").path == "/account"


def test_signing_out_everywhere_but_here(resident_client: ResidentClient) -> None:
    here, *others = (resident_client("hanako") for _ in range(3))
    here.submit(here.get("/account/places/end-others"), "/account/places/end-others")
    assert [other.get("/account").path for other in others] == ["/sign-in"] * 2
    assert here.get("/account").status == 200


def test_nobody_ends_a_strangers_session(resident_client: ResidentClient) -> None:
    hanako, taro = resident_client("hanako"), resident_client("taro")
    page = hanako.get("/account")
    resident_client("hanako")
    ends = [form.get("action") or "" for form in hanako.get("/account").find("form")]
    end = next(action for action in ends if action.endswith("/end"))
    taro.post(end, page=taro.get("/account"))
    assert len([form for form in hanako.get("/account").find("form") if form.get("action") == end]) == 1
    assert page.status == 200


def test_a_new_browser_is_told_on_the_timeline(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    visitor.submit(visitor.get("/account"), "/account/language", language="en")
    assert "Signed in from a new browser" in visitor.get("/account").text


def test_the_chosen_language_is_there_at_the_next_sign_in(app: Flask, resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    visitor.submit(visitor.get("/account"), "/account/language", language="en")
    another = Visitor(app)
    page = knock(another, "hanako", cast.HANAKO.password)
    assert page.tree is not None
    assert page.tree.get("lang") == "en"


def test_a_form_without_token_is_refused(app: Flask, cast_residents: None) -> None:
    answer = app.test_client().post("/sign-in", data={"login_id": "hanako", "password": cast.HANAKO.password})
    assert answer.status_code == 400


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_signing_in_leads_nowhere_else(app: Flask, cast_residents: None, elsewhere: str) -> None:
    visitor = Visitor(app)
    fields = {"login_id": "hanako", "password": cast.HANAKO.password, "next": elsewhere}
    assert visitor.post("/sign-in", fields).path == "/"


def test_signing_in_leaves_no_look_of_a_stranger_on_record(resident_client: ResidentClient, database: Database) -> None:
    resident_client("hanako")
    with database.engine.connect() as connection:
        looks = connection.execute(select(Record.actor_kind).where(Record.action == "look")).scalars().all()
    assert "stranger" not in looks
