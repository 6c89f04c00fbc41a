"""The section's pages: put together without JavaScript, counted, kept, asked of one person."""

import io
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.audit import Record
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.segments.models import ListMember, RecipientList, SegmentVersion
from portal.segments.routes import COUNTS_A_DAY
from portal.web.throttle import OF_A_DAY, Tries
from tests.browser import Page, Visitor, words_of
from tests.conftest import StaffClient

NEW = "/staff/segments/new"
OLD: dict[str, Any] = {"joined": "all", "g0-joined": "all", "g0r0-what": "age", "g0r0-from": "65"}


@pytest.fixture
def clerk(staff_client: StaffClient, cast_residents: None) -> Visitor:
    return staff_client(Role.SENDER)


def typed(page: Page) -> dict[str, Any]:
    """What stands in the page's form, to be sent with another button."""
    fields = page.form(page.path).iter()
    return {
        field.get("name"): field.get("value")
        for field in fields
        if field.tag == "input"
        and field.get("name")
        and (field.get("type") not in ("radio", "checkbox") or field.get("checked") is not None)
    }


def test_rows_and_groups_come_and_go_and_nothing_typed_is_lost(clerk: Visitor) -> None:
    page = clerk.post(NEW, {"joined": "all", "g0-joined": "any", "g0-new": "ward", "step": "add:0"})
    page = clerk.post(NEW, typed(page) | {"g0r0-values": "緑区", "g0-new": "language", "step": "add:0"})
    page = clerk.post(NEW, typed(page) | {"g0r1-values": "en", "g0r1-not": "yes", "step": "group"})
    said = typed(page)
    assert (said["g0r0-values"], said["g0r1-values"], said["g0r1-not"], said["g0-joined"]) == (
        "緑区", "en", "yes", "any",
    )  # fmt: skip
    page = clerk.post(NEW, said | {"step": "remove:0:0"})
    assert typed(page)["g0r0-what"] == "language"
    page = clerk.post(NEW, typed(page) | {"step": "drop:0"})
    assert "g0r0-what" not in typed(page)


def test_what_cannot_be_used_is_marked_at_its_row(clerk: Visitor) -> None:
    page = clerk.post(NEW, OLD | {"g0r1-what": "age", "g0r1-from": "70", "g0r1-to": "60", "step": "count"})
    assert page.status == 422
    assert "#g0r1-from" in page.links()
    assert "最初の数" in page.text


def test_small_numbers_are_not_shown_and_each_count_is_on_record(clerk: Visitor, database: Database) -> None:
    page = clerk.post(NEW, OLD | {"step": "count"})
    assert "5未満" in page.text
    with database.command("test") as session:
        assert session.scalars(select(Record.what).where(Record.what == "segments.count")).all() == ["segments.count"]


def test_kept_conditions_are_of_one_section_in_versions_and_answer_about_one_person(
    clerk: Visitor, staff_client: StaffClient, database: Database
) -> None:
    page = clerk.post(NEW, OLD | {"name": "高齢の方", "step": "save"})
    kept = page.path
    assert page.heading == "高齢の方"
    assert clerk.post(NEW, OLD | {"name": "高齢の方", "step": "save"}).status == 422
    page = clerk.post(f"{kept}/change", OLD | {"g0r0-from": "75", "version": "1", "step": "save"})
    assert page.path == kept
    assert clerk.post(f"{kept}/change", OLD | {"version": "1", "step": "save"}).status in (200, 409)
    with database.command("test") as session:
        assert len(session.scalars(select(SegmentVersion)).all()) == 2
    answers = {
        one.persona: clerk.post(f"{kept}/person", {"number": one.addressee_number}).text
        for one in (cast.ICHIRO, cast.TARO)
    }
    assert "当てはまります" in answers["ichiro"]
    assert "当てはまりません" in answers["taro"]
    assert clerk.post(f"{kept}/person", {"number": "1"}).status == 422
    assert staff_client(Role.WINDOW).get(kept).status == 404


def test_a_list_of_numbers_becomes_a_condition(clerk: Visitor, database: Database) -> None:
    text = f"宛名番号,氏名\n{cast.TARO.addressee_number},x\n１２３,y\nあ,z\n{cast.MARIA.addressee_number},\n"
    page = clerk.post(
        "/staff/segments/lists", {"name": "架空の名簿", "file": (io.BytesIO(text.encode("cp932")), "a.csv")}
    )
    assert "2人" in page.text
    assert "3, 4" in page.text
    with database.command("test") as session:
        assert len(session.scalars(select(ListMember)).all()) == 2
    page = clerk.post(NEW, {"joined": "all", "g0-joined": "all", "g0-new": "list", "step": "add:0"})
    assert [words_of(option) for option in page.find("option") if "架空の名簿" in words_of(option)]
    empty = {"file": (io.BytesIO(b"\x00\xff"), "a.csv")}
    assert clerk.post("/staff/segments/lists", empty).status == 422


def test_a_section_is_offered_only_what_it_may_use(clerk: Visitor) -> None:
    offered = {one.get("value") for one in clerk.get(NEW).find("option")}
    assert {"fact:single_parent", "fact:income", "consent", "age"} <= offered, "its own, and what a law lets it use"
    assert not {"fact:care_level", "fact:tax_due", "fact:disability"} & offered
    page = clerk.post(NEW, OLD | {"g0r1-what": "fact:tax_due", "step": "count"})
    assert page.status == 422
    assert "別の課" in page.text


def test_lists_of_other_sections_choose_nobody(clerk: Visitor, database: Database) -> None:
    foreign = UUID("22222222-2222-4222-8222-222222222222")
    with database.command("test") as session:
        session.add(RecipientList(id=foreign, section_id=foreign, name="x", people=9, made_at=clock.now()))
    page = clerk.post(NEW, OLD | {"g0r1-what": "list", "g0r1-values": str(foreign), "step": "count"})
    assert "保存されていません" in page.text


def test_the_keyboard_goes_on_at_the_row_that_was_added(clerk: Visitor) -> None:
    page = clerk.post(NEW, OLD | {"g0-new": "ward", "step": "add:0"})
    (place,) = [one for one in page.tree.iter() if one.get("data-focus") is not None]
    assert [one.get("name") for one in place.iter("input") if one.get("type") == "checkbox"][0] == "g0r1-values"
    page = clerk.post(NEW, typed(page) | {"step": "remove:0:1"})
    assert [one.get("id") for one in page.tree.iter() if one.get("data-focus") is not None] == ["g0-new"]


def test_nobody_counts_without_end(clerk: Visitor, database: Database) -> None:
    def count() -> int:
        return clerk.post(NEW, OLD | {"step": "count"}).status

    assert count() == 200
    with database.command("a long day") as session:
        counted = update(Tries).where(Tries.tries == 1, Tries.key.startswith(OF_A_DAY))
        assert session.execute(counted.values(tries=COUNTS_A_DAY - 1)).rowcount == 1  # type: ignore[attr-defined]
    assert [count(), count()] == [200, 429]
    assert clerk.post(NEW, OLD | {"g0-new": "ward", "step": "add:0"}).status == 200, "rows still come and go"
