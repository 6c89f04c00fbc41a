"""Messages about a notice: a person of the company writes, the body that sent it answers. Who wrote is kept and shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import AnyCompany as Company
from portal.companies.service import AnyNotice as BusinessNotice
from portal.companies.service import AnyPerson as BusinessPerson
from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post import attaching, reading
from portal.company_mailbox.post.models import BusinessMessage, BusinessThread
from portal.company_mailbox.post.rules import Waits
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did, looked
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.words import N_
from portal.mailbox import service as mailbox

LISTED = 50
answers = mailbox.answer_rules
ANSWERED = (
    N_("%(sender)s has answered your message"),
    N_("You wrote about a notice. The answer stands below that notice: open it with the button."),
)


@dataclass(frozen=True, slots=True)
class Said:
    """A message with its author's name (the company's side) and its files."""

    message: BusinessMessage
    name: str
    files: Sequence[attaching.Listed]


@dataclass(frozen=True, slots=True)
class Talk:
    """A thread with its messages, oldest first; `thread` is None before the first."""

    thread: BusinessThread | None
    messages: list[Said]

    @property
    def is_closed(self) -> bool:
        return self.thread is not None and self.thread.closed_at is not None

    @property
    def may_write(self) -> bool:
        """Whether the company's next message would be taken."""
        if self.thread is None:
            return True
        full = len(self.messages) >= answers.MOST_MESSAGES
        return not self.is_closed and self.thread.sent < answers.MOST_WAITING and not full

    @property
    def newest(self) -> str:
        """The company's last message as one word ("": none): what a member has seen who answers now."""
        return next((str(one.message.id) for one in reversed(self.messages) if not one.message.author_label), "")


def talk(session: Session, company_id: UUID, notice_id: UUID) -> Talk:
    """The messages of one company about one notice."""
    mine = (BusinessThread.company_id == company_id, BusinessThread.notice_id == notice_id)
    thread = session.scalar(select(BusinessThread).where(*mine).execution_options(populate_existing=True))
    return Talk(thread, _messages(session, thread.id) if thread else [])


def _messages(session: Session, thread_id: UUID) -> list[Said]:
    rows = session.execute(
        select(BusinessMessage, BusinessPerson.name)
        .outerjoin(BusinessPerson, BusinessPerson.id == BusinessMessage.person_id)
        .where(BusinessMessage.thread_id == thread_id)
        .order_by(BusinessMessage.at, BusinessMessage.id)
    ).all()
    files = attaching.of_cases(session, [message.id for message, _name in rows])
    return [Said(message, name or "", files.get(message.id, ())) for message, name in rows]


def write(
    session: Session, standing: Standing, actor: Actor, notice_id: UUID, body: str, sent: attaching.Sent = attaching.NOTHING
) -> UUID:  # fmt: skip
    """A message of the company's, with files. Raises NoticeUnknown, NoMessages, ThreadClosed, MessagesWait, ThreadFull."""
    letter = reading.find(session, standing, notice_id)
    if not letter.takes_messages or letter.withdrawn_at is not None:
        raise answers.NoMessages
    now = clock.now()
    mine = (BusinessThread.company_id == standing.company_id, BusinessThread.notice_id == notice_id)
    begun = {
        "id": new_id(), "notice_id": notice_id, "company_id": standing.company_id, "owner": letter.owner, "sent": 0,
        "waits": str(Waits.BODY), "last_at": now,
    }  # fmt: skip
    insert_once(session, BusinessThread.__table__, begun)  # type: ignore[arg-type]
    taken = session.execute(
        update(BusinessThread)
        .where(*mine, BusinessThread.closed_at.is_(None), BusinessThread.sent < answers.MOST_WAITING)
        .values(sent=BusinessThread.sent + 1, waits=str(Waits.BODY), last_at=now)
    )
    thread = session.scalars(select(BusinessThread).where(*mine).execution_options(populate_existing=True)).one()
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise answers.ThreadClosed if thread.closed_at else answers.MessagesWait(most=answers.MOST_WAITING)
    return _add(session, thread, body, sent, person_id=actor.id, author_label="")


