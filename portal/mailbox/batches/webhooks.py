"""Telling systems by webhook, as Standard Webhooks says: signed with a time, sent again with growing pauses.

A message is `{"type": "notice.receipts", "timestamp": …, "data": {"receipts": […]}}` with the headers webhook-id (the
same when it is sent again), webhook-timestamp (seconds since 1970) and webhook-signature ("v1,<base64>", one for each
secret that is good, by HMAC-SHA-256 over "id.timestamp.body").
"""

import base64
import hmac
import json
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.crypto import derive_key, mac
from portal.core.db import insert_once
from portal.core.outbox import Errand
from portal.mailbox.batches import receipts, rules
from portal.mailbox.batches.models import Receipt, Webhook
from portal.mailbox.channels.rules import is_public

SECONDS = 5.0
OLD_SECRET_LIFE = timedelta(hours=24)
PREFIX = "whsec_"


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


def signing_key(settings: Settings) -> bytes:
    return derive_key(settings.master, "webhooks")


def allowed_hosts(settings: Settings) -> frozenset[str]:
    return frozenset(filter(None, settings.webhook_hosts.split(",")))


def set_url(session: Session, settings: Settings, client_id: UUID, url: str) -> str:
    """From now on receipts go there, those to come; the secret they are signed with."""
    rules.check_webhook(url, allowed_hosts(settings), demo=settings.demo)
    newest = session.scalar(select(func.max(Receipt.number)).where(Receipt.client_id == client_id)) or 0
    row = {"client_id": client_id, "url": url, "version": 1, "told": newest}
    if insert_once(session, Webhook.__table__, row) == 0:  # type: ignore[arg-type]
        hook = _of(session, client_id)
        hook.url = url
    did(session, Action.CHANGE, whose=None, what="notice_webhooks", case_ref=str(client_id)[:8])
    hook = _of(session, client_id)
    return written(secret(signing_key(settings), client_id, hook.version))


def rotate(session: Session, settings: Settings, client_id: UUID) -> str:
    """A new secret; the old one signs beside it for a day."""
    hook = _of(session, client_id)
    hook.version, hook.old_until = hook.version + 1, clock.now() + OLD_SECRET_LIFE
    session.flush()
    receipts.promise_telling(session, client_id, f"version {hook.version}")
    did(session, Action.CHANGE, whose=None, what="notice_webhooks", case_ref=str(client_id)[:8])
    return written(secret(signing_key(settings), client_id, hook.version))


def remove(session: Session, client_id: UUID) -> None:
    """Tell it nothing more; without one it is no fault."""
    gone = session.execute(delete(Webhook).where(Webhook.client_id == client_id))
    if gone.rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=None, what="notice_webhooks", case_ref=str(client_id)[:8])


def _of(session: Session, client_id: UUID) -> Webhook:
    query = select(Webhook).where(Webhook.client_id == client_id)
    hook = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if hook is None:
        raise rules.WebhookMissing
    return hook


def errand(settings: Settings) -> Errand:
    """The worker's errand: what one system was not told yet."""
    key, hosts = signing_key(settings), allowed_hosts(settings)

    def take(session: Session, payload: dict[str, Any]) -> Parcel | None:
        return _taken(session, key, UUID(payload["client"]))

    def carry(parcel: Parcel | None) -> Parcel | None:
        if parcel is not None:
            post(parcel.url, parcel.body, headers(parcel, clock.machine_now()), hosts, demo=settings.demo)
        return parcel

    return Errand(take, carry, _record)


def _taken(session: Session, key: bytes, client_id: UUID) -> Parcel | None:
    hook = session.get(Webhook, client_id)
    told = receipts.after(session, client_id, hook.told) if hook else []
    if hook is None or not told:
        return None
    versions = [hook.version]
    if hook.old_until is not None and hook.old_until > clock.now():
        versions.append(hook.version - 1)
    message = {
        "type": "notice.receipts",
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
    import httpx  # only the worker sends, and only where a system wants it

    try:
        host, port, near = rules.check_webhook(url, hosts, demo=demo)
        address = _address(host, port, near=near)
    except (rules.WebhookRefused, OSError, ValueError):
        raise ConnectionError("the webhook's host is not one to speak with") from None
    at = httpx.URL(url).copy_with(host=address)
    sent = {**told, "Host": urlsplit(url).netloc}
    # No redirects, no proxy of the environment, and the very address that was looked at.
    with httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
        request = client.build_request("POST", at, content=body, headers=sent)
        request.extensions["sni_hostname"] = host
        try:
            answer = client.send(request, stream=True)
        except httpx.HTTPError:
            raise ConnectionError("the webhook's host does not answer") from None
        answer.close()
    if not answer.is_success:
        raise ConnectionError(f"the webhook answered {answer.status_code}")


def _address(host: str, port: int, *, near: bool) -> str:
    """The address to connect to; ValueError if it leads into this house."""
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    if near != all(map(_is_loopback, found)) or not (near or all(map(is_public, found))):
        raise ValueError("an address inside")
    return sorted(found, key=lambda address: (":" in address, address))[0]


def _is_loopback(address: str) -> bool:
    import ipaddress

    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _record(session: Session, parcel: Parcel | None) -> None:
    """It was taken: on to what came meanwhile."""
    if parcel is None:
        return
    hook = session.scalar(select(Webhook).where(Webhook.client_id == parcel.client_id).with_for_update())
    if hook is None or hook.told >= parcel.last:
        return
    hook.told = parcel.last
    session.flush()
    if receipts.after(session, parcel.client_id, parcel.last, most=1):
        receipts.promise_telling(session, parcel.client_id, f"after {parcel.last}")
