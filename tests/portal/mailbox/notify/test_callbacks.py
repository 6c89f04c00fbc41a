"""What programs are told without asking, text messages both ways, letters that are not ready: with the official client."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from portal.config import Settings
from portal.core import clock
from portal.core.audit import Purpose
from portal.core.outbox import Promise
from portal.core.permissions import Role
from portal.demo import cast, messengers
from portal.demo.messengers import Messengers
from portal.files import service as files
from portal.files.clamd import Verdict
from portal.mailbox.channels.models import Contact
from portal.mailbox.notify import callbacks, keys, papers
from portal.mailbox.notify.callbacks import Told
from portal.mailbox.notify.models import Notification, Paper
from portal.mailbox.notify.protocol import Kind, Refused
from portal.residents import service as residents
from tests import serving
from tests.conftest import ResidentClient, StaffClient
from tests.portal.mailbox.notify.conftest import HANAKO, Programs
from tests.portal.mailbox.notify.test_official_client import VALUES, finished_letter, refused

NUMBER, TOWN_NUMBER = "09012345678", "05012345678"


@dataclass
class Town:
    """A gateway of text messages, and a section's program that is told; `status` is what the program answers."""

    port: int = 0
    status: int = 204
    texts: list[tuple[str, str]] = field(default_factory=list)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def put(self, _name: str, _way: str, to: str, _title: str, text: str) -> None:
        self.texts.append((to, text))

    @property
    def hook(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@pytest.fixture
def town() -> Iterator[Town]:
    found = Town()
    gateway = Messengers(found.put)

    class Web(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = found.status, b""
            if self.path == "/hook":
                found.told.append((self.headers["Authorization"], json.loads(body)))
            else:
                status, answer = gateway.take(self.path, self.headers, body) or (404, {})
                content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    serving.begin(server)
    found.port = server.server_port
    yield found
    serving.end(server)


@pytest.fixture
def settings(settings: Settings, town: Town) -> Settings:
    gateway = {"sms_url": SecretStr(f"http://127.0.0.1:{town.port}/sms"), "sms_token": SecretStr(messengers.SMS_TOKEN)}
    return settings.model_copy(update=gateway)


def wants(programs: Programs, town: Town, kind: Told) -> str:
    with programs.database.command("callback") as session:
        return callbacks.set_url(session, programs.settings, programs.section, kind, town.hook)


def test_a_program_is_told_of_each_message_that_ended_until_it_has_taken_it(programs: Programs, town: Town) -> None:
    token = wants(programs, town, Told.DELIVERY)
    client, town.status = programs.client(), 500
    sent = client.send_email_notification(HANAKO, programs.template(), VALUES, reference="a-1")
    programs.work()
    assert len(town.told) == 1
    town.status = 204
    with programs.database.command("time passes") as session:
        session.execute(update(Promise).where(Promise.done_at.is_(None)).values(available_at=clock.now()))
    programs.work()
    (bearer, first), (_, told) = town.told
    known = client.get_notification_by_id(sent["id"])
    assert (bearer, first) == (f"Bearer {token}", told)
    assert (told["id"], told["reference"], told["to"], told["status"]) == (sent["id"], "a-1", HANAKO, "delivered")
    assert (told["notification_type"], told["template_version"]) == ("email", 1)
    assert [told[name] for name in ("created_at", "sent_at", "completed_at")] == [
        known[name] for name in ("created_at", "sent_at", "completed_at")
    ]
    programs.work()
    assert len(town.told) == 2, "once it was taken, nothing more is told"


def test_text_messages_end_as_the_gateway_says_and_are_no_longer_than_carriers_take(
    programs: Programs, town: Town, resident_client: ResidentClient
) -> None:
    wants(programs, town, Told.DELIVERY)
    with programs.database.command("furnish") as session:
        known = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert known
        proved = {"channel": "sms", "address": NUMBER, "confirmed_at": clock.now(), "wanted": "", "tries": 0}
        session.add(Contact(resident_id=known.id, **proved))
    client, template = programs.client(), programs.template(Kind.SMS, body="((words))")
    reached = client.send_sms_notification("+81 90-1234-5678", template, {"words": "健診は明日です"})
    nobody = client.send_sms_notification("０６０００００００００", template, {"words": "あ" * 670})
    status, errors = refused(lambda: client.send_sms_notification(NUMBER, template, {"words": "あ" * 671}))
    assert (status, "670 characters" in errors[0]) == (400, True)
    programs.work()
    assert (NUMBER, "健診は明日です") in town.texts
    found = {one["id"]: client.get_notification_by_id(one["id"]) for one in (reached, nobody)}
    assert [found[one["id"]]["status"] for one in (reached, nobody)] == ["delivered", "permanent-failure"]
    assert found[reached["id"]]["phone_number"] == NUMBER
    assert {told["status"] for _, told in town.told} == {"delivered", "permanent-failure"}
    assert "健診は明日です" in resident_client("hanako").get("/mailbox").text, (
        "whoever proved the number reads it there too"
    )


def test_a_text_that_comes_in_is_listed_and_told_to_the_section_of_its_number(programs: Programs, town: Town) -> None:
    token = wants(programs, town, Told.RECEIVED)
    with programs.database.command("number") as session:
        keys.add_reply(session, programs.section, Kind.SMS, TOWN_NUMBER)
    gate = programs.app.test_client()

    def came(name: str, to: str = TOWN_NUMBER, bearer: str = messengers.SMS_TOKEN) -> int:
        body = {"id": name, "from": "+819012345678", "to": to, "text": f"はい {name}"}
        return gate.post("/sms/received", json=body, headers={"Authorization": f"Bearer {bearer}"}).status_code

    assert [came("a"), came("b"), came("b"), came("c")] == [200] * 4
    assert [came("d", to="05000000000"), came("e", bearer="x")] == [422, 403]
    programs.work()
    client = programs.client()
    listed = list(client.get_received_texts_iterator())
    assert [one["content"] for one in listed] == ["はい c", "はい b", "はい a"]
    assert (listed[0]["user_number"], listed[0]["notify_number"]) == (NUMBER, TOWN_NUMBER)
    older = client.get_received_texts(older_than=listed[1]["id"])["received_text_messages"]
    assert older == listed[2:]
    assert [told["message"] for _, told in town.told] == ["はい a", "はい b", "はい c"]
    bearer, told = town.told[2]
    assert (bearer, told["id"], told["source_number"], told["destination_number"], told["date_received"]) == (
        f"Bearer {token}", listed[0]["id"], NUMBER, TOWN_NUMBER, listed[0]["created_at"],
    )  # fmt: skip


@pytest.mark.parametrize(("verdict", "status"), [(Verdict.CLEAN, "accepted"), (Verdict.INFECTED, "virus-scan-failed")])
def test_a_letter_has_no_pdf_until_it_was_looked_through(programs: Programs, verdict: Verdict, status: str) -> None:
    client = programs.client()
    sent = client.send_precompiled_letter_notification("finished", finished_letter())

    def looked(found: Verdict) -> str:
        with programs.database.command("scan") as session:
            papers.check_waiting(session, {}, ring=programs.settings.file_ring, scan=lambda _content: found)
        return str(client.get_notification_by_id(sent["id"])["status"])

    with programs.database.command("the scanner was silent") as session:
        session.execute(update(Paper).values(checked=str(files.WAITING)))
        session.execute(update(Notification).values(status=str(papers.PENDING)))
    assert looked(Verdict.UNKNOWN) == "pending-virus-check"
    not_ready = "PDFNotReadyError: PDF not available yet, try again later"
    assert refused(lambda: client.get_pdf_for_letter(sent["id"])) == (400, [not_ready])
    assert looked(verdict) == status
    if verdict is Verdict.CLEAN:
        assert client.get_pdf_for_letter(sent["id"]).read(5) == b"%PDF-"
    else:
        infected = "BadRequestError: File did not pass the virus scan"
        assert refused(lambda: client.get_pdf_for_letter(sent["id"])) == (400, [infected])


@pytest.mark.parametrize("name", ["liste.csv", "note.txt", "data.json", "sheet.pdf"])
def test_every_file_is_looked_through_also_a_plain_text(name: str) -> None:
    content = finished_letter().read() if name.endswith(".pdf") else b"a,b\n"
    sent = {"file": {"file": base64.b64encode(content).decode(), "filename": name}}

    def found(verdict: Verdict) -> str:
        return papers.prepare_all(sent, lambda _content: verdict)["file"].checked

    assert (found(Verdict.CLEAN), found(Verdict.UNKNOWN)) == (str(files.CLEAN), str(files.WAITING))
    with pytest.raises(Refused) as caught:
        found(Verdict.INFECTED)
    assert caught.value.errors == [("BadRequestError", "File did not pass the virus scan")]
    assert papers.prepare_all(sent, None)["file"].checked == str(files.UNSCANNED)


def test_operators_set_where_a_program_is_told_and_see_its_token_once(
    programs: Programs, town: Town, staff_client: StaffClient
) -> None:
    operator, page = staff_client(Role.OPERATOR), f"/staff/sending-keys/sections/{programs.section}"
    door = operator.get(page)
    assert operator.submit(door, f"{page}/callbacks", what="delivery", url="https://strange.example/").status == 422
    made = operator.submit(door, f"{page}/callbacks", what="delivery", url=town.hook)
    with programs.database.page(None, Purpose.OPERATION, writes=False) as session:  # type: ignore[arg-type]
        kept = session.scalars(select(callbacks.Callback)).one()
    token = callbacks.token(programs.settings, programs.section, Told.DELIVERY, kept.version)
    assert (token in made.text, token in operator.get(page).text) == (True, False)
    operator.submit(operator.get(page), f"{page}/callbacks/delivery/remove")
    assert town.hook not in operator.get(page).text
