"""A section's page of facts: checked, taken in, and never another section's."""

import io

from sqlalchemy import select

from portal.core.audit import Record
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.facts.models import Fact
from tests.browser import Page, Visitor
from tests.conftest import StaffClient

PAGE = "/staff/facts"
HEAD = "宛名番号,項目,内容,開始日\n"
OWN = f"{cast.HANAKO.addressee_number},single_parent,1,2026-04-01\n"
OTHERS = f"{cast.HANAKO.addressee_number},tax_due,1000,2026-04-01\n"


def send(visitor: Visitor, step: str, content: str) -> Page:
    file = io.BytesIO((HEAD + content).encode("cp932")), "facts.csv"
    return visitor.post(PAGE, {"step": step, "file": file}, content_type="multipart/form-data")


def values(page: Page) -> list[str]:
    return [value.text for value in page.find("dd", class_="summary__value")]


def test_a_section_checks_its_file_and_takes_it_in(
    staff_client: StaffClient, cast_residents: None, database: Database
) -> None:
    clerk = staff_client(Role.SENDER)
    assert values(send(clerk, "preview", OWN)) == ["cp932", "1", "0", "0", "0"]
    assert values(send(clerk, "import", OWN)) == ["cp932", "1", "0", "0", "0"]
    assert values(send(clerk, "import", OWN)) == ["cp932", "0", "0", "1", "0"]
    with database.command("look") as session:
        assert session.scalars(select(Fact.source).where(Fact.name == "single_parent")).all() == ["こども家庭支援課"]
        looks = session.execute(select(Record.what, Record.case_ref).where(Record.action == "look"))
        assert {("facts.preview", "1 rows"), ("facts.import", "1 rows")} <= {tuple(row) for row in looks}


def test_what_another_section_answers_for_is_left_out(
    staff_client: StaffClient, cast_residents: None, database: Database
) -> None:
    page = send(staff_client(Role.SENDER), "import", OTHERS + OWN)
    assert values(page) == ["cp932", "1", "0", "0", "1"]
    assert "納税管理課" in page.text
    with database.command("look") as session:
        assert session.scalars(select(Fact.name)).all() == ["single_parent"]


def test_a_file_that_is_none_is_explained_and_others_do_not_enter(staff_client: StaffClient) -> None:
    clerk = staff_client(Role.SENDER)
    assert clerk.post(PAGE, {"step": "preview"}).status == 422
    assert clerk.post(PAGE, {"step": "import", "file": (io.BytesIO(b"a,b\n1,2\n"), "x.csv")}).status == 422
    assert staff_client(Role.WINDOW).get(PAGE).status == 404
