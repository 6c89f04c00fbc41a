"""Staff come in by their own door, see what their roles allow, and are out at once when their account closes."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.permissions import ROLES, Permission, Role
from portal.core.uow import Database
from portal.demo import cast
from portal.staff import rules
from portal.staff.browsers import DESK_COOKIE
from portal.staff.models import Member
from tests.browser import Page, Visitor
from tests.conftest import StaffClient


def test_staff_sign_in_and_see_their_desk(staff_client: StaffClient) -> None:
    page = staff_client(Role.SENDER).get("/staff/")
    assert "/staff/notices" in page.links()
    assert "/staff/audit" not in page.links()


def test_a_stranger_is_led_to_the_staff_door(app: Flask) -> None:
    page = Visitor(app).get("/staff/")
    assert page.path == "/staff/sign-in"


def test_unknown_and_known_names_get_the_same_words(app: Flask, staff_client: StaffClient) -> None:
    staff_client(Role.SENDER)
    bodies = []
    for login_id in (cast.SENDER.login_id, "nobody-of-that-name"):
        visitor = Visitor(app, address="192.0.2.7")
        page = visitor.post("/staff/sign-in", {"login_id": login_id, "password": "not the password at all"})
        assert page.status == 422
        bodies.append(page.text.replace(login_id, ""))
    assert bodies[0] == bodies[1]


def test_the_tenth_try_within_a_quarter_of_an_hour_is_refused(app: Flask) -> None:
    visitor = Visitor(app)
    door = visitor.get("/staff/sign-in")
    answers = [
        visitor.post("/staff/sign-in", {"login_id": "fumiko", "password": "wrong"}, page=door).status for _ in range(11)
    ]
    assert answers == [422] * 9 + [429] * 2


def test_strangers_close_no_door_of_an_office(app: Flask, staff_client: StaffClient) -> None:
    office, stranger = staff_client(Role.SENDER), Visitor(app)
    office.submit(office.get("/staff/"), "/staff/sign-out")
    door = stranger.get("/staff/sign-in")
    for number in range(9):
        stranger.address = f"192.0.2.{number}"
        knock(stranger, door, cast.SENDER, "wrong")
    mark = office.client.get_cookie(DESK_COOKIE)
    assert mark is not None
    stranger.client.set_cookie(DESK_COOKIE, mark.value, secure=True)  # good with the office's own cookie alone
    stranger.address = "192.0.2.99"
    assert knock(stranger, door, cast.SENDER, cast.SENDER.password).status == 429
    door = office.get("/staff/sign-in")
    tries = [knock(office, door, cast.WINDOW, "wrong").status for _ in range(10)]
    assert tries == [422] * 9 + [429], "its own browsers have limits too"
    assert knock(office, door, cast.SENDER, cast.SENDER.password).path == "/staff/"


def knock(visitor: Visitor, door: Page, who: cast.Staff, password: str) -> Page:
    return visitor.submit(door, "/staff/sign-in", login_id=who.login_id, password=password)


def test_another_role_sees_no_page_at_all(staff_client: StaffClient) -> None:
    assert staff_client(Role.SENDER).get("/staff/members").status == 404


def test_the_operator_reads_roles_and_permissions_in_one_table(staff_client: StaffClient) -> None:
    page = staff_client(Role.OPERATOR).get("/staff/members")
    tables = list(page.find("table"))
    assert len(tables) == 2
    assert len(list(tables[1].iter("tr"))) == 1 + len(Role)
    assert len(list(tables[1].iter("li"))) == sum(len(allowed) for allowed in ROLES.values())


def test_an_account_is_opened_used_and_closed_at_once(
    app: Flask, staff_client: StaffClient, database: Database
) -> None:
    operator = staff_client(Role.OPERATOR)
    page = operator.get("/staff/members")
    section = next(option.get("value") for option in page.find("option") if option.get("value"))
    fields = {"login_id": "atarashii", "name": "架空 新", "section_id": section, "roles": ["window", "processor"]}
    added = operator.submit(page, "/staff/members", **fields)
    password = [value.text for value in added.find("dd", class_="summary__value")][-1]
    newcomer = Visitor(app)
    door = newcomer.get("/staff/sign-in")
    assert newcomer.submit(door, "/staff/sign-in", login_id="atarashii", password=password).path == "/staff/"
    with database.engine.connect() as connection:
        member_id = connection.scalar(select(Member.id).where(Member.login_id == "atarashii"))
    asked = operator.get(f"/staff/members/{member_id}/deactivate")
    assert newcomer.get("/staff/").path == "/staff/", "asking closes nothing"
    operator.submit(asked, f"/staff/members/{member_id}/deactivate")
    assert newcomer.get("/staff/").path == "/staff/sign-in"
    door = newcomer.get("/staff/sign-in")
    assert newcomer.submit(door, "/staff/sign-in", login_id="atarashii", password=password).status == 422


def test_a_member_is_signed_out_everywhere_after_one_question(staff_client: StaffClient, database: Database) -> None:
    operator, window = staff_client(Role.OPERATOR), staff_client(Role.WINDOW)
    with database.engine.connect() as connection:
        member_id = connection.scalar(select(Member.id).where(Member.login_id == cast.WINDOW.login_id))
    page = operator.get(f"/staff/members/{member_id}")
    assert f"{page.path}/sign-out" in page.links()
    operator.submit(operator.get(f"{page.path}/sign-out"), f"{page.path}/sign-out")
    assert window.get("/staff/").path == "/staff/sign-in"


def test_a_wrong_form_comes_back_with_what_was_typed(staff_client: StaffClient) -> None:
    operator = staff_client(Role.OPERATOR)
    page = operator.submit(operator.get("/staff/members"), "/staff/members", login_id="Ü", name="架空 新")
    assert page.status == 422
    assert next(page.find("input", name="name")).get("value") == "架空 新"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"])
def test_signing_in_leads_nowhere_else(app: Flask, staff_client: StaffClient, elsewhere: str) -> None:
    staff_client(Role.SENDER)
    visitor = Visitor(app)
    door = visitor.get("/staff/sign-in")
    fields = {"login_id": cast.SENDER.login_id, "password": cast.SENDER.password, "next": elsewhere}
    assert visitor.submit(door, "/staff/sign-in", **fields).path == "/staff/"


def test_the_label_on_records_holds_no_name(staff_client: StaffClient, database: Database) -> None:
    staff_client(Role.SENDER)
    from portal.web.session import WebSession

    with database.engine.connect() as connection:
        who = connection.scalar(select(WebSession.who))
    assert who is not None
    assert who["label"] == "市役所 こども家庭支援課 000001"
    assert cast.SENDER.name not in who["label"]


def test_every_role_and_permission_has_words() -> None:
    assert set(rules.ROLE_WORDS) == set(Role)
    assert set(rules.PERMISSION_WORDS) == set(Permission)
