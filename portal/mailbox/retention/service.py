"""What is over its time goes: every day, in parts, each part a transaction of its own; whoever writes meanwhile keeps it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.audit import Action, did
from portal.mailbox.answering.models import Message, Thread
from portal.mailbox.attachments import service as attachments
from portal.mailbox.attachments.models import Attachment
from portal.mailbox.composing import drafts
from portal.mailbox.composing.models import Plan
from portal.mailbox.composing.rules import NotADraft
from portal.mailbox.models import Act, Dealing, Notice
from portal.mailbox.retention import rules
from portal.mailbox.retention.rules import What
from portal.mailbox.rules import Deed, State

Forget = Callable[[Session, datetime, int], int]
FORGET = "mailbox.forget-written"
# One transaction's share: writers on SQLite wait at most for one part.
PART = 500
NO_SYNC = {"synchronize_session": False}
ANSWERS = (str(Deed.ANSWERED), str(Deed.CHANGED))


def forget_old(session: Session, payload: dict[str, Any], *, part: int = PART) -> None:
    """One part of what is over its time (worker, daily); as long as a part is full, the next is promised."""
    forget_parts(session, _FORGET, again=FORGET, part=part)


def forget_parts(session: Session, forget: Mapping[What, Forget], *, again: str, part: int) -> None:
    """One part of each kind of writing that is over its time; *again* is the promise of the next."""
    now, times = clock.now(), rules.retention()
    full = [of_kind(session, now - times[what], part) == part for what, of_kind in forget.items()]
    if any(full):
        outbox.post(session, again, {}, lane=outbox.Lane.BULK)


def _drafts(session: Session, before: datetime, part: int) -> int:
    """Drafts nobody wrote on: with their lists of people and their files. Who writes on one meanwhile keeps it."""
    query = select(Plan.notice_number).join(Notice, Notice.number == Plan.notice_number)
    old = session.scalars(query.where(Notice.state == State.DRAFT, Plan.saved_at < before).limit(part)).all()
    for number in old:
        notice = session.get_one(Notice, number)
        try:
            drafts.lock_draft(session, notice)
        except NotADraft:
            continue
        if session.scalar(select(Plan.notice_number).where(Plan.notice_number == number, Plan.saved_at < before)):
            did(session, Action.DELETE, whose=None, what="mailbox.draft", case_ref=str(notice.id)[:8])
            drafts.discard(session, notice)
    return len(old)


def _answers(session: Session, before: datetime, part: int) -> int:
    """What was chosen and added; that something was answered, and when, stays."""
    says = or_(Dealing.choice.is_not(None), Dealing.words != "")
    query = select(Dealing.resident_id, Dealing.notice_number).where(Dealing.settled_at < before, says)
    old = session.execute(query.limit(part).with_for_update(skip_locked=True)).all()
    if old:
        keys = [tuple(row) for row in old]
        which = tuple_(Dealing.resident_id, Dealing.notice_number).in_(keys)
        session.execute(update(Dealing).where(which).values(choice=None, words=""), execution_options=NO_SYNC)
        said = tuple_(Act.resident_id, Act.notice_number).in_(keys), Act.what.in_(ANSWERS)
        session.execute(update(Act).where(*said).values(facts={}), execution_options=NO_SYNC)
    _put_on_record(session, "mailbox.answer", [row.resident_id for row in old])
    return len(old)


def _messages(session: Session, before: datetime, part: int) -> int:
    """Whole threads. One that somebody writes in at this moment is locked, and is not old any more afterwards."""
    query = select(Thread.resident_id, Thread.notice_number).where(Thread.last_at < before)
    old = session.execute(query.limit(part).with_for_update(skip_locked=True)).all()
    keys = [tuple(row) for row in old]
    for table in (Message, Thread) if keys else ():
        which = tuple_(table.resident_id, table.notice_number).in_(keys)
        session.execute(delete(table).where(which), execution_options=NO_SYNC)
    _put_on_record(session, "mailbox.message", [row.resident_id for row in old])
    return len(old)


def _attachments(session: Session, before: datetime, part: int) -> int:
    """Files of notices that were sent long ago; the text stays."""
    query = select(Notice).where(Notice.sent_at < before, Notice.number.in_(select(Attachment.notice_number)))
    old = session.scalars(query.limit(part)).all()
    for notice in old:
        attachments.drop_all(session, notice)
        did(session, Action.DELETE, whose=None, what="mailbox.file", case_ref=str(notice.id)[:8])
    return len(old)


def _put_on_record(session: Session, what: str, owners: Sequence[Any]) -> None:
    for owner in owners:
        did(session, Action.DELETE, whose=owner, what=what)


_FORGET: dict[What, Forget] = {
    What.DRAFT: _drafts,
    What.ANSWER: _answers,
    What.MESSAGE: _messages,
    What.ATTACHMENT: _attachments,
}
