"""Telling systems by webhook, as Standard Webhooks says: signed with a time, sent again with growing pauses.

A message is `{"type": "notice.receipts", "timestamp": …, "data": {"receipts": […]}}` with the headers webhook-id (the
same when it is sent again), webhook-timestamp (seconds since 1970) and webhook-signature ("v1,<base64>", one for each
secret that is good, by HMAC-SHA-256 over "id.timestamp.body").
"""

import base64
import hmac
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock, lookups, outbound, outbox
from portal.core.audit import Action, did
from portal.core.crypto import derive_key, mac
from portal.core.db import insert_once
from portal.core.outbound import Call
from portal.core.outbox import Errand
from portal.mailbox.batches import receipts, rules
from portal.mailbox.batches.models import Receipt, Webhook
from portal.mailbox.channels.rules import is_public

OLD_SECRET_LIFE = timedelta(hours=24)
PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Book:
    """Which receipts are told: the tables of addresses and of receipts, how they are read in order, the kind of promise,
    what a message calls itself, and under which name records and secrets are kept. Companies have a book of their own."""

    hooks: Any
    receipts: Any
    after: Callable[..., Sequence[receipts.Told]]
    tell: str
    says: str
    what: str
    label: str

    def promise_telling(self, session: Session, client_id: UUID, why: str) -> None:
        """If the system wants to be told by webhook: once for each reason."""
        if session.get(self.hooks, client_id) is not None:
            outbox.post(session, self.tell, {"client": str(client_id)}, key=f"{self.tell}:{client_id}:{why}")


NOTICES = Book(
    hooks=Webhook, receipts=Receipt, after=receipts.after, tell=receipts.TELL, says="notice.receipts",
    what="notice_webhooks", label="webhooks",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parcel:
    """Receipts on their way to one system."""

    client_id: UUID
    url: str
    body: bytes = field(repr=False)
    name: str
    secrets: tuple[bytes, ...] = field(repr=False)
    last: int


def secret(key: bytes, client_id: UUID, version: int) -> bytes:
    """What messages to a system are signed with; another version is another secret."""
    return mac(key, b"webhook", client_id.bytes, version.to_bytes(4, "big"))


def written(one: bytes) -> str:
    """As libraries of Standard Webhooks read it."""
    return PREFIX + base64.b64encode(one).decode()


def signing_key(settings: Settings, book: Book = NOTICES) -> bytes:
    return derive_key(settings.master, book.label)


def allowed_hosts(settings: Settings) -> frozenset[str]:
    return frozenset(filter(None, settings.webhook_hosts.split(",")))


def set_url(session: Session, settings: Settings, client_id: UUID, url: str, book: Book = NOTICES) -> str:
    """From now on receipts go there, those to come; the secret they are signed with."""
    rules.check_webhook(url, allowed_hosts(settings), demo=settings.demo)
    newest = session.scalar(select(func.max(book.receipts.number)).where(book.receipts.client_id == client_id)) or 0
    row = {"client_id": client_id, "url": url, "version": 1, "told": newest}
    if insert_once(session, book.hooks.__table__, row) == 0:
        hook = _of(session, client_id, book)
        hook.url = url
    did(session, Action.CHANGE, whose=None, what=book.what, case_ref=str(client_id)[:8])
    hook = _of(session, client_id, book)
    return written(secret(signing_key(settings, book), client_id, hook.version))


def rotate(session: Session, settings: Settings, client_id: UUID, book: Book = NOTICES) -> str:
    """A new secret; the old one signs beside it for a day."""
    hook = _of(session, client_id, book)
    hook.version, hook.old_until = hook.version + 1, clock.now() + OLD_SECRET_LIFE
    session.flush()
    book.promise_telling(session, client_id, f"version {hook.version}")
    did(session, Action.CHANGE, whose=None, what=book.what, case_ref=str(client_id)[:8])
    return written(secret(signing_key(settings, book), client_id, hook.version))


def remove(session: Session, client_id: UUID, book: Book = NOTICES) -> None:
    """Tell it nothing more; without one it is no fault."""
    gone = session.execute(delete(book.hooks).where(book.hooks.client_id == client_id))
    if gone.rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=None, what=book.what, case_ref=str(client_id)[:8])


