"""Reminders of a notice that was not read or not done: notices of their own, looked at again when they go out.

A clerk asks for one (`remind`), or the section chose one when it wrote the notice (`by_itself`). Whoever asks first on a
day is the only one on that day.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, exists, literal, select
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.audit import Action, did
from portal.core.db import Instant, insert_once, own_insert
from portal.core.ids import new_id
from portal.core.words import N_
from portal.mailbox import rules as mailbox_rules
from portal.mailbox.answering import rules
from portal.mailbox.channels import queueing
from portal.mailbox.channels.models import Choice
from portal.mailbox.channels.rules import Says
from portal.mailbox.models import Dealing, Delivery, Notice
from portal.mailbox.rules import Kind, State
from portal.residents import service as residents

REMIND = "mailbox.remind"
OPEN, UNREAD = "open", "unread"
"""Who is reminded: who has not done what is asked, or who has not opened it."""


class Reminder(StrEnum):
    ASKED = "asked"
    BEFORE = "before"
    AFTER = "after"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    body: str
    who: str = OPEN


WORDS: dict[Reminder, Words] = {
    Reminder.ASKED: Words(
        N_("Reminder: something is still open"),
        N_(
            "We sent you a notice that asks for something, and it is still open.\n\n"
            "Open it with the button below. If you have just done it, you need not do anything."
        ),
    ),
    Reminder.BEFORE: Words(
        N_("Reminder: the due date is near"),
        N_(
            "We sent you a notice that asks for something by %(due_on)s, and it is still open.\n\n"
            "Open it with the button below. If you have just done it, you need not do anything."
        ),
    ),
    Reminder.AFTER: Words(
        N_("Reminder: the due date has passed"),
        N_(
            "We sent you a notice that asked for something by %(due_on)s. We have nothing from you yet.\n\n"
            "Please open it with the button below and see what is still possible."
        ),
    ),
    Reminder.UNREAD: Words(
        N_("Reminder: a notice you have not opened yet"),
        N_("We sent you a notice some days ago, and it has not been opened yet.\n\nOpen it with the button below."),
        UNREAD,
    ),
}


def remind(session: Session, notice: Notice) -> None:
    """Promise a reminder to all who have not confirmed, answered or called it done; once a day."""
    if Kind(notice.kind) is Kind.INFORMATION:
        raise rules.NothingAsked
    if notice.state == mailbox_rules.WITHDRAWN:
        raise mailbox_rules.NoticeWithdrawn
    if session.scalar(_waiting(notice.number, OPEN, after=None).limit(1)) is None:
        raise rules.NobodyToRemind
    if not _begin(session, notice, Reminder.ASKED):
        raise rules.RemindedToday


def by_itself(session: Session, notice: Notice, reminder: Reminder) -> bool:
    """The same as the section chose it beforehand: nothing where nobody is left. False where there was a reminder today
    already: it is for another day."""
    if session.scalar(_waiting(notice.number, WORDS[reminder].who, after=None).limit(1)) is None:
        return True
    return _begin(session, notice, reminder)


def _begin(session: Session, notice: Notice, reminder: Reminder) -> bool:
    """Promise it; False if there was one today."""
    words, now, key = WORDS[reminder], clock.now(), f"remind:{notice.number}:{clock.today()}"
    row = {
        "id": new_id(),
        "key": key,
        "kind": str(Kind.INFORMATION),
        "state": str(State.SENDING),
        "section": notice.section,
        "texts": {"msgid": {"title": words.title, "body": words.body}},
        "facts": {"due_on": str(notice.due_on)} if notice.due_on else {},
        "link": f"/mailbox/{notice.id}",
        "procedure": "",
        "strength": 1,
        "choices": {},
        "segment": {},
        "written_at": now,
        "sent_at": now,
    }
    if insert_once(session, Notice.__table__, row) == 0:  # type: ignore[arg-type]
        return False
    number = session.scalars(select(Notice.number).where(Notice.key == key)).one()
    did(session, Action.CREATE, whose=None, what="mailbox.notice", case_ref=str(notice.id))
    _promise(session, {"of": notice.number, "number": number, "who": words.who}, after=None)
    return True


def _promise(session: Session, told: dict[str, Any], *, after: UUID | None) -> None:
    payload = told | {"after": str(after) if after else None}
    outbox.post(session, REMIND, payload, key=f"{REMIND}:{told['number']}:{after}", lane=outbox.Lane.BULK)


def _waiting(number: int, who: str, *, after: UUID | None) -> Select[UUID]:
    """Whom to remind, in the order of their ids. Who has not opened it is only told where a channel leads outside: a
    second unread notice beside the first would help nobody. Nobody asks the family of somebody who died meanwhile."""
    lives_here = ~residents.gone(Delivery.resident_id, clock.today())
    query = select(Delivery.resident_id).where(Delivery.notice_number == number, lives_here)
    if who == UNREAD:
        told = exists().where(Choice.resident_id == Delivery.resident_id, Choice.paused == "", Choice.letters)
        query = query.where(Delivery.read_at.is_(None), told)
    else:
        same = and_(Dealing.resident_id == Delivery.resident_id, Dealing.notice_number == number)
        query = query.where(~exists().where(same, Dealing.settled_at.is_not(None)))
    return (query.where(Delivery.resident_id > after) if after else query).order_by(Delivery.resident_id)


def deliver(session: Session, payload: dict[str, Any], *, chunk_size: int | None = None) -> None:
    """One chunk of mailboxes by one statement (worker); who has done it by now gets nothing, and whoever does it before
    a mail leaves gets none (`channels.standing`)."""
    of, number, who = payload["of"], payload["number"], payload.get("who", OPEN)
    after = UUID(payload["after"]) if payload["after"] else None
    original = session.get_one(Notice, of)
    if original.state != mailbox_rules.WITHDRAWN:
        wanted, size = _waiting(of, who, after=after), chunk_size or mailbox_rules.CHUNK
        last = session.scalar(wanted.offset(size - 1).limit(1))
        chunk = wanted.limit(size).subquery()
        rows = select(
            chunk.c.resident_id, literal(number), literal(clock.now(), Instant), literal(None, Instant)
        ).select_from(chunk)
        columns = ["resident_id", "notice_number", "delivered_at", "read_at"]
        # SQLite reads ON CONFLICT after a bare SELECT as a join: the WHERE tells them apart.
        session.execute(
            own_insert(session, Delivery).from_select(columns, rows.where(literal(True))).on_conflict_do_nothing()
        )
        queueing.put_all(session, number, after=after, last=last, says=Says.REMINDER, about=f"{who} {of}")
        if last is not None:
            _promise(session, {"of": of, "number": number, "who": who}, after=last)
            return
    session.get_one(Notice, number).state = str(State.SENT)
