"""A section's desk in a city of thirty people: what two clerks write, send in, approve and look at."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.core.uow import Database
from portal.demo import load
from portal.mailbox import rules, service
from portal.mailbox.composing import course, drafts
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import State
from portal.segments import service as segments
from portal.segments.service import Condition
from portal.staff.models import Section

SECTION = uuid4()
MAY = frozenset({Permission.NOTICE_WRITE, Permission.NOTICE_APPROVE})
CLERK = Actor(Kind.STAFF, uuid4(), "市役所 こども家庭支援課 000001", section=SECTION, permissions=MAY)
SECOND = Actor(Kind.STAFF, uuid4(), "市役所 こども家庭支援課 000002", section=SECTION, permissions=MAY)
TEXTS = {"ja": {"title": "お知らせ", "body": "((氏名)) 様\n\n((会場))へお越しください。"}}


@pytest.fixture
def city(database: Database) -> Database:
    with database.command("demo") as session:
        load.load_city(session, residents=30)
        session.add(Section(id=SECTION, office="honcho", name="こども家庭支援課"))
    return database


def acting(database: Database, actor: Actor, deed: Callable[[Any], Any]) -> Any:
    with database.page(actor, Purpose.SENDING, writes=True) as session:
        return deed(session)


def written(database: Database, segment: Condition = segments.EVERYBODY) -> UUID:
    def write(session: Any) -> UUID:
        texts = {"ja": {"title": "お知らせ", "body": "本文"}}
        kind = rules.Kind.INFORMATION
        return service.write(session, CLERK, kind=kind, texts=texts, segment=segment).id

    found: UUID = acting(database, CLERK, write)
    return found


def submitted(database: Database, notice_id: UUID, *, over: int = 0, start: Any = None) -> State:
    def submit(session: Any) -> State:
        notice, plan = drafts.open_plan(session, CLERK, notice_id)
        return course.submit(session, CLERK, notice, seen=plan.revision, start=start, over=over)

    found: State = acting(database, CLERK, submit)
    return found


def approve(database: Database, notice_id: UUID, actor: Actor = SECOND, seen: str | None = None) -> State:
    def agree(session: Any) -> State:
        notice, plan = drafts.open_plan(session, actor, notice_id)
        return course.approve(session, actor, notice, seen=plan.digest if seen is None else seen)

    found: State = acting(database, actor, agree)
    return found


def state_of(database: Database, notice_id: UUID) -> str:
    with database.command("look") as session:
        return session.scalars(select(Notice.state).where(Notice.id == notice_id)).one()


def delivered(database: Database) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0
