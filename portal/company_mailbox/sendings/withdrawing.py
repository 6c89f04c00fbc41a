"""What was sent is taken back from all mailboxes, by the body's desk or by the system that sent it.

It stays on the lists with the reason, without its text and files. What is not delivered yet never is.
"""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyNotice as BusinessNotice
from portal.company_mailbox.post import attaching
from portal.company_mailbox.sendings import desk, sending
from portal.company_mailbox.sendings.models import CompanySending
from portal.company_mailbox.sendings.rules import TAKEN_BACK, State
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.mailbox import service as mailbox

NO_SYNC = {"synchronize_session": False}


def by_desk(session: Session, owner: str, sending_id: UUID, reason: str) -> None:
    """A member of the body takes back what is being delivered, or was. Raises NoSuchSending, ReasonMissing, NotNow."""
    said = mailbox.desk_rules.check_reason(reason)
    found = _held(session, desk.own(session, owner, sending_id))
    if found.state not in (State.SENDING, State.SENT):
        raise mailbox.desk_rules.NotNow
    _withdraw(session, found, said)


def by_system(session: Session, machine: Actor, owner: str, sending_id: UUID, reason: str) -> CompanySending:
    """A system takes back what it sent, or is going to send. Said twice it is withdrawn once, for the reason said first, as
    with residents. Raises NoSuchSending, ReasonMissing."""
    said = mailbox.desk_rules.check_reason(reason)
    found = _held(session, sending.find(session, machine, owner, sending_id))
    if found.state not in TAKEN_BACK:
        _withdraw(session, found, said)
    return found


def _held(session: Session, found: CompanySending) -> CompanySending:
    """A chunk that is being delivered is waited for."""
    session.refresh(found, with_for_update=True)
    return found


def _withdraw(session: Session, found: CompanySending, reason: str) -> None:
    found.state, found.version = str(State.WITHDRAWN), found.version + 1
    session.flush()
    did(session, Action.CHANGE, whose=None, what="company_sendings", case_ref=f"{found.owner} {str(found.id)[:8]}")
    notice = session.get(BusinessNotice, found.id)
    if notice is not None:
        notice.withdrawn_at, notice.withdrawn_because = clock.now(), reason
        session.flush()
    waiting = (BusinessDelivery.notice_id == found.id, BusinessDelivery.waits)
    session.execute(update(BusinessDelivery).where(*waiting).values(waits=False), execution_options=NO_SYNC)
    attaching.drop_all(session, found.id)
