"""Opens the database with everything a unit of work needs. The worker and the commands need no pages: they start here."""

from portal import wiring
from portal.config import Settings
from portal.core import clock
from portal.core.audit import Anchor
from portal.core.crypto import derive_key, signing_key
from portal.core.db import make_engine
from portal.core.uow import Database


def open_database(settings: Settings) -> Database:
    """The database of *settings* with listeners, audit key and anchor; the demo's clock is followed."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    if settings.demo:
        clock.follow(settings.clock_file)
    anchor = Anchor(settings.state_dir / "audit-heads", signing_key(settings.master, "audit-anchor"))
    database = Database(make_engine(settings.url), wiring.LISTENERS, derive_key(settings.master, "audit-chain"), anchor)
    database.keep_open()
    return database
