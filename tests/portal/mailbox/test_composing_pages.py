"""The section's desk as its clerks see it: forms, faults at their fields, drafts, the second person."""

from typing import Any

from sqlalchemy import select

from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox import service
from portal.mailbox.answering import service as answering
from portal.mailbox.answering.models import Thread
from portal.mailbox.models import Notice
from portal.residents import service as residents
from tests.browser import Page, Visitor, words_of
from tests.conftest import ResidentClient, StaffClient

NEW = "/staff/notices/new"
TYPED: dict[str, Any] = {"kind": "task", "title": "試験のお知らせ", "body": "一行目\n二行目", "ward": "緑区"}


def begun(clerk: Visitor) -> Page:
    """The form of a new draft."""
    return clerk.post(NEW, {})


# What is typed beside TYPED, and the field that is told to be wrong.
WRONG: list[tuple[dict[str, str], str]] = [
    ({"due_on-era": "ce", "due_on-year": "2020", "due_on-month": "1", "due_on-day": "1"}, "due_on"),
    ({"title_en": "A test"}, "body_en"),
    ({"body": "((口座番号))を確認してください。"}, "body"),
    ({"title": "((氏名))様へ"}, "title"),
    ({"kind": "reply", "answers": "はい"}, "answers"),
    ({"source": "list", "people": "abc"}, "people"),
    ({"source": "kept"}, "segment"),
]


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(staff_client: StaffClient) -> None:
    clerk = staff_client(Role.SENDER)
    form = begun(clerk)
    page = clerk.submit(form, form.path)
    links = [words_of(link) for link in page.find("a") if link.get("href") in ("#title", "#body")]
    assert links == ["件名（日本語）：入力してください。", "本文（日本語）：入力してください。"]
    for typed, field in WRONG:
        form = begun(clerk)
        page = clerk.submit(form, form.path, **(TYPED | typed))
        assert page.status == 422
        assert f"#{field}" in page.links(), typed
        again = clerk.get(form.path)
        assert [one.get("value") for one in again.find("input", name="title")] == [(TYPED | typed)["title"]]


def test_a_draft_stays_with_the_conditions_it_was_written_with(staff_client: StaffClient, database: Database) -> None:
    clerk = staff_client(Role.SENDER)
    conditions = {"joined": "all", "g0-joined": "all", "g0r0-what": "age", "g0r0-from": "65", "step": "save"}
    kept = clerk.post("/staff/segments/new", conditions | {"name": "高齢の方"}).path
    first, second = (f"{kept.rpartition('/')[2]}.{version}" for version in (1, 2))
    form = begun(clerk)
    clerk.submit(form, form.path, **(TYPED | {"source": "kept", "segment": first}))
    clerk.post(f"{kept}/change", conditions | {"g0r0-from": "75", "version": "1"})
    for chosen, version in (({}, 1), ({"segment": second}, 2), ({}, 2)):
        form = clerk.get(form.path)
        clerk.submit(form, form.path, **chosen)
        with database.command("look") as session:
            assert [one["version"] for one in session.scalars(select(Notice.segment))] == [version]


def test_a_draft_is_kept_sent_and_read_on_the_desk(
    staff_client: StaffClient, resident_client: ResidentClient, worker: Worker
) -> None:
    clerk, hanako = staff_client(Role.SENDER), resident_client("hanako")
    form = begun(clerk)
    saved = clerk.post(
        f"{form.path.removesuffix('/edit')}/autosave", {"title": "途中", "_base": "0", "_page": "x"}, page=form
    )
    assert saved.status == 200
    texts = {"title_easy": "やさしい", "body_easy": "これは　やさしい　ことばです。"}
    check = clerk.submit(clerk.get(form.path), form.path, **(TYPED | texts | {"ward": ""}))
    assert "遅滞なく" not in check.text
    sent = clerk.submit(check, f"{check.path}/send", when="now")
    assert sent.status == 200
    worker.run_pending()
    notice = f"/mailbox/{check.path.rpartition('/')[2]}"
    assert "やさしい ことばです" in hanako.get(f"{notice}?text=easy").text
    asked = clerk.get(f"{check.path}/withdraw")
    assert clerk.submit(asked, asked.path, reason=" ").status == 422
    clerk.submit(asked, asked.path, reason="誤りがありました")
    told = hanako.get(notice).text
    assert "誤りがありました" in told
    assert "二行目" not in told


