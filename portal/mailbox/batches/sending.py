"""A batch comes in, is joined by more people, is cancelled or delivered: each person once, whatever is repeated."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.cards import service as cards
from portal.core import audit, clock, outbox
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Action, Purpose
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.writing import Changes
from portal.mailbox import personal
from portal.mailbox import rules as notices
from portal.mailbox.batches import rules
from portal.mailbox.batches.models import Batch, Recipient
from portal.mailbox.batches.rules import Named, State
from portal.mailbox.channels import queueing
from portal.mailbox.channels import service as channels
from portal.mailbox.channels.rules import Says
from portal.mailbox.composing.rules import check_reason
from portal.mailbox.following import service as following
from portal.mailbox.following.rules import FOLLOW, Step
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind, Strength
from portal.residents import service as residents
from portal.residents.service import Person
from portal.segments import service as segments
from portal.staff import service as staff

DELIVER = "mailbox.batches.deliver"
NO_SYNC = {"synchronize_session": False}
_DELIVERED = Changes(
    update(Recipient.__table__)  # type: ignore[arg-type]
    .where(Recipient.batch_id == bindparam("of_batch"), Recipient.resident_id == bindparam("of_resident"))
    .values(notice_number=bindparam("number"), delivered_at=bindparam("at"), untold=bindparam("untold_now"))
)


@dataclass(frozen=True, slots=True)
class FollowUps:
    """What is done later (`following.rules.terms`), and by its name the section that posts letters."""

    terms: Mapping[str, Any] = field(default_factory=dict)
    section: str = ""

    @property
    def has_letters(self) -> bool:
        return Step.PAPER in self.terms


NOTHING_FOLLOWS = FollowUps()


@dataclass(frozen=True, slots=True)
class Said:
    """What a batch says, and when."""

    kind: Kind
    texts: dict[str, dict[str, str]] = field(repr=False)
    due_on: date | None = None
    procedure: str = ""
    strength: Strength = Strength.PASSWORD
    choices: Mapping[str, Any] = field(default_factory=dict)
    follow: FollowUps = NOTHING_FOLLOWS
    lane: outbox.Lane = outbox.Lane.NORMAL
    send_at: datetime | None = None
    key: str | None = None

    def check(self) -> None:
        """Raises what a notice of this kind needs and does not have."""
        notices.check_due(self.kind, self.due_on, clock.today())
        notices.check_choices(self.kind, self.choices)
        rules.check_time(self.send_at, clock.now())
        if "ja" not in self.texts:
            raise notices.JapaneseMissing
        if self.procedure and applications.procedure_title(self.procedure) is None:
            raise notices.ProcedureUnknown

    @property
    def digest(self) -> str:
        told = (self.kind, self.texts, self.due_on, self.procedure, self.strength, self.choices)
        later = (self.follow.terms, self.follow.section) if self.follow.terms else ()
        return rules.digest(dict(enumerate((*told, *later))))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows of a call: their places, counted from 0."""

    batch: Batch
    new: list[int]
    already: list[int]
    unknown: list[int]
    refused: list[dict[str, Any]]


def send(session: Session, machine: Actor, said: Said, rows: Sequence[Named]) -> Taken:
    """Take a batch, or more people into one that is known by its key; deliver it now, later or by the worker."""
    said.check()
    needed = rules.places(said.texts)
    rules.check_values(rows, said.texts)
    named = whose(session, rows)
    reached = segments.reachable(session, set(named.values()))
    people = {name: resident_id for name, resident_id in named.items() if resident_id in reached}
    refused = _refused(rows, people)
    if not people:
        raise notices.NobodyReached(details={"rows": refused})
    choices = {**said.choices, **_follow(session, machine, said.follow, is_personal=bool(needed))}
    batch = _batch(session, machine, said, choices, is_personal=bool(needed))
    known = _known_among(session, batch.id, people)
    taken = Taken(batch, [], [], [one["place"] for one in refused], refused)
    fresh: dict[UUID, dict[str, Any]] = {}
    for place, row in enumerate(rows):
        resident_id = people.get((row.by, row.name))
        if resident_id is None:
            continue
        if resident_id in known or resident_id in fresh:
            taken.already.append(place)
        else:
            taken.new.append(place)
            fresh[resident_id] = _recipient(batch, resident_id, row)
    if fresh:
        session.execute(insert(Recipient.__table__), list(fresh.values()))  # type: ignore[arg-type]
        _set_going(session, batch, len(fresh))
    return taken


