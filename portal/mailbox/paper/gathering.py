"""Letters are put together in the background: in chunks, killed anywhere and gone on with, each person once."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, exists, func, literal, select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.audit import Action, did
from portal.core.db import Instant, insert_once, own_insert
from portal.core.ids import new_id
from portal.mailbox import rules as mailbox_rules
from portal.mailbox.channels import rules as channels
from portal.mailbox.channels.models import Message
from portal.mailbox.channels.queueing import COLUMNS
from portal.mailbox.channels.rules import Channel, Reason, Says
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.paper import rules
from portal.mailbox.paper.models import LetterBatch
from portal.mailbox.paper.rules import State

GATHER = "mailbox.letters.gather"
NO_SYNC = {"synchronize_session": False}


def begin(session: Session, notice: Notice, *, law: str, section_id: UUID | None) -> None:
    """Promise letters, for that section to print, to all who have not read *notice*, or to everybody where *law* asks for
    paper. Once a notice."""
    batch_id = new_id()
    row = {
        "id": batch_id,
        "notice_number": notice.number,
        "section_id": section_id,
        "law": law,
        "state": str(State.GATHERING),
        "made_at": clock.now(),
        "letters": 0,
        "yen": 0,
    }
    if insert_once(session, LetterBatch.__table__, row) == 0:  # type: ignore[arg-type]
        return
    did(session, Action.CREATE, whose=None, what="mailbox.letters", case_ref=str(notice.id)[:8])
    _promise(session, batch_id, after=None)


def _promise(session: Session, batch_id: UUID, *, after: UUID | None) -> None:
    payload = {"batch": str(batch_id), "after": str(after) if after else None}
    outbox.post(session, GATHER, payload, key=f"{GATHER}:{batch_id}:{after}", lane=outbox.Lane.BULK)


def gather(session: Session, payload: dict[str, Any], *, chunk_size: int | None = None) -> None:
    """One chunk of those who get a letter, by one statement (worker); the next is promised with it."""
    batch = session.get_one(LetterBatch, UUID(payload["batch"]))
    after, size = UUID(payload["after"]) if payload["after"] else None, chunk_size or mailbox_rules.CHUNK
    wanted = _wanted(batch, after)
    last = session.scalar(wanted.offset(size - 1).limit(1))
    chunk, now = wanted.limit(size).subquery(), clock.now()
    values = {
        "notice_number": literal(batch.notice_number),
        "resident_id": chunk.c.resident_id,
        "channel": literal(str(Channel.PAPER)),
        "says": literal(str(Says.LETTER)),
        "about": literal(""),
        "lane": literal(channels.PAPER_LANE),
        "state": literal(str(channels.State.QUEUED)),
        "reason": literal(""),
        "queued_at": literal(now, Instant),
        "due_at": literal(now, Instant),
        "late_at": literal(now + rules.KEPT, Instant),
        "attempts": literal(0),
    }
    rows = select(*(values[name] for name in COLUMNS)).select_from(chunk).where(literal(True))
    session.execute(own_insert(session, Message).from_select(COLUMNS, rows).on_conflict_do_nothing())
    if last is not None:
        _promise(session, batch.id, after=last)
        return
    batch.state = str(State.READY if waiting(session, batch) else State.NEEDLESS)


def _wanted(batch: LetterBatch, after: UUID | None) -> Select[UUID]:
    query = select(Delivery.resident_id).where(Delivery.notice_number == batch.notice_number)
    if not batch.law:
        query = query.where(Delivery.read_at.is_(None))
    return (query.where(Delivery.resident_id > after) if after else query).order_by(Delivery.resident_id)


def of_batch(batch: LetterBatch) -> tuple[Any, ...]:
    """The conditions of its messages that still wait."""
    waits = (Message.channel == str(Channel.PAPER), Message.state == str(channels.State.QUEUED))
    return (Message.notice_number == batch.notice_number, *waits)


def waiting(session: Session, batch: LetterBatch) -> int:
    """How many letters would be printed now."""
    read = _read() if not batch.law else literal(False)
    return session.scalar(select(func.count()).select_from(Message).where(*of_batch(batch), ~read)) or 0


def _read() -> Any:
    return exists().where(
        Delivery.resident_id == Message.resident_id,
        Delivery.notice_number == Message.notice_number,
        Delivery.read_at.is_not(None),
    )


def cancel_read(session: Session, batch: LetterBatch | None = None) -> None:
    """Who has read it meanwhile gets no letter: of one batch, or of all that are not printed yet (worker, hourly). Nor
    does anybody where the notice was withdrawn."""
    wanted = LetterBatch.id == batch.id if batch else LetterBatch.state == str(State.READY)
    among = select(LetterBatch.notice_number).where(wanted)
    waits = (Message.channel == str(Channel.PAPER), Message.state == str(channels.State.QUEUED))
    now = clock.now()
    read = among.where(LetterBatch.law == "")
    _end(session, (*waits, Message.notice_number.in_(read), _read()), Reason.READ, now)
    gone = select(Notice.number).where(Notice.number.in_(among), Notice.state == mailbox_rules.WITHDRAWN)
    _end(session, (*waits, Message.notice_number.in_(gone)), Reason.OVER, now)


def _end(session: Session, which: tuple[Any, ...], why: Reason, now: Any) -> None:
    values = {"state": str(channels.State.SKIPPED), "reason": str(why), "settled_at": now}
    session.execute(update(Message).where(*which).values(**values), execution_options=NO_SYNC)


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Forget letters after a year, with their lines in the notices' courses (worker, daily)."""
    before = clock.now() - rules.KEPT
    old = select(LetterBatch.notice_number).where(LetterBatch.made_at < before)
    session.execute(
        delete(Message).where(Message.channel == str(Channel.PAPER), Message.notice_number.in_(old)),
        execution_options=NO_SYNC,
    )
    session.execute(delete(LetterBatch).where(LetterBatch.made_at < before), execution_options=NO_SYNC)
