"""To every mailbox: delivering in resumable chunks, and what the system tells one person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.db import Instant, insert_once, own_insert
from portal.core.ids import new_id
from portal.mailbox import rules
from portal.mailbox.channels import queueing
from portal.mailbox.channels.rules import Says
from portal.mailbox.composing import people
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind, State, Strength
from portal.residents import service as residents

DELIVER = "mailbox.deliver"


def promise(session: Session, number: int, *, after: UUID | None) -> None:
    """The worker fills the chunk of mailboxes past *after*."""
    payload = {"number": number, "after": str(after) if after else None}
    outbox.post(session, DELIVER, payload, key=f"{DELIVER}:{number}:{after}", lane=outbox.Lane.BULK)


def deliver(session: Session, payload: dict[str, Any], *, chunk_size: int | None = None) -> None:
    """Fill the mailboxes of one chunk (whoever fits of *chunk_size* residents, 50,000) and promise the next (worker).

    A chunk ends at a resident, whether they fit or not: conditions are worked out once a chunk, in the statement that
    fills it. They are asked then and there: who moved, died or came under 支援措置 since the sending gets nothing.
    Killed anywhere, the chunk happens wholly or not at all; done again, the primary key keeps it once.
    """
    notice = session.get_one(Notice, payload["number"])
    if notice.state == State.WITHDRAWN:  # it goes no further
        return
    after = UUID(payload["after"]) if payload["after"] else None
    last = residents.nth_id(session, chunk_size or rules.CHUNK, after=after)
    wanted = people.ids(notice, after=after, last=last)
    now = literal(clock.now(), Instant)
    rows = wanted.add_columns(literal(notice.number), now, literal(None, Instant))
    _fill(session, rows)
    queueing.put_all(session, notice.number, after=after, last=last)
    if last is not None:
        promise(session, notice.number, after=last)
        return
    ended = update(Notice).where(Notice.number == notice.number, Notice.state == State.SENDING)
    session.execute(ended.values(state=State.SENT))


def _fill(session: Session, rows: Select[Any]) -> None:
    """Put *rows* into mailboxes; of a chunk that was done before, what is not there yet. (To look for each row before it
    is written costs PostgreSQL a third more, and a chunk is done twice only after a lease ran out in the middle of it.)"""
    columns = ["resident_id", "notice_number", "delivered_at", "read_at"]
    try:
        with session.begin_nested():
            session.execute(insert(Delivery).from_select(columns, rows))
    except IntegrityError:
        session.execute(own_insert(session, Delivery).from_select(columns, rows).on_conflict_do_nothing())


# What every notice of the system's own is: plain, open to a password, asking for nothing.
OWN: dict[str, Any] = {
    "state": str(State.SENT),
    "procedure": "",
    "strength": int(Strength.PASSWORD),
    "choices": {},
    "segment": {},
}


def tell(
    session: Session,
    resident_id: UUID,
    *,
    key: str,
    section: str,
    title: str,
    body: str,
    facts: dict[str, Any],
    says: Says = Says.LETTER,
    kind: Kind = Kind.INFORMATION,
    link: str = "",
    about: str = "",
    late_at: datetime | None = None,
) -> None:
    """Put a notice of the system's own into one mailbox: *title* and *body* are msgids, *facts* fill their places.

    *says* is all that is told outside the mailbox, to who wants that, as long as what it is *about* still stands and
    not after *late_at*. The same *key* (an event's, say) tells once.
    """
    now = clock.now()
    told = {"key": key, "kind": str(kind), "section": section, "facts": facts, "link": link}
    row = {**told, "texts": {"msgid": {"title": title, "body": body}}, "written_at": now, "sent_at": now}
    if insert_once(session, Notice.__table__, {"id": new_id(), **OWN, **row}) == 0:  # type: ignore[arg-type]
        return
    number = session.scalars(select(Notice.number).where(Notice.key == key)).one()
    session.execute(insert(Delivery).values(resident_id=resident_id, notice_number=number, delivered_at=now))
    queueing.put(session, number, says, to=[resident_id], about=about, late_at=late_at)
