"""Forms in depth, walked without JavaScript: questions that open others, rows, two devices, changes after sending."""

from typing import Any

import pytest

from portal.applications import service
from portal.applications.procedures import answers, catalogue
from portal.applications.procedures.fields import rows
from portal.applications.procedures.known import Known
from portal.applications.procedures.schema import FormField, Kind
from portal.applications.rules import InWork
from portal.core import clock, zengin
from portal.core.actor import Actor
from portal.core.text import TextRefused
from portal.core.uow import Database
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient
from tests.portal.applications.people import CLERK, as_, one, send
from tests.portal.applications.test_pages import begin

ROWS = FormField(
    name="kids",
    type=Kind.ROWS,
    label="Kids",
    title="Kid",
    most_rows=3,
    columns=(
        FormField(name="name", type=Kind.NAME, label="Name"),
        FormField(name="born", type=Kind.DATE, label="Born"),
        FormField(name="nursery", type=Kind.TEXT, label="Nursery", required=False),
    ),
)
BORN = {"era": "reiwa", "year": "２", "month": "4", "day": "1"}


def typed_rows(*names: str, count: str = "") -> dict[str, list[str]]:
    """Rows as a page sends them; a row without a name is left empty."""
    typed = {"kids-rows": one(count or str(len(names)))}
    for row, name in enumerate(names):
        typed[f"kids-{row}-name"] = one(name)
        for part, text in BORN.items():
            typed[f"kids-{row}-born-{part}"] = one(text if name or part == "era" else "")
    return typed


def test_rows_left_empty_do_not_count_and_come_back_as_typed() -> None:
    found = answers.read_field(ROWS, typed_rows("架空 桜", "", "架空　健"), {})
    assert found == [{"name": "架空 桜", "born": "2020-04-01"}, {"name": "架空 健", "born": "2020-04-01"}]
    assert answers.read_field(ROWS, answers.typed_again(ROWS, found, {}), {}) == found


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        (typed_rows(""), {"kids-0-name", "kids-0-born"}),
        (typed_rows("架空 桜", "架空<健"), {"kids-1-name"}),
        ({**typed_rows("架空 桜"), "kids-0-born-month": one("13")}, {"kids-0-born"}),
        ({}, {"kids"}),
        ({"kids-rows": one("²")}, {"kids"}),
    ],
)
def test_a_fault_is_told_in_its_row(typed: dict[str, list[str]], faults: set[str]) -> None:
    with pytest.raises(answers.NotUnderstood) as refused:
        answers.read_field(ROWS, typed, {})
    assert set(refused.value.faults) == faults


def test_no_more_rows_are_read_than_the_form_has() -> None:
    many = typed_rows(*["架空 桜"] * 9, count="999")
    assert len(answers.read_field(ROWS, many, {})) == 3


def test_a_row_in_the_middle_is_taken_out_and_the_rest_moves_up() -> None:
    left = rows.press(ROWS, typed_rows("一", "二", "三"), 1)
    assert [left["kids-0-name"], left["kids-1-name"], left["kids-rows"]] == [["一"], ["三"], ["2"]]
    assert rows.press(ROWS, left, 7) == left
    assert rows.press(ROWS, typed_rows("一", "二", "三"), None)["kids-rows"] == ["3"]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("かくう　はなこ", "カクウ ハナコ"),
        ("ｶｸｳ ﾊﾅｺ", "カクウ ハナコ"),
        ("カクウ（カ シャチョー", "カクウ(カ シヤチヨ-"),
        ("ｋａｋｕｕ　１", "KAKUU 1"),
        ("カブシキ・ガイシヤ", "カブシキ.ガイシヤ"),
    ],
)
def test_account_holders_are_written_as_banks_write_them(typed: str, written: str) -> None:
    assert zengin.holder(typed) == written
    assert zengin.holder(written) == written


@pytest.mark.parametrize(("typed", "code"), [("架空花子", "text-not-of-banks"), ("ガ" * 16, "text-too-long")])
def test_what_no_bank_takes_is_refused(typed: str, code: str) -> None:
    with pytest.raises(TextRefused) as refused:
        zengin.holder(typed)
    assert refused.value.code == code


CONTROL = ["\x00", "\x07", "\x1b", "\u202e", "\ud800", "\x7f"]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ROWS])
def test_no_control_sign_gets_through_any_kind_of_question(kind: Kind) -> None:
    more: dict[str, Any] = {"options": ({"value": "a", "label": "A"},)} if kind is Kind.CHOICE else {}
    more |= {"prefill": Known.MEMBERS} if kind is Kind.MEMBERS else {}
    more |= {"prefill": Known.COMPANY_LICENCES} if kind is Kind.LICENCE else {}
    more |= {"kinds": ("image",)} if kind is Kind.ATTACHMENT else {}
    asked = FormField(name="x", type=kind, label="X", required=False, **more)
    for sign in CONTROL:
        typed = {name: [f"カ{sign}ナ"] for name in answers.inputs_of(asked)}
        read = answers.read_fields([asked], typed, {})
        assert sign not in str([*read.answers.values(), *read.typed.values()])


def test_an_amount_is_understood_as_people_write_it() -> None:
    asked = FormField(name="x", type=Kind.AMOUNT, label="X")
    assert [answers.read_field(asked, {"x": [text]}, {}) for text in ("１，２３４円", "¥1,234", "1234")] == [1234] * 3


def start_waste(visitor: Visitor) -> Page:
    return begin(visitor, "bulky-waste")


def thing(row: int, what: str = "たんす", size: str = "９０×４５", count: str = "１") -> dict[str, str]:
    return {f"things-{row}-what": what, f"things-{row}-size": size, f"things-{row}-count": count}


