"""The unit of work: the only place where transactions begin and end.

Three openers: `page` for a request, `command` for the command line, `job` for the worker. Services
get the session and never commit. A read is rolled back; what it looked at is recorded in a short
transaction of its own before the answer leaves: no record, no page. Pages that many open at the same moment may
share a transaction (`together`): one commit, one place in the queue of writers, a record for each.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from portal.core import audit, journal
from portal.core.actor import Actor, system
from portal.core.audit import Anchor, Purpose, Unit
from portal.core.errors import Refusal
from portal.core.events import Listeners
from portal.core.gathering import Gathering
from portal.core.queue import WriterQueue

log = journal.get_logger("uow")

Wish = TypeVar("Wish")
Grant = TypeVar("Grant")
Asked = tuple[Unit, Wish]
"""A wish and the unit of work that puts on record what is done for it."""
Deed = Callable[[Session, Sequence[Asked[Wish]]], Sequence[Grant | Refusal]]
"""Grants wishes in order. What it raises undoes all of them, and each is then tried alone."""


@dataclass(slots=True)
class Database:
    """An engine together with what every unit of work needs: listeners, audit key, anchor."""

    engine: Engine
    listeners: Listeners
    audit_key: bytes
    anchor: Anchor
    _queue: WriterQueue | None = None
    _keeper: Connection | None = None
    _gatherings: dict[Deed[Any, Any], Gathering[Any, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """SQLite has one writer at a time: they wait in line for it instead of racing."""
        if self.engine.dialect.name == "sqlite":
            self._queue = WriterQueue(self.engine.url.database)

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

    def together(self, actor: Actor, purpose: Purpose, deed: Deed[Wish, Grant], wish: Wish) -> Grant:
        """A request's write that shares its transaction with those of others who ask for the same *deed* just now.

        Returns after the commit; raises the refusal of this wish, or what went wrong with it.
        """
        gathering = self._gatherings.get(deed) or self._gatherings.setdefault(deed, self._gathering(deed))
        unit = Unit(actor, purpose)
        try:
            granted = gathering.ask((unit, wish))
        except Refusal:
            self._bear(unit)
            raise
        if isinstance(granted, Refusal):
            raise granted
        return granted

    def _gathering(self, deed: Deed[Wish, Grant]) -> Gathering[Asked[Wish], Grant | Refusal]:
        def grant(asked: Sequence[Asked[Wish]]) -> Sequence[Grant | Refusal]:
            units = [unit for unit, _ in asked]
            for unit in units:
                unit.begin_anew()
            with self._transaction(units) as session:
                granted = deed(session, asked)
            self._anchor(session)
            return granted

        return Gathering(self._turn, grant)

    @contextmanager
    def _write(self, actor: Actor, purpose: Purpose) -> Iterator[Session]:
        unit = Unit(actor, purpose)
        try:
            with self._turn(), self._transaction([unit]) as session:
                yield session
        except Refusal:
            self._bear(unit)
            raise
        self._anchor(session)

    @contextmanager
    def _transaction(self, units: Sequence[Unit]) -> Iterator[Session]:
        """The one place that commits: what *units* did, what follows from it, and their records."""
        with self._session(units[0], self.engine.execution_options(writes=True)) as session:
            yield session
            for unit in units:
                for consequence in unit.consequences:
                    consequence(session)
            session.flush()
            session.info["head"] = audit.write(session, units, self.audit_key)
            session.commit()

    def _anchor(self, session: Session) -> None:
        """Keep the head outside. What was committed stays committed also when the file cannot be written: the
        next head of the chain covers this one, and operators read of it in the log."""
        if (head := session.info.get("head")) is None:
            return
        try:
            self.anchor.keep(*head)
        except OSError as fault:
            log.error("audit.head_not_kept", chain=head[0], seq=head[1], error=type(fault).__name__)

    def _bear(self, unit: Unit) -> None:
        """Let what follows from a refusal happen in a transaction of its own."""
        if unit.consequences:
            with self._write(unit.actor, unit.purpose) as session:
                for consequence in unit.consequences:
                    consequence(session)

    def _turn(self) -> AbstractContextManager[None]:
        return self._queue.turn() if self._queue else nullcontext()

    @contextmanager
    def _read(self, actor: Actor, purpose: Purpose) -> Iterator[Session]:
        unit = Unit(actor, purpose)
        session = self._session(unit, self.engine)
        try:
            yield session
        except Refusal:
            session.close()
            self._bear(unit)
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

    def _session(self, unit: Unit, bind: Engine) -> Session:
        info = {"unit": unit, "listeners": self.listeners}
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
