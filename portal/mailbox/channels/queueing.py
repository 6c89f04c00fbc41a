"""A notice is put on the channels its readers chose, in the notice's own transaction, by one statement."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, case, exists, literal, select
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.db import Instant, own_insert
from portal.core.outbox import Lane
from portal.mailbox.channels import rules
from portal.mailbox.channels.models import Choice, Message
from portal.mailbox.channels.rules import Says, State
from portal.mailbox.models import Delivery

SEND = "mailbox.channels.send"
COLUMNS = (
    "notice_number", "resident_id", "channel", "says", "about", "lane", "state", "reason", "queued_at", "due_at",
    "late_at", "attempts",
)  # fmt: skip


def put(
    session: Session,
    number: int,
    says: Says,
    *,
    to: Collection[UUID],
    about: str = "",
    late_at: datetime | None = None,
    lane: Lane = Lane.NORMAL,
) -> None:
    """Tell *to* of notice *number* outside the mailbox too, whoever of them wants that.

    *about* is what must still stand when it is sent (see `standing`), *late_at* when it is of no use any more.
    """
    who = Choice.resident_id.in_(list(to))
    _put(session, number, says, who, about=about, late_at=late_at, lane=lane)


def put_all(
    session: Session,
    number: int,
    *,
    after: UUID | None,
    last: UUID | None,
    says: Says = Says.LETTER,
    about: str = "",
    lane: Lane = Lane.BULK,
) -> None:
    """The same for a letter to many: those it was delivered to of one chunk, past *after* up to *last*."""
    has_it: ColumnElement[bool] = exists().where(
        Delivery.resident_id == Choice.resident_id, Delivery.notice_number == number
    )
    if after is not None:
        has_it &= Choice.resident_id > after
    if last is not None:
        has_it &= Choice.resident_id <= last
    _put(session, number, says, has_it, about=about, lane=lane)


def _put(
    session: Session,
    number: int,
    says: Says,
    who: ColumnElement[bool],
    *,
    about: str = "",
    late_at: datetime | None = None,
    lane: Lane = Lane.NORMAL,
) -> None:
    lane = Lane.URGENT if says in rules.PRESSING else lane
    now = clock.now()
    due, hourly = (rules.due(says, now, hourly=wants_hourly) for wants_hourly in (False, True))
    late_at = late_at or now + (rules.NEAR_FOR if says is Says.NEAR else rules.LETTER_FOR)
    told = (literal(str(says)), literal(about), literal(int(lane), Integer), literal(str(State.QUEUED)), literal(""))
    due_then = case((Choice.hourly, literal(hourly, Instant)), else_=literal(due, Instant))
    times = (literal(now, Instant), due_then, literal(late_at, Instant))
    rows = select(literal(number, Integer), Choice.resident_id, Choice.channel, *told, *times, literal(0))
    topic = getattr(Choice, rules.TOPIC_OF[says]) if says in rules.TOPIC_OF else literal(True)
    if _insert(session, rows.where(who, topic, Choice.paused == "")):
        # What is due later, by the hour, is found by the worker's look each minute.
        outbox.post(session, SEND, {}, lane=lane, at=due)


def _insert(session: Session, rows: Select[Any]) -> int:
    statement = own_insert(session, Message).from_select(COLUMNS, rows).on_conflict_do_nothing()
    options = {"preserve_rowcount": True}  # PostgreSQL inserts lose it otherwise
    return session.connection().execute(statement, execution_options=options).rowcount
