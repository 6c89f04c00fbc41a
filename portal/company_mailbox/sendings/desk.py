"""A member of a body writes to companies: draft, companies chosen, second pair of eyes, sent, taken back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, false, func, insert, literal, select, update
from sqlalchemy.orm import Session

from portal.company_mailbox.post import attaching
from portal.company_mailbox.sendings import rules, sending
from portal.company_mailbox.sendings.models import CompanyRecipient, CompanySending
from portal.company_mailbox.sendings.rules import Said, State
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.mailbox import service as mailbox

desk = mailbox.desk_rules
NO_SYNC = {"synchronize_session": False}
LISTED = 100


def write(
    session: Session, member: Actor, owner: str, sender: str, said: Said, chosen: Mapping[str, Any]
) -> CompanySending:
    """Keep a draft."""
    made = CompanySending(
        id=new_id(), owner=owner, sender=sender, client_id=None, author_id=member.id, key=None, digest="",
        chosen=dict(chosen), state=str(State.DRAFT), version=1, written_at=clock.now(), proposed_by=None,
        approved_by=None, **said.columns,
    )  # fmt: skip
    session.add(made)
    session.flush()
    did(session, Action.CREATE, whose=None, what="company_sendings", case_ref=f"{owner} {str(made.id)[:8]}")
    return made


def change(session: Session, owner: str, sending_id: UUID, version: int, said: Said, chosen: Mapping[str, Any]) -> None:
    """Keep what was changed in a draft. Raises NoSuchSending, TypedOver, NotADraft."""
    found = own(session, owner, sending_id)
    if found.state != State.DRAFT:
        raise desk.NotADraft
    values = {**said.columns, "chosen": dict(chosen), "written_at": clock.now()}
    _step(session, found, version, State.DRAFT, refusal=desk.TypedOver, **values)


def _step(
    session: Session,
    found: CompanySending,
    version: int,
    stands: State,
    *,
    refusal: Any = desk.NotAsSeen,
    **values: Any,
) -> None:
    """One change of what stands exactly as it was seen."""
    mine = (CompanySending.id == found.id, CompanySending.version == version, CompanySending.state == str(stands))
    values = {"version": version + 1, **values}
    moved = session.execute(update(CompanySending).where(*mine).values(**values), execution_options=NO_SYNC)
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise refusal
    session.refresh(found)
    did(session, Action.CHANGE, whose=None, what="company_sendings", case_ref=f"{found.owner} {str(found.id)[:8]}")


def own(session: Session, owner: str, sending_id: UUID) -> CompanySending:
    """One of this body; raises NoSuchSending."""
    found = session.get(CompanySending, sending_id)
    if found is None or found.owner != owner:
        raise rules.NoSuchSending
    return found


def of_body(session: Session, owner: str) -> Sequence[CompanySending]:
    """The newest of a body, of its members and its systems."""
    query = select(CompanySending).where(CompanySending.owner == owner)
    return session.scalars(query.order_by(CompanySending.written_at.desc(), CompanySending.id).limit(LISTED)).all()


def go(
    session: Session, member: Actor, owner: str, sending_id: UUID, version: int, companies: Select[UUID], *, over: int
) -> State:
    """Send it to *companies*, or ask a second person where that is needed; the list is fixed with this. Raises
    NobodyReached, NotAsSeen, StartImpossible, DueDatePassed."""
    found = own(session, owner, sending_id)
    desk.check_start(found.send_at, clock.now())
    mailbox.notice_rules.check_due(rules.Kind(found.kind), found.due_on, clock.today())
    _step(session, found, version, State.DRAFT)
    count = _fix(session, found, companies)
    if not count:
        raise mailbox.notice_rules.NobodyReached
    if rules.needs_approval(companies=count, confidential=found.confidential, over=over):
        found.state, found.proposed_by, found.approved_by = str(State.WAITING), member.id, None
        session.flush()
        return State.WAITING
    sending.set_going(session, found)
    return State(found.state)


def _fix(session: Session, found: CompanySending, companies: Select[UUID]) -> int:
    session.execute(delete(CompanyRecipient).where(CompanyRecipient.sending_id == found.id), execution_options=NO_SYNC)
    picked = companies.subquery()
    (company,) = picked.c
    rows = select(CompanySending.id, company, literal(""), literal(0), false())
    rows = rows.join_from(CompanySending, picked, CompanySending.id == found.id).distinct()
    columns = ("sending_id", "company_id", "told_as", "told", "untold")
    session.execute(insert(CompanyRecipient).from_select(columns, rows))
    counted = select(func.count()).where(CompanyRecipient.sending_id == found.id)
    return session.scalar(counted) or 0


def approve(session: Session, member: Actor, owner: str, sending_id: UUID, version: int) -> State:
    """A second person agrees to exactly this text and these companies. Raises SecondPersonNeeded, NotAsSeen,
    StartImpossible."""
    found = own(session, owner, sending_id)
    if member.id in (found.proposed_by, found.author_id):
        raise desk.SecondPersonNeeded
    if found.send_at is not None and found.send_at <= clock.now():
        found.send_at = None  # its time came while it waited: it leaves now
        session.flush()
    _step(session, found, version, State.WAITING, approved_by=member.id)
    sending.set_going(session, found)
    return State(found.state)


def take_back(session: Session, owner: str, sending_id: UUID, version: int) -> None:
    """What waits for approval or for its time is a draft again. Raises NotNow, NotAsSeen."""
    found = own(session, owner, sending_id)
    early = found.state == State.SCHEDULED and found.send_at is not None and found.send_at > clock.now()
    if found.client_id is not None or not (found.state == State.WAITING or early):
        raise desk.NotNow
    back = {"state": str(State.DRAFT), "proposed_by": None, "approved_by": None, "written_at": clock.now()}
    _step(session, found, version, State(found.state), **back)


def drop(session: Session, owner: str, sending_id: UUID) -> None:
    """A draft nobody wants is gone, with its files. Raises NotADraft."""
    found = own(session, owner, sending_id)
    if found.state != State.DRAFT:
        raise desk.NotADraft
    discard(session, found)


def discard(session: Session, found: CompanySending) -> None:
    """A draft with its files and its list is gone, by its body's hand or because its time is over."""
    attaching.drop_all(session, found.id)
    session.execute(delete(CompanyRecipient).where(CompanyRecipient.sending_id == found.id), execution_options=NO_SYNC)
    session.delete(found)
    session.flush()
    did(session, Action.DELETE, whose=None, what="company_sendings", case_ref=f"{found.owner} {str(found.id)[:8]}")
