"""Notices to many and alarms, brought into mailboxes by a process that does nothing else (`portal worker --notices-only`).

It knows the rooms this needs and no others: half the memory of the worker, and nothing of the night's work, however long,
stands before an alarm. Whoever runs none loses nothing: the worker does all of this too.
"""

from collections.abc import Sequence
from typing import Any

from portal.config import Settings
from portal.core.events import Event, Listener
from portal.core.outbox import Handler, Lane, Share
from portal.core.uow import Database
from portal.core.worker import STATEMENTS, Worker
from portal.mailbox import sending
from portal.mailbox.alarms import service as alarms
from portal.opening import open_for

WORK: dict[str, Handler] = {sending.DELIVER: sending.deliver, alarms.DELIVER: alarms.deliver}
SHARE = Share(kinds=tuple(WORK), lanes=(Lane.URGENT, Lane.BULK))


class Nobody(dict[type[Event], Sequence[Listener]]):
    """Listeners of a process that knows none. What it does emits nothing; should that change, it is undone here and left
    to the worker instead of being heard by nobody."""

    def get(self, event: Any, default: Any = None) -> Any:
        raise LookupError(f"who listens to {event.__name__} is not known here")


def open_database(settings: Settings) -> Database:
    """The city's database for this work alone."""
    return open_for(settings, Nobody(), statements=STATEMENTS)


def deliverer(database: Database) -> Worker:
    """Who does it, beside any number of workers."""
    return Worker(database, WORK, share=SHARE)