def _refused(rows: Sequence[Named], people: Mapping[tuple[str, str], UUID]) -> list[dict[str, Any]]:
    """Who cannot be reached, and why: the name cannot be read, or it is nobody's whom a notice can reach."""
    return [
        {"place": place, "code": row.fault or rules.UNKNOWN}
        for place, row in enumerate(rows)
        if (row.by, row.name) not in people
    ]


def whose(session: Session, rows: Sequence[Named]) -> dict[tuple[str, str], UUID]:
    """The people whom rows name, set by set; an address that several proved names nobody."""
    asked: dict[str, set[str]] = {}
    for row in rows:
        asked.setdefault(row.by, set()).add(row.name)
    found: dict[tuple[str, str], UUID] = {}
    for by, names in asked.items():
        if by == "number":
            known = residents.ids_of_numbers(session, sorted(names))
        elif by == "email":
            known = _only(channels.who_proved, session, names)
        elif by == "phone":
            known = _only(channels.who_proved_number, session, names)
        else:
            known = cards.ids_of_service_numbers(session, by, sorted(names))
        found |= {(by, name): resident_id for name, resident_id in known.items()}
    return found


def _only(proved: Callable[[Session, str], list[UUID]], session: Session, names: Collection[str]) -> dict[str, UUID]:
    """Whose each is; what several proved names nobody."""
    return {name: ids[0] for name in names if name and len(ids := proved(session, name)) == 1}


def _follow(session: Session, machine: Actor, wanted: FollowUps, *, is_personal: bool) -> dict[str, Any]:
    """What the notice's choices keep of it; letters name their section."""
    if not wanted.has_letters:
        return {FOLLOW: dict(wanted.terms)} if wanted.terms else {}
    if is_personal:
        raise rules.LettersOfOwnWords
    section = staff.known_section(session, office=machine.office or "", name=wanted.section)
    if section is None:
        raise rules.SectionMissing
    return {FOLLOW: {**wanted.terms, "section": str(section)}}


def _batch(session: Session, machine: Actor, said: Said, choices: dict[str, Any], *, is_personal: bool) -> Batch:
    """The batch of that key, locked, or a new one."""
    row = {
        "id": new_id(),
        "client_id": machine.id,
        "sender": machine.label,
        "key": said.key,
        "digest": said.digest,
        "kind": str(said.kind),
        "texts": said.texts,
        "due_on": said.due_on,
        "procedure": said.procedure,
        "strength": int(said.strength),
        "choices": choices,
        "is_personal": is_personal,
        "lane": int(said.lane),
        "send_at": said.send_at,
        "state": str(State.WAITING),
        "written_at": clock.now(),
    }
    if insert_once(session, Batch.__table__, row):  # type: ignore[arg-type]
        return session.get_one(Batch, row["id"])
    query = select(Batch).where(Batch.client_id == machine.id, Batch.key == said.key)
    batch = session.scalars(query.with_for_update()).one()
    if batch.digest != said.digest:
        raise rules.BatchDiffers
    if batch.state in rules.TAKEN_BACK:
        raise rules.BatchTakenBack
    batch.lane = int(said.lane)
    return batch


def _known_among(session: Session, batch_id: UUID, people: Mapping[tuple[str, str], UUID]) -> set[UUID]:
    query = select(Recipient.resident_id).where(Recipient.batch_id == batch_id)
    return set(session.scalars(query)) & set(people.values())


