"""What is over its time goes (mailbox.retention says when): every day, in parts; whoever writes meanwhile keeps it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyNotice as BusinessNotice
from portal.company_mailbox.post import attaching
from portal.company_mailbox.post.models import BusinessAct, BusinessFile, BusinessMessage, BusinessThread
from portal.company_mailbox.post.rules import Deed
from portal.company_mailbox.sendings import desk
from portal.company_mailbox.sendings.models import CompanySending
from portal.company_mailbox.sendings.rules import State
from portal.core.audit import Action, did
from portal.mailbox import service as mailbox

FORGET = "companies.post.forget-written"
NO_SYNC = {"synchronize_session": False}
ANSWERS = (str(Deed.ANSWERED), str(Deed.CHANGED))
retention = mailbox.retention
What = mailbox.KeptOf


def forget_old(session: Session, _payload: dict[str, Any], *, part: int = retention.PART) -> None:
    """One part of what is over its time (worker, daily); as long as a part is full, the next is promised."""
    retention.forget_parts(session, _FORGET, again=FORGET, part=part)


def _drafts(session: Session, before: datetime, part: int) -> int:
    """Drafts nobody wrote on: with their lists of companies and their files."""
    query = select(CompanySending).where(CompanySending.state == str(State.DRAFT), CompanySending.written_at < before)
    old = session.scalars(query.limit(part).with_for_update(skip_locked=True)).all()
    for draft in old:
        desk.discard(session, draft)
    return len(old)


def _answers(session: Session, before: datetime, part: int) -> int:
    """What was chosen and added; that something was answered, by whom and when, stays."""
    says = or_(BusinessDelivery.choice.is_not(None), BusinessDelivery.said != "")
    query = select(BusinessDelivery.notice_id, BusinessDelivery.company_id)
    query = query.where(BusinessDelivery.settled_at < before, says)
    old = session.execute(query.limit(part).with_for_update(skip_locked=True)).all()
    if old:
        keys = [tuple(row) for row in old]
        which = tuple_(BusinessDelivery.notice_id, BusinessDelivery.company_id).in_(keys)
        session.execute(update(BusinessDelivery).where(which).values(choice=None, said=""), execution_options=NO_SYNC)
        said = tuple_(BusinessAct.notice_id, BusinessAct.company_id).in_(keys), BusinessAct.what.in_(ANSWERS)
        session.execute(update(BusinessAct).where(*said).values(facts={}), execution_options=NO_SYNC)
    for row in old:
        did(session, Action.DELETE, whose=row.company_id, what="mailbox.answer", case_ref=str(row.notice_id)[:8])
    return len(old)


def _messages(session: Session, before: datetime, part: int) -> int:
    """Whole threads with their files."""
    query = select(BusinessThread.id, BusinessThread.notice_id, BusinessThread.company_id)
    query = query.where(BusinessThread.last_at < before)
    old = session.execute(query.limit(part).with_for_update(skip_locked=True)).all()
    threads = [row.id for row in old]
    messages = session.scalars(select(BusinessMessage.id).where(BusinessMessage.thread_id.in_(threads))).all()
    attaching.drop_cases(session, messages)
    session.execute(delete(BusinessMessage).where(BusinessMessage.thread_id.in_(threads)), execution_options=NO_SYNC)
    session.execute(delete(BusinessThread).where(BusinessThread.id.in_(threads)), execution_options=NO_SYNC)
    for row in old:
        did(session, Action.DELETE, whose=row.company_id, what="mailbox.message", case_ref=str(row.notice_id)[:8])
    return len(old)


def _attachments(session: Session, before: datetime, part: int) -> int:
    """Files of notices that were sent long ago; the text stays."""
    own = select(BusinessFile.case_id).where(BusinessFile.case_id == BusinessNotice.id).exists()
    old = session.scalars(select(BusinessNotice.id).where(BusinessNotice.sent_at < before, own).limit(part)).all()
    attaching.drop_cases(session, old)
    for notice_id in old:
        did(session, Action.DELETE, whose=None, what="mailbox.file", case_ref=str(notice_id)[:8])
    return len(old)


_FORGET: Mapping[What, retention.Forget] = {
    What.DRAFT: _drafts,
    What.ANSWER: _answers,
    What.MESSAGE: _messages,
    What.ATTACHMENT: _attachments,
}
