"""The demo's post office takes what the portal sends, as a mail server and a push service would, and shows it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from portal.core import clock
from portal.demo.post_office import Phone, PostOffice
from portal.mailbox.channels import devices, mail
from portal.mailbox.channels.parcels import Outcome
from portal.mailbox.channels.push_services import PushServices, Target
from portal.mailbox.channels.webpush import portal_key
from tests import serving


@pytest.fixture
def office() -> Iterator[PostOffice]:
    office = PostOffice(0, 0)
    for server in (office.web, office.mail):
        serving.begin(server)
    yield office
    for server in (office.web, office.mail):
        serving.end(server)


def test_mail_and_notifications_are_shown_once(office: PostOffice) -> None:
    web, smtp = (f"127.0.0.1:{server.server_address[1]}" for server in (office.web, office.mail))
    services = PushServices(portal_key(b"demo"), "mailto:demo@example.invalid", frozenset({web}))
    told = {"title": "<b>まもなく", "body": "「お知らせ」へ", "url": "/mailbox"}
    sent = Phone("hanako").subscription(web)
    p256dh, auth = (devices.rules.read_key(sent["keys"][name], size) for name, size in (("p256dh", 65), ("auth", 16)))
    parcel, until = uuid4(), clock.now() + timedelta(minutes=1)
    target = Target(uuid4(), sent["endpoint"], p256dh, auth)
    for _ in range(2):  # the second time is dropped
        assert services.send(target, told, parcel=parcel, urgent=True, until=until).outcome is Outcome.SENT
    server = mail.MailServer(f"smtp://{smtp}", "portal@city.example", "架空の千葉市")
    letter = mail.letter(server, to="a@b.example", subject="市から", text="本文\n.\n終", key="k1", language="ja")
    with server.open() as line:
        assert [line.send(letter).outcome for _ in range(2)] == [Outcome.SENT] * 2
    assert [(item.to, item.title) for item in office.shelf.items] == [
        ("a@b.example", "市から"),
        ("hanako", told["title"]),
    ]
    assert office.shelf.items[0].text.split() == ["本文", ".", "終"]
    assert "<b>" not in office.shelf.page()
    strange = Target(uuid4(), sent["endpoint"].replace("hanako", "ichiro"), p256dh, auth)
    assert services.send(strange, told, parcel=parcel, urgent=True, until=until).outcome is Outcome.REFUSED
