"""Text messages, LINE, and mail that comes back: against twins that speak the real protocols over HTTP."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import func, insert, select, update

from portal.config import Settings
from portal.core import clock, outbox
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.text import show_phone
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import messengers, returns
from portal.demo.messengers import Messengers
from portal.devices.service import recognise
from portal.mailbox.channels import bounces, choices, contacts, tokens
from portal.mailbox.channels.models import Choice, Message
from portal.mailbox.channels.rules import Channel, Paused
from portal.mailbox.channels.sending import LEASE
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.notify import protocol, returning
from portal.mailbox.notify.models import Key, Notification
from portal.staff.models import Section
from portal.web.hall import Hall
from portal.wiring import work
from tests.browser import words_of
from tests.conftest import ResidentClient, StaffClient
from tests.portal.mailbox.channels.conftest import NOON, Person, PostOffice
from tests.portal.mailbox.channels.test_sending import states, tell

NUMBER, USER = "09012345678", "U" + "1" * 32


@dataclass
class Twins:
    """The twins of a gateway and of LINE behind a real HTTP server; `down` makes them answer 503."""

    came: list[tuple[str, str, str, str]] = field(default_factory=list)
    down: bool = False
    port: int = 0

    def put(self, name: str, way: str, to: str, _title: str, text: str) -> None:
        self.came.append((way, to, text, name))

    def texts(self, way: str) -> list[tuple[str, str]]:
        return [(to, text) for kind, to, text, _ in self.came if kind == way]


@pytest.fixture
def twins() -> Iterator[Twins]:
    found = Twins()
    both = Messengers(found.put)

    class Web(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = both.take(self.path, self.headers, body)
            status, told = (503, {}) if found.down or answer is None else answer
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(settings: Settings, twins: Twins, tmp_path: Path) -> Settings:
    return settings.model_copy(
        update={
            "sms_url": SecretStr(f"http://127.0.0.1:{twins.port}/sms"),
            "sms_token": SecretStr(messengers.SMS_TOKEN),
            "line_url": f"http://127.0.0.1:{twins.port}",
            "line_token": SecretStr(messengers.LINE_TOKEN),
            "line_secret": SecretStr(messengers.LINE_SECRET),
            "line_name": messengers.LINE_NAME,
            "mail_bounces": "bounces@city.example",
            "bounce_dir": tmp_path / "returns",
        }
    )


def wants_texts(person: Person, number: str = NUMBER) -> None:
    with person.database.command("texts") as session:
        contacts.want_number(session, person.id, number)
    person.worker.run_pending()


def code_of(person: Person) -> str:
    with person.database.command("code") as session:
        kept = contacts.of(session, person.id, Channel.SMS)
        assert kept
        assert kept.asked_at
        return tokens.code(person.ways.key, person.id, kept.wanted, kept.asked_at)


def confirms(person: Person, code: str) -> bool:
    with person.database.command("confirm") as session:
        return contacts.confirm_number(session, person.ways, person.id, code)


def paused(person: Person, channel: Channel) -> str | None:
    with person.database.command("look") as session:
        return session.scalar(select(Choice.paused).where(Choice.resident_id == person.id, Choice.channel == channel))


def test_a_number_is_confirmed_by_a_code_and_told_without_a_link(hanako: Person, twins: Twins) -> None:
    wants_texts(hanako)
    ((to, text),) = twins.texts("SMS")
    code = code_of(hanako)
    assert (to, code in text) == (NUMBER, True)
    assert not any(confirms(hanako, f"{wrong:06}") for wrong in range(3) if f"{wrong:06}" != code)
    assert confirms(hanako, code)
    assert not confirms(hanako, code)
    tell(hanako)
    hanako.worker.run_pending()
    (_, told) = twins.texts("SMS")
    assert told[0] == NUMBER
    assert "市からのお知らせ" in told[1]
    assert "http" not in told[1]
    assert states(hanako) == [("sms", "sent", "")]


def test_guessing_a_code_ends_after_five(hanako: Person, twins: Twins) -> None:
    wants_texts(hanako)
    code = code_of(hanako)
    for _ in range(5):
        assert not confirms(hanako, "x")
    assert not confirms(hanako, code)


def test_where_nobody_is_reached_by_text_nothing_more_is_sent(hanako: Person, twins: Twins) -> None:
    wants_texts(hanako)
    assert confirms(hanako, code_of(hanako))
    with hanako.database.command("gone") as session:
        kept = contacts.of(session, hanako.id, Channel.SMS)
        assert kept
        kept.address = messengers.NOBODY + "12345"
    tell(hanako)
    hanako.worker.run_pending()
    assert states(hanako)[0] == ("sms", "failed", "gone")
    assert paused(hanako, Channel.SMS) == Paused.BOUNCED
    with hanako.database.command("look") as session:
        assert session.scalars(select(Notice.id).where(Notice.key.like("sms-bounced:%"))).all()


def test_what_was_taken_by_line_before_the_worker_died_is_not_said_twice(hanako: Person, twins: Twins) -> None:
    with hanako.database.command("line") as session:
        contacts.line_code(session, hanako.ways, hanako.id)
        contacts._confirmed(session, hanako.id, Channel.LINE, USER)
    tell(hanako)
    twins.down = True
    hanako.worker.run_pending()
    assert states(hanako) == [("line", "queued", "")]
    twins.down = False
    with clock.freeze(NOON + LEASE * 2):
        hanako.send_due()
        with hanako.database.command("not recorded") as session:  # as if it had died before it could write it down
            message = session.scalars(select(Message)).one()
            message.state, message.due_at = "queued", clock.now()
    with clock.freeze(NOON + LEASE * 4):
        hanako.send_due()
    assert states(hanako) == [("line", "sent", "")]
    assert len(twins.texts("LINE")) == 1


@pytest.fixture
def portal(app: Flask, hanako: Person) -> Flask:
    return app


def test_line_is_connected_by_a_code_written_there_and_stopped_by_blocking(
    hanako: Person, portal: Flask, twins: Twins
) -> None:
    visitor = portal.test_client()

    def hear(call: tuple[bytes, dict[str, str]], **headers: str) -> int:
        return visitor.post("/line/webhook", data=call[0], headers=call[1] | headers).status_code

    with hanako.database.command("code") as session:
        code = contacts.line_code(session, hanako.ways, hanako.id)
    assert hear(messengers.written(USER, code), **{"X-Line-Signature": "forged"}) == 401
    assert hear(messengers.written(USER, "WRONGCOD")) == 200
    assert paused(hanako, Channel.LINE) is None
    assert hear(messengers.written(USER, f" {code.lower()[:4]} {code[4:]}")) == 200
    assert paused(hanako, Channel.LINE) == ""
    tell(hanako)
    hanako.worker.run_pending()
    assert [to for to, _ in twins.texts("LINE")][0] == USER
    assert "http://127.0.0.1:8000/mailbox" in twins.texts("LINE")[0][1]
    other = "U" + "2" * 32
    assert hear(messengers.written(other, code)) == 200  # a code is good once
    with hanako.database.command("look") as session:
        kept = contacts.of(session, hanako.id, Channel.LINE)
        assert kept
        assert kept.address == USER
    assert hear(messengers.blocked(USER)) == 200
    assert paused(hanako, Channel.LINE) == Paused.STOPPED


# Where a mail goes → what becomes of the message and of the channel.
RETURNS = [
    ("hanako@gone.example", ("failed", "gone"), Paused.BOUNCED),
    ("hanako@full.example", ("failed", "gave-up"), ""),
    ("hanako@unwanted.example", ("sent", ""), Paused.COMPLAINED),
    ("hanako@mail.example", ("sent", ""), ""),
]


@pytest.mark.parametrize(("address", "state", "why"), RETURNS)
def test_mail_that_comes_back_ends_what_it_must(
    hanako: Person, post_office: PostOffice, settings: Settings, address: str, state: tuple[str, str], why: str
) -> None:
    hanako.wants_mail(address)
    tell(hanako)
    hanako.worker.run_pending()
    (letter,), (sender,) = post_office.taken, post_office.senders
    assert sender.startswith("bounces+")
    folder = settings.bounce_dir
    assert folder
    came = returns.come_back(folder, letter, sender=sender, to=address)
    assert came == (address != "hanako@mail.example")
    holiday = folder / "new" / "zz"
    holiday.parent.mkdir(parents=True, exist_ok=True)
    holiday.write_bytes(returns.holiday(sender).as_bytes())
    looks(hanako)
    assert states(hanako)[0] == ("mail", *state)
    assert paused(hanako, Channel.MAIL) == why
    assert list((folder / "new").iterdir()) == []
    if why == Paused.BOUNCED:  # told again, after somebody turned it on again: nothing is changed
        with clock.freeze(NOON + LEASE):
            with hanako.database.command("on") as session:
                choices.pause(session, hanako.id, Channel.MAIL, "")
            hanako.wants_mail("hanako@new.example")
        returns.come_back(folder, letter, sender=sender, to=address)
        looks(hanako)
        assert paused(hanako, Channel.MAIL) == ""


def looks(person: Person) -> None:
    with person.database.command("minute") as session:
        outbox.post(session, bounces.LOOK, {})
    person.worker.run_pending()


NAME = UUID("0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001")


def _report(status: str = "5.1.1", action: str = "failed", *, to: str) -> bytes:
    made = returns._report(to, "a@b.example", status).as_bytes()
    return made.replace(b"Action: failed", b"Action: " + action.encode())


VERP = f"bounces+{NAME.hex}@city.example"
READ = [
    (_report(to=VERP), (NAME, bounces.Kind.HARD)),
    (_report("5.7.1", to=VERP), (NAME, bounces.Kind.SOFT)),
    (_report("4.4.7", to=VERP), (NAME, bounces.Kind.SOFT)),
    (_report("", to=VERP), (NAME, bounces.Kind.SOFT)),
    (_report(action="delayed", to=VERP), None),
    (_report(to="bounces@city.example"), None),
    (b"", None),
    (b"To: " + VERP.encode() + b"\n\nI am away", None),
    (b"Content-Type: multipart/report; boundary=x\nTo: " + VERP.encode() + b"\n\n--x\n", None),
    (b"\xff\x00" * 500, None),
]


@pytest.mark.parametrize(("content", "wanted"), READ)
def test_only_what_says_so_is_a_bounce(content: bytes, wanted: tuple[UUID, bounces.Kind] | None) -> None:
    found = bounces.read(content)
    assert (found and (found.name, found.kind)) == wanted


def test_the_message_id_of_what_is_returned_names_the_mail_too() -> None:
    letter = Mail()
    letter["Message-ID"] = f"<{NAME.hex}@city.example>"
    folder = Path("/nonexistent")
    assert bounces.fetch(folder) == []
    made = returns._report("bounces@city.example", "a@b.example", "5.1.1")
    made.attach(message_from_bytes(f"Content-Type: text/rfc822-headers\n\n{letter}".encode(), policy=policy.compat32))
    found = bounces.read(made.as_bytes())
    assert found == bounces.Bounce(NAME, bounces.Kind.HARD)


def test_the_page_takes_a_number_and_a_line_account(
    hanako: Person, portal: Flask, twins: Twins, resident_client: ResidentClient
) -> None:
    visitor, page = resident_client("hanako"), "/mailbox/channels"
    assert visitor.submit(visitor.get(page), f"{page}/sms", number="043-245-0000").status == 422
    asked = visitor.submit(visitor.get(page), f"{page}/sms", number="０９０-1234-5678")
    hanako.worker.run_pending()
    assert visitor.submit(asked, f"{page}/sms/code", text_code="1").status == 422
    saved = visitor.submit(visitor.get(page), f"{page}/sms/code", text_code=code_of(hanako))
    assert show_phone(NUMBER) in saved.text
    assert NUMBER in visitor.get("/my-data").text
    shown = visitor.submit(saved, f"{page}/line")
    with hanako.database.command("look") as session:
        assert contacts.of(session, hanako.id, Channel.LINE)
    code = next(words_of(one) for one in shown.find("strong") if len(words_of(one)) == contacts.LINE_CODE)
    body, headers = messengers.written(USER, code)
    assert portal.test_client().post("/line/webhook", data=body, headers=headers).status_code == 200
    connected = visitor.get(page)
    gone = visitor.submit(visitor.submit(connected, f"{page}/line/remove"), f"{page}/sms/remove")
    assert show_phone(NUMBER) not in gone.text
    with hanako.database.command("look") as session:
        assert session.scalars(select(Choice.channel)).all() == []


def test_a_section_whose_mail_comes_back_sends_none_until_somebody_has_looked(
    database: Database, cast_staff: None, noon: None
) -> None:
    def mails(section: UUID, number: int) -> list[UUID]:
        made = [new_id() for _ in range(number)]
        fixed = {
            "section_id": section, "key_id": key, "key_kind": "normal", "kind": "email", "status": "delivered",
            "template_version": 1, "recipient": "a@b.example", "subject": "", "body": "", "address": {}, "reply_to": "",
            "unsubscribe": "", "postage": "", "attempts": 1, "made_at": NOON, "due_at": NOON, "sent_at": NOON,
            "ended_at": NOON,
        }  # fmt: skip
        session.execute(insert(Notification), [fixed | {"id": one} for one in made])
        return made

    with database.command("bounces") as session:
        section = session.scalars(select(Section.id).order_by(Section.name)).first()
        assert section
        key = new_id()
        session.add(Key(id=key, section_id=section, name="x", kind="normal", guests=[], made_at=NOON))
        session.flush()
        sent = mails(section, returning.FEWEST)
        for place, name in enumerate(sent[:99]):
            for _ in range(2):  # told twice, counted once
                returning.came_back(session, bounces.Bounce(name, bounces.Kind.HARD))
            (line,) = returning.lines(session)
            assert line.state == ("warning" if place >= 49 else "good"), place
        returning.came_back(session, bounces.Bounce(sent[99], bounces.Kind.SOFT))
        returning.check(session, section)
        for _ in range(2):
            returning.came_back(session, bounces.Bounce(sent[100], bounces.Kind.COMPLAINT))
        assert [(one.state, one.returned, one.complaints) for one in returning.lines(session)] == [("suspended", 99, 1)]
        with pytest.raises(protocol.Refused):
            returning.check(session, section)
        returning.allow(session, section)
        returning.check(session, section)
        with clock.freeze(NOON + LEASE):
            returning.came_back(session, bounces.Bounce(sent[102], bounces.Kind.HARD))
        returning.check(session, section)
        for day in (1, 2):  # one complaint a day stays one: those of the day before count no more
            today = update(Notification).where(Notification.id.in_(sent[300 * day : 300 * day + 300]))
            session.execute(today.values(sent_at=NOON + timedelta(days=day)))
            with clock.freeze(NOON + timedelta(days=day, hours=1)):
                returning.came_back(session, bounces.Bounce(sent[300 * day], bounces.Kind.COMPLAINT))
            assert [one.complaints for one in returning.lines(session)] == [1]


def test_a_clerk_gets_a_real_mail_of_a_draft_and_nobody_else_does(
    settings: Settings, app: Flask, database: Database, staff_client: StaffClient, cast_residents: None,
    post_office: PostOffice,
) -> None:  # fmt: skip
    clerk = staff_client(Role.SENDER)
    assert not any("test-send" in one.get("action", "") for one in clerk.get("/staff/notices").find("form"))
    wanted = settings.model_copy(update={"staff_mail_domain": "staff.city.example"})
    app.extensions["portal"] = Hall(wanted, database, recognise)
    form = clerk.post("/staff/notices/new", {}, page=clerk.get("/staff/notices/new"))
    check = clerk.submit(form, form.path, kind="information", title="試しの題", body="((氏名)) 様\n\n本文です。")
    preview = clerk.get(f"{check.path}/preview")
    clerk.submit(preview, f"{check.path}/test-send")
    Worker(database, work(wanted), ()).run_pending()
    (letter,) = post_office.taken
    assert str(letter["To"]).endswith("@staff.city.example")
    assert "試しの題" in letter["Subject"]
    assert "見本 花子 様" in letter.get_content()
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
