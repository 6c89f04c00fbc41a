"""Telling whom the rules have found: a few statements a chunk of people. Worker's work.

A chain of promises in the outbox, each a transaction: killed anywhere, the rest is done later, and nobody is told twice,
because the day an advice was told on and the primary key of a delivery settle it.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, cast, delete, func, literal, or_, select, true, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.guidance import catalogue, rules
from portal.guidance.models import Advice, Switch
from portal.guidance.rules import State
from portal.guidance.schema import Rule
from portal.mailbox import service as mailbox
from portal.mailbox.service import ForMany

TELL = "guidance.tell"


def promise(session: Session, key: str, *, after: UUID | None) -> None:
    """Promise to tell whom the run *key* found, beginning with who comes after the resident *after*."""
    payload = {"key": key, "after": str(after) if after else None}
    outbox.post(session, TELL, payload, key=f"{TELL}:{key}:{after}", lane=outbox.Lane.BULK)


def switched_off(session: Session) -> set[str]:
    """The names of the rules that tell nobody now."""
    return set(session.scalars(select(Switch.rule)))


def tell(session: Session, payload: dict[str, Any]) -> None:
    """Tell one chunk of people (CHUNK at most) and promise the next (worker)."""
    after = UUID(payload["after"]) if payload["after"] else None
    waiting = select(Advice.resident_id).where(Advice.told_on.is_(None)).distinct().order_by(Advice.resident_id)
    if after is not None:
        waiting = waiting.where(Advice.resident_id > after)
    last = session.scalar(waiting.offset(rules.CHUNK - 1).limit(1))
    who: ColumnElement[bool] = true()
    if after is not None:
        who &= Advice.resident_id > after
    if last is not None:
        who &= Advice.resident_id <= last
    tell_some(session, who)
    if last is not None:
        promise(session, payload["key"], after=last)


def tell_some(session: Session, who: ColumnElement[bool]) -> None:
    """Tell *who* (a condition on Advice) what waits for them: MOST_A_DAY each, the weightiest first; what follows a
    disaster is told whatever else was told that day."""
    today = clock.today()
    session.execute(
        update(Advice).where(Advice.number.in_(_chosen(who, today))).values(told_on=today),
        execution_options={"synchronize_session": False},
    )
    _deliver(session, today, who)


def _chosen(who: ColumnElement[bool], today: date) -> Select[int]:
    """The numbers of what is told now."""
    off = select(Switch.rule)
    today_already = (
        select(Advice.resident_id, func.count().label("told"))
        .where(Advice.told_on == today, who)
        .group_by(Advice.resident_id)
        .subquery()
    )
    place = func.row_number().over(partition_by=Advice.resident_id, order_by=(Advice.weight, Advice.number))
    waiting = (
        select(Advice.number, Advice.resident_id, Advice.rule, place.label("place"))
        .where(Advice.told_on.is_(None), Advice.state == State.OPEN, Advice.rule.not_in(off), who)
        .subquery()
    )
    return (
        select(waiting.c.number)
        .outerjoin(today_already, today_already.c.resident_id == waiting.c.resident_id)
        .where(
            or_(
                waiting.c.place <= rules.MOST_A_DAY - func.coalesce(today_already.c.told, 0),
                waiting.c.rule.in_(catalogue.after_declarations()),
            )
        )
    )


def _deliver(session: Session, today: date, who: ColumnElement[bool]) -> None:
    """One notice a rule and occasion, in the mailboxes of those who are told today; again changes nothing."""
    told = (Advice.told_on == today, who)
    found = session.execute(select(Advice.rule, Advice.occasion).where(*told).distinct()).all()
    known = catalogue.rules()
    notices = [_notice(known[name], occasion, today) for name, occasion in found if name in known]
    key = literal("guidance:") + Advice.rule + ":" + Advice.occasion + literal(f":{today.isoformat()}")
    readers = select(Advice.resident_id, cast(key, String).label("key")).where(*told)
    mailbox.tell_many(session, notices, readers)


def _notice(rule: Rule, occasion: str, today: date) -> ForMany:
    return ForMany(
        key=f"guidance:{rule.name}:{occasion}:{today.isoformat()}",
        section=rule.owner,
        title=rule.title,
        body=rule.text,
        kind=mailbox.NoticeKind(rule.kind),
        link="/guidance",
        due_on=rule.due_on(occasion, today),
    )


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Remove what was told long ago (worker, daily)."""
    old = (Advice.told_on < clock.today() - rules.KEPT, Advice.occasion != "")
    session.execute(delete(Advice).where(*old), execution_options={"synchronize_session": False})
