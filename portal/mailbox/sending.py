"""From a draft to every mailbox: writing, counting, sending, delivering in resumable chunks."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import Instant, insert_once
from portal.core.ids import new_id
from portal.mailbox import rules
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind, State
from portal.residents import service as residents
from portal.residents.service import Segment

DELIVER = "mailbox.deliver"


def write(
    session: Session,
    author: Actor,
    *,
    kind: Kind,
    texts: dict[str, dict[str, str]],
    segment: Segment,
    due_on: date | None = None,
    procedure: str = "",
) -> Notice:
    """Keep a draft; *texts* needs Japanese, other languages fall back to it."""
    rules.check_due(kind, due_on, clock.today())
    notice = Notice(
        kind=kind,
        state=State.DRAFT,
        section=_section_name(author),
        section_id=author.section,
        author_id=author.id,
        texts=texts,
        due_on=due_on,
        procedure=procedure,
        segment=asdict(segment),
        written_at=clock.now(),
    )
    session.add(notice)
    session.flush()
    return notice


def _section_name(clerk: Actor) -> str:
    """What readers are told: "office section", the clerk's label without the staff number."""
    return clerk.label.rpartition(" ")[0]


def draft_of(session: Session, clerk: Actor, notice_id: UUID) -> Notice:
    """A notice of the clerk's own section, in whatever state; who has no section has none."""
    query = select(Notice).where(Notice.id == notice_id, Notice.section_id == clerk.section)
    notice = session.scalars(query).one_or_none() if clerk.section else None
    if notice is None:
        raise rules.NoticeUnknown
    return notice


def reach(session: Session, notice: Notice) -> int:
    """How many mailboxes the draft would reach now. Opens nobody's data, but a number for a small group can tell
    of one person: who counted which draft is on record."""
    did(session, Action.LOOK, whose=None, what="mailbox.reach", case_ref=str(notice.id))
    return residents.count_segment(session, Segment(**notice.segment))


def send(session: Session, notice: Notice) -> None:
    """Hand the notice to the worker, once, however often the button is pressed."""
    if reach(session, notice) == 0:
        raise rules.NobodyReached
    rules.check_due(Kind(notice.kind), notice.due_on, clock.today())
    taken = session.execute(
        update(Notice)
        .where(Notice.number == notice.number, Notice.state == State.DRAFT)
        .values(state=State.SENDING, sent_at=clock.now())
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise rules.AlreadySent
    did(session, Action.CREATE, whose=None, what="mailbox.notice", case_ref=str(notice.id))
    _promise(session, notice.number, after=None)


def _promise(session: Session, number: int, *, after: UUID | None) -> None:
    payload = {"number": number, "after": str(after) if after else None}
    outbox.post(session, DELIVER, payload, key=f"{DELIVER}:{number}:{after}", lane=outbox.Lane.BULK)


def deliver(session: Session, payload: dict[str, Any], *, chunk_size: int = rules.CHUNK) -> None:
    """Fill one chunk of mailboxes (*chunk_size* residents) by one statement and promise the next (worker).

    Killed anywhere, the chunk happens wholly or not at all; done again, the primary key keeps it once.
    """
    notice = session.get_one(Notice, payload["number"])
    after = UUID(payload["after"]) if payload["after"] else None
    wanted = residents.segment_ids(Segment(**notice.segment), after=after)
    last = session.scalar(wanted.offset(chunk_size - 1).limit(1))
    chunk = wanted.limit(chunk_size).subquery()
    rows = select(
        chunk.c.id, literal(notice.number), literal(clock.now(), Instant), literal(None, Instant)
    ).select_from(chunk)
    columns = ["resident_id", "notice_number", "delivered_at", "read_at"]
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    # SQLite reads ON CONFLICT after a bare SELECT as a join: the WHERE tells them apart.
    statement = dialect.insert(Delivery).from_select(columns, rows.where(literal(True)))
    session.execute(statement.on_conflict_do_nothing())
    if last is not None:
        _promise(session, notice.number, after=last)
        return
    session.execute(update(Notice).where(Notice.number == notice.number).values(state=State.SENT))


def tell(
    session: Session,
    resident_id: UUID,
    *,
    key: str,
    section: str,
    title: str,
    body: str,
    facts: dict[str, Any],
    kind: Kind = Kind.INFORMATION,
    link: str = "",
) -> None:
    """Put a notice of the system's own into one mailbox: *title* and *body* are msgids, *facts* fill their places.

    The same *key* (an event's, say) tells once.
    """
    now = clock.now()
    row = {
        "id": new_id(),
        "key": key,
        "kind": str(kind),
        "state": str(State.SENT),
        "section": section,
        "texts": {"msgid": {"title": title, "body": body}},
        "facts": facts,
        "link": link,
        "procedure": "",
        "segment": {},
        "written_at": now,
        "sent_at": now,
    }
    if insert_once(session, Notice.__table__, row) == 0:  # type: ignore[arg-type]
        return
    number = session.scalars(select(Notice.number).where(Notice.key == key)).one()
    session.execute(insert(Delivery).values(resident_id=resident_id, notice_number=number, delivered_at=now))


def numbers(session: Session, notice: Notice) -> tuple[int, int]:
    """(delivered, read) so far."""
    query = select(func.count(), func.count(Delivery.read_at)).where(Delivery.notice_number == notice.number)
    delivered, read = session.execute(query).one()
    return delivered, read
