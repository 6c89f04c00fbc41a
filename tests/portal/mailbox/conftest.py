"""A section's desk and the people of a small city, for the tests of what they do with notices."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast, load
from portal.mailbox import rules, service
from portal.mailbox.answering import service as answering
from portal.mailbox.opening import Reader
from portal.residents import service as residents
from portal.segments.service import EVERYBODY
from portal.staff.models import Section

TEXTS = {"ja": {"title": "健診の希望日", "body": "選んでください。"}}


@dataclass
class Desk:
    """A section, its clerk, and the notices it sends to the people of a small city."""

    database: Database
    worker: Worker
    section: UUID = field(default_factory=uuid4)
    people: dict[str, UUID] = field(default_factory=dict)

    @property
    def clerk(self) -> Actor:
        return Actor(Kind.STAFF, uuid4(), "市役所 こども家庭支援課 000001", section=self.section)

    def send(self, kind: rules.Kind, *, due_in: int | None = None, **terms: Any) -> UUID:
        """A notice in everybody's mailbox."""
        due = clock.today() + timedelta(days=due_in) if due_in is not None else None
        with self.database.page(self.clerk, Purpose.SENDING, writes=True) as session:
            notice = service.write(session, self.clerk, kind=kind, texts=TEXTS, segment=EVERYBODY, due_on=due, **terms)
            service.send(session, notice)
            found = notice.id
        self.worker.run_pending()
        return found

    def does(self, name: str, deed: Callable[[Any, Reader], Any], *, owner: str = "", assurance: int = 1) -> Any:
        """*deed* by the person called *name*, at their own mailbox or *owner*'s."""
        actor = Actor(Kind.RESIDENT, self.people[name], assurance=assurance)
        reader = Reader(self.people[owner or name], self.people[name], assurance)
        with self.database.page(actor, Purpose.OWN_USE, writes=True) as session:
            return deed(session, reader)

    def settles(self, name: str, notice_id: UUID, **answer: Any) -> Any:
        return self.does(name, lambda session, reader: answering.settle(session, reader, notice_id, **answer))


@pytest.fixture
def desk(database: Database, worker: Worker) -> Desk:
    found = Desk(database, worker)
    with database.command("demo") as session:
        load.load_city(session, residents=0)
        session.add(Section(id=found.section, office="honcho", name="こども家庭支援課"))
        for person in (cast.HANAKO, cast.TARO, cast.SAKURA, cast.ICHIRO):
            known = residents.find_by_number(session, person.addressee_number)
            assert known
            found.people[person.persona] = known.id
    return found
