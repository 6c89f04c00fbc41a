"""The course of a notice: asked for, approved, scheduled, sent, taken back. One conditional UPDATE settles each race:
of two who press at once, one is told that the notice is no longer as they saw it."""

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import audit, clock, outbox
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Action, Purpose, did
from portal.core.errors import Refusal
from portal.mailbox import rules, sending
from portal.mailbox.attachments import service as attachments
from portal.mailbox.composing import drafts, people
from portal.mailbox.composing.drafts import Content
from portal.mailbox.composing.models import Plan
from portal.mailbox.composing.rules import (
    Done,
    NotAsSeen,
    NotComplete,
    NotNow,
    SecondPersonNeeded,
    check_reason,
    check_start,
    needs_approval,
)
from portal.mailbox.following import service as following
from portal.mailbox.models import Notice
from portal.mailbox.rules import AlreadySent, Kind, NobodyReached, State
from portal.segments import service as segments

START = "mailbox.start"
UNSYNCHRONISED = {"synchronize_session": False}


def send(session: Session, notice: Notice) -> None:
    """Hand a complete draft to the worker at once, once, however often it is asked for. Who else must agree is
    asked by `submit`; this is for what no page sends."""
    _reach(session, notice)
    _begin(session, notice, (State.DRAFT,))


def submit(session: Session, clerk: Actor, notice: Notice, *, seen: int, start: datetime | None, over: int) -> State:
    """Send revision *seen* at *start* (None: now), or ask for approval where that is needed. Returns the new state."""
    plan = session.get_one(Plan, notice.number)
    check_start(start, clock.now())
    if not plan.ready:
        raise NotComplete
    reach = _reach(session, notice)
    sensitive = people.is_sensitive(session, notice)
    asks = needs_approval(people=reach, strength=notice.strength, sensitive=sensitive, over=over)
    _move(session, notice, (State.DRAFT,), State.WAITING, refusal=AlreadySent)
    told = update(Plan).where(Plan.notice_number == notice.number, Plan.revision == seen, Plan.ready)
    agreed = session.execute(
        told.values(digest=digest(session, notice), people=reach, asked_by=clerk.id, approved_by=None, start=start),
        execution_options=UNSYNCHRONISED,
    )
    if agreed.rowcount != 1:  # type: ignore[attr-defined]
        raise NotAsSeen
    session.refresh(plan)
    if asks:
        drafts.note(session, notice.number, clerk, Done.ASKED)
        return State.WAITING
    return _go(session, clerk, notice, plan)


def digest(session: Session, notice: Notice) -> str:
    """One word for exactly this text and these readers: SHA-256 in hexadecimal."""
    told = {
        "kind": notice.kind,
        "texts": notice.texts,
        "strength": int(notice.strength),
        "choices": notice.choices,
        "due_on": str(notice.due_on or ""),
        "procedure": notice.procedure,
        "segment": notice.segment,
        "people": people.digest(session, notice),
        "files": [f"{one.file.id} {one.alt}" for one in attachments.listed(session, notice)],
    }
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def approve(session: Session, approver: Actor, notice: Notice, *, seen: str) -> State:
    """Agree to exactly what *seen* (`Plan.digest`) stands for; it goes its way at once. Returns the new state."""
    _move(session, notice, (State.WAITING,), State.WAITING, refusal=NotNow)  # locked first, as by who takes it back
    plan = session.get_one(Plan, notice.number, populate_existing=True)
    if approver.id in drafts.first_persons(session, notice, plan):
        raise SecondPersonNeeded
    if not seen or seen != plan.digest or seen != digest(session, notice):
        raise NotAsSeen
    _reach(session, notice)
    approved = session.execute(
        update(Plan)
        .where(Plan.notice_number == notice.number, Plan.digest == seen, Plan.approved_by.is_(None))
        .values(approved_by=approver.id),
        execution_options=UNSYNCHRONISED,
    )
    if approved.rowcount != 1:  # type: ignore[attr-defined]
        raise NotAsSeen
    session.refresh(plan)
    did(session, Action.CREATE, whose=None, what="mailbox.approval", case_ref=str(notice.id)[:8])
    drafts.note(session, notice.number, approver, Done.APPROVED)
    return _go(session, approver, notice, plan)


def _go(session: Session, actor: Actor, notice: Notice, plan: Plan) -> State:
    """To its time, or to the worker; a time that passed while it waited for approval is now."""
    start = plan.start
    if start is None or start <= clock.now():
        _begin(session, notice, (State.WAITING,))
        drafts.note(session, notice.number, actor, Done.SENT)
        return State.SENDING
    _move(session, notice, (State.WAITING,), State.SCHEDULED, refusal=NotNow)
    drafts.note(session, notice.number, actor, Done.SCHEDULED)
    payload = {"number": notice.number, "digest": plan.digest, "by": str(actor.id), "label": actor.label}
    outbox.post(session, START, payload, key=f"{START}:{notice.number}:{plan.revision}:{start.timestamp()}", at=start)
    return State.SCHEDULED


def send_back(session: Session, approver: Actor, notice: Notice, words: str) -> None:
    """Not like this: it is a draft again, with the reason."""
    said = check_reason(words)
    _to_draft(session, notice, (State.WAITING,))
    drafts.note(session, notice.number, approver, Done.SENT_BACK, said)


