"""The clerk's form: faults are told at the field they belong to, and a draft is changed without typing it again."""

from typing import Any

from portal.core.permissions import Role
from tests.browser import words_of
from tests.conftest import StaffClient

NEW = "/staff/notices/new"
TYPED: dict[str, Any] = {"kind": "task", "title": "試験のお知らせ", "body": "一行目\n二行目", "ward": "緑区"}


def test_the_summary_names_each_empty_field(staff_client: StaffClient) -> None:
    page = staff_client(Role.SENDER).post(NEW, {"kind": "task"})
    assert page.status == 422
    links = [words_of(link) for link in page.find("a") if link.get("href") in ("#title", "#body")]
    assert links == ["件名（日本語）：入力してください。", "本文（日本語）：入力してください。"]


def test_a_day_that_has_passed_is_told_at_the_field_and_nothing_is_lost(staff_client: StaffClient) -> None:
    due = {"due_on-era": "ce", "due_on-year": "2020", "due_on-month": "1", "due_on-day": "1"}
    page = staff_client(Role.SENDER).post(NEW, TYPED | due)
    assert page.status == 422
    assert "#due_on" in page.links()
    assert [field.get("value") for field in page.find("input", name="title")] == [TYPED["title"]]


def test_half_an_english_text_is_not_left_out_silently(staff_client: StaffClient) -> None:
    page = staff_client(Role.SENDER).post(NEW, TYPED | {"title_en": "A test"})
    assert page.status == 422
    assert "#body_en" in page.links()


def test_a_draft_is_changed_without_typing_it_again(staff_client: StaffClient) -> None:
    clerk = staff_client(Role.SENDER)
    draft = clerk.post(NEW, TYPED)
    again = clerk.get(next(link for link in draft.links() if "like=" in link))
    assert [field.get("value") for field in again.find("input", name="title")] == [TYPED["title"]]
    assert "二行目" in again.text
