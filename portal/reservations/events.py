"""What happens to reservations, for rooms above (window, mailbox)."""

from datetime import datetime
from uuid import UUID

from portal.core.events import Event


class BookingFact(Event):
    """What every event of this room tells; `office` is its code."""

    booking_id: UUID
    application_id: UUID | None
    resident_id: UUID
    reference: str
    office: str
    starts_at: datetime


class BookingMade(BookingFact):
    """A visit was reserved."""


class BookingChanged(BookingFact):
    """A visit was moved to another time; `starts_at` is the new one."""


class BookingCancelled(BookingFact):
    """A visit was cancelled; its place is free again."""
