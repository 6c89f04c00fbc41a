"""Text messages that come in: handed over by the gateway, kept for the section whose number they were written to.

POST /sms/received with `Authorization: Bearer <sms_token>` and JSON {"id", "from", "to", "text"}; the same id twice is
one message. Numbers of sections are what operators entered as senders of text messages (notify_replies).
"""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock, text
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.mailbox.notify import callbacks, protocol
from portal.mailbox.notify.models import ReceivedText, Reply
from portal.mailbox.notify.protocol import Kind

LONGEST, LONGEST_ID = 2_000, 100


class GatewayUnknown(Refusal):
    code = "text-gateway-unknown"
    status = 403
    message = N_("This is not the gateway of this city's text messages.")
    next_step = N_("Check the token in PORTAL_SMS_TOKEN.")


class TextUnreadable(Refusal):
    code = "text-message-unreadable"
    status = 422
    message = N_("This text message cannot be taken in.")
    next_step = N_("It needs id, from, to and text; “to” is a number of one of the city's sections.")


def check_gateway(settings: Settings, authorization: str) -> None:
    """GatewayUnknown unless the call carries the token that the city's gateway has."""
    kept = settings.sms_token.get_secret_value()
    if not kept or not hmac.compare_digest(authorization.encode(), f"Bearer {kept}".encode()):
        raise GatewayUnknown


def take(session: Session, told: Any) -> UUID:
    """Keep a message for the section of its number, and see that its program is told."""
    name, sent_from, sent_to, body = _read(told)
    query = select(Reply.section_id).where(Reply.kind == str(Kind.SMS), Reply.value == sent_to)
    sections = session.scalars(query).all()
    if len(sections) != 1:  # a number that two sections write from is nobody's to answer
        raise TextUnreadable
    row = {
        "id": new_id(),
        "section_id": sections[0],
        "gateway_id": name,
        "sent_from": sent_from,
        "sent_to": sent_to,
        "body": body,
        "received_at": clock.now(),
    }
    is_new = insert_once(session, ReceivedText.__table__, row)  # type: ignore[arg-type]
    kept = session.scalars(select(ReceivedText).where(ReceivedText.gateway_id == name)).one()
    if is_new:
        did(session, Action.CREATE, whose=None, what="notify_received_texts", case_ref=str(kept.id)[:8])
        callbacks.came_in(session, kept)
    return kept.id


def _read(told: Any) -> tuple[str, str, str, str]:
    cells = [told.get(name) for name in ("id", "from", "to", "text")] if isinstance(told, Mapping) else []
    written = [cell for cell in cells if isinstance(cell, str) and cell]
    if len(written) != 4:
        raise TextUnreadable
    name, sent_from, sent_to, body = written
    if len(name) > LONGEST_ID or len(body) > LONGEST or text.shown_again(body, longest=LONGEST) != body:
        raise TextUnreadable
    try:
        return name, text.phone(sent_from), text.phone(sent_to), body
    except TextRefused:
        raise TextUnreadable from None


def page(session: Session, section_id: UUID, older_than: UUID | None) -> list[dict[str, Any]]:
    """The newest of the section's, PAGE_SIZE at a time."""
    query = select(ReceivedText).where(ReceivedText.section_id == section_id)
    if older_than is not None:
        before = select(ReceivedText.number).where(ReceivedText.id == older_than)
        query = query.where(ReceivedText.number < before.scalar_subquery())
    rows = session.scalars(query.order_by(ReceivedText.number.desc()).limit(protocol.PAGE_SIZE))
    return [_shown(row) for row in rows]


def _shown(row: ReceivedText) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "service_id": str(row.section_id),
        "user_number": row.sent_from,
        "notify_number": row.sent_to,
        "content": row.body,
        "created_at": protocol.written(row.received_at),
    }


def forget_old(session: Session, *, kept: timedelta) -> None:
    session.execute(delete(ReceivedText).where(ReceivedText.received_at < clock.now() - kept))
