"""A body's system writes to companies by their numbers: once each, now or later, and hears what became of it."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.companies.models import BusinessDelivery
from portal.company_mailbox.sendings import rules as sending_rules
from portal.company_mailbox.sendings import service as sendings
from portal.core import clock
from portal.core.audit import Action, Record
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import devices as demo_devices
from portal.demo.business_people import COMPANY, corporate_number
from portal.devices import service as devices
from portal.files.models import File
from portal.mailbox.composing import rules as composing_rules
from portal.procurement.registers import service as registers
from portal.web.withdrawal import LONGEST_REASON
from tests.portal.companies.people import BusinessClient
from tests.portal.devices.test_tokens import Machine
from tests.portal.files.papers import pdf
from tests.portal.mailbox.test_batches import listener, signature  # noqa: F401 - a fixture
from tests.portal.procurement.city import CITY

OWN = COMPANY.corporate_number
MANY = [corporate_number(serial) for serial in range(3, 13)]


class System:
    """The system of a body, with a token."""

    def __init__(self, app: Flask, database: Database, folder: Path) -> None:
        with database.command("furnish") as session:
            demo_devices.enrol_machines(session, folder)
            registers.let_client_act(session, devices.known(session, "register-sangyo").id, CITY)
        machine = Machine(app, demo_devices.key_of(folder, "register-sangyo"), "register-sangyo")
        token = (machine.ask(scope="companies").json or {})["access_token"]
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def post(self, path: str, said: dict[str, Any] | None = None, key: str = "") -> Any:
        headers = {**self.headers, "Idempotency-Key": key or str(uuid4())}
        return self.client.post(f"/api/v1{path}", json=said, headers=headers)

    def send(self, numbers: list[Any], **others: Any) -> Any:
        said = {"companies": numbers, "title": "架空の調査", "body": "架空です。", **others}
        return self.post("/company-notices", said)

    def ask(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.headers).json


@pytest.fixture
def system(app: Flask, database: Database, town: None, tmp_path: Path) -> System:
    return System(app, database, tmp_path / "clients")


def delivered(database: Database) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(BusinessDelivery)) or 0


def test_overlapping_batches_reach_each_company_once(system: System, database: Database) -> None:
    first = system.send([*MANY[:2], MANY[0], "999"], batch="spring").json
    again = system.send([*MANY[1:3], {"number": MANY[3], "reference": "取引先4"}], batch="spring").json
    assert (first["new"], first["already"], first["unknown"], first["delivered"]) == ([0, 1], [2], [3], 2)
    assert (again["notice"], again["new"], again["already"], again["delivered"]) == (first["notice"], [1, 2], [0], 4)
    other = system.send([MANY[4]], batch="spring", title="別の題")
    assert (other.status_code, other.json["code"]) == (409, "batch-differs")
    assert delivered(database) == 4
    key = str(uuid4())
    said = {"companies": MANY[5:7], "title": "題", "body": "本文"}
    answers = [system.post("/company-notices", said, key).json for _again in range(2)]
    assert answers[0] == answers[1]
    assert delivered(database) == 6


def test_a_scheduled_notice_can_be_cancelled_and_leaves_at_its_time(
    system: System, database: Database, worker: Worker
) -> None:
    later = clock.now() + timedelta(hours=2)
    one = system.send(MANY, send_at=later.isoformat()).json
    two = system.send(MANY[:3], send_at=later.isoformat()).json
    assert (one["state"], one["delivered"]) == ("waiting", 0)
    assert system.post(f"/company-notices/{two['notice']}/cancel").json["state"] == "cancelled"
    assert system.post(f"/company-notices/{two['notice']}/cancel").status_code == 409
    with database.command("look") as session:
        changed = Record.what == "company_sendings", Record.action == Action.CHANGE
        assert [ref.split()[1] for ref in session.scalars(select(Record.case_ref).where(*changed))] == [
            two["notice"][:8]
        ]
    with clock.freeze(later + timedelta(minutes=1)):
        worker.run_pending()
    assert delivered(database) == len(MANY)
    state = system.ask(f"/company-notices/{one['notice']}")
    assert (state["state"], state["told"], state["delivered"], state["read"]) == ("sent", 10, 10, 0)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "reply"}, "notice-choices-incomplete"),
        ({"kind": "confirmation", "due_on": "2020-01-01"}, "due-date-passed"),
        ({"kind": "confirmation", "remind_days": 3}, "company-remind-without-due"),
        ({"send_at": "2020-01-01T00:00:00+09:00"}, "send-time-wrong"),
        ({"title": "a\u0000b"}, "company-notice-text-wrong"),
    ],
)
def test_what_cannot_be_sent_is_explained(system: System, database: Database, said: dict[str, Any], code: str) -> None:
    answer = system.send(MANY, **said)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert delivered(database) == 0
    assert system.send([], **said).status_code == 422
    assert system.send(["1"] * 10_001).status_code == 422


def test_receipts_are_polled_in_order_and_told_by_a_signed_webhook(
    system: System,
    database: Database,
    worker: Worker,
    business_client: BusinessClient,
    listener: list[Any],  # noqa: F811
) -> None:
    port = listener.pop()
    secret = system.post("/company-webhook", {"url": f"http://127.0.0.1:{port}/hook"}).json["secret"]
    notice = system.send(
        [{"number": OWN, "reference": "顧客1"}], kind="reply", choices={"options": ["はい", "いいえ"], "text": True}
    ).json["notice"]
    shoko = business_client("shoko")
    page = shoko.get(f"/business/mailbox/{notice}")
    shoko.submit(page, f"/business/mailbox/{notice}/answer", choice="1", words="架空")
    collect(database, worker)
    assert system.ask("/company-receipts?after=abc")["status"] == 422
    found = system.ask("/company-receipts?after=0")
    events = [(one["event"], one["recipient"], one["choice"]) for one in found["receipts"]]
    assert events == [("delivered", "顧客1", None), ("read", "顧客1", None), ("answered", "顧客1", 1)]
    assert system.ask(f"/company-receipts?after={found['next']}")["receipts"] == []
    shoko.submit(shoko.get(f"/business/mailbox/{notice}"), f"/business/mailbox/{notice}/answer", choice="0")
    collect(database, worker)
    changed = system.ask(f"/company-receipts?after={found['next']}")["receipts"]
    assert [(one["event"], one["choice"]) for one in changed] == [("answered", 0)]
    headers, body, _status = listener[0]
    assert b'"company-notice.receipts"' in body
    assert headers["webhook-signature"] == signature(secret, headers, body)
    assert system.post("/company-webhook/secret").json["secret"] != secret
    assert system.post("/company-webhook/remove").json == {"done": True}
    assert system.ask(f"/company-notices/{notice}")["answered"] == 1


def collect(database: Database, worker: Worker) -> None:
    with database.command("collect") as session:
        sendings.collect(session, {})
    worker.run_pending()


def test_a_system_withdraws_what_it_sent_and_nothing_else(system: System, business_client: BusinessClient) -> None:
    notice = system.send([OWN], batch="spring").json["notice"]
    for reason in ("", " 　", "長" * 501, "a\u202eb"):
        assert system.post(f"/company-notices/{notice}/withdraw", {"reason": reason}).status_code == 422, reason
    for reason in ("間違い", "二度目の言い分"):
        answer = system.post(f"/company-notices/{notice}/withdraw", {"reason": reason})
        assert (answer.status_code, answer.json["state"]) == (200, "withdrawn")
    more = system.send([MANY[0]], batch="spring")
    assert (more.status_code, more.json["code"]) == (409, "batch-taken-back"), "as with residents"
    shown = business_client("shoko").get(f"/business/mailbox/{notice}").text
    assert "間違い" in shown
    assert "二度目" not in shown, "withdrawn once, for the reason said first"
    assert system.post(f"/company-notices/{UUID(int=1)}/withdraw", {"reason": "x"}).status_code == 404


def test_a_notice_withdrawn_before_its_time_never_comes(
    system: System, worker: Worker, business_client: BusinessClient
) -> None:
    at = clock.now() + timedelta(hours=1)
    notice = system.send([OWN], send_at=at.isoformat()).json["notice"]
    answer = system.post(f"/company-notices/{notice}/withdraw", {"reason": "間違い"})
    assert (answer.status_code, answer.json["state"], answer.json["delivered"]) == (200, "withdrawn", 0)
    with clock.freeze(at + timedelta(hours=1)):
        worker.run_pending()
    assert system.ask(f"/company-notices/{notice}")["delivered"] == 0
    assert business_client("shoko").get(f"/business/mailbox/{notice}").status == 404


def test_reasons_are_as_long_by_call_as_at_the_desks() -> None:
    assert {LONGEST_REASON, composing_rules.LONGEST_REASON, sending_rules.LONGEST_REASON} == {500}


def test_the_calls_are_described(app: Flask) -> None:
    described = app.test_client().get("/openapi.json").json
    paths = described["paths"]
    assert {"/api/v1/company-notices", "/api/v1/company-receipts", "/api/v1/company-webhook"} <= set(paths)


def attached(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


def test_files_come_with_a_notice_once_and_are_what_their_content_is(
    system: System, database: Database, business_client: BusinessClient
) -> None:
    paper = attached("../図面.pdf", pdf())
    first = system.send([OWN], batch="plans", files=[paper])
    assert first.status_code == 201, first.text
    assert system.send([MANY[0]], batch="plans", files=[paper]).json["notice"] == first.json["notice"]
    assert system.send([MANY[1]], batch="plans").json["code"] == "batch-differs", "without its file it says less"
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(File)) == 1
    shoko = business_client("shoko")
    page = shoko.get(f"/business/mailbox/{first.json['notice']}")
    assert "図面.pdf" in page.text
    file = next(link for link in page.links() if "/files/" in link)
    assert shoko.get(file).body.startswith(b"%PDF")


def test_a_program_called_pdf_and_too_much_of_it_are_refused(system: System, database: Database) -> None:
    for wrong in (attached("a.pdf", b"MZ\x90\x00 program"), {"name": "a.pdf", "content": "%%%"}):
        refused = system.send([OWN], files=[wrong])
        assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert system.send([OWN], files=[attached(f"{one}.pdf", pdf()) for one in range(11)]).status_code == 422
    assert delivered(database) == 0


def test_a_bad_number_is_named_by_its_place_in_what_was_sent(system: System) -> None:
    def wrong(companies: list[Any], **others: Any) -> Any:
        return system.send(companies, **others).json["fields"]

    six = MANY[:6]
    assert wrong([*six, ""]) == ["companies.6"]
    assert wrong([*six, {"number": ""}]) == ["companies.6.number"]
    assert wrong([*six, {"reference": "7"}]) == ["companies.6.number"]
    assert wrong([*six, {"number": OWN, "Named": 1}, 7]) == ["companies.6.Named", "companies.7"]
    assert wrong(six, choices={"options": [""]}, files=[{"name": "a"}]) == ["choices.options.0", "files.0.content"]
    broken = system.client.post("/api/v1/company-notices", data=b"{", headers=system.headers)
    assert broken.json["fields"] == ["JSON"]
