"""A section's own system sends to people it names, once each, and hears how many have read it."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.core.uow import Database
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.mailbox import listing
from portal.web.templating import kept
from tests.conftest import ResidentClient
from tests.portal.devices.test_tokens import Machine

SENDER = "sender-kosodate"
TEXTS = {"ja": {"title": "健診のお知らせ", "body": "お近くの会場でどうぞ。"}}


class System:
    """A sending system with a token."""

    def __init__(self, app: Flask, token: str) -> None:
        self.app, self.headers = app, {"Authorization": f"Bearer {token}", "Accept-Language": "ja"}

    def send(self, *, key: str = "", **changes: Any) -> TestResponse:
        body = {"texts": TEXTS, "recipients": [cast.HANAKO.addressee_number], **changes}
        headers = {**self.headers, "Idempotency-Key": key or str(uuid4())}
        return self.app.test_client().post("/api/v1/notices", json=body, headers=headers)

    def ask(self, notice: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.app.test_client().get(f"/api/v1/notices/{notice}", headers=self.headers).json
        return answer


@pytest.fixture
def system(app: Flask, database: Database, cast_staff: None, cast_residents: None, tmp_path: Path) -> System:
    with database.command("furnish") as session:
        demo_devices.enrol_machines(session, tmp_path / "clients")
    machine = Machine(app, demo_devices.key_of(tmp_path / "clients", SENDER), SENDER)
    return System(app, (machine.ask(scope="notices").json or {})["access_token"])


def test_a_named_person_reads_it_and_the_system_hears(system: System, resident_client: ResidentClient) -> None:
    sent = system.send(recipients=[cast.HANAKO.addressee_number, "999999999999999"])
    assert sent.status_code == 201
    assert sent.json
    assert (sent.json["delivered"], sent.json["unknown"]) == (1, [1])
    hanako = resident_client("hanako")
    assert "健診のお知らせ" in hanako.get("/mailbox").text
    hanako.get(f"/mailbox/{sent.json['notice']}")
    assert system.ask(sent.json["notice"])["read"] == 1


def test_what_is_for_people_by_name_stays_in_no_memory(system: System, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    title = "<健診>のお知らせ"

    def parts() -> int:
        return listing._line_of_many.cache_info().currsize + kept.cache_info().currsize

    system.send(texts={"ja": {"title": "はじめ", "body": "本文"}})
    hanako.get("/mailbox")
    before = parts()
    sent = system.send(texts={"ja": {"title": title, "body": "本文"}})
    page = hanako.get("/mailbox")
    assert [link.get("href") for link in page.find("a") if title in "".join(link.itertext())] == [
        f"/mailbox/{(sent.json or {})['notice']}"
    ]
    assert parts() == before


def test_the_same_key_sends_once(system: System, resident_client: ResidentClient) -> None:
    first, second = (system.send(key="one") for _ in range(2))
    assert first.json == second.json
    assert resident_client("hanako").get("/mailbox").text.count("健診のお知らせ") == 1


def test_a_person_named_twice_gets_it_once(system: System) -> None:
    number = cast.HANAKO.addressee_number
    assert (system.send(recipients=[number, number]).json or {})["delivered"] == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"texts": {"en": {"title": "x", "body": "y"}}}, "notice-japanese-missing"),
        ({"recipients": ["999999999999999"]}, "notice-reaches-nobody"),
        ({"procedure": "nothing"}, "procedure-not-offered"),
        ({"kind": "task", "due_on": "2020-01-01"}, "due-date-passed"),
        ({"kind": "task", "due_on": "9999-12-31", "follow": {"after": 14}}, "due-date-far"),
        ({"texts": {"ja": {"title": "\u200b", "body": "本文"}}}, "body-not-understood"),
        ({"texts": {"ja": {"title": "題", "body": "\u3164 \u2800"}}}, "body-not-understood"),
        ({"recipients": []}, "body-not-understood"),
        ({"texts": {"ja": {"title": "", "body": "y"}}}, "body-not-understood"),
        ({"texts": {"ja": {"title": " 　", "body": "y"}}}, "body-not-understood"),
        ({"texts": {"ja": {"title": "x", "body": "\n 　"}}}, "body-not-understood"),
        ({"kind": "reply", "choices": {"options": ["a", "b"]}}, "body-not-understood"),
        ({"kind": "reply", "choices": {"options": 5}}, "body-not-understood"),
        ({"kind": "reply", "choices": {"options": [{"ja": 1}, {"ja": 2}]}}, "body-not-understood"),
        ({"kind": "reply", "choices": {"options": [{"ja": "a"}, {"ja": "b", "en": None}]}}, "body-not-understood"),
        ({"kind": "reply", "choices": {"options": [{"ja": "a"}, {"ja": "b"}], "x": 1}}, "body-not-understood"),
        ({"kind": "reply", "choices": {"options": [{"ja": "a"}, {"en": "b"}]}}, "notice-choices-incomplete"),
        ({"kind": "task", "choices": {"options": [{"ja": "a"}, {"ja": "b"}]}}, "notice-choices-incomplete"),
    ],
)
def test_a_refusal_names_its_reason(system: System, changes: dict[str, Any], code: str) -> None:
    answer = system.send(**changes)
    assert answer.status_code == 422
    assert (answer.json or {})["code"] == code


def test_a_wrong_recipient_is_named_by_the_place_in_what_was_sent(system: System) -> None:
    answer = system.send(recipients=[{"number": cast.HANAKO.addressee_number, "values": {"会場": 5}}])
    assert answer.status_code == 422
    told = (answer.json or {})["detail"]
    assert "recipients.0.values.会場" in told
    assert "[" not in told
