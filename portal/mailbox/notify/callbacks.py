"""Telling sections' programs, as Notify does: a POST with a bearer token for each notification that ended and each text
message that came in. What is not taken goes again with growing pauses (core.outbox)."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import outbox
from portal.core.audit import Action, did
from portal.core.crypto import derive_key, mac
from portal.core.db import insert_once
from portal.core.outbox import Errand
from portal.core.words import N_
from portal.mailbox.batches import rules, webhooks
from portal.mailbox.notify import protocol
from portal.mailbox.notify.models import Callback, Notification, ReceivedText
from portal.mailbox.notify.protocol import KeyKind, Kind

TELL = "mailbox.notify.call-back"


class Told(StrEnum):
    """What a program is told of."""

    DELIVERY = "delivery"
    RECEIVED = "received"


TOLD_WORDS: dict[Told, str] = {
    Told.DELIVERY: N_("What became of each message"),
    Told.RECEIVED: N_("Each text message that comes in"),
}


@dataclass(frozen=True, slots=True)
class Parcel:
    url: str
    token: str = field(repr=False)
    body: bytes = field(repr=False)


def token(settings: Settings, section_id: UUID, kind: Told, version: int) -> str:
    """What the program finds after "Bearer": another version is another token."""
    key = derive_key(settings.master, "notify-callbacks")
    made = mac(key, section_id.bytes, kind.encode(), version.to_bytes(4, "big"))
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def of_section(session: Session, section_id: UUID) -> dict[Told, str]:
    """Where it is told what."""
    query = select(Callback).where(Callback.section_id == section_id)
    return {Told(one.kind): one.url for one in session.scalars(query)}


def set_url(session: Session, settings: Settings, section_id: UUID, kind: Told, url: str) -> str:
    """From now on the section's program is told there, with a new token, which is shown only now."""
    rules.check_webhook(url, webhooks.allowed_hosts(settings), demo=settings.demo)
    row = {"section_id": section_id, "kind": str(kind), "url": url, "version": 1}
    which = (Callback.section_id == section_id, Callback.kind == str(kind))
    if insert_once(session, Callback.__table__, row) == 0:  # type: ignore[arg-type]
        session.execute(update(Callback).where(*which).values(url=url, version=Callback.version + 1))
    did(session, Action.CHANGE, whose=None, what="notify_callbacks", case_ref=str(section_id)[:8])
    version = session.scalars(select(Callback.version).where(*which)).one()
    return token(settings, section_id, kind, version)


def remove(session: Session, section_id: UUID, kind: Told) -> None:
    """It is told nothing more; without an address it is no fault."""
    gone = session.execute(delete(Callback).where(Callback.section_id == section_id, Callback.kind == str(kind)))
    if gone.rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=None, what="notify_callbacks", case_ref=str(section_id)[:8])


def ended(session: Session, numbers: Sequence[int]) -> None:
    """Promise to tell of notifications that have just ended, where their sections want to know. Letters and what a test
    key sends end without a word, as at Notify."""
    query = (
        select(Notification.number, Notification.status)
        .join(Callback, Callback.section_id == Notification.section_id)
        .where(Callback.kind == str(Told.DELIVERY), Notification.number.in_(numbers))
        .where(Notification.kind != str(Kind.LETTER), Notification.key_kind != str(KeyKind.TEST))
    )
    for number, status in session.execute(query).all():
        payload = {"kind": str(Told.DELIVERY), "number": number}
        outbox.post(session, TELL, payload, key=f"notify-callback:{number}:{status}")


def came_in(session: Session, text: ReceivedText) -> None:
    """The same of a text message that came in."""
    if session.get(Callback, (text.section_id, str(Told.RECEIVED))) is not None:
        payload = {"kind": str(Told.RECEIVED), "number": text.number}
        outbox.post(session, TELL, payload, key=f"notify-received:{text.number}")


def errand(settings: Settings) -> Errand:
    """The worker's errand: one thing told to one program."""
    hosts = webhooks.allowed_hosts(settings)

    def take(session: Session, payload: dict[str, Any]) -> Parcel | None:
        row = _row(session, Told(payload["kind"]), payload["number"])
        kept = session.get(Callback, (row.section_id, payload["kind"])) if row else None
        if row is None or kept is None:
            return None
        body = json.dumps(_delivery(row) if isinstance(row, Notification) else _received(row), ensure_ascii=False)
        return Parcel(kept.url, token(settings, kept.section_id, Told(kept.kind), kept.version), body.encode())

    def carry(parcel: Parcel | None) -> None:
        if parcel is not None:
            told = {"Authorization": f"Bearer {parcel.token}", "Content-Type": "application/json"}
            webhooks.post(parcel.url, parcel.body, told, hosts, demo=settings.demo)

    return Errand(take, carry, lambda session, brought: None)


def _row(session: Session, kind: Told, number: int) -> Notification | ReceivedText | None:
    return session.get(Notification, number) if kind is Told.DELIVERY else session.get(ReceivedText, number)


def _delivery(row: Notification) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "reference": row.reference,
        "to": row.recipient,
        "status": row.status,
        "created_at": protocol.written(row.made_at),
        "completed_at": protocol.written(row.ended_at),
        "sent_at": protocol.written(row.sent_at),
        "notification_type": row.kind,
        "template_id": str(row.template_id) if row.template_id else None,
        "template_version": row.template_version,
    }


def _received(row: ReceivedText) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "source_number": row.sent_from,
        "destination_number": row.sent_to,
        "message": row.body,
        "date_received": protocol.written(row.received_at),
    }
