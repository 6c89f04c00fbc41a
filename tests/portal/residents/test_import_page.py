"""The registrar's page."""

import io

from sqlalchemy import func, select

from portal.core.audit import Record
from portal.core.permissions import Role
from portal.demo.load import city_rows
from portal.residents import service
from tests.portal.residents.city import TODAY, at_the_window, row

PAGE = "/staff/residents/import"


def file_of(*rows):
    text = io.StringIO(newline="")
    service.write_register(text, rows)
    return io.BytesIO(text.getvalue().encode("utf-8-sig"))


def send(visitor, step, content, name="register.csv"):
    return visitor.post(PAGE, {"step": step, "file": (content, name)}, content_type="multipart/form-data")


def count(database):
    with at_the_window(database) as session:
        return session.scalar(select(func.count()).select_from(service.Person))


def test_the_registrar_checks_a_file_and_takes_it_in(staff_client, database):
    registrar = staff_client(Role.REGISTRAR)
    rows = list(city_rows(40, seed=4, today=TODAY))
    assert send(registrar, "preview", file_of(*rows)).status == 200
    assert count(database) == 0
    page = send(registrar, "import", file_of(*rows))
    assert page.status == 200
    assert count(database) == 40
    values = [value.text for value in page.find("dd", class_="summary__value")]
    assert values[:5] == ["utf-8-sig", "40", "0", "0", "0"]


def test_bad_rows_are_listed_without_what_they_say(staff_client, database):
    bad = row(7, name="見本田 <花子>", moved_in=row(7).birth_date.replace(year=1980))
    page = send(staff_client(Role.REGISTRAR), "import", file_of(row(6), bad))
    assert "U+003C" in page.text
    assert "見本田" not in page.text
    assert count(database) == 1


def test_a_file_that_is_no_register_is_explained(staff_client):
    registrar = staff_client(Role.REGISTRAR)
    assert send(registrar, "preview", io.BytesIO(b"a,b\r\n1,2\r\n")).status == 422
    assert send(registrar, "preview", io.BytesIO(b"\x82 \xff")).status == 422
    assert send(registrar, "preview", io.BytesIO(b"")).status == 422
    assert registrar.post(PAGE, {"step": "preview"}).status == 422


def test_window_staff_do_not_see_the_page(staff_client):
    assert staff_client(Role.WINDOW).get(PAGE).status == 404


def test_a_preview_is_on_record_because_it_tells_what_the_register_says(staff_client, database):
    registrar = staff_client(Role.REGISTRAR)
    send(registrar, "import", file_of(row(6)))
    send(registrar, "preview", file_of(row(6)))
    with database.command("look") as session:
        seen = session.execute(select(Record.action, Record.what, Record.case_ref).where(Record.actor_kind == "staff"))
        told = {tuple(line) for line in seen}
    assert {("look", "residents.import", "1 rows"), ("look", "residents.preview", "1 rows")} <= told