def _recipient(batch: Batch, resident_id: UUID, row: Named) -> dict[str, Any]:
    return {
        "batch_id": batch.id,
        "resident_id": resident_id,
        "told_as": row.told_as,
        "fills": dict(row.values) if batch.is_personal else {},
        "told": 0,
        "untold": False,
    }


def _set_going(session: Session, batch: Batch, people: int) -> None:
    """Now, if it is for few; by the worker if it is for many, for later, or of the bulk."""
    later = batch.send_at is not None and batch.send_at > clock.now()
    at_once = not later and people <= rules.AT_ONCE and batch.lane != outbox.Lane.BULK
    if at_once and _waiting(session, batch) == people:  # else those of an earlier call come first, in their chunks
        deliver_chunk(session, batch, most=people)
        batch.state = str(State.SENT)
        return
    if batch.state == State.SENT:
        batch.state = str(State.SENDING)
    lane = outbox.Lane(batch.lane)
    outbox.post(session, DELIVER, {"batch": str(batch.id)}, lane=lane, at=batch.send_at if later else None)


def _waiting(session: Session, batch: Batch) -> int:
    query = select(func.count()).where(Recipient.batch_id == batch.id, Recipient.delivered_at.is_(None))
    return session.scalar(query) or 0


def cancel(session: Session, machine: Actor, batch_id: UUID) -> Batch:
    """Stop a batch before its time has come."""
    batch = find(session, machine, batch_id)
    stopped = session.execute(
        update(Batch)
        .where(Batch.id == batch.id, Batch.state == str(State.WAITING), Batch.send_at > clock.now())
        .values(state=str(State.CANCELLED)),
        execution_options=NO_SYNC,
    )
    if stopped.rowcount != 1:  # type: ignore[attr-defined]
        raise rules.BatchNotWaiting
    session.refresh(batch)
    audit.did(session, Action.CHANGE, whose=None, what="mailbox.notice(cancelled)", case_ref=str(batch.id)[:8])
    return batch


def withdraw(session: Session, machine: Actor, batch_id: UUID, reason: str) -> Batch:
    """Take back what was sent: nobody else gets it, and whoever has it reads that it was withdrawn, and why. Said twice it
    is withdrawn once, for the reason said first."""
    said = check_reason(reason)
    batch = find(session, machine, batch_id)
    session.refresh(batch, with_for_update=True)  # a chunk that is being delivered is waited for
    if batch.state in rules.TAKEN_BACK:
        return batch
    batch.state, batch.withdrawn_at, batch.reason = str(State.WITHDRAWN), clock.now(), said
    theirs = select(Recipient.notice_number).where(Recipient.batch_id == batch.id)
    withdrawn = update(Notice).where(Notice.number.in_(theirs)).values(state=notices.WITHDRAWN)
    session.execute(withdrawn, execution_options=NO_SYNC)
    audit.did(session, Action.CHANGE, whose=None, what="mailbox.notice(withdrawn)", case_ref=str(batch.id)[:8])
    return batch


def find(session: Session, machine: Actor, batch_id: UUID) -> Batch:
    """A batch this machine sent."""
    batch = session.scalar(select(Batch).where(Batch.id == batch_id, Batch.client_id == machine.id))
    if batch is None:
        raise notices.NoticeUnknown
    return batch


def numbers(session: Session, batch: Batch) -> tuple[int, int, int]:
    """(people, delivered, read) so far."""
    counts = select(func.count(), func.count(Recipient.delivered_at), func.count(Recipient.read_at))
    people, delivered, read = session.execute(counts.where(Recipient.batch_id == batch.id)).one()
    return people, delivered, read


