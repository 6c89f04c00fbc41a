"""Notices of the system's own to many people, by set-based statements: who gets which is a query, not a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, select, true
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import Instant, insert_once, own_insert
from portal.core.ids import new_id
from portal.mailbox.channels import queueing
from portal.mailbox.channels.models import Choice
from portal.mailbox.channels.rules import Says
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind, State, Strength


@dataclass(frozen=True, slots=True)
class ForMany:
    """A notice whose words are msgids without places: it says nothing about any one of its readers. The same *key*
    is the same notice."""

    key: str
    section: str
    title: str
    body: str
    kind: Kind
    link: str
    due_on: date | None = None


def tell_many(session: Session, notices: Sequence[ForMany], readers: Select[UUID, str]) -> None:
    """Put *notices* into the mailboxes of *readers*, a query of (resident_id, key); again changes nothing.

    Who wants it is told on other channels too.
    """
    if not notices:
        return
    insert_once(session, Notice.__table__, [_row(one) for one in notices])  # type: ignore[arg-type]
    reader = readers.subquery()
    rows = select(reader.c.resident_id, Notice.number, literal(clock.now(), Instant), literal(None, Instant)).join_from(
        reader, Notice, Notice.key == reader.c.key
    )
    columns = ["resident_id", "notice_number", "delivered_at", "read_at"]
    # SQLite reads ON CONFLICT after a bare SELECT as a join: the WHERE tells them apart.
    statement = own_insert(session, Delivery).from_select(columns, rows.where(true()).distinct())
    session.execute(statement.on_conflict_do_nothing())
    outside = (
        select(Notice.number, reader.c.resident_id)
        .join_from(reader, Notice, Notice.key == reader.c.key)
        .join(Choice, Choice.resident_id == reader.c.resident_id)
        .distinct()
    )
    by_notice: dict[int, list[Any]] = {}
    for number, resident_id in session.execute(outside):
        by_notice.setdefault(number, []).append(resident_id)
    for number, people in by_notice.items():
        queueing.put(session, number, Says.LETTER, to=people)


def _row(one: ForMany) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": new_id(),
        "key": one.key,
        "kind": str(one.kind),
        "state": str(State.SENT),
        "section": one.section,
        "texts": {"msgid": {"title": one.title, "body": one.body}},
        "facts": {},
        "due_on": one.due_on,
        "link": one.link,
        "procedure": "",
        "strength": int(Strength.PASSWORD),
        "choices": {},
        "segment": {},
        "written_at": now,
        "sent_at": now,
    }
