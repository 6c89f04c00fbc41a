"""The unit of work: the only place where transactions begin and end.

Three openers: `page` for a request, `command` for the command line, `job` for the worker. Services
get the session and never commit. A read is rolled back; what it looked at is recorded in a short
transaction of its own before the answer leaves: no record, no page.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.actor import Actor, system
from portal.core.audit import Anchor, Purpose, Unit
from portal.core.db import FairLock
from portal.core.errors import Refusal
from portal.core.events import Listeners

log = structlog.get_logger("uow")


@dataclass(slots=True)
class Database:
    """An engine together with what every unit of work needs: listeners, audit key, anchor."""

    engine: Engine
    listeners: Listeners
    audit_key: bytes
    anchor: Anchor
    _queue: FairLock = field(default_factory=FairLock)
    _keeper: Connection | None = None

    def page(self, actor: Actor, purpose: Purpose, *, writes: bool) -> AbstractContextManager[Session]:
        """A request's session. With *writes* it commits at the end; otherwise it is rolled back."""
        opener = self._write if writes else self._read
        return opener(actor, purpose)

    def command(self, name: str, purpose: Purpose = Purpose.OPERATION) -> AbstractContextManager[Session]:
        """A command's session: commits at the end, or not at all."""
        return self._write(system(f"command {name}"), purpose)

    def job(self, name: str, purpose: Purpose = Purpose.OPERATION) -> AbstractContextManager[Session]:
        """A worker's session: commits at the end, or not at all."""
        return self._write(system(f"job {name}"), purpose)

    @contextmanager
    def _write(self, actor: Actor, purpose: Purpose) -> Iterator[Session]:
        consequences: list[Callable[[Session], None]] = []
        try:
            with self._turn(), self._session(actor, purpose, self.engine.execution_options(writes=True)) as session:
                consequences = audit.unit_of(session).consequences
                yield session
                for consequence in consequences:
                    consequence(session)
                session.flush()
                head = audit.write(session, self.audit_key)
                session.commit()
        except Refusal:
            self._bear(actor, purpose, consequences)
            raise
        if head:
            self._anchor(*head)

    def _anchor(self, chain: int, seq: int, digest: bytes) -> None:
        """Keep the head outside. What was committed stays committed also when the file cannot be written: the
        next head of the chain covers this one, and operators read of it in the log."""
        try:
            self.anchor.keep(chain, seq, digest)
        except OSError as fault:
            log.error("audit.head_not_kept", chain=chain, seq=seq, error=type(fault).__name__)

    def _bear(self, actor: Actor, purpose: Purpose, consequences: list[Callable[[Session], None]]) -> None:
        """Let what follows from a refusal happen in a transaction of its own."""
        if consequences:
            with self._write(actor, purpose) as session:
                for consequence in consequences:
                    consequence(session)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer at a time: wait in line for it instead of racing."""
        if self.engine.dialect.name != "sqlite":
            yield
            return
        self._queue.acquire()
        try:
            yield
        finally:
            self._queue.release()

    @contextmanager
    def _read(self, actor: Actor, purpose: Purpose) -> Iterator[Session]:
        session = self._session(actor, purpose, self.engine)
        unit = audit.unit_of(session)
        try:
            yield session
        except Refusal:
            session.close()
            self._bear(actor, purpose, unit.consequences)
            raise
        finally:
            if session.in_transaction():  # a page that only used prepared reads never began one
                session.close()
        if unit.entries or unit.consequences:
            self.record(unit)

    def record(self, unit: Unit) -> None:
        """Write what *unit* left behind, in a transaction of its own: looks, refusals, a notice now read."""
        with self._write(unit.actor, unit.purpose) as session:
            for entry in unit.entries:
                audit.unit_of(session).note(entry)
            for consequence in unit.consequences:
                consequence(session)

    def _session(self, actor: Actor, purpose: Purpose, bind: Engine) -> Session:
        info = {"unit": Unit(actor, purpose), "listeners": self.listeners}
        return Session(bind, expire_on_commit=False, info=info)

    def keep_open(self) -> None:
        """Hold one connection: on a full disk even reads fail once SQLite's last connection closed."""
        if self.engine.dialect.name == "sqlite" and self._keeper is None:
            self._keeper = self.engine.connect()
            self._keeper.execute(text("SELECT 1"))
            self._keeper.rollback()

    def close(self) -> None:
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None
        self.engine.dispose()
