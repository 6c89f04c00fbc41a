"""A company confirms, answers or calls done; it is reminded before the due date."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyNotice as BusinessNotice
from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post import reading
from portal.company_mailbox.post.rules import Deed, Kind
from portal.company_mailbox.sendings import receipts
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.words import N_
from portal.mailbox import service as mailbox

answers = mailbox.answer_rules
NEAR = (
    N_("Due soon: %(title)s"),
    N_("%(sender)s asks your company for something by %(due_on)s, and it is still open: %(title)s"),
)


def settle(
    session: Session, standing: Standing, actor: Actor, notice_id: UUID, *, choice: int | None = None, words: str = ""
) -> Deed | None:
    """Confirm, answer or call done, once; None when it was so already. Raises NoticeUnknown, NoticeWithdrawn, NothingAsked,
    ChoiceMissing, AnswerFixed, AnswersClosed."""
    found = reading.find(session, standing, notice_id)
    if found.withdrawn_at is not None:
        raise mailbox.notice_rules.NoticeWithdrawn
    deed = answers.check_answer(found.kind, found.choices, choice)
    mine = (BusinessDelivery.notice_id == notice_id, BusinessDelivery.company_id == standing.company_id)
    delivery = session.scalars(
        select(BusinessDelivery).where(*mine).with_for_update().execution_options(populate_existing=True)
    ).one()
    words = words if found.choices.get("text") else ""
    is_reply = found.kind is Kind.REPLY
    if delivery.settled_at and (not is_reply or (delivery.choice, delivery.said) == (choice, words)):
        return None
    _check_open(found, delivery)
    deed = Deed.CHANGED if delivery.settled_at else deed
    now = clock.now()
    delivery.settled_at, delivery.settled_by, delivery.waits = now, actor.id, False
    delivery.choice, delivery.said = (choice, words) if is_reply else (None, "")
    if delivery.read_at is None:
        delivery.read_at, delivery.read_by = now, actor.id
    session.flush()
    reading.note(session, standing, actor, notice_id, deed, **({"choice": choice} if is_reply else {}))
    receipts.note(session, notice_id, standing.company_id, again=True)
    did(session, Action.CHANGE, whose=standing.company_id, what="business_deliveries", case_ref=str(notice_id)[:8])
    return deed


def _check_open(found: reading.Letter, delivery: BusinessDelivery) -> None:
    settled_at, today = delivery.settled_at, clock.today()
    if not answers.may_change(found.kind, found.choices, settled_at=settled_at, due_on=found.due_on, today=today):
        raise answers.AnswerFixed if settled_at else answers.AnswersClosed


def remind(session: Session, _payload: Mapping[str, Any]) -> None:
    """Remind of what is near its due date and not done, once a notice (worker, hourly)."""
    today = clock.today()
    near = select(BusinessNotice).where(
        BusinessNotice.remind_days > 0, BusinessNotice.reminded_at.is_(None), BusinessNotice.due_on >= today
    )
    for notice in session.scalars(near.order_by(BusinessNotice.id).with_for_update(skip_locked=True)).all():
        if notice.due_on is None or notice.due_on - timedelta(days=notice.remind_days) > today:
            continue
        notice.reminded_at = clock.now()
        session.flush()
        if notice.withdrawn_at is None:
            _remind(session, notice)
    session.execute(
        update(BusinessNotice)
        .where(BusinessNotice.remind_days > 0, BusinessNotice.reminded_at.is_(None), BusinessNotice.due_on < today)
        .values(reminded_at=clock.now())
    )


def _remind(session: Session, notice: BusinessNotice) -> None:
    """Whoever has not done it gets a notice that leads to it; of a confidential one the title is not said again."""
    waiting = select(BusinessDelivery.company_id).where(BusinessDelivery.notice_id == notice.id, BusinessDelivery.waits)
    waiting_ones = [(company, "") for company in session.scalars(waiting.order_by(BusinessDelivery.company_id))]
    if waiting_ones and notice.due_on is not None:
        companies.tell(
            session, waiting_ones, key=f"near:{notice.id}", text=NEAR, link=f"/business/mailbox/{notice.id}",
            sender=notice.sender, confidential=notice.confidential, topic=notice.topic,
            facts={"sender": notice.sender, "due_on": notice.due_on.isoformat(),
                   "title": str(notice.facts.get("title", ""))},
        )  # fmt: skip
