"""What this room tells the others."""

from uuid import UUID

from portal.core.events import Event


class RefundOwed(Event):
    """A paid order failed and the machine could not give the money back: staff have to."""

    order_id: UUID
    device_id: UUID
    reason: str