def _add(
    session: Session,
    thread: BusinessThread,
    body: str,
    sent: attaching.Sent,
    *,
    most: int = answers.MOST_MESSAGES,
    **who: Any,
) -> UUID:
    there = select(func.count()).where(BusinessMessage.thread_id == thread.id)
    if (session.scalar(there) or 0) >= most:
        raise answers.ThreadFull
    message = BusinessMessage(id=new_id(), thread_id=thread.id, at=clock.now(), body=body, **who)
    session.add(message)
    session.flush()
    attaching.attach_to_message(session, sent, thread, message.id)
    did(session, Action.CREATE, whose=thread.company_id, what="business_messages", case_ref=str(thread.notice_id)[:8])
    return message.id


def waiting(session: Session, owner: str) -> int:
    """How many threads wait for that body."""
    mine = (BusinessThread.owner == owner, BusinessThread.waits == str(Waits.BODY), BusinessThread.closed_at.is_(None))
    return session.scalar(select(func.count()).where(*mine)) or 0


def of_body(session: Session, owner: str, *, waits: Waits, notice_id: UUID | None = None) -> Sequence[Any]:
    """(thread, notice, company's name and number): what waits for the body longest first, what it answered last first."""
    order = BusinessThread.last_at if waits is Waits.BODY else BusinessThread.last_at.desc()
    query = (
        select(BusinessThread, BusinessNotice, Company.name, Company.key)
        .join(BusinessNotice, BusinessNotice.id == BusinessThread.notice_id)
        .join(Company, Company.id == BusinessThread.company_id)
        .where(BusinessThread.owner == owner, BusinessThread.waits == str(waits))
    )
    if notice_id is not None:
        query = query.where(BusinessThread.notice_id == notice_id)
    return session.execute(query.order_by(order, BusinessThread.id).limit(LISTED)).all()


def open_thread(session: Session, owner: str, thread_id: UUID) -> tuple[BusinessThread, BusinessNotice, list[Said]]:
    """One thread of that body; that it was opened is on record for the company. Raises ThreadUnknown."""
    found = session.execute(
        select(BusinessThread, BusinessNotice)
        .join(BusinessNotice, BusinessNotice.id == BusinessThread.notice_id)
        .where(BusinessThread.id == thread_id, BusinessThread.owner == owner)
    ).one_or_none()
    if found is None or not owner:
        raise answers.ThreadUnknown
    thread, notice = found
    looked(session, whose=thread.company_id, what="business_messages", case_ref=str(notice.id)[:8])
    return thread, notice, _messages(session, thread.id)


def _as_seen(session: Session, owner: str, thread_id: UUID, seen: str) -> tuple[BusinessThread, BusinessNotice]:
    """The thread, locked against new messages; raises MessageCrossed where one came that was not *seen*."""
    session.execute(select(BusinessThread.id).where(BusinessThread.id == thread_id).with_for_update())
    thread, notice, said = open_thread(session, owner, thread_id)
    if Talk(thread, said).newest != seen:
        raise answers.MessageCrossed
    return thread, notice


def answer(
    session: Session, member: Actor, owner: str, thread_id: UUID, body: str, *, seen: str,
    sent: attaching.Sent = attaching.NOTHING,
) -> None:  # fmt: skip
    """The body writes back to what it has *seen*; the company is told. Opens a closed thread."""
    thread, notice = _as_seen(session, owner, thread_id, seen)
    most = answers.MOST_MESSAGES + answers.MOST_WAITING
    label = member.label or notice.sender
    message = _add(session, thread, body, sent, most=most, author_id=member.id, author_label=label)
    changed = {"sent": 0, "waits": str(Waits.COMPANY), "last_at": clock.now(), "closed_at": None}
    session.execute(update(BusinessThread).where(BusinessThread.id == thread.id).values(**changed))
    companies.tell(
        session, [(thread.company_id, "")], key=f"message:{message}", text=ANSWERED, facts={"sender": notice.sender},
        link=f"/business/mailbox/{notice.id}", sender=notice.sender, confidential=notice.confidential,
        topic=notice.topic,
    )  # fmt: skip


def close(session: Session, owner: str, thread_id: UUID, *, seen: str) -> None:
    """The body ends the thread: nothing waits any more, and the company writes no more here."""
    thread, notice = _as_seen(session, owner, thread_id, seen)
    changed = {"sent": 0, "waits": str(Waits.COMPANY), "closed_at": clock.now()}
    open_one = (BusinessThread.id == thread.id, BusinessThread.closed_at.is_(None))
    session.execute(update(BusinessThread).where(*open_one).values(**changed))
    did(session, Action.CHANGE, whose=thread.company_id, what="business_messages", case_ref=str(notice.id)[:8])
