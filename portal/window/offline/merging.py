"""Merging a journal: each step once, in its order, in one transaction with the others of its part."""

import hmac
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.crypto import token_hash
from portal.core.errors import Refusal
from portal.window import kinds, near
from portal.window.models import Ticket
from portal.window.moves import CALLS, hold, take_turn
from portal.window.offline import rules
from portal.window.offline.deeds import DEEDS, Deeds, Done, Follows
from portal.window.offline.forms import Journal, Step
from portal.window.offline.models import Lease, MergedStep
from portal.window.offline.rules import Outcome
from portal.window.rules import State


def merge(session: Session, actor: Actor, journal: Journal, key: bytes) -> list[MergedStep]:
    """What became of each step of *journal*; those merged before are answered as they were then.
    *key* is the secret references were hashed with.

    Raises LeaseUnknown, JournalTooOld, NotInOrder, ForeignNumber, ClockWrong: then nothing is changed.
    """
    lease = _lease(session, actor, journal)
    hold(session, lease.office, CALLS)  # sent twice at one instant, the second waits here and finds the first's steps
    known = {one.place: one for one in _known(session, lease)}
    steps = journal.steps
    ids = [step.id for step in steps]
    rules.check_order([step.place for step in steps], {place: one.id for place, one in known.items()}, ids)
    new = [step for step in steps if step.place not in known]
    _check_new(session, lease, new)
    rules.check_clock(journal.sent_at, clock.machine_now())
    times = rules.true_times([step.at for step in new], journal.sent_at, clock.now(), lease.issued_at)
    deeds = Deeds(session, actor, lease, rules.salt(key, lease.office, lease.day))
    for step, at in zip(new, times, strict=True):
        known[step.place] = _take(deeds, step, at)
    _tell_the_hall(session, lease, deeds)
    return [known[step.place] for step in steps]


def _lease(session: Session, actor: Actor, journal: Journal) -> Lease:
    """The lease, for staff of its office who sit at the browser that holds its secret."""
    lease = session.get(Lease, journal.lease)
    if lease is None or lease.office != actor.office:
        raise rules.LeaseUnknown
    if not hmac.compare_digest(lease.secret_hash, token_hash(journal.secret)):
        raise rules.LeaseUnknown
    if clock.today() - lease.day > rules.MERGED_WITHIN:
        raise rules.JournalTooOld
    return lease


def _known(session: Session, lease: Lease) -> Sequence[MergedStep]:
    return session.scalars(select(MergedStep).where(MergedStep.lease_id == lease.id)).all()


def _check_new(session: Session, lease: Lease, steps: Sequence[Step]) -> None:
    """Before anything is written: no step of another desk, and only numbers of this one."""
    letters = {one.letter for one in kinds.here(lease.office).values()}
    for step in steps:
        if step.what in rules.GIVES:
            rules.check_own(step.what, step.label, lease.block, letters)
    elsewhere = select(MergedStep.id).where(MergedStep.id.in_([step.id for step in steps]))
    if session.scalars(elsewhere.limit(1)).first() is not None:
        raise rules.NotInOrder


def _take(deeds: Deeds, step: Step, at: datetime) -> MergedStep:
    """Do one step or put down why not; what it began is undone then."""
    session, outcome = deeds.session, Outcome.APPLIED
    done = Done(None)
    try:
        with session.begin_nested():
            done = DEEDS[step.what](deeds, step, at)
    except Follows:
        outcome = Outcome.LEFT_OUT
    except Refusal as refusal:
        done = Done(None, rules.told_as(refusal, step.what, step.label))
    if done.conflict is not None:
        outcome = Outcome.CONFLICT
    merged = MergedStep(
        id=step.id,
        lease_id=deeds.lease.id,
        place=step.place,
        what=str(step.what),
        label=step.label,
        desk_at=step.at,
        at=at,
        outcome=str(outcome),
        code=done.conflict.code if done.conflict else "",
        facts=done.conflict.facts if done.conflict else {},
        ticket_id=done.ticket.id if done.ticket else None,
        merged_at=clock.now(),
        merged_by=deeds.actor.id,
    )
    session.add(merged)
    session.flush()
    return merged


def _tell_the_hall(session: Session, lease: Lease, deeds: Deeds) -> None:
    """The board shows who is called now, not everybody who was called while it could not know."""
    if lease.day != clock.today():
        return
    touched: list[Ticket] = list(deeds.touched.values())
    for ticket in touched:
        if ticket.state == State.CALLED:
            ticket.call_number = take_turn(session, lease.office)
    session.flush()
    for kind in sorted({ticket.kind for ticket in touched}):
        near.tell(session, lease.office, kind)
