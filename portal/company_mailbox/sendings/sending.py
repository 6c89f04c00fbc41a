"""A sending is set going and delivered, each company once, whatever is repeated or killed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import false, func, insert, literal, select, true, update
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import AnyCompany as Company
from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyNotice as BusinessNotice
from portal.company_mailbox.mails import queueing
from portal.company_mailbox.post import attaching
from portal.company_mailbox.sendings import rules
from portal.company_mailbox.sendings.models import CompanyRecipient, CompanySending
from portal.company_mailbox.sendings.rules import Kind, Said, State
from portal.core import audit, clock, outbox
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Action, Purpose, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.mailbox import service as mailbox

DELIVER = "companies.sendings.deliver"
NO_SYNC = {"synchronize_session": False}
# The body's own words, as they are: not looked up in the catalogues.
AS_WRITTEN = ("%(title)s", "%(body)s")
batches = mailbox.batch_rules


@dataclass(frozen=True, slots=True)
class Row:
    """One company of a call: its number ("": it cannot be one), and what receipts call it."""

    number: str
    told_as: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows of a call: their places, counted from 0."""

    sending: CompanySending
    new: list[int]
    already: list[int]
    unknown: list[int]


def send(
    session: Session,
    machine: Actor,
    owner: str,
    sender: str,
    said: Said,
    rows: Sequence[Row],
    *,
    key: str | None,
    files: attaching.Sent = attaching.NOTHING,
) -> Taken:
    """Take a system's notice, or more companies into one that is known by its *key*; deliver it now, later or by the worker.
    Raises what a notice of its kind lacks, SendTimeWrong, BatchDiffers, BatchTakenBack, attachments-full."""
    said.check(clock.today())
    batches.check_time(said.send_at, clock.now())
    known = _accounts(session, [row.number for row in rows if row.number])
    sending = _of_key(session, machine, owner, sender, said, key, files)
    there = set(session.scalars(select(CompanyRecipient.company_id).where(CompanyRecipient.sending_id == sending.id)))
    taken = Taken(sending, [], [], [])
    fresh: dict[UUID, dict[str, Any]] = {}
    for place, row in enumerate(rows):
        company = known.get(row.number)
        if company is None:
            taken.unknown.append(place)
        elif company in there or company in fresh:
            taken.already.append(place)
        else:
            taken.new.append(place)
            fresh[company] = {
                "sending_id": sending.id, "company_id": company, "told_as": row.told_as, "told": 0, "untold": False,
            }  # fmt: skip
    if fresh:
        session.execute(insert(CompanyRecipient.__table__), list(fresh.values()))  # type: ignore[arg-type]
        set_going(session, sending)
    elif not there:
        sending.state = str(State.SENT)
    session.flush()
    return taken


def _accounts(session: Session, numbers: Sequence[str]) -> dict[str, UUID]:
    """The accounts of these numbers that are not closed, a thousand numbers at a time."""
    found: dict[str, UUID] = {}
    wanted = sorted(set(numbers))
    for start in range(0, len(wanted), rules.AT_ONCE):
        query = select(Company.key, Company.id).where(Company.key.in_(wanted[start : start + rules.AT_ONCE]))
        found |= dict(session.execute(query.where(Company.closed_on.is_(None))).all())
    return found


def _of_key(
    session: Session, machine: Actor, owner: str, sender: str, said: Said, key: str | None, files: attaching.Sent
) -> CompanySending:
    made = new_id()
    row = {
        "id": made, "owner": owner, "sender": sender, "client_id": machine.id, "author_id": machine.id, "key": key,
        "digest": said.digest, "chosen": {}, "state": str(State.SCHEDULED), "version": 1, "written_at": clock.now(),
        **said.columns,
    }  # fmt: skip
    if insert_once(session, CompanySending.__table__, row):  # type: ignore[arg-type]
        if files.ring is not None:
            for prepared in files.prepared:
                attaching.attach(session, files.ring, made, prepared)
        return session.get_one(CompanySending, made)
    query = select(CompanySending).where(CompanySending.client_id == machine.id, CompanySending.key == key)
    known = session.scalars(query.with_for_update()).one()
    if known.digest != said.digest or known.owner != owner:
        raise batches.BatchDiffers
    if known.state in rules.TAKEN_BACK:
        raise batches.BatchTakenBack
    return known


def set_going(session: Session, sending: CompanySending) -> None:
    """Now, if it is for few; by the worker if it is for many or for later."""
    now = clock.now()
    later = sending.send_at is not None and sending.send_at > now
    waiting = select(func.count()).where(_undelivered(sending.id))
    if not later and (session.scalar(waiting) or 0) <= rules.AT_ONCE:
        deliver_chunk(session, sending, most=rules.AT_ONCE)
        sending.state = str(State.SENT)
    else:
        sending.state = str(State.SCHEDULED if later else State.SENDING)
        outbox.post(session, DELIVER, {"sending": str(sending.id)}, at=sending.send_at if later else None)
    session.flush()


