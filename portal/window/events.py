"""What happens at the window, for rooms above (mailbox, oversight)."""

from uuid import UUID

from portal.core.events import Event


class TicketFact(Event):
    """What every event of this room tells; `office` is its code, `label` the number people see."""

    ticket_id: UUID
    booking_id: UUID
    application_id: UUID | None
    resident_id: UUID
    reference: str
    office: str
    label: str


class CheckedIn(TicketFact):
    """Somebody arrived and drew a number."""


class Called(TicketFact):
    """A number was called to `window`."""

    window: int


class VisitServed(TicketFact):
    """The visit is over; the window did what the person came for."""
