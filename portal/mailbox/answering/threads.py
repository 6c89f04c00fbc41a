"""Messages about a notice: the resident writes, the section answers. Who wrote is on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did, looked
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.words import N_
from portal.mailbox import opening, sending
from portal.mailbox.answering import rules
from portal.mailbox.answering.models import Message, Thread
from portal.mailbox.answering.rules import Waits
from portal.mailbox.channels.rules import Says
from portal.mailbox.models import Notice
from portal.mailbox.opening import Opened, Reader

LISTED = 50


def takes_messages(notice: Notice) -> bool:
    """Whether somebody of a section reads what is written about this notice."""
    return notice.section_id is not None and bool(notice.choices.get("thread"))


@dataclass(frozen=True, slots=True)
class Talk:
    """A thread with its messages, oldest first; `thread` is None before the first."""

    thread: Thread | None
    messages: list[Message]

    @property
    def is_closed(self) -> bool:
        return self.thread is not None and self.thread.closed_at is not None

    @property
    def may_write(self) -> bool:
        """Whether the resident's next message would be taken."""
        if self.thread is None:
            return True
        return not self.is_closed and self.thread.sent < rules.MOST_WAITING and len(self.messages) < rules.MOST_MESSAGES


def of_resident(session: Session, reader: Reader, opened: Opened) -> Talk:
    """The messages as the resident's page shows them."""
    key = (reader.owner, opened.notice.number)
    return Talk(session.get(Thread, key), _messages(session, *key))


def _messages(session: Session, owner: UUID, number: int) -> list[Message]:
    query = select(Message).where(Message.resident_id == owner, Message.notice_number == number)
    return list(session.scalars(query.order_by(Message.at, Message.id)))


def write(session: Session, reader: Reader, notice_id: UUID, body: str) -> None:
    """A message of the resident's. It waits for the section; so many wait at most."""
    opening.check_acts(reader)
    notice = opening.open_text(session, reader, notice_id).notice
    if not takes_messages(notice):
        raise rules.NoMessages
    now, key = clock.now(), {"resident_id": reader.owner, "notice_number": notice.number}
    begun = key | {
        "id": new_id(),
        "section_id": notice.section_id,
        "waits": str(Waits.SECTION),
        "sent": 0,
        "last_at": now,
    }
    insert_once(session, Thread.__table__, begun)  # type: ignore[arg-type]
    taken = session.execute(
        update(Thread)
        .where(Thread.resident_id == reader.owner, Thread.notice_number == notice.number)
        .where(Thread.closed_at.is_(None), Thread.sent < rules.MOST_WAITING)
        .values(sent=Thread.sent + 1, waits=str(Waits.SECTION), last_at=now)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        thread = session.get_one(Thread, (reader.owner, notice.number))
        raise rules.ThreadClosed if thread.closed_at else rules.MessagesWait(most=rules.MOST_WAITING)
    _check_room(session, reader.owner, notice.number)
    session.add(Message(**key, at=now, author_id=reader.actor, body=body))
    did(session, Action.CREATE, whose=reader.owner, what="mailbox.message", case_ref=str(notice.id)[:8])


def _check_room(session: Session, owner: UUID, number: int) -> None:
    query = select(func.count()).where(Message.resident_id == owner, Message.notice_number == number)
    if (session.scalar(query) or 0) >= rules.MOST_MESSAGES:
        raise rules.ThreadFull


def waiting(session: Session, clerk: Actor) -> int:
    """How many threads wait for the clerk's section."""
    query = select(func.count()).where(Thread.section_id == clerk.section, Thread.waits == str(Waits.SECTION))
    return (session.scalar(query) or 0) if clerk.section else 0


def of_section(session: Session, clerk: Actor, *, waits: Waits) -> list[tuple[Thread, Notice]]:
    """The section's threads of that turn: what waits for it longest first, what it answered last first."""
    if clerk.section is None:
        return []
    order = Thread.last_at if waits is Waits.SECTION else Thread.last_at.desc()
    query = select(Thread, Notice).join(Notice, Notice.number == Thread.notice_number)
    query = query.where(Thread.section_id == clerk.section, Thread.waits == str(waits)).order_by(order).limit(LISTED)
    return [(thread, notice) for thread, notice in session.execute(query)]


def open_thread(session: Session, clerk: Actor, thread_id: UUID) -> tuple[Thread, Notice, list[Message]]:
    """One thread of the clerk's section; that it was opened is on the resident's record."""
    query = select(Thread, Notice).join(Notice, Notice.number == Thread.notice_number)
    found = session.execute(query.where(Thread.id == thread_id, Thread.section_id == clerk.section)).one_or_none()
    if found is None or clerk.section is None:
        raise rules.ThreadUnknown
    thread, notice = found
    looked(session, whose=thread.resident_id, what="mailbox.message", case_ref=str(notice.id)[:8])
    return thread, notice, _messages(session, thread.resident_id, thread.notice_number)


def newest_of(messages: Sequence[Message]) -> str:
    """The resident's last message as one word ("": none): what a clerk has seen who answers now."""
    return next((str(one.id) for one in reversed(messages) if not one.author_label), "")


def _open_as_seen(session: Session, clerk: Actor, thread_id: UUID, seen: str) -> tuple[Thread, Notice, list[Message]]:
    """The thread, locked against new messages; raises MessageCrossed where one came that the clerk has not *seen*."""
    session.execute(select(Thread.id).where(Thread.id == thread_id).with_for_update())
    found = open_thread(session, clerk, thread_id)
    if newest_of(found[2]) != seen:
        raise rules.MessageCrossed
    return found


def answer(session: Session, clerk: Actor, thread_id: UUID, body: str, *, seen: str) -> None:
    """The section writes back to what it has *seen* (`newest_of`); the resident is told in the mailbox and on the ways
    they chose. Opens a closed thread."""
    thread, notice, messages = _open_as_seen(session, clerk, thread_id, seen)
    if len(messages) >= rules.MOST_MESSAGES + rules.MOST_WAITING:
        raise rules.ThreadFull
    now, key = clock.now(), {"resident_id": thread.resident_id, "notice_number": thread.notice_number}
    message = Message(id=new_id(), **key, at=now, author_id=clerk.id, author_label=clerk.label, body=body)
    session.add(message)
    changed = {"sent": 0, "waits": str(Waits.RESIDENT), "last_at": now, "closed_at": None}
    session.execute(update(Thread).where(Thread.id == thread.id).values(**changed))
    did(session, Action.CREATE, whose=thread.resident_id, what="mailbox.message", case_ref=str(notice.id)[:8])
    sending.tell(
        session,
        thread.resident_id,
        key=f"message:{message.id}",
        section=notice.section,
        title=N_("The section has answered your message"),
        body=N_("You wrote to us about a notice. Our answer stands below that notice: open it with the button."),
        facts={},
        says=Says.LETTER,
        link=f"/mailbox/{notice.id}",
    )


def close(session: Session, clerk: Actor, thread_id: UUID, *, seen: str) -> None:
    """The section ends the thread: nothing waits any more, and the resident writes no more here."""
    thread, notice, _ = _open_as_seen(session, clerk, thread_id, seen)
    changed = {"sent": 0, "waits": str(Waits.RESIDENT), "closed_at": clock.now()}
    session.execute(update(Thread).where(Thread.id == thread.id, Thread.closed_at.is_(None)).values(**changed))
    did(session, Action.CHANGE, whose=thread.resident_id, what="mailbox.message", case_ref=str(notice.id)[:8])
