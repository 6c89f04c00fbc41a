"""The door of this part: an alarm begins, is checked, ends; every page shows what is up without asking the database."""

import threading
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, literal, select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.actor import Actor, system
from portal.core.audit import Action, Purpose, did
from portal.core.db import Instant, own_insert
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.mailbox import rules as notices
from portal.mailbox.alarms import rules
from portal.mailbox.alarms.models import Alarm
from portal.mailbox.alarms.rules import Shown
from portal.mailbox.channels import queueing
from portal.mailbox.channels.rules import Says
from portal.mailbox.composing import drafts
from portal.mailbox.models import Delivery, Notice
from portal.residents import service as residents
from portal.segments.service import EVERYBODY

DELIVER = "mailbox.alarms.deliver"
CHUNK = 20_000
LOOK_SECONDS = 1.0
"""How long after another process began or ended an alarm this one may not know it yet."""
NO_SYNC = {"synchronize_session": False}


class _Board:
    """What one process knows of alarms: asked of the database once a second at most, however many pages are shown."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._known: tuple[Shown, ...] = ()
        self._look_at = 0.0

    def shown(self, database: Database) -> tuple[Shown, ...]:
        if time.monotonic() >= self._look_at and self._turn.acquire(blocking=False):
            try:
                self._look_at = time.monotonic() + LOOK_SECONDS
                with database.page(system("alarms"), Purpose.OPERATION, writes=False) as session:
                    self._known = tuple(_stored(session))
            finally:
                self._turn.release()
        if not self._known:
            return ()
        now = clock.now()
        return tuple(alarm for alarm in self._known if alarm.is_up(now))

    def look_again(self) -> None:
        self._look_at = 0.0


_boards: WeakKeyDictionary[Engine, _Board] = WeakKeyDictionary()


def _board(engine: Engine) -> _Board:
    return _boards.get(engine) or _boards.setdefault(engine, _Board())


def shown(database: Database) -> tuple[Shown, ...]:
    """What is up now, the newest first."""
    return _board(database.engine).shown(database)


def _stored(session: Session) -> list[Shown]:
    query = select(Alarm).where(Alarm.ended_at.is_(None), Alarm.ends_at > clock.now()).order_by(Alarm.starts_at.desc())
    return [
        Shown(row.id, row.texts, row.link, tuple(row.wards), row.starts_at, row.ends_at)
        for row in session.scalars(query)
    ]


def standing(session: Session) -> Sequence[Alarm]:
    """What has not ended, for staff; also what begins later."""
    query = select(Alarm).where(Alarm.ended_at.is_(None), Alarm.ends_at > clock.now())
    return session.scalars(query.order_by(Alarm.starts_at.desc())).all()


def begin(
    session: Session,
    actor: Actor,
    *,
    texts: dict[str, dict[str, str]],
    link: str,
    wards: Sequence[str],
    hours: int,
    sends_notice: bool,
) -> Alarm:
    """Up at once; whoever is of the area gets the urgent notice, at any hour, before everything else."""
    now = clock.now()
    assert actor.id
    said = {"texts": texts, "link": link, "wards": list(wards), "starts_at": now, "ends_at": rules.ends(now, hours)}
    alarm = Alarm(id=new_id(), begun_by=actor.id, begun_label=actor.label, **said)
    session.add(alarm)
    if sends_notice:
        alarm.notice_number = _notice(session, actor, alarm).number
        _promise(session, alarm.id, after=None)
    session.flush()
    did(session, Action.CREATE, whose=None, what="alarms", case_ref=str(alarm.id)[:8])
    _board(_engine(session)).look_again()
    return alarm


def _engine(session: Session) -> Engine:
    bound = session.get_bind()
    found = next((engine for engine in _boards if engine.pool is bound.engine.pool), None)
    return found or bound.engine


def _notice(session: Session, actor: Actor, alarm: Alarm) -> Notice:
    section = actor.label.rpartition(" ")[0]
    notice = Notice(
        id=new_id(),
        kind=notices.Kind.INFORMATION,
        state=notices.State.SENDING,
        section=section,
        section_id=actor.section,
        author_id=actor.id,
        texts=alarm.texts,
        segment=drafts.readers_of({"ward": list(alarm.wards)} if alarm.wards else EVERYBODY),
        written_at=alarm.starts_at,
        sent_at=alarm.starts_at,
    )
    session.add(notice)
    session.flush()
    drafts.plan_sent(session, actor, notice)
    return notice


def _promise(session: Session, alarm_id: UUID, *, after: UUID | None) -> None:
    payload = {"alarm": str(alarm_id), "after": str(after) if after else None}
    outbox.post(session, DELIVER, payload, key=f"{DELIVER}:{alarm_id}:{after}", lane=outbox.Lane.URGENT)


def deliver(session: Session, payload: dict[str, Any]) -> None:
    """One chunk of the area's mailboxes by one statement, and the promise of the next (worker). An alarm that was ended
    meanwhile is delivered all the same: who has it should not be told another thing than the neighbour."""
    alarm = session.get_one(Alarm, UUID(payload["alarm"]))
    assert alarm.notice_number
    if session.get_one(Notice, alarm.notice_number).state == notices.WITHDRAWN:  # its section took it back
        return
    after = UUID(payload["after"]) if payload["after"] else None
    wanted = residents.ids_in_wards(alarm.wards, after=after)
    last = session.scalar(wanted.offset(CHUNK - 1).limit(1))
    chunk = wanted.limit(CHUNK).subquery()
    rows = select(
        chunk.c.id, literal(alarm.notice_number), literal(clock.now(), Instant), literal(None, Instant)
    ).select_from(chunk)
    columns = ["resident_id", "notice_number", "delivered_at", "read_at"]
    statement = own_insert(session, Delivery).from_select(columns, rows.where(literal(True)))
    session.execute(statement.on_conflict_do_nothing())
    number = alarm.notice_number
    queueing.put_all(session, number, after=after, last=last, says=Says.EMERGENCY, lane=outbox.Lane.URGENT)
    if last is not None:
        _promise(session, alarm.id, after=last)
        return
    ended = update(Notice).where(Notice.number == number, Notice.state == str(notices.State.SENDING))
    session.execute(ended.values(state=notices.State.SENT))


def _open(session: Session, alarm_id: UUID) -> Alarm:
    query = select(Alarm).where(Alarm.id == alarm_id, Alarm.ended_at.is_(None)).with_for_update()
    alarm = session.scalar(query)
    if alarm is None:
        raise rules.AlarmUnknown
    return alarm


def check(session: Session, actor: Actor, alarm_id: UUID) -> None:
    """A second person read it after it began: it is right."""
    alarm = _open(session, alarm_id)
    rules.check_second(alarm.begun_by, actor.id)
    alarm.checked_by = alarm.checked_by or actor.id
    did(session, Action.CHANGE, whose=None, what="alarms", case_ref=str(alarm_id)[:8])


def end(session: Session, actor: Actor, alarm_id: UUID) -> bool:
    """The first who asks prepares the end, a second one ends it; says whether it is over."""
    alarm = _open(session, alarm_id)
    if alarm.end_asked_by is None:
        alarm.end_asked_by = actor.id
    else:
        rules.check_second(alarm.end_asked_by, actor.id)
        alarm.ended_by, alarm.ended_at = actor.id, clock.now()
        _board(_engine(session)).look_again()
    did(session, Action.CHANGE, whose=None, what="alarms", case_ref=str(alarm_id)[:8])
    return alarm.ended_at is not None
