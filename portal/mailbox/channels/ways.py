"""What this city has set up: a mail server, push services, a gateway for text messages, an account at LINE, or none."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from portal.config import Settings
from portal.core.crypto import derive_key
from portal.mailbox.channels import webpush
from portal.mailbox.channels.line import LineAccount
from portal.mailbox.channels.mail import MailServer
from portal.mailbox.channels.push_services import PushServices
from portal.mailbox.channels.text_messages import Gateway

DEMO_CONTACT = "mailto:demo@example.invalid"


@dataclass(frozen=True, slots=True)
class Ways:
    """Each way is None where a city has none. `key` makes codes and links."""

    mail: MailServer | None
    push: PushServices | None
    texts: Gateway | None
    line: LineAccount | None
    bounce_dir: Path | None
    name: str
    base_url: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        url, contact = settings.smtp_url.get_secret_value(), settings.push_contact
        if settings.demo:
            contact = contact or DEMO_CONTACT
        key = webpush.portal_key(settings.master, settings.push_key.get_secret_value())
        hosts = frozenset(filter(None, settings.push_hosts.split(",")))
        return cls(
            mail=MailServer(url, settings.mail_from, settings.city_name, settings.mail_bounces) if url else None,
            push=PushServices(key, contact, hosts) if contact else None,
            texts=Gateway.of(settings),
            line=LineAccount.of(settings),
            bounce_dir=settings.bounce_dir,
            name=settings.city_name,
            base_url=settings.base_url.rstrip("/"),
            key=derive_key(settings.master, "channels"),
        )
