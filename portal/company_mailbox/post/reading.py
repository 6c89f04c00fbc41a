"""One notice as a company reads it: who may, who did, and the course of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import AnyCompany as Company
from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyNotice as BusinessNotice
from portal.companies.service import AnyPerson as BusinessPerson
from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post.models import BusinessAct
from portal.company_mailbox.post.rules import Deed, Kind
from portal.company_mailbox.sendings import receipts
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, afterwards, did
from portal.core.ids import new_id
from portal.mailbox import service as mailbox

answers = mailbox.answer_rules


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice as a company reads it; title and body are msgids."""

    id: UUID
    company_id: UUID
    title: str
    body: str
    facts: Mapping[str, Any]
    link: str
    sender: str
    owner: str
    confidential: bool
    topic: str
    sent_at: datetime
    reason: str
    kind: Kind
    due_on: date | None
    choices: Mapping[str, Any]
    read_at: datetime | None
    waits: bool
    settled_at: datetime | None
    choice: int | None
    said: str
    archived_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_because: str

    @property
    def asks(self) -> bool:
        return self.kind is not Kind.INFORMATION

    @property
    def is_overdue(self) -> bool:
        return self.waits and self.due_on is not None and self.due_on < clock.today()

    @property
    def takes_messages(self) -> bool:
        return bool(self.owner and self.choices.get("thread"))

    @property
    def may_answer(self) -> bool:
        """Whether the page offers to answer (again)."""
        if not self.asks or self.withdrawn_at is not None:
            return False
        return answers.may_change(
            self.kind, self.choices, settled_at=self.settled_at, due_on=self.due_on, today=clock.today()
        )


def visible(standing: Standing) -> Any:
    """The condition of what *standing* may see of one company's mailbox."""
    return companies.may_see([standing])


def joined() -> Any:
    """(notice, delivery)."""
    return select(BusinessNotice, BusinessDelivery).join(
        BusinessDelivery, BusinessDelivery.notice_id == BusinessNotice.id
    )


def letter_of(notice: BusinessNotice, delivery: BusinessDelivery) -> Letter:
    return Letter(
        notice.id, delivery.company_id, notice.title, notice.body, companies.with_days(notice.facts), notice.link,
        notice.sender, notice.owner, notice.confidential, notice.topic, notice.sent_at, delivery.reason, Kind(notice.kind),
        notice.due_on, notice.choices, delivery.read_at, delivery.waits, delivery.settled_at, delivery.choice,
        delivery.said, delivery.archived_at, notice.withdrawn_at, notice.withdrawn_because,
    )  # fmt: skip


def open_letter(session: Session, standing: Standing, actor: Actor, notice_id: UUID) -> Letter:
    """Open one; which person opened it is kept, and the sender sees that the company has. Raises NoticeUnknown."""
    found = find(session, standing, notice_id)
    read = exists().where(
        BusinessAct.company_id == standing.company_id,
        BusinessAct.notice_id == notice_id,
        BusinessAct.person_id == actor.id,
        BusinessAct.what == str(Deed.READ),
    )
    if found.withdrawn_at is None and not session.scalar(select(read)):
        afterwards(session, lambda later: mark_read(later, standing, actor, [notice_id]))
    return found


def find(session: Session, standing: Standing, notice_id: UUID) -> Letter:
    """One that *standing* may see; nothing is marked. Raises NoticeUnknown."""
    row = session.execute(joined().where(visible(standing), BusinessNotice.id == notice_id)).first()
    if row is None:
        raise mailbox.notice_rules.NoticeUnknown
    return letter_of(row.BusinessNotice, row.BusinessDelivery)


def mark_read(session: Session, standing: Standing, actor: Actor, notice_ids: Sequence[UUID]) -> None:
    """Their text was shown to this person, or they called them read: for the sender the first time counts."""
    now = clock.now()
    for notice_id in notice_ids:
        first = session.execute(
            update(BusinessDelivery)
            .where(
                BusinessDelivery.notice_id == notice_id,
                BusinessDelivery.company_id == standing.company_id,
                BusinessDelivery.read_at.is_(None),
            )
            .values(read_at=now, read_by=actor.id)
        ).rowcount  # type: ignore[attr-defined]
        note(session, standing, actor, notice_id, Deed.READ)
        if first:
            receipts.note(session, notice_id, standing.company_id)
            did(session, Action.CHANGE, whose=standing.company_id, what="business_deliveries", case_ref=str(notice_id))


def note(session: Session, standing: Standing, actor: Actor, notice_id: UUID, what: Deed, **facts: Any) -> None:
    """One step of the course, with the person."""
    session.add(
        BusinessAct(
            id=new_id(), company_id=standing.company_id, notice_id=notice_id, person_id=actor.id, via=standing.via,
            what=str(what), facts=facts, at=clock.now(),
        )
    )  # fmt: skip
    session.flush()


def acts_of(session: Session, company_id: UUID, notice_id: UUID) -> Sequence[Any]:
    """(act, person's name, name of the agent's company) in order: the company sees who read and answered for it."""
    agent = Company
    return session.execute(
        select(BusinessAct, BusinessPerson.name, agent.name.label("agent"))
        .join(BusinessPerson, BusinessPerson.id == BusinessAct.person_id)
        .outerjoin(agent, agent.id == BusinessAct.via)
        .where(BusinessAct.company_id == company_id, BusinessAct.notice_id == notice_id)
        .order_by(BusinessAct.at, BusinessAct.id)
    ).all()