def test_the_second_person_sees_it_on_the_desk(staff_client: StaffClient, cast_residents: None) -> None:
    clerk, second = staff_client(Role.SENDER), staff_client(Role.APPROVER)
    form = begun(clerk)
    check = clerk.submit(form, form.path, **(TYPED | {"ward": "", "strength": "2"}))
    waiting = clerk.submit(check, f"{check.path}/send", when="now")
    assert f"{check.path}/approve" not in {one.get("action") for one in waiting.find("form")}
    seen = second.get(check.path)
    back = second.submit(seen, f"{check.path}/send-back", words="日付を確認してください")
    assert "日付を確認してください" in back.text


def keys_of(page: Page) -> tuple[set[str], set[str]]:
    """(keys the dialog names, keys that controls of the page answer to)."""
    named = {words_of(sign).split()[0] for sign in page.find("kbd")} - {"/", "j", "k", "1–9", "?", "Esc", "Enter"}
    controls = page.tree.iter() if page.tree is not None else ()
    return named, {key for one in controls if (key := one.get("data-key"))}


def test_the_keys_of_the_desk_are_those_its_dialog_names(staff_client: StaffClient, cast_residents: None) -> None:
    clerk, second = staff_client(Role.SENDER), staff_client(Role.APPROVER)
    form = begun(clerk)
    check = clerk.submit(form, form.path, **(TYPED | {"ward": "", "strength": "2"}))
    seen = [clerk.get(NEW), form, check, clerk.get(f"{check.path}/preview")]
    waiting = clerk.submit(check, f"{check.path}/send", when="now")
    approving = second.get(check.path)
    seen += [waiting, approving]
    second.submit(approving, f"{check.path}/approve")
    tails = ("", "/figures", "/receipts", "/answers", "/answers?who=open")
    seen += [clerk.get(f"{check.path}{tail}") for tail in tails]
    lists = ("", "/messages", "/messages?show=answered", "/letters", "/templates", "/templates/new")
    seen += [clerk.get(f"/staff/notices{tail}") for tail in lists]
    seen += [clerk.get(f"/staff/segments{tail}") for tail in ("", "/new")]
    for page in seen:
        named, answering = keys_of(page)
        assert named == answering, page.path
    assert {"a", "b", "t"} <= keys_of(approving)[1]


def test_what_was_typed_stays_when_a_message_crosses_the_answer(
    database: Database, worker: Worker, staff_client: StaffClient, cast_residents: None
) -> None:
    clerk = staff_client(Role.SENDER)
    form = clerk.post(NEW, {})
    clerk.submit(form, form.path, kind="information", title="題", body="本文", ward="", thread="y")
    with database.command("send") as session:
        service.send(session, session.scalars(select(Notice)).one())
    worker.run_pending()

    def writes(words: str) -> None:
        with database.page(actor, Purpose.OWN_USE, writes=True) as session:
            notice_id = session.scalars(select(Notice.id)).one()
            answering.write_message(session, service.Reader(hanako, hanako, 1), notice_id, words)

    with database.command("look") as session:
        person = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert person
        hanako = person.id
        actor = Actor(Kind.RESIDENT, hanako, assurance=1)
    writes("一つ目")
    with database.command("look") as session:
        door = f"/staff/notices/messages/{session.scalars(select(Thread.id)).one()}"
    page = clerk.get(door)
    writes("二つ目")
    crossed = clerk.submit(page, door, body="お答えします")
    assert crossed.status == 409
    assert "二つ目" in crossed.text
    assert [one.text for one in crossed.find("textarea")] == ["お答えします"]
    assert clerk.submit(crossed, door).path == "/staff/notices/messages"
