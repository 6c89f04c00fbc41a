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


class VisitKept(BookingFact):
    """The person checked in in time and was served. `by_person`: they reserved it themselves, not staff for them."""

    by_person: bool


class ProcedureAdded(BookingFact):
    """A further procedure is done in the visit; it may last longer now."""


class OfficeClosed(BookingFact):
    """The office closes on the day of the visit: it needs another time. `reason` is one of rules.DayReason, `note`
    what staff wrote for everybody."""

    reason: str
    note: str


class OfficeOpensAfterAll(BookingFact):
    """The closing was called off: the visit stands."""


class VisitNear(BookingFact):
    """The visit is tomorrow (`today` false) or in some hours: time for a reminder."""

    today: bool


class WaitingFact(Event):
    """What every event about somebody on the waiting list tells."""

    entry_id: UUID
    application_id: UUID
    resident_id: UUID
    reference: str


class PlaceOffered(WaitingFact):
    """A freed place is kept for this person until `until`; `office` is its code."""

    office: str
    starts_at: datetime
    until: datetime


class WaitingEnded(WaitingFact):
    """The person is off the list without a visit; `why` is one of waiting_rules.Why."""

    why: str