def deliver(session: Session, payload: Mapping[str, Any]) -> None:
    """One chunk of a batch, and the promise of the next (worker). A killed chunk happens wholly or not at all."""
    batch = session.scalar(select(Batch).where(Batch.id == UUID(payload["batch"])).with_for_update())
    if batch is None or batch.state in rules.TAKEN_BACK:
        return
    sender = Actor(ActorKind.CLIENT, batch.client_id, batch.sender)
    audit.on_behalf(session, sender, Purpose.SENDING)
    done = deliver_chunk(session, batch, most=rules.CHUNK)
    batch.state = str(State.SENDING if done == rules.CHUNK else State.SENT)
    if done == rules.CHUNK:
        outbox.post(session, DELIVER, dict(payload), lane=outbox.Lane(batch.lane))


def deliver_chunk(session: Session, batch: Batch, *, most: int) -> int:
    """Up to *most* of those who have it not yet; how many they were. Who died, moved away or came under 支援措置 since
    the call gets nothing."""
    query = select(Recipient).join(Person, Person.id == Recipient.resident_id)
    query = query.where(Recipient.batch_id == batch.id, Recipient.delivered_at.is_(None), segments.MAY_BE_CHOSEN)
    people = session.execute(
        query.with_only_columns(Recipient.resident_id, Recipient.fills).order_by(Recipient.resident_id).limit(most)
    ).all()
    if not people:
        return 0
    found = {row.resident_id: row.fills for row in people}
    told = _each(session, batch, found) if batch.is_personal else _all(session, batch, list(found))
    now = clock.now()
    rows = [
        {"of_batch": batch.id, "of_resident": resident_id, "number": number, "at": now, "untold_now": True}
        for resident_id, number in told.items()
    ]
    _DELIVERED.many(session, rows)
    for resident_id in found:
        audit.did(session, Action.CREATE, whose=resident_id, what="mailbox.notice", case_ref=str(batch.id)[:8])
    return len(people)


def _sender(batch: Batch) -> Actor:
    return Actor(ActorKind.CLIENT, batch.client_id, batch.sender)


def _each(session: Session, batch: Batch, people: Mapping[UUID, Mapping[str, str]]) -> dict[UUID, int]:
    """A notice of their own for everybody; who wants it is told outside too."""
    letters = [
        (resident_id, rules.filled(batch.texts, fills, longest_title=notices.LONGEST_TITLE))
        for resident_id, fills in people.items()
    ]
    alike = {
        "kind": Kind(batch.kind),
        "due_on": batch.due_on,
        "procedure": batch.procedure,
        "strength": Strength(batch.strength),
        "choices": batch.choices,
    }
    told = dict(zip(people, personal.put_into(session, _sender(batch), letters, **alike), strict=True))  # type: ignore[arg-type]
    for notice in (
        session.scalars(select(Notice).where(Notice.number.in_(told.values()))) if FOLLOW in batch.choices else ()
    ):
        following.begin(session, notice)
    for resident_id in channels.who_wants(session, list(people)):
        queueing.put(session, told[resident_id], Says.LETTER, to=[resident_id], lane=outbox.Lane(batch.lane))
    return told


def _all(session: Session, batch: Batch, people: Sequence[UUID]) -> dict[UUID, int]:
    """One notice for all of them."""
    if batch.notice_number is None:
        batch.notice_number = _shared(session, batch)
    now, number = clock.now(), batch.notice_number
    rows = [{"resident_id": one, "notice_number": number, "delivered_at": now, "read_at": None} for one in people]
    session.execute(insert(Delivery.__table__), rows)  # type: ignore[arg-type]
    queueing.put(session, number, Says.LETTER, to=people, lane=outbox.Lane(batch.lane))
    return dict.fromkeys(people, number)


def _shared(session: Session, batch: Batch) -> int:
    """The notice all readers of a batch share; it has the batch's own id."""
    now = clock.now()
    notice = Notice(
        id=batch.id,
        kind=batch.kind,
        state=notices.State.SENT,
        section=batch.sender,
        author_id=batch.client_id,
        texts=batch.texts,
        due_on=batch.due_on,
        procedure=batch.procedure,
        strength=batch.strength,
        choices=batch.choices,
        written_at=now,
        sent_at=now,
    )
    session.add(notice)
    session.flush()
    following.begin(session, notice)
    return notice.number
