"""A card's own log as its holder reads it: one line a visit, with the services it was about. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from portal.cards.rules import Service
from portal.cards.terminals.rules import OWN_SERVICE, Role, role_of

ONE_VISIT = timedelta(minutes=5)
FIRST_TAG = 0xFF61
SAME_READING = timedelta(minutes=1)
"""Between what a card noted and what the terminal told the city of it: both have the terminal's clock."""
SEVERAL = "3FFF"
"""In the place of an object: more than one (card_reader/README.md, "Files, PIN and log")."""


class Record(Protocol):
    """What a line of the log says; key and object as the card writes them, in hexadecimal."""

    card_id: Any
    kvn: Any
    op: Any
    tag: Any
    at: Any
    terminal: Any


class Told(Protocol):
    """What a terminal told the city of a reading: its place by name."""

    card_id: Any
    service: Any
    terminal: Any
    at: Any


@dataclass
class Visit:
    """What one key did at one terminal in a few minutes: operation -> the services, empty where it is about none."""

    kvn: str
    terminal: str
    at: datetime | None
    card_id: object
    did: dict[str, set[Service]] = field(default_factory=dict)

    def takes(self, record: Record) -> bool:
        """Whether an earlier record belongs to the same visit."""
        if (self.card_id, self.kvn, self.terminal) != (record.card_id, record.kvn, record.terminal):
            return False
        if self.at is None or record.at is None:
            return self.at is record.at
        return abs(self.at - record.at) <= ONE_VISIT


def visits(records: Iterable[Record]) -> list[Visit]:
    """The records, the newest first, folded into visits."""
    found: list[Visit] = []
    for record in records:
        if not found or not found[-1].takes(record):
            found.append(Visit(record.kvn, record.terminal, record.at, record.card_id))
        found[-1].did.setdefault(record.op, set()).update(services_of(record.tag))
    return found


def services_of(tag: str) -> set[Service]:
    """The services an object is of; all of them where a record tells of several, none where it is about a key."""
    if tag == SEVERAL:
        return set(Service)
    return {name for place, name in enumerate(Service) if tag == f"{FIRST_TAG + place:04X}"}


def place_of(visit: Visit, told: Iterable[Told]) -> str:
    """Where a visit was, if the terminal told of a reading of the same card, service and time; "" where none did.

    Its own service alone: the city writes at a window what a library may read there a moment later.
    """
    role = role_of(visit.kvn)
    if visit.at is None or not isinstance(role, Role):
        return ""
    places = {
        one.terminal
        for one in told
        if one.card_id == visit.card_id and one.service == OWN_SERVICE[role] and abs(one.at - visit.at) <= SAME_READING
    }
    return places.pop() if len(places) == 1 else ""
