"""Whoever forgot their password comes back in by a code from the window; nobody else does, and nobody learns who is here."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.desk import FRESH
from portal.accounts.models import IdentityCheck, Passkey
from portal.core import clock, passwords
from portal.core.audit import Record
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.residents import service as residents
from portal.web.one_time_code import LIFE, OneTimeCode
from tests.browser import Page, Visitor, words_of
from tests.conftest import ResidentClient, StaffClient

NEW = "midori no neko ga hashiru"
BY_CODE = "/sign-in/new-password"


@pytest.fixture
def person_page(cast_residents: None, staff_client: StaffClient) -> tuple[Visitor, Page]:
    """花子's page at the window, her driving licence compared a moment ago."""
    window = staff_client(Role.WINDOW)
    found = window.submit(window.get("/staff/accounts"), "/staff/accounts", number=cast.HANAKO.addressee_number)
    return window, window.submit(found, f"{found.path}/identity/document", document="driving-licence")


def code_for_hanako(person_page: tuple[Visitor, Page]) -> str:
    window, page = person_page
    shown = window.submit(page, f"{page.path}/code")
    (code,) = shown.find("p", class_="receipt__number")
    return "-".join(words_of(part) for part in code)


def set_by_code(app: Flask, code: str, *, login_id: str = cast.HANAKO.login_id, password: str = NEW) -> Page:
    visitor = Visitor(app)
    return visitor.submit(
        visitor.get(BY_CODE), BY_CODE, login_id=login_id, code=code, password=password, again=password
    )


def sign_in(app: Flask, password: str) -> Page:
    return knock(Visitor(app), password)


def knock(visitor: Visitor, password: str) -> Page:
    fields = {"login_id": cast.HANAKO.login_id, "password": password}
    return visitor.submit(visitor.get("/sign-in"), "/sign-in", **fields)


def test_the_way_back_leads_from_the_sign_in_to_a_new_password_and_ends_every_other_session(
    app: Flask, person_page: tuple[Visitor, Page], resident_client: ResidentClient, worker: Worker
) -> None:
    elsewhere = resident_client("hanako")
    assert "/sign-in/forgotten" in Visitor(app).get("/sign-in").links()
    assert BY_CODE in Visitor(app).get("/sign-in/forgotten").links()
    code = code_for_hanako(person_page)
    done = set_by_code(app, code.lower().replace("-", " "))
    assert done.path == "/account"
    assert elsewhere.get("/account").path == "/sign-in"
    assert sign_in(app, cast.HANAKO.password).status == 422
    assert sign_in(app, NEW).path == "/"
    worker.run_pending()
    hanako = Visitor(app)
    hanako.submit(hanako.get("/sign-in"), "/sign-in", login_id=cast.HANAKO.login_id, password=NEW)
    told = hanako.get("/mailbox").text
    assert "パスワードが変わりました" in told
    assert "コードをお渡ししました" in told


def test_a_code_wins_a_stolen_account_back_from_a_thief_with_a_passkey(
    app: Flask, database: Database, person_page: tuple[Visitor, Page], worker: Worker
) -> None:
    with database.command("passkeys: one of the thief, one of somebody else") as session:
        whose = [residents.find_by_number(session, one.addressee_number) for one in (cast.HANAKO, cast.TARO)]
        for number, one in enumerate(whose):
            assert one
            facts = {"credential_id": bytes([number]), "public_key": b"x", "sign_count": 0, "name": ""}
            session.add(Passkey(id=new_id(), resident_id=one.id, created_at=clock.now(), **facts))
    visitor = Visitor(app)
    fields = {"login_id": cast.HANAKO.login_id, "code": code_for_hanako(person_page), "password": NEW, "again": NEW}
    done = visitor.submit(visitor.get(BY_CODE), BY_CODE, **fields)
    assert "すべてのパスキーを削除しました" in done.text
    with database.command("look") as session:
        assert [key.credential_id for key in session.scalars(select(Passkey))] == [bytes([1])]
    worker.run_pending()
    letters = [link for link in visitor.get("/mailbox").links() if link.startswith("/mailbox/") and len(link) > 40]
    assert any("パスキーはすべて削除しました" in visitor.get(letter).text for letter in letters)


def test_the_old_password_leaves_passkeys_alone(database: Database, resident_client: ResidentClient) -> None:
    here = resident_client("hanako")
    with database.command("a passkey") as session:
        hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert hanako
        facts = {"credential_id": b"1", "public_key": b"x", "sign_count": 0, "name": ""}
        session.add(Passkey(id=new_id(), resident_id=hanako.id, created_at=clock.now(), **facts))
    page = here.get("/account/password")
    assert here.submit(page, page.path, old=cast.HANAKO.password, password=NEW, again=NEW).path == "/account"
    with database.command("look") as session:
        assert session.scalars(select(Passkey)).one()


def test_a_code_works_once(app: Flask, person_page: tuple[Visitor, Page]) -> None:
    code = code_for_hanako(person_page)
    assert set_by_code(app, code).path == "/account"
    assert set_by_code(app, code, password="another row of five words").status == 422


def test_a_newer_code_ends_the_older_one_and_a_day_ends_both(app: Flask, person_page: tuple[Visitor, Page]) -> None:
    older, newer = code_for_hanako(person_page), code_for_hanako(person_page)
    assert set_by_code(app, older).status == 422
    with clock.freeze(clock.now() + LIFE + timedelta(seconds=1)):
        assert set_by_code(app, newer).status == 422


