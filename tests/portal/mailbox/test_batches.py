"""Batches of sections' systems: each person once whatever is repeated, all or nothing, told in order, signed."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update

from portal.cards.models import ServiceId
from portal.core import clock, outbox
from portal.core.audit import Record
from portal.core.outbox import Promise
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.mailbox.batches import receipts, rules
from portal.mailbox.batches.models import Recipient
from portal.mailbox.channels.models import Contact, MailAddress
from portal.mailbox.following import service as following
from portal.mailbox.following.models import FollowUp
from portal.mailbox.models import Notice
from portal.mailbox.paper.models import LetterBatch
from portal.residents.models import Resident
from portal.residents.service import find_by_number
from portal.staff import service as staff
from tests import serving
from tests.conftest import ResidentClient
from tests.portal.devices.test_tokens import Machine

SENDER = "sender-kosodate"
NUMBERS = [person.addressee_number for person in cast.RESIDENTS[:4]]
HANAKO = cast.HANAKO.addressee_number
ADDRESS = "hanako@mail.example"
TEXTS = {"ja": {"title": "((name))さんの健診", "body": "((day))に来てください。"}}


class System:
    """A section's system with a token."""

    def __init__(self, app: Flask, token: str) -> None:
        self.app, self.headers = app, {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {**self.headers, "Idempotency-Key": str(uuid4())}
        return self.app.test_client().post(f"/api/v1{path}", json=body or {}, headers=headers)

    def send(self, recipients: list[Any], **changes: Any) -> Any:
        texts = {"ja": {"title": "健診のお知らせ", "body": "本文"}}
        return self.post("/notices", {"texts": texts, "recipients": recipients, **changes})

    def ask(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.app.test_client().get(f"/api/v1{path}", headers=self.headers).json
        return answer


@pytest.fixture
def system(app: Flask, database: Database, cast_staff: None, cast_residents: None, tmp_path: Path) -> System:
    with database.command("furnish") as session:
        demo_devices.enrol_machines(session, tmp_path / "clients")
    machine = Machine(app, demo_devices.key_of(tmp_path / "clients", SENDER), SENDER)
    return System(app, (machine.ask(scope="notices").json or {})["access_token"])


def test_overlapping_batches_reach_each_person_once_and_say_who_was_new(
    system: System, database: Database, worker: Worker
) -> None:
    first = system.send([NUMBERS[0], NUMBERS[1], NUMBERS[0], "999"], batch="spring").json
    again = system.send([NUMBERS[1], NUMBERS[2]], batch="spring").json
    assert (first["new"], first["already"], first["unknown"], first["delivered"]) == ([0, 1], [2], [3], 2)
    assert (again["notice"], again["new"], again["already"], again["delivered"]) == (first["notice"], [1], [0], 3)
    bulk = system.send(NUMBERS, batch="spring", lane="bulk").json
    assert (bulk["new"], bulk["state"]) == ([3], "sending")
    worker.run_pending()
    state = system.ask(f"/notices/{first['notice']}")
    assert (state["state"], state["recipients"], state["delivered"]) == ("sent", 4, 4)
    other = system.send([NUMBERS[0]], batch="spring", texts={"ja": {"title": "別", "body": "別"}})
    assert (other.status_code, other.json["code"]) == (409, "batch-differs")


def test_a_telephone_number_names_who_proved_it_in_any_writing_and_each_refusal_says_why(
    system: System, database: Database
) -> None:
    with database.command("furnish") as session:
        hanako = find_by_number(session, HANAKO)
        assert hanako
        proved = {"channel": "sms", "address": "09012345678", "confirmed_at": clock.now(), "wanted": "", "tries": 0}
        session.add(Contact(resident_id=hanako.id, **proved))
    rows = [
        "090-1234-5678",
        "０９０（１２３４）５６７８",
        "+81 90 1234 5678",
        "+819012345678",
        "12345",
        "080-0000-0000",
    ]
    sent = system.send([*({"phone": row} for row in rows), {"email": "no address"}]).json
    assert (sent["new"], sent["already"], sent["unknown"]) == ([0], [1, 2, 3], [4, 5, 6])
    assert [(one["place"], one["code"]) for one in sent["refused"]] == [
        (4, "text-not-a-phone-number"), (5, "recipient-unknown"), (6, "text-not-an-email"),
    ]  # fmt: skip
    nobody = system.send([{"phone": "x"}])
    assert (nobody.status_code, nobody.json["code"]) == (422, "notice-reaches-nobody")
    assert nobody.json["rows"] == [{"place": 0, "code": "text-not-a-phone-number"}]


def test_each_reads_their_own_values_and_may_be_named_in_three_ways(
    system: System, database: Database, resident_client: ResidentClient
) -> None:
    with database.command("furnish") as session:
        hanako, taro = (find_by_number(session, number) for number in NUMBERS[:2])
        assert hanako
        assert taro
        session.add(MailAddress(resident_id=hanako.id, address=ADDRESS, confirmed_at=clock.now(), wanted="", tries=0))
        session.add(ServiceId(resident_id=taro.id, service="library", number="L123", since=clock.now()))
    rows = [
        {"email": ADDRESS, "values": {"name": "花子", "day": "3日"}},
        {"card": {"service": "library", "number": "L123"}, "values": {"name": "太郎", "day": "4日"}},
        {"number": NUMBERS[2], "values": {"name": "((day))", "day": "5日"}},
    ]
    assert system.send(rows, texts=TEXTS).json["new"] == [0, 1, 2]
    page = resident_client(cast.RESIDENTS[0].persona).get("/mailbox").text
    assert "花子さんの健診" in page
    assert "太郎さんの健診" not in page


def test_wrong_rows_are_all_named_and_nothing_is_kept(system: System) -> None:
    rows = [
        {"number": NUMBERS[0], "values": {"name": "a", "day": "b"}},
        {"number": NUMBERS[1], "values": {"name": "a"}},
    ]
    refused = system.send([*rows, NUMBERS[2]], texts=TEXTS, batch="x")
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert refused.json["rows"] == [
        {"place": 1, "code": "value-missing", "missing": ["day"]},
        {"place": 2, "code": "value-missing", "missing": ["name", "day"]},
    ]
    twice = system.send([{"number": NUMBERS[0], "email": ADDRESS}])
    assert (twice.status_code, twice.json["code"]) == (422, "body-not-understood")
    assert system.send(rows[:1], texts=TEXTS, batch="x").json["new"] == [0]


def test_values_leave_no_text_empty_and_none_without_end(system: System) -> None:
    texts = {
        "ja": {"title": "((what))", "body": "((what))" * 600},
        "en": {"title": "A", "body": "((when??now))((what))"},
    }

    def row(place: int, what: str) -> dict[str, Any]:
        return {"number": NUMBERS[place], "values": {"what": what, "when": "no"}}

    refused = system.send([row(0, "健診"), row(1, " 　"), row(2, "長" * 67)], texts=texts)
    assert (refused.status_code, refused.json["code"]) == (422, "recipients-refused")
    assert refused.json["rows"] == [{"place": 1, "code": "text-empty"}, {"place": 2, "code": "text-too-long"}]
    assert system.send([row(0, "健診"), row(2, "長" * 66)], texts=texts).json["new"] == [0, 1]


def test_a_scheduled_batch_waits_and_can_be_cancelled_until_then(
    system: System, database: Database, worker: Worker
) -> None:
    at = clock.now() + timedelta(hours=1)
    kept, stopped = (system.send(NUMBERS[:2], send_at=at.isoformat()).json["notice"] for _ in range(2))
    assert system.post(f"/notices/{stopped}/cancel").json["state"] == "cancelled"
    worker.run_pending()
    assert system.ask(f"/notices/{kept}")["delivered"] == 0
    with clock.freeze(at + timedelta(seconds=1)):
        worker.run_pending()
    assert [system.ask(f"/notices/{one}")["delivered"] for one in (kept, stopped)] == [2, 0]
    late = system.post(f"/notices/{kept}/cancel")
    assert (late.status_code, late.json["code"]) == (409, "batch-not-waiting")
    with database.command("look") as session:
        cancelled = Record.what == "mailbox.notice(cancelled)"
        assert session.scalars(select(Record.case_ref).where(cancelled)).all() == [stopped[:8]]


@pytest.fixture
def listener() -> Iterator[list[tuple[dict[str, str], bytes, int]]]:
    """A section's server that keeps what it is told; `answers` are its next status codes."""
    heard: list[Any] = []

    class Listening(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = heard.pop(0) if heard and isinstance(heard[0], int) else 204
            heard.append((dict(self.headers), body, status))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    serving.begin(server)
    heard.append(server.server_port)
    yield heard
    serving.end(server)


def test_receipts_are_polled_in_order_and_told_by_a_signed_webhook_until_it_takes_them(
    system: System, database: Database, worker: Worker, resident_client: ResidentClient, listener: list[Any]
) -> None:
    port = listener.pop()
    secret = system.post("/webhook", {"url": f"http://127.0.0.1:{port}/hook"}).json["secret"]
    notice = system.send([{"number": HANAKO, "reference": "case-7"}]).json["notice"]
    listener.append(500)
    collect(database, worker)
    told = system.ask("/receipts")
    assert [(one["recipient"], one["event"]) for one in told["receipts"]] == [("case-7", "delivered")]
    (headers, body, status) = listener[0]
    assert status == 500
    with database.command("time passes") as session:
        session.execute(update(Promise).where(Promise.done_at.is_(None)).values(available_at=clock.now()))
    worker.run_pending()
    assert [(one[1], one[2]) for one in listener] == [(body, 500), (body, 204)]
    assert json.loads(body)["data"]["receipts"][0]["recipient"] == "case-7"
    assert headers["webhook-signature"] == signature(secret, headers, body)

    resident_client("hanako").get(f"/mailbox/{notice}")
    renewed = system.post("/webhook/secret").json["secret"]
    collect(database, worker)
    assert system.ask("/receipts?after=abc")["status"] == 422
    assert [one["event"] for one in system.ask(f"/receipts?after={told['next']}")["receipts"]] == ["read"]
    headers, body, _status = listener[-1]
    assert set(headers["webhook-signature"].split()) == {signature(one, headers, body) for one in (secret, renewed)}
    with database.command("answer") as session:
        person = session.scalars(select(Recipient)).one()
        receipts.note_answer(session, person.resident_id, person.notice_number or 0, clock.now(), 1)
    collect(database, worker)
    (answer,) = json.loads(listener[-1][1])["data"]["receipts"]
    assert (answer["event"], answer["choice"]) == ("answered", 1)
    with database.command("undo") as session:
        receipts.note_undone(session, person.resident_id, person.notice_number or 0)
    collect(database, worker)
    assert [one["event"] for one in json.loads(listener[-1][1])["data"]["receipts"]] == ["undone"]
    assert system.post("/webhook/remove").json == {"done": True}


def collect(database: Database, worker: Worker) -> None:
    with database.command("collect") as session:
        outbox.post(session, receipts.COLLECT, {})
    worker.run_pending()


def signature(secret: str, headers: dict[str, str], body: bytes) -> str:
    """As the Standard Webhooks specification says it, by a receiver."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, "sha256").digest()).decode()


def test_receipts_get_their_numbers_one_worker_after_the_other(system: System, database: Database) -> None:
    """Also where no system is told by webhook: else a number could be seen before a smaller one."""
    system.send([HANAKO])
    begun, ended = Event(), Event()

    def second() -> None:
        begun.set()
        with database.command("second") as session:
            receipts.collect(session, {})
        ended.set()

    with database.command("first") as session:
        receipts.collect(session, {})
        other = Thread(target=second)
        other.start()
        begun.wait(30)
        assert not ended.wait(0.5)
    other.join(60)
    assert ended.is_set()


def test_who_died_or_moved_or_is_protected_gets_nothing_by_a_system_either(
    system: System, database: Database, worker: Worker
) -> None:
    at = clock.now() + timedelta(hours=1)
    with database.command("register") as session:
        session.execute(update(Resident).where(Resident.addressee_number == NUMBERS[3]).values(protected=True))
    sent = system.send(NUMBERS, send_at=at.isoformat()).json
    assert (sent["new"], sent["unknown"]) == ([0, 1, 2], [3])
    with database.command("register") as session:
        gone = update(Resident).where(Resident.addressee_number == NUMBERS[0])
        session.execute(gone.values(moved_out=clock.today(), left_because="died"))
    with clock.freeze(at + timedelta(seconds=1)):
        worker.run_pending()
    state = system.ask(f"/notices/{sent['notice']}")
    assert (state["state"], state["recipients"], state["delivered"]) == ("sent", 3, 2)


def test_a_few_more_do_not_end_a_batch_that_is_under_way(system: System, worker: Worker) -> None:
    system.send(NUMBERS[:3], batch="b", lane="bulk")
    joined = system.send(NUMBERS[3:], batch="b").json
    assert joined["state"] != "sent"
    worker.run_pending()
    assert system.ask(f"/notices/{joined['notice']}") | {"read": 0} == {
        "notice": joined["notice"], "state": "sent", "recipients": 4, "delivered": 4, "read": 0,
    }  # fmt: skip


def test_more_than_a_chunk_in_one_call(system: System, database: Database, worker: Worker) -> None:
    with database.command("fill") as session:
        one = dict(session.execute(select(Resident.__table__).limit(1)).mappings().one())
        numbers = [f"{5_000_000 + number:015}" for number in range(rules.CHUNK + 100)]
        rows = [{**one, "id": uuid4(), "addressee_number": number} for number in numbers]
        session.connection().execute(insert(Resident.__table__), rows)  # type: ignore[arg-type]
    sent = system.send(numbers, batch="all").json
    assert len(sent["new"]) == len(numbers)
    worker.run_pending()
    assert system.ask(f"/notices/{sent['notice']}")["delivered"] == len(numbers)
    assert system.send([*numbers, HANAKO], batch="all").json["new"] == [len(numbers)]
    assert system.send([HANAKO] * (rules.MOST_RECIPIENTS + 1)).status_code == 422


def test_what_is_sent_by_a_system_is_followed_up_like_a_clerks(
    system: System, database: Database, worker: Worker
) -> None:
    section = cast.SENDER.section
    due = clock.today() + timedelta(days=20)
    asked = {"kind": "confirmation", "due_on": due.isoformat()}
    letters = {"unread": 7, "paper": 14, "section": section}
    refused = [
        system.send(NUMBERS[:2], follow={"paper": 14}, **asked),
        system.send(NUMBERS[:2], follow={"paper": 14, "section": "よその課"}, **asked),
        system.send(NUMBERS[:2], follow={"paper": 0, "section": section}, **asked),
        system.send([{"number": HANAKO, "values": {"name": "a", "day": "b"}}], follow=letters, texts=TEXTS),
        system.send(NUMBERS[:2], follow={"paper": 2}, **asked),
        system.send(NUMBERS[:2], choices={"follow": {"before": 3}}, **asked),
    ]
    assert [(one.status_code, one.json["code"]) for one in refused] == [
        (422, "follow-section-missing"),
        (422, "follow-section-missing"),
        (422, "paper-law-missing"),
        (422, "follow-letters-of-own-words"),
        (422, "body-not-understood"),
        (422, "body-not-understood"),
    ]
    sent = system.send(NUMBERS[:2], batch="b", follow={**letters, "before": 3}, **asked)
    assert sent.status_code == 201, sent.json
    assert system.send(NUMBERS[:2], batch="b", follow={"before": 3}, **asked).json["code"] == "batch-differs"
    named = {"number": HANAKO, "values": {"name": "花子", "day": "3日"}}
    system.send([named], texts=TEXTS, follow={"before": 7}, **asked)
    with database.command("look") as session:
        steps = {(row.step, row.due_on) for row in session.scalars(select(FollowUp))}
        today = clock.today()
        assert steps == {
            ("before", due - timedelta(days=3)),
            ("before", due - timedelta(days=7)),
            ("unread", today + timedelta(days=7)),
            ("paper", today + timedelta(days=14)),
        }
    with clock.freeze(clock.now().replace(hour=3) + timedelta(days=15)):
        with database.command("look") as session:
            following.look(session, {})
        worker.run_pending()
        with database.command("look") as session:
            batch = session.scalars(select(LetterBatch)).one()
            assert (batch.state, staff.section_name(session, batch.section_id)) == ("ready", section)  # type: ignore[arg-type]
            assert session.scalar(select(func.count()).where(Notice.key.like("remind:%"))) == 1
