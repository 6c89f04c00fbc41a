"""A city with a mail server and a push service, both real and on this machine."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from portal.config import Settings
from portal.core import clock, outbox
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.channels import addresses, devices, tokens
from portal.mailbox.channels.queueing import SEND
from portal.mailbox.channels.ways import Ways
from portal.residents import service as residents
from tests.patience import PATIENCE
from tests.portal.mailbox.channels.push_service import Browser, PushService

NOON = datetime(2026, 12, 7, 3, 0, tzinfo=UTC)  # a Monday, 12:00 in Japan
ADDRESS = "hanako@home.example"


@dataclass
class PostOffice:
    """What a mail server took. `refuse` is what it answers to RCPT instead."""

    taken: list[EmailMessage] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    refuse: str = ""
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.senders.append(envelope.mail_from)
        self.taken.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture(scope="session")
def mail_server() -> Iterator[PostOffice]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    office = PostOffice(port=port)
    controller = Controller(office, hostname="127.0.0.1", port=port, ready_timeout=PATIENCE)
    controller.start()
    yield office
    controller.stop()


@pytest.fixture
def post_office(mail_server: PostOffice) -> PostOffice:
    mail_server.taken.clear()
    mail_server.senders.clear()
    mail_server.refuse = ""
    return mail_server


@pytest.fixture
def push_service() -> Iterator[PushService]:
    with PushService() as service:
        yield service
        assert service.faults == []


@pytest.fixture
def settings(settings: Settings, post_office: PostOffice, push_service: PushService) -> Settings:
    return settings.model_copy(
        update={
            "smtp_url": SecretStr(f"smtp://127.0.0.1:{post_office.port}"),
            "mail_from": "portal@city.example",
            "push_hosts": f"127.0.0.1:{push_service.port}",
        }
    )


@pytest.fixture
def worker(database: Database, settings: Settings) -> Worker:
    from portal.rounds import PERIODIC
    from portal.wiring import work

    return Worker(database, work(settings), PERIODIC)


@pytest.fixture
def noon() -> Iterator[None]:
    with clock.freeze(NOON):
        yield


@dataclass
class Person:
    """花子, and how she is told."""

    id: UUID
    database: Database
    ways: Ways
    worker: Worker
    push_service: PushService

    def wants_mail(self, address: str = ADDRESS) -> None:
        with self.database.command("mail") as session:
            addresses.want(session, self.id, address)
            kept = addresses.of(session, self.id)
            assert kept
            assert kept.asked_at
            code = tokens.code(self.ways.key, self.id, address, kept.asked_at)
            assert addresses.confirm(session, self.ways, self.id, code)
            session.execute(outbox.delete(outbox.Promise))  # its code need not travel

    def wants_push(self, name: str = "phone") -> Browser:
        browser = self.push_service.browser(name)
        with self.database.command("push") as session:
            devices.add(session, self.ways, self.id, browser.subscription(), name=name)
        return browser

    def send_due(self) -> None:
        """What the worker does each minute."""
        with self.database.command("minute") as session:
            outbox.post(session, SEND, {})
        self.worker.run_pending()


@pytest.fixture
def hanako(
    database: Database, cast_residents: None, settings: Settings, worker: Worker, push_service: PushService, noon: None
) -> Person:
    with database.command("look") as session:
        found = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert found
    return Person(found.id, database, Ways.of(settings), worker, push_service)