def test_unknown_names_wrong_codes_and_names_without_a_code_get_the_same_answer(
    app: Flask, person_page: tuple[Visitor, Page]
) -> None:
    code_for_hanako(person_page)
    answers = []
    for login_id in (cast.HANAKO.login_id, cast.TARO.login_id, "nobody-of-that-name"):
        page = set_by_code(app, "K7QM-3XPR-T2WH", login_id=login_id)
        assert page.status == 422
        answers.append(page.text.replace(login_id, ""))
    assert len(set(answers)) == 1


def test_the_tenth_try_is_refused_also_with_the_right_code(app: Flask, person_page: tuple[Visitor, Page]) -> None:
    code = code_for_hanako(person_page)
    visitor = Visitor(app)
    page = visitor.get(BY_CODE)
    fields = {"login_id": cast.HANAKO.login_id, "password": NEW, "again": NEW}
    answers = [visitor.submit(page, BY_CODE, code="K7QM-3XPR-T2WH", **fields).status for _ in range(9)]
    assert answers == [422] * 9
    assert visitor.submit(page, BY_CODE, code=code, **fields).status == 429


def test_no_stranger_locks_the_holder_of_a_code_out(app: Flask, person_page: tuple[Visitor, Page]) -> None:
    """Neither of the code, nor, with the code, of the account: its browser is known from then on."""
    code = code_for_hanako(person_page)
    for address, door, secret in (("192.0.2.66", BY_CODE, "code"), ("192.0.2.67", "/sign-in", "password")):
        stranger = Visitor(app, address=address)
        fields = {"login_id": cast.HANAKO.login_id, "password": NEW, "again": NEW, secret: "K7QM-3XPR-T2WH" * 2}
        page = stranger.get(door)
        assert [stranger.submit(page, door, **fields).status for _ in range(10)][-1] == 429
    owner = Visitor(app)
    assert knock(owner, cast.HANAKO.password).status == 429
    fields = {"login_id": cast.HANAKO.login_id, "code": code, "password": NEW, "again": NEW}
    inside = owner.submit(owner.get(BY_CODE), BY_CODE, **fields)
    assert inside.path == "/account"
    owner.submit(inside, "/sign-out")
    assert knock(owner, NEW).path == "/"


def test_a_password_that_will_not_do_uses_up_no_code_and_comes_back_without_it(
    app: Flask, person_page: tuple[Visitor, Page]
) -> None:
    code = code_for_hanako(person_page)
    for weak in ("short", "aaaaaaaaaaaaaaaaaaaa", "qwertyuiopasdfgh", cast.HANAKO.login_id * 4):
        page = set_by_code(app, code, password=weak)
        assert page.status == 422
        assert weak not in page.body.decode().replace(cast.HANAKO.login_id + '"', "")
    assert set_by_code(app, code).path == "/account"


def test_only_the_hash_of_a_code_is_kept_and_the_acts_are_on_record(
    database: Database, person_page: tuple[Visitor, Page]
) -> None:
    code = code_for_hanako(person_page)
    with database.command("look") as session:
        assert code not in session.scalars(select(OneTimeCode.code_hash)).one()
        whats = set(session.scalars(select(Record.what).where(Record.actor_kind == "staff")))
    assert {"identity_checks", "one_time_codes", "residents.person"} <= whats


def test_no_code_without_an_identity_check_of_the_same_member_a_moment_ago(
    database: Database, person_page: tuple[Visitor, Page]
) -> None:
    window, page = person_page
    with database.command("a quarter of an hour later") as session:
        session.execute(update(IdentityCheck).values(at=clock.now() - FRESH))
    late = window.submit(page, f"{page.path}/code")
    assert late.status == 409
    assert "本人確認をしていません" in late.text


def test_the_owner_changes_the_password_with_the_old_one(app: Flask, resident_client: ResidentClient) -> None:
    here, elsewhere = resident_client("hanako"), resident_client("hanako")
    page = here.get("/account/password")
    assert here.submit(page, page.path, old="wrong", password=NEW, again=NEW).status == 422
    assert here.submit(page, page.path, old=cast.HANAKO.password, password=NEW, again="else").status == 422
    done = here.submit(page, page.path, old=cast.HANAKO.password, password=NEW, again=NEW)
    assert done.path == "/account"
    assert here.get("/account").path == "/account"
    assert elsewhere.get("/account").path == "/sign-in"
    assert sign_in(app, NEW).path == "/"


def test_staff_come_back_in_by_a_code_of_an_operator(app: Flask, staff_client: StaffClient) -> None:
    operator, window = staff_client(Role.OPERATOR), staff_client(Role.WINDOW)
    members = operator.get("/staff/members")
    row = next(row for row in members.find("tr") if cast.WINDOW.name in words_of(row))
    address = next(link.get("href") or "" for link in row.iter("a"))
    shown = operator.submit(operator.get(f"{address}/code"), f"{address}/code")
    code = [words_of(value) for value in shown.find("dd", class_="summary__value")][-1]
    visitor = Visitor(app)
    door = "/staff/sign-in/new-password"
    fields = {"login_id": cast.WINDOW.login_id, "code": code, "password": NEW, "again": NEW}
    done = visitor.submit(visitor.get(door), door, **fields)
    assert done.path == "/staff/sign-in"
    assert window.get("/staff/").path == "/staff/sign-in"
    page = visitor.submit(done, "/staff/sign-in", login_id=cast.WINDOW.login_id, password=NEW)
    assert page.path == "/staff/"
    assert visitor.submit(visitor.get(door), door, **fields).status == 422


@pytest.mark.parametrize(
    "good", ["correct horse battery staple", "猫が五匹で屋根を走りました夜中に", "Zb7#Zb7#kq!Lm0pX"]
)
def test_long_passwords_of_any_signs_are_taken(good: str) -> None:
    assert passwords.weakness(good, "hanako") is None