def _undelivered(sending_id: UUID) -> Any:
    return (CompanyRecipient.sending_id == sending_id) & CompanyRecipient.delivered_at.is_(None)


def deliver(session: Session, payload: Mapping[str, Any]) -> None:
    """One chunk, and the promise of the next (worker). A killed chunk happens wholly or not at all."""
    query = select(CompanySending).where(CompanySending.id == UUID(payload["sending"]))
    sending = session.scalar(query.with_for_update())
    if sending is None or sending.state not in (State.SCHEDULED, State.SENDING):
        return
    if sending.send_at is not None and sending.send_at > clock.now():
        return  # it was taken back and scheduled anew: another promise holds its time
    kind = ActorKind.CLIENT if sending.client_id else ActorKind.STAFF
    audit.on_behalf(session, Actor(kind, sending.author_id, sending.sender), Purpose.SENDING)
    done = deliver_chunk(session, sending, most=rules.CHUNK)
    sending.state = str(State.SENDING if done == rules.CHUNK else State.SENT)
    if done == rules.CHUNK:
        outbox.post(session, DELIVER, dict(payload), lane=outbox.Lane.BULK)


def deliver_chunk(session: Session, sending: CompanySending, *, most: int) -> int:
    """Up to *most* of those who have it not yet; how many they were. Who was closed since then gets nothing."""
    still = (
        select(CompanyRecipient.company_id)
        .join(Company, Company.id == CompanyRecipient.company_id)
        .where(_undelivered(sending.id), Company.closed_on.is_(None))
        .order_by(CompanyRecipient.company_id)
        .limit(most)
    )
    chosen = list(session.scalars(still))
    if not chosen:
        return 0
    _notice(session, sending)
    waits = sending.kind != Kind.INFORMATION
    rows = select(
        BusinessNotice.id,
        Company.id,
        literal(""),
        BusinessNotice.sent_at,
        literal(sending.secrecy),
        true() if waits else false(),
        literal(""),
    )
    rows = rows.join_from(BusinessNotice, Company, Company.id.in_(chosen)).where(BusinessNotice.id == sending.id)
    session.execute(insert(BusinessDelivery).from_select(companies.DELIVERY_COLUMNS, rows))
    session.execute(
        update(CompanyRecipient)
        .where(CompanyRecipient.sending_id == sending.id, CompanyRecipient.company_id.in_(chosen))
        .values(delivered_at=clock.now(), untold=sending.client_id is not None),
        execution_options=NO_SYNC,
    )
    queueing.put(session, sending.id)
    reference = f"{sending.owner} {str(sending.id)[:8]} {len(chosen)}"
    did(session, Action.CREATE, whose=None, what="business_deliveries", case_ref=reference)
    return len(chosen)


def _notice(session: Session, sending: CompanySending) -> None:
    """The notice all of them share; it has the sending's own id."""
    if session.get(BusinessNotice, sending.id) is not None:
        return
    facts = {"title": sending.title, "body": sending.body}
    session.add(
        BusinessNotice(
            id=sending.id, key=f"body:{sending.owner}:{sending.id}", title=AS_WRITTEN[0], body=AS_WRITTEN[1],
            facts=facts, link="", sender=sending.sender, confidential=sending.confidential, topic=sending.topic,
            sent_at=clock.now(), kind=sending.kind, due_on=sending.due_on, remind_days=sending.remind_days,
            choices=sending.choices, owner=sending.owner, withdrawn_because="",
            words=companies.findable(AS_WRITTEN, facts, sending.sender),
        )
    )  # fmt: skip
    session.flush()


def cancel(session: Session, machine: Actor, owner: str, sending_id: UUID) -> CompanySending:
    """Stop a system's notice before its time. Raises NoSuchSending, BatchNotWaiting."""
    sending = find(session, machine, owner, sending_id)
    stopped = session.execute(
        update(CompanySending)
        .where(
            CompanySending.id == sending.id,
            CompanySending.state == str(State.SCHEDULED),
            CompanySending.send_at > clock.now(),
        )
        .values(state=str(State.CANCELLED)),
        execution_options=NO_SYNC,
    ).rowcount  # type: ignore[attr-defined]
    if stopped != 1:
        raise batches.BatchNotWaiting
    session.refresh(sending)
    did(session, Action.CHANGE, whose=None, what="company_sendings", case_ref=f"{owner} {str(sending.id)[:8]}")
    return sending


def find(session: Session, machine: Actor, owner: str, sending_id: UUID) -> CompanySending:
    """A notice this machine sent for the body it acts for. Raises NoSuchSending."""
    mine = (CompanySending.client_id == machine.id, CompanySending.owner == owner)
    found = session.scalar(select(CompanySending).where(CompanySending.id == sending_id, *mine))
    if found is None:
        raise rules.NoSuchSending
    return found
