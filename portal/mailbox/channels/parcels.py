"""What leaves the portal in one piece for one person on one channel, and what became of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from portal.mailbox.channels.rules import Channel


class Outcome(StrEnum):
    SENT = "sent"
    LATER = "later"
    GONE = "gone"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """`after` is how long the server asked to be left alone; `arrived` is False where nobody knows more than that
    it was taken."""

    outcome: Outcome
    after: timedelta | None = None
    arrived: bool = True


@dataclass(frozen=True, slots=True)
class Parcel:
    """Words are in the person's language. `to` are mail addresses or the browsers (`push_services.Target`)."""

    id: UUID
    channel: Channel
    resident_id: UUID
    numbers: tuple[int, ...]
    attempts: int
    urgent: bool
    until: datetime
    title: str
    body: str
    link: str
    language: str
    to: tuple[object, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Brought:
    """A parcel with one result for each of `to`."""

    parcel: Parcel
    results: tuple[Result, ...]
