"""Answers: the door of this part of the room for residents and for what the section sees of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.mailbox import opening
from portal.mailbox.answering import reminding, rules, threads
from portal.mailbox.batches import receipts
from portal.mailbox.models import Act, Dealing, Delivery, Notice
from portal.mailbox.opening import Reader
from portal.mailbox.rules import Deed, Kind

LISTED = 20

thread_of = threads.of_resident
write_message = threads.write
waiting_threads = threads.waiting
threads_of_section = threads.of_section
open_thread = threads.open_thread
answer_message = threads.answer
close_thread = threads.close
newest_of = threads.newest_of
remind = reminding.remind
deliver_reminder = reminding.deliver
REMIND = reminding.REMIND


def settle(
    session: Session, reader: Reader, notice_id: UUID, *, choice: int | None = None, words: str = ""
) -> Deed | None:
    """Confirm, answer or call done, once; None when it was so already. The text was open to who does it."""
    opening.check_acts(reader)
    opened = opening.open_text(session, reader, notice_id)
    notice, kind = opened.notice, Kind(opened.notice.kind)
    deed = rules.check_answer(kind, notice.choices, choice)
    dealing = opening.dealing_of(session, reader.owner, notice.number)
    words = words if notice.choices.get("text") else ""
    if dealing.settled_at and (kind is not Kind.REPLY or (dealing.choice, dealing.words) == (choice, words)):
        return None
    _check_open(notice, dealing)
    deed = Deed.CHANGED if dealing.settled_at else deed
    dealing.settled_at, dealing.settled_by = clock.now(), reader.actor
    dealing.choice, dealing.words = (choice, words) if kind is Kind.REPLY else (None, "")
    facts = {"choice": choice} if kind is Kind.REPLY else {}
    opening.note(session, reader, notice.number, deed, **facts)
    receipts.note_answer(session, reader.owner, notice.number, dealing.settled_at, dealing.choice)
    did(session, Action.CHANGE, whose=reader.owner, what="mailbox.answer", case_ref=str(notice.id)[:8])
    return deed


def _check_open(notice: Notice, dealing: Dealing) -> None:
    kind, today = Kind(notice.kind), clock.today()
    facts = {"settled_at": dealing.settled_at, "due_on": notice.due_on}
    if not rules.may_change(kind, notice.choices, today=today, **facts):  # type: ignore[arg-type]
        raise rules.AnswerFixed if dealing.settled_at else rules.AnswersClosed


def may_answer(opened: opening.Opened) -> bool:
    """Whether the page offers to answer (again)."""
    notice, dealing = opened.notice, opened.settled
    if opened.is_hidden or opened.is_withdrawn or Kind(notice.kind) is Kind.INFORMATION:
        return False
    settled_at = dealing.settled_at if dealing else None
    return rules.may_change(
        Kind(notice.kind), notice.choices, settled_at=settled_at, due_on=notice.due_on, today=clock.today()
    )


def undo(session: Session, reader: Reader, notice_id: UUID) -> None:
    """A task called done is to do again; nothing else can be taken back."""
    opening.check_acts(reader)
    notice = opening.open_text(session, reader, notice_id).notice
    if notice.kind != Kind.TASK:
        raise rules.NothingAsked
    dealing = opening.dealing_of(session, reader.owner, notice.number)
    if dealing.settled_at is None:
        return
    dealing.settled_at = dealing.settled_by = None
    opening.note(session, reader, notice.number, Deed.UNDONE)
    receipts.note_undone(session, reader.owner, notice.number)
    did(session, Action.CHANGE, whose=reader.owner, what="mailbox.answer", case_ref=str(notice.id)[:8])


def acts_of(session: Session, owner: UUID, number: int) -> list[Act]:
    """The steps of the notice's course in one mailbox, as they happened."""
    query = select(Act).where(Act.resident_id == owner, Act.notice_number == number)
    return list(session.scalars(query.order_by(Act.id)))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a section sees of its notice: how many did what was asked, how many chose which answer."""

    delivered: int
    read: int
    settled: int
    by_choice: dict[int, int]


def standing(session: Session, notice: Notice) -> Standing:
    """Counts only: opens nobody's data."""
    counted = select(func.count(), func.count(Delivery.read_at)).where(Delivery.notice_number == notice.number)
    delivered, read = session.execute(counted).one()
    answered = (
        select(Dealing.choice, func.count())
        .where(Dealing.notice_number == notice.number, Dealing.settled_at.is_not(None))
        .group_by(Dealing.choice)
    )
    counts = [(choice, number) for choice, number in session.execute(answered)]
    by_choice = {choice: number for choice, number in counts if choice is not None}
    return Standing(delivered, read, sum(number for _, number in counts), by_choice)


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of a section's list; the resident by id only."""

    resident_id: UUID
    read_at: datetime | None
    settled_at: datetime | None
    choice: int | None
    words: str


def answers(
    session: Session, notice: Notice, *, settled: bool, after: UUID | None = None
) -> tuple[list[Answer], UUID | None]:
    """Who did what was asked (*settled*), or who has not yet, in the order of their ids; and where the next page begins."""
    same = and_(Dealing.resident_id == Delivery.resident_id, Dealing.notice_number == Delivery.notice_number)
    is_settled = Dealing.settled_at.is_not(None)
    query = (
        select(Delivery.resident_id, Delivery.read_at, Dealing.settled_at, Dealing.choice, Dealing.words)
        .outerjoin(Dealing, same)
        .where(Delivery.notice_number == notice.number, is_settled if settled else Dealing.settled_at.is_(None))
        .order_by(Delivery.resident_id)
        .limit(LISTED + 1)
    )
    if after is not None:
        query = query.where(Delivery.resident_id > after)
    found = [Answer(*row[:4], row[4] or "") for row in session.execute(query)]
    return found[:LISTED], found[LISTED - 1].resident_id if len(found) > LISTED else None


def delivery_of(session: Session, notice: Notice, resident_id: UUID) -> Delivery:
    """One mailbox's copy, for the section's page of its course."""
    delivery = session.get(Delivery, (resident_id, notice.number))
    if delivery is None:
        raise rules.ThreadUnknown
    return delivery
