"""What happens in the hall, for rooms above (mailbox)."""

from uuid import UUID

from portal.core.events import Event


class NumberNear(Event):
    """Few people are left before a number whose person is known. `office` is a code, `link` its page here."""

    ticket_id: UUID
    resident_id: UUID
    label: str
    office: str
    before: int
    link: str