def test_rows_and_a_question_on_the_same_page_without_javascript(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    page = start_waste(visitor)
    assert understood(page) == ["hidden"]
    page = visitor.submit(page, page.path, **thing(0), excluded="yes")
    # "yes" opened a question that was not on the page: the page comes again with it, without a complaint.
    assert (page.path.rpartition("/")[2], page.status, understood(page)) == ("things#understood", 200, ["shown"])
    page = visitor.submit(page, page.path)
    assert page.status == 422  # now it was seen, and not answered
    page = visitor.submit(page, page.path, understood="without", row="add.things")
    assert page.status == 200
    assert [len(list(page.find("input", name=f"things-{row}-what"))) for row in range(3)] == [1, 1, 0]
    page = visitor.submit(page, page.path, **thing(1, what="自転車", count="x"))
    assert page.status == 422
    assert "#things-1-count" in page.links()
    page = visitor.submit(page, page.path, **{"things-1-count": "２"})
    assert page.path.endswith("/steps/how")


def understood(page: Page) -> list[str]:
    boxes = [box for box in page.find("fieldset") if box.get("data-field") == "understood"]
    return ["shown" if box.get("hidden") is None and box.get("disabled") is None else "hidden" for box in boxes]


def test_what_is_hidden_is_not_kept(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    page = start_waste(visitor)
    page = visitor.submit(page, page.path, **thing(0), excluded="yes", understood="advice")
    page = visitor.get(page.path.replace("how", "things"))
    page = visitor.submit(page, page.path, excluded="no")
    again = visitor.get(page.path.replace("how", "things"))
    boxes = [box for box in again.find("input", name="understood") if box.get("checked") is not None]
    assert boxes == []


def test_two_devices_are_shown_both_versions_and_choose(resident_client: ResidentClient) -> None:
    phone, desk = resident_client("hanako"), resident_client("hanako")
    mine = start_waste(phone)
    theirs = desk.get(mine.path)
    assert phone.submit(mine, mine.path, **thing(0, what="机"), excluded="no").path.endswith("/how")
    crossed = desk.submit(theirs, theirs.path, **thing(0, what="椅子"), excluded="no")
    assert crossed.status == 409
    assert "机" in crossed.text
    assert "椅子" in crossed.text
    odd = "section=x&id=1&page=2&endpoint=x&_external=1&_scheme=javascript&_anchor=x&back=check"
    data = {"csrf_token": theirs.csrf_token, "_mine": "another-tab", "things-rows": "0"}
    also = desk._open("POST", f"{theirs.path}?{odd}", data=data)
    assert (also.status, also.form(f"{theirs.path}?back=check").get("method")) == (409, "post")
    saved = desk.client.post(
        theirs.path.split("/steps")[0] + "/autosave",
        data={"csrf_token": theirs.csrf_token, "section": "things", "_mine": "another-tab", "things-rows": "0"},
    )
    assert saved.status_code == 409
    assert desk.submit(crossed, mine.path).path.endswith("/how")
    assert "椅子" in "".join(str(box.get("value")) for box in phone.get(mine.path).find("input"))
    # The same page sent again from where it was written last is no conflict.
    assert desk.submit(crossed, mine.path).path.endswith("/how")


def test_a_long_form_has_a_list_of_its_pages_in_any_order(resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    page = begin(visitor, "child-allowance")
    own = page.path.split("/steps")[0]
    visitor.submit(visitor.get(f"{own}/steps/work"), f"{own}/steps/work", occupation="employee", pension="employees")
    listed = visitor.get(f"{own}/resume")
    assert listed.path.endswith("/tasks")
    assert f"{own}/steps/claimant?back=tasks" in listed.links()
    page = visitor.get(f"{own}/steps/spouse?back=tasks")
    page = visitor.post(f"{own}/steps/spouse?back=tasks", {"has_spouse": "no"}, page=page)
    assert page.path.endswith("/tasks")
    assert f"{own}/steps/spouse_details?back=tasks" not in page.links()


def test_sent_answers_are_changed_until_a_clerk_takes_the_case(city: Database, hanako: Actor) -> None:
    moving = send(city, hanako, clock.today())
    typed = {"who_reports": one("self"), "reporter_name": one("架空 花子"), "reporter_kana": one("カクウ ハナコ")}
    typed |= {"reporter_birth_date-era": one("ce"), "reporter_birth_date-year": one("1992")}
    typed |= {"reporter_birth_date-month": one("4"), "reporter_birth_date-day": one("12")}
    typed |= {"reporter_phone": one("0430000009")}
    with as_(city, hanako) as session:
        assert (
            "reporter_phone"
            in service.change(session, hanako, moving, "reporter", typed | {"reporter_phone": one("1")}).faults
        )
    with as_(city, hanako) as session:
        assert service.change(session, hanako, moving, "reporter", typed).faults == {}
        assert service.timeline(session, moving)[-1].kind == "changed"
    with as_(city, hanako) as session:
        service.change(session, hanako, moving, "reporter", typed)
        assert [line.kind for line in service.timeline(session, moving)].count("changed") == 1
    with as_(city, CLERK) as session:
        service.claim(session, moving, CLERK)
    with as_(city, hanako) as session, pytest.raises(InWork):
        service.change(session, hanako, moving, "reporter", typed)


def test_logic_reaches_over_rows() -> None:
    moving = catalogue.find("moving-in")
    assert moving is not None
    crowd = {"alone": "others", "people": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
    assert moving.minutes_needed(crowd) - moving.minutes_needed(crowd | {"people": [{"name": "a"}]}) == 5
