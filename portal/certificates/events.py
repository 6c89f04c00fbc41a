"""What this room tells the others."""

from uuid import UUID

from portal.core.events import Event


class RefundOwed(Event):
    """A machine kept `amount` yen and gave no paper: staff have to pay back, and the resident has to know.

    `office` is the code of the machine's office; `reference` is the order's number as people read it out.
    """

    order_id: UUID
    resident_id: UUID
    device_id: UUID
    reference: str
    office: str
    amount: int
    reason: str


class RefundSettled(Event):
    """Staff of `office` ended it: `amount` yen paid back, or 0 when the paper was handed over."""

    order_id: UUID
    resident_id: UUID
    reference: str
    office: str
    amount: int
