"""The door of this part: follow-ups are planned when a notice is sent, and begun on their day.

A step is begun in the transaction that promises its work, and the work goes on in chunks as a delivery does: killed
anywhere, each person is reminded, or written to, once.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.mailbox.answering import reminding
from portal.mailbox.channels.rules import is_quiet
from portal.mailbox.following import rules
from portal.mailbox.following.models import FollowUp
from portal.mailbox.following.rules import Step
from portal.mailbox.models import Notice
from portal.mailbox.paper import gathering
from portal.mailbox.rules import Kind, State

LOOK = "mailbox.follow-up"
AT_ONCE = 100


def begin(session: Session, notice: Notice) -> None:
    """Plan the follow-ups of a notice that is being sent now. In the transaction of its sending."""
    wanted = rules.of(notice.choices)
    if not wanted or notice.sent_at is None:
        return
    sent_on = notice.sent_at.astimezone(JST).date()
    days = rules.plan(wanted, kind=Kind(notice.kind), sent_on=sent_on, due_on=notice.due_on)
    rows = [{"notice_number": notice.number, "step": str(step), "due_on": on} for step, on in days.items()]
    if rows:
        insert_once(session, FollowUp.__table__, rows)  # type: ignore[arg-type]


def planned(session: Session, number: int) -> dict[Step, FollowUp]:
    """What is planned for a notice, or was begun."""
    query = select(FollowUp).where(FollowUp.notice_number == number).order_by(FollowUp.due_on)
    return {Step(row.step): row for row in session.scalars(query)}


def look(session: Session, _payload: dict[str, Any]) -> None:
    """Begin what is due (worker, hourly; not at night: what is told then would only wait). Of several of one notice the
    one by its due date goes first; a reminder on a day that had one already comes the day after."""
    gathering.cancel_read(session)
    now, today = clock.now(), clock.today()
    if is_quiet(now):
        return
    query = (
        select(FollowUp, Notice)
        .join(Notice, Notice.number == FollowUp.notice_number)
        .where(FollowUp.begun_at.is_(None), FollowUp.due_on <= today, Notice.state != State.SENDING)
        .order_by(FollowUp.step == str(Step.UNREAD), FollowUp.due_on, FollowUp.notice_number)
        .limit(AT_ONCE)
    )
    due = session.execute(query.with_for_update(of=FollowUp, skip_locked=True)).all()
    for follow_up, notice in due:
        goes = notice.state == State.SENT and not rules.is_over(Step(follow_up.step), notice.due_on, today)
        if goes and not _take(session, notice, Step(follow_up.step)):
            follow_up.due_on = today + timedelta(days=1)
        else:
            follow_up.begun_at = now
    if len(due) == AT_ONCE:
        outbox.post(session, LOOK, {}, lane=outbox.Lane.BULK)


def _take(session: Session, notice: Notice, step: Step) -> bool:
    """Begin it; False if not today."""
    if step is not Step.PAPER:
        return reminding.by_itself(session, notice, reminding.Reminder(str(step)))
    section = notice.section_id or rules.section_of(notice.choices)
    gathering.begin(session, notice, law=rules.law_of(notice.choices), section_id=section)
    return True