def _of(session: Session, client_id: UUID, book: Book) -> Any:
    query = select(book.hooks).where(book.hooks.client_id == client_id)
    hook = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if hook is None:
        raise rules.WebhookMissing
    return hook


def errand(settings: Settings, book: Book = NOTICES) -> Errand:
    """The worker's errand: what one system was not told yet."""
    key, hosts = signing_key(settings, book), allowed_hosts(settings)

    def take(session: Session, payload: dict[str, Any]) -> Parcel | None:
        return _taken(session, key, UUID(payload["client"]), book)

    def carry(parcel: Parcel | None) -> Parcel | None:
        if parcel is not None:
            post(parcel.url, parcel.body, headers(parcel, clock.machine_now()), hosts, demo=settings.demo)
        return parcel

    return Errand(take, carry, lambda session, parcel: _record(session, parcel, book))


def _taken(session: Session, key: bytes, client_id: UUID, book: Book) -> Parcel | None:
    hook = session.get(book.hooks, client_id)
    told = book.after(session, client_id, hook.told) if hook else []
    if hook is None or not told:
        return None
    versions = [hook.version]
    if hook.old_until is not None and hook.old_until > clock.now():
        versions.append(hook.version - 1)
    message = {
        "type": book.says,
        "timestamp": told[-1].at.isoformat(),
        "data": {"receipts": receipts.shown(told)},
    }
    return Parcel(
        client_id=client_id,
        url=hook.url,
        body=json.dumps(message, ensure_ascii=False).encode(),
        name=f"receipts-{told[0].number}-{told[-1].number}",
        secrets=tuple(secret(key, client_id, version) for version in versions),
        last=told[-1].number,
    )


def headers(parcel: Parcel, now: datetime) -> dict[str, str]:
    """What the receiver checks."""
    stamp = str(int(now.timestamp()))
    signed = b".".join((parcel.name.encode(), stamp.encode(), parcel.body))
    signatures = [base64.b64encode(hmac.digest(one, signed, "sha256")).decode() for one in parcel.secrets]
    return {
        "webhook-id": parcel.name,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
        "Content-Type": "application/json",
    }


def post(url: str, body: bytes, told: Mapping[str, str], hosts: Collection[str], *, demo: bool) -> None:
    """Bring *body* with the headers *told*. Raises ConnectionError unless it was taken: the outbox then tries again, 1, 2,
    4 … seconds up to ten minutes."""
    try:
        host, port, near = rules.check_webhook(url, hosts, demo=demo)
        address = _address(host, port, near=near)
    except (rules.WebhookRefused, OSError, ValueError):
        raise ConnectionError("the webhook's host is not one to speak with") from None
    sent = {**told, "Host": urlsplit(url).netloc}
    try:
        heard = outbound.knock(Call("POST", url, sent, content=body, at=address))
    except OSError:
        raise ConnectionError("the webhook's host does not answer") from None
    if not heard.is_good:
        raise ConnectionError(f"the webhook answered {heard.status}")


def _address(host: str, port: int, *, near: bool) -> str:
    """The address to connect to; ValueError if it leads into this house."""
    found = lookups.addresses(host, port, outbound.STEP)
    if near != all(map(_is_loopback, found)) or not (near or all(map(is_public, found))):
        raise ValueError("an address inside")
    return sorted(found, key=lambda address: (":" in address, address))[0]


def _is_loopback(address: str) -> bool:
    import ipaddress

    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _record(session: Session, parcel: Parcel | None, book: Book) -> None:
    """It was taken: on to what came meanwhile."""
    if parcel is None:
        return
    hook = session.scalar(select(book.hooks).where(book.hooks.client_id == parcel.client_id).with_for_update())
    if hook is None or hook.told >= parcel.last:
        return
    hook.told = parcel.last
    session.flush()
    if book.after(session, parcel.client_id, parcel.last, most=1):
        book.promise_telling(session, parcel.client_id, f"after {parcel.last}")
