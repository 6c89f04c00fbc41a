"""What became of a batch: noted where it happens, put in order by the worker, asked for or told by webhook."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.mailbox.batches import rules
from portal.mailbox.batches.models import UNTOLD, Batch, Receipt, ReceiptTurn, Recipient, Webhook
from portal.mailbox.batches.rules import TOLD, What

COLLECT = "mailbox.batches.collect"
TELL = "mailbox.batches.tell"
AT_ONCE = 5_000
NO_SYNC = {"synchronize_session": False}


class Told(NamedTuple):
    """One receipt as a system reads it: `recipient` is how it named the person, or its own reference."""

    number: int
    notice: UUID
    recipient: str
    event: str
    choice: int | None
    at: datetime


def note_read(session: Session, resident_id: UUID, notice_number: int, at: datetime) -> None:
    """Somebody opened a notice: if it is of a batch, its system will be told."""
    of_it = (Recipient.resident_id == resident_id, Recipient.notice_number == notice_number)
    session.execute(
        update(Recipient).where(*of_it, Recipient.read_at.is_(None)).values(read_at=at, untold=True),
        execution_options=NO_SYNC,
    )


def note_answer(session: Session, resident_id: UUID, notice_number: int, at: datetime, choice: int | None) -> None:
    """Somebody confirmed, answered (`choice` is a place in the options) or called done; each change is told."""
    of_it = (Recipient.resident_id == resident_id, Recipient.notice_number == notice_number)
    again = Recipient.told.op("&")(~TOLD[What.ANSWERED] & 0xFF)
    session.execute(
        update(Recipient).where(*of_it).values(answered_at=at, choice=choice, told=again, untold=True),
        execution_options=NO_SYNC,
    )


def note_undone(session: Session, resident_id: UUID, notice_number: int) -> None:
    """Somebody took back that it is done: told where "answered" was told."""
    of_it = (Recipient.resident_id == resident_id, Recipient.notice_number == notice_number)
    session.execute(
        update(Recipient).where(*of_it).values(answered_at=None, choice=None, untold=True), execution_options=NO_SYNC
    )


def collect(session: Session, _payload: dict[str, Any]) -> None:
    """Write down in order what systems were not told yet (worker, every ten seconds). Only here do numbers come to be,
    one worker at a time until its commit: whoever asks for what came after a number misses nothing."""
    session.execute(update(ReceiptTurn).values(taken=ReceiptTurn.taken + 1), execution_options=NO_SYNC)
    query = (
        select(Recipient, Batch.client_id)
        .join(Batch, Batch.id == Recipient.batch_id)
        .where(Recipient.untold, UNTOLD)
        .limit(AT_ONCE)
    )
    found = session.execute(query.with_for_update(of=Recipient, skip_locked=True)).all()
    rows = [row for person, client_id in found for row in _news(person, client_id)]
    if not rows:
        return
    session.execute(insert(Receipt.__table__), rows)  # type: ignore[arg-type]
    session.flush()
    newest = session.scalar(select(func.max(Receipt.number)))
    for client_id in {client_id for _person, client_id in found}:
        promise_telling(session, client_id, f"up to {newest}")
    if len(found) == AT_ONCE:
        outbox.post(session, COLLECT, {}, lane=outbox.Lane.BULK)


def _news(person: Recipient, client_id: UUID) -> list[dict[str, Any]]:
    """What was not told of one person, in the order in which it can have happened."""
    happened = {
        What.DELIVERED: person.delivered_at,
        What.READ: person.read_at,
        What.ANSWERED: person.answered_at,
    }
    news = [(what, at) for what, at in happened.items() if at is not None and not person.told & TOLD[what]]
    person.told, person.untold = person.told | sum(TOLD[what] for what, _at in news), False
    if person.answered_at is None and person.told & TOLD[What.ANSWERED]:
        person.told &= ~TOLD[What.ANSWERED]
        news.append((What.UNDONE, clock.now()))
    of_it = {"client_id": client_id, "batch_id": person.batch_id, "resident_id": person.resident_id}
    return [
        {**of_it, "what": str(what), "at": at, "choice": person.choice if what is What.ANSWERED else None}
        for what, at in news
    ]


def promise_telling(session: Session, client_id: UUID, why: str) -> None:
    """If the system wants to be told by webhook: once for each reason."""
    if session.get(Webhook, client_id) is not None:
        outbox.post(session, TELL, {"client": str(client_id)}, key=f"{TELL}:{client_id}:{why}")


def after(session: Session, client_id: UUID, number: int, *, most: int = rules.RECEIPTS_PAGE) -> list[Told]:
    """What happened after receipt *number*, in its order."""
    query = (
        select(Receipt.number, Receipt.batch_id, Recipient.told_as, Receipt.what, Receipt.choice, Receipt.at)
        .join(
            Recipient,
            (Recipient.batch_id == Receipt.batch_id) & (Recipient.resident_id == Receipt.resident_id),
        )
        .where(Receipt.client_id == client_id, Receipt.number > number)
        .order_by(Receipt.number)
        .limit(most)
    )
    return [Told(*row) for row in session.execute(query)]


def shown(told: Sequence[Told]) -> list[dict[str, Any]]:
    return [
        {
            "number": one.number,
            "notice": str(one.notice),
            "recipient": one.recipient,
            "event": one.event,
            "choice": one.choice,
            "at": one.at.isoformat(),
        }
        for one in told
    ]


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Remove batches and what was told of them after 90 days (worker, daily): the notices stay in the mailboxes."""
    before = clock.now() - rules.KEPT
    old = select(Batch.id).where(Batch.written_at < before, Batch.state.in_(("sent", "cancelled")))
    for table in (Receipt, Recipient):
        session.execute(delete(table).where(table.batch_id.in_(old)), execution_options=NO_SYNC)
    done = (Batch.written_at < before, Batch.state.in_(("sent", "cancelled")))
    session.execute(delete(Batch).where(*done), execution_options=NO_SYNC)