def take_back(session: Session, clerk: Actor, notice: Notice) -> None:
    """Make it a draft again before it is sent; an approval that was given is void."""
    _to_draft(session, notice, (State.WAITING, State.SCHEDULED))
    drafts.note(session, notice.number, clerk, Done.TAKEN_BACK)


def _to_draft(session: Session, notice: Notice, before: Collection[State]) -> None:
    _move(session, notice, before, State.DRAFT, refusal=NotNow)
    session.execute(
        update(Plan)
        .where(Plan.notice_number == notice.number)
        .values(digest="", asked_by=None, approved_by=None, start=None, revision=Plan.revision + 1),
        execution_options=UNSYNCHRONISED,
    )


def start_due(session: Session, payload: dict[str, Any]) -> None:
    """Send what was scheduled, if it still is what was agreed on (worker). What cannot be sent any more (nobody fits,
    the due date is past) is a draft again, and its course says so."""
    notice = session.get(Notice, payload["number"])
    plan = session.get(Plan, payload["number"])
    if notice is None or plan is None or notice.state != State.SCHEDULED or plan.digest != payload["digest"]:
        return
    if plan.start is None or plan.start > clock.now():
        return
    actor = Actor(ActorKind.STAFF, UUID(payload["by"]), payload["label"])
    audit.on_behalf(session, actor, Purpose.SENDING)
    try:
        if digest(session, notice) != plan.digest:
            raise NotAsSeen
        _reach(session, notice)
    except (NobodyReached, NotAsSeen, rules.DueDatePassed, *segments.UNUSABLE) as refusal:
        _to_draft(session, notice, (State.SCHEDULED,))
        drafts.note(session, notice.number, actor, Done.STOPPED, refusal.code)
        return
    _begin(session, notice, (State.SCHEDULED,))
    drafts.note(session, notice.number, actor, Done.SENT)


def _reach(session: Session, notice: Notice) -> int:
    """How many it reaches, if it still can be sent; asked whenever somebody decides that it is."""
    rules.check_due(Kind(notice.kind), notice.due_on, clock.today())
    rules.check_choices(Kind(notice.kind), notice.choices)
    reach = people.count(session, notice)
    if reach == 0:
        raise NobodyReached
    return reach


def _begin(session: Session, notice: Notice, before: Collection[State]) -> None:
    """To the worker; what was typed is not needed any more, and a corrected notice's course names its correction."""
    _move(session, notice, before, State.SENDING, refusal=AlreadySent, sent_at=clock.now())
    did(session, Action.CREATE, whose=None, what="mailbox.notice", case_ref=str(notice.id))
    plan = session.get(Plan, notice.number)
    if plan is not None:
        plan.typed = {}
        if plan.corrects is not None:
            drafts.note(session, plan.corrects, audit.unit_of(session).actor, Done.CORRECTED, str(notice.id))
    following.begin(session, notice)
    sending.promise(session, notice.number, after=None)


def withdraw(session: Session, clerk: Actor, notice: Notice, reason: str) -> None:
    """Take back what was sent: its readers see that and why, and the text is no longer shown; what still waits to be
    told outside is not told (`channels.sending` looks again)."""
    said = check_reason(reason)
    halfway = _moved(session, notice, (State.SENDING,), State.WITHDRAWN)
    if not halfway:
        _move(session, notice, (State.SENT,), State.WITHDRAWN, refusal=NotNow)
    plan = session.get_one(Plan, notice.number)
    plan.halfway = halfway
    plan.withdrawn_at, plan.reason = clock.now(), said
    attachments.drop_all(session, notice)
    did(session, Action.CHANGE, whose=None, what="mailbox.notice(withdrawn)", case_ref=str(notice.id)[:8])
    drafts.note(session, notice.number, clerk, Done.WITHDRAWN, said)


def correct(session: Session, clerk: Actor, notice: Notice) -> Notice:
    """A draft that says the same to the same people, to be put right. A draft of that kind there already is gone on with.
    While it is being delivered nobody can say who they are: it is withdrawn first, or waited for."""
    if notice.state not in (State.SENT, State.WITHDRAWN):
        raise NotNow
    query = (
        select(Notice)
        .join(Plan, Plan.notice_number == Notice.number)
        .where(Plan.corrects == notice.number, Notice.state == State.DRAFT)
    )
    if begun := session.scalars(query.limit(1)).first():
        return begun
    readers = people.of_correction(notice, halfway=session.get_one(Plan, notice.number).halfway)
    due_on = notice.due_on if notice.due_on and notice.due_on >= clock.today() else None
    content = Content.of_notice(notice)
    return drafts.begin(session, clerk, content, readers=readers, due_on=due_on, corrects=notice.number)


def _move(
    session: Session,
    notice: Notice,
    before: Collection[State],
    after: State,
    *,
    refusal: type[Refusal],
    **values: Any,
) -> None:
    """One of those who want it at once gets it; the row stays locked until the commit."""
    if not _moved(session, notice, before, after, **values):
        raise refusal


def _moved(session: Session, notice: Notice, before: Collection[State], after: State, **values: Any) -> bool:
    moved = session.execute(
        update(Notice)
        .where(Notice.number == notice.number, Notice.state.in_([str(state) for state in before]))
        .values(state=str(after), **values),
        execution_options=UNSYNCHRONISED,
    )
    session.refresh(notice)
    return moved.rowcount == 1  # type: ignore[attr-defined]
