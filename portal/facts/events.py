"""What happens to consents, for rooms above that keep something by them."""

from uuid import UUID

from portal.core.events import Event


class ConsentWithdrawn(Event):
    """The person took a consent back: what was kept by it goes in the same moment."""

    resident_id: UUID
    topic: str
