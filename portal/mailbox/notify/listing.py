"""What became of notifications, as programs ask for it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.mailbox.notify import protocol
from portal.mailbox.notify.calls import Caller, template_link
from portal.mailbox.notify.models import Notification
from portal.mailbox.notify.protocol import LETTER_WORDS, MEANS, Kind, Status

ADDRESS = ("line_1", "line_2", "line_3", "line_4", "line_5", "line_6", "postcode")


def find(session: Session, caller: Caller, notification_id: UUID) -> Notification:
    """A notification of the caller's own section."""
    query = select(Notification).where(Notification.id == notification_id, Notification.section_id == caller.section_id)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise protocol.not_found()
    return row


def page(session: Session, caller: Caller, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The newest of the section sent with a key of the same kind, PAGE_SIZE at a time, and the way to the next ones."""
    query = select(Notification).where(
        Notification.section_id == caller.section_id, Notification.key_kind == str(caller.key_kind)
    )
    if "reference" in wanted:
        query = query.where(Notification.reference == wanted["reference"])
    if kinds := wanted.get("template_type"):
        query = query.where(Notification.kind.in_(kinds))
    if statuses := wanted.get("status"):
        query = query.where(Notification.status.in_(_meant(statuses)))
    if "older_than" in wanted:
        before = select(Notification.number).where(Notification.id == UUID(wanted["older_than"]))
        query = query.where(Notification.number < before.scalar_subquery())
    rows = session.scalars(query.order_by(Notification.number.desc()).limit(protocol.PAGE_SIZE)).all()
    found = [shown(caller, row) for row in rows]
    return {"notifications": found, "links": links(caller.address("/v2/notifications"), wanted, found)}


def _meant(statuses: Sequence[str]) -> list[str]:
    return [str(meant) for status in statuses for meant in MEANS.get(status, (Status(status),))]


def links(address: str, wanted: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The way to this page, and from its last line to the next one."""
    told = {"current": _with(address, wanted)}
    if found:
        told["next"] = _with(address, {**wanted, "older_than": found[-1]["id"]})
    return told


def _with(address: str, wanted: Mapping[str, Any]) -> str:
    return f"{address}?{urlencode(wanted, doseq=True)}" if wanted else address


def shown(caller: Caller, row: Notification) -> dict[str, Any]:
    """A notification as the API writes it. Money is counted in no pounds here: what a letter costs, the city knows."""
    is_letter = row.kind == Kind.LETTER
    lines = [*row.address.get("lines", []), *[None] * 7][:7] if is_letter else [None] * 7
    return {
        "id": str(row.id),
        "reference": row.reference,
        "email_address": row.recipient if row.kind == Kind.EMAIL else None,
        "phone_number": row.recipient if row.kind == Kind.SMS else None,
        **dict(zip(ADDRESS, lines, strict=True)),
        "type": row.kind,
        "status": LETTER_WORDS.get(row.status, row.status) if is_letter else row.status,
        "template": template_link(caller, row.template_id, row.template_version),
        "body": row.body,
        "subject": None if row.kind == Kind.SMS else row.subject,
        "created_at": protocol.written(row.made_at),
        "created_by_name": None,
        "sent_at": protocol.written(row.sent_at),
        "completed_at": protocol.written(row.ended_at),
        "scheduled_for": protocol.written(row.scheduled_for),
        "postage": row.postage or None,
        "one_click_unsubscribe_url": row.unsubscribe or None,
        "cost_details": {},
        "cost_in_pounds": 0.0,
        "is_cost_data_ready": True,
    }
