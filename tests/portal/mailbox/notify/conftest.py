"""The portal over HTTP, a section's key, a mail server that keeps what it takes, and the official client."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask
from notifications_python_client.notifications import NotificationsAPIClient
from pydantic import SecretStr
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.config import Settings
from portal.core import clock
from portal.core.crypto import derive_key
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.channels.models import MailAddress
from portal.mailbox.composing.models import Template, TemplateVersion
from portal.mailbox.notify import keys, templates
from portal.mailbox.notify.protocol import KeyKind, Kind
from portal.residents import service as residents
from portal.staff import service as staff
from portal.staff.models import Section
from portal.wiring import work
from tests import serving
from tests.portal.mailbox.channels.conftest import PostOffice, mail_server

__all__ = ["mail_server"]
HANAKO = "hanako@mail.example"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


@dataclass
class Programs:
    """What a section's programs have: keys, templates, an address to send to."""

    app: Flask
    database: Database
    settings: Settings
    url: str
    section: UUID
    post: PostOffice

    def key(self, kind: KeyKind = KeyKind.NORMAL, *, guests: tuple[str, ...] = ()) -> str:
        with self.database.command("key") as session:
            return keys.make(
                session,
                derive_key(self.settings.master, "notify"),
                section_id=self.section,
                name="testing",
                kind=kind,
                guests=guests,
            )

    def client(self, kind: KeyKind = KeyKind.NORMAL, **rest: tuple[str, ...]) -> NotificationsAPIClient:
        return NotificationsAPIClient(self.key(kind, **rest), base_url=self.url)

    def template(
        self, kind: Kind = Kind.EMAIL, *, title: str = "((what))のお知らせ", body: str = "((name))さん"
    ) -> str:
        with self.database.command("template") as session:
            made = Template(section_id=self.section, name="ひな形", version=1, saved_at=clock.now())
            session.add(made)
            session.flush()
            session.add(
                TemplateVersion(
                    template_id=made.id,
                    version=1,
                    content={"texts": {"ja": {"title": title, "body": body}}},
                    author_label="中央区役所 市民課 000001",
                    saved_at=clock.now(),
                )
            )
            templates.choose_kind(session, self.section, made.id, kind)
            return str(made.id)

    def work(self) -> None:
        """Everything that waits is done."""
        Worker(self.database, work(self.settings), ()).run_pending()


@pytest.fixture
def programs(
    settings: Settings, app: Flask, database: Database, cast_staff: None, cast_residents: None, mail_server: PostOffice
) -> Iterator[Programs]:
    mail_server.taken.clear()
    mail_server.refuse = ""
    chosen = settings.model_copy(
        update={"smtp_url": SecretStr(f"smtp://127.0.0.1:{mail_server.port}"), "mail_from": "city@city.example"}
    )
    app.extensions["portal"] = type(app.extensions["portal"])(
        chosen, database, app.extensions["portal"].recognise_client
    )
    with database.command("furnish") as session:
        section = session.scalars(select(Section.id).order_by(Section.name)).first()
        assert section
        assert staff.section_label(session, section)
        known = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert known
        session.add(MailAddress(resident_id=known.id, address=HANAKO, confirmed_at=clock.now(), wanted="", tries=0))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    serving.begin(server)
    yield Programs(app, database, chosen, f"http://127.0.0.1:{server.port}", section, mail_server)
    serving.end(server)
