"""What somebody typed comes back: after a session that ended too soon, and when a refused form is come back to."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

from flask import Flask
from sqlalchemy import select, update

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.web import refill, typed, typed_forms
from portal.web.session import COOKIE, TYPED_COOKIE, WebSession
from portal.web.typed import TypedForm
from tests.browser import Page, Visitor, filled_in
from tests.conftest import ResidentClient, StaffClient

PAGE = "/staff/members"
TYPED = {"login_id": "atarashii", "name": '架空 <新> & "子"', "roles": ["processor", "window"]}


def let_sessions_lapse(database: Database) -> None:
    """Everybody was away from the screen for longer than allowed."""
    with database.command("an hour later") as session:
        session.execute(update(WebSession).values(seen_at=clock.now() - timedelta(hours=1)))


def send_too_late(operator: Visitor, database: Database, **fields: object) -> Page:
    page = operator.get(PAGE)
    let_sessions_lapse(database)
    referrer = {"Referer": f"http://localhost{PAGE}", "Host": "localhost"}
    data = {**filled_in(page.form(PAGE)), **TYPED, **fields}
    return operator._open("POST", PAGE, data=data, headers=referrer)


def sign_in_again(visitor: Visitor, person: cast.Staff = cast.OPERATOR) -> None:
    door = visitor.get(f"/staff/sign-in?next={PAGE}")
    visitor.submit(door, "/staff/sign-in", login_id=person.login_id, password=person.password)


def test_after_signing_in_again_the_form_is_as_it_was_typed(staff_client: StaffClient, database: Database) -> None:
    operator = staff_client(Role.OPERATOR)
    late = send_too_late(operator, database)
    assert late.status == 401
    assert "入力した内容" in late.text
    sign_in_again(operator)
    again = operator.get(PAGE)
    fields = filled_in(again.form(PAGE))
    assert {name: fields[name] for name in TYPED} == TYPED
    assert "入力した内容は残っています" in again.text
    assert opened(operator, again).heading == "アカウントを作成しました"


def test_what_is_too_large_to_be_read_is_not_kept_and_no_fault(staff_client: StaffClient, database: Database) -> None:
    operator = staff_client(Role.OPERATOR)
    late = send_too_late(operator, database, name="架" * 2_000_000)
    assert late.status == 401
    assert "入力した内容" not in late.text


def opened(operator: Visitor, page: Page, **fields: object) -> Page:
    """The page after the form on *page* was sent with all it needs."""
    section = [option.get("value") for option in page.find("option") if option.get("value")][0]
    return operator.submit(page, PAGE, section_id=section, **fields)


def test_a_body_too_large_for_any_page_is_no_fault_when_the_session_is_over(
    staff_client: StaffClient, database: Database
) -> None:
    late = send_too_late(staff_client(Role.OPERATOR), database, name="あ" * 1_500_000)
    assert late.status == 401
    with database.command("look") as session:
        assert session.scalars(select(TypedForm)).all() == []


def test_nobody_else_gets_it_not_even_at_the_same_browser(staff_client: StaffClient, database: Database) -> None:
    operator = staff_client(Role.OPERATOR)
    send_too_late(operator, database)
    with database.command("another operator") as session:
        row = session.scalars(select(TypedForm)).one()
        row.owner = uuid4()
    sign_in_again(operator)
    assert filled_in(operator.get(PAGE).form(PAGE))["login_id"] == ""


def test_the_table_alone_opens_nothing_and_secrets_are_never_in_it(
    app: Flask, staff_client: StaffClient, database: Database
) -> None:
    operator = staff_client(Role.OPERATOR)
    send_too_late(operator, database, password="a password nobody may keep", pin="1234")
    with database.command("look") as session:
        row = session.scalars(select(TypedForm)).one()
        cookie = operator.client.get_cookie(TYPED_COOKIE)
        assert cookie is not None
        assert cookie.value not in row.token
        assert b"atarashii" not in row.sealed
        with app.test_request_context():
            kept = dict(typed._open(cookie.value, row))
            assert typed._open("another token", row) == []
    assert {"password", "pin", "csrf_token"}.isdisjoint(kept)
    assert kept["login_id"] == "atarashii"


def test_half_an_hour_later_it_is_gone(staff_client: StaffClient, database: Database) -> None:
    operator = staff_client(Role.OPERATOR)
    send_too_late(operator, database)
    with database.command("later") as session:
        session.execute(update(TypedForm).values(expires_at=clock.now() - timedelta(seconds=1)))
        sign_in = session.scalars(select(TypedForm)).all()
        assert sign_in
    sign_in_again(operator)
    assert filled_in(operator.get(PAGE).form(PAGE))["login_id"] == ""
    with database.command("tidy") as session:
        typed_forms.forget_old(session, {})
        assert session.scalars(select(TypedForm)).all() == []


def test_a_forged_form_is_not_kept(staff_client: StaffClient, database: Database) -> None:
    operator = staff_client(Role.OPERATOR)
    operator.get(PAGE)
    let_sessions_lapse(database)
    answer = operator._open("POST", PAGE, data={**TYPED, "csrf_token": "forged"})
    assert answer.status == 401
    stranger = Visitor(operator.client.application)
    stranger.client.set_cookie(COOKIE, "no session at all", secure=True)
    assert stranger._open("POST", PAGE, data=TYPED).status == 401
    with database.command("look") as session:
        assert session.scalars(select(TypedForm)).all() == []


def test_a_refused_form_come_back_to_still_has_the_text_until_it_is_taken(
    staff_client: StaffClient, database: Database
) -> None:
    operator = staff_client(Role.OPERATOR)
    refused = operator.submit(operator.get(PAGE), PAGE, login_id="atarashii", name="架空 新")
    assert refused.status == 422
    operator.get("/staff/clients")
    assert filled_in(operator.get(PAGE).form(PAGE))["name"] == "架空 新"
    let_be = operator.get("/staff/clients")
    assert "入力した内容は残っています" not in let_be.text


def test_a_form_that_was_taken_is_forgotten(staff_client: StaffClient, database: Database) -> None:
    operator = staff_client(Role.OPERATOR)
    assert operator.submit(operator.get(PAGE), PAGE, login_id="atarashii").status == 422
    with database.command("look") as session:
        assert len(session.scalars(select(TypedForm)).all()) == 1
    again = operator.get(PAGE)
    assert filled_in(again.form(PAGE))["login_id"] == "atarashii"
    assert opened(operator, again, **TYPED).heading == "アカウントを作成しました"
    with database.command("look") as session:
        assert session.scalars(select(TypedForm)).all() == []


def test_a_person_keeps_the_newest_forms_only(staff_client: StaffClient, database: Database) -> None:
    """A browser that forgets its cookie after each form, or a script, must not fill the disk."""
    operator = staff_client(Role.OPERATOR)
    page = operator.get(PAGE)
    with database.command("a form of somebody else, typed long before") as session:
        old = clock.now() + timedelta(minutes=1)
        facts = {"page": PAGE, "action": PAGE, "sealed": b"x", "expires_at": old}
        session.add(TypedForm(token="of somebody else", owner=uuid4(), **facts))
    for number in range(typed_forms.MOST + 2):
        operator.client.delete_cookie(TYPED_COOKIE)
        operator.submit(page, PAGE, login_id=f"number-{number}")
    with database.command("look") as session:
        rows = session.scalars(select(TypedForm)).all()
    assert sorted(Counter(row.owner for row in rows).values()) == [1, typed_forms.MOST]
    assert filled_in(operator.get(PAGE).form(PAGE))["login_id"] == f"number-{typed_forms.MOST + 1}"


def test_a_form_of_secrets_alone_is_not_kept(resident_client: ResidentClient, database: Database) -> None:
    hanako = resident_client("hanako")
    page = hanako.get("/account/password")
    hanako.submit(page, page.path, old="x", password="short", again="short")
    with database.command("look") as session:
        assert session.scalars(select(TypedForm)).all() == [], "it holds nothing but secrets"


def test_every_kind_of_control_is_filled_and_nothing_else_changes(app: Flask) -> None:
    page = (
        '<!doctype html><html lang="en"><body><!-- x -->'
        '<form method="post" action="/other"><input name="a" value="1"></form>'
        '<form method="post" action="/here?x=1"><input type="hidden" name="h" value="1"><input name="a" value="1">'
        '<input name="a"><input type="checkbox" name="c" value="x" checked><input type="checkbox" name="c" value="y">'
        '<input type="radio" name="r" value="n" checked><select name="s"><option value="1" selected>&amp;</option>'
        '<option value="2">2</option></select><textarea name="t">old &lt;</textarea>'
        '<input type="password" name="p"></form><p>a &amp; b &#39;</p></body></html>'
    )
    fields = [
        ("a", 'q"<'),
        ("a", "second"),
        ("c", "y"),
        ("s", "2"),
        ("t", "</textarea>new"),
        ("h", "2"),
        ("p", "secret"),
    ]
    with app.test_request_context():
        filled = refill.fill(page, here="/here", action="/here", fields=fields)
    assert '<form method="post" action="/other"><input name="a" value="1"></form>' in filled
    assert (
        '<input type="hidden" name="h" value="1"><input name="a" value="q&quot;&lt;"><input name="a" value="second">'
        in filled
    )
    assert '<input type="checkbox" name="c" value="x"><input type="checkbox" name="c" value="y" checked>' in filled
    assert '<input type="radio" name="r" value="n"><select name="s"><option value="1">&amp;</option>' in filled
    assert '<option value="2" selected>2</option>' in filled
    assert '<textarea name="t">&lt;/textarea&gt;new</textarea>' in filled
    assert "secret" not in filled
    assert filled.endswith("</form><p>a &amp; b &#39;</p></body></html>")
