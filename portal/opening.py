"""Opens the database with everything a unit of work needs. The worker and the commands need no pages: they start here."""

from portal.config import Settings
from portal.core import clock
from portal.core.audit import Anchor
from portal.core.crypto import derive_key, signing_key
from portal.core.db import Base, make_engine
from portal.core.events import Listeners
from portal.core.mapping import close_up
from portal.core.uow import Database


def open_database(settings: Settings, *, statements: int = 500) -> Database:
    """The database of *settings* with listeners, audit key and anchor; the demo's clock is followed. The last so many
    *statements* are kept as SQL."""
    from portal import wiring  # knows every room, and with it every table

    return open_for(settings, wiring.LISTENERS, statements=statements)


def open_for(settings: Settings, listeners: Listeners, *, statements: int) -> Database:
    """The same for a process that knows only some rooms: *listeners* are those it tells."""
    close_up(Base.metadata)
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    if settings.demo:
        clock.follow(settings.clock_file)
    anchor = Anchor(settings.state_dir / "audit-heads", signing_key(settings.master, "audit-anchor"))
    engine = make_engine(settings.url, statements=statements)
    database = Database(engine, listeners, derive_key(settings.master, "audit-chain"), anchor)
    database.keep_open()
    return database
