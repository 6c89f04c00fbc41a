"""What this room tells the others."""

from uuid import UUID

from portal.core.events import Event


class CertificatePrinted(Event):
    """A paper left a machine."""

    order_id: UUID
    resident_id: UUID
    device_id: UUID


class RefundOwed(Event):
    """A paid order failed and the machine could not give the money back: staff have to."""

    order_id: UUID
    device_id: UUID
    reason: str
