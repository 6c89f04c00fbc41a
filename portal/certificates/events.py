"""What this room tells the others."""

from uuid import UUID

from portal.core.events import Event


class FeeReturned(Event):
    """An order paid with points (`method`: coupon or points) gave no paper: what was spent goes back."""

    order_id: UUID
    method: str


class RefundOwed(Event):
    """A machine kept `amount` yen and gave no paper: staff have to pay back, and the resident has to know.

    `method` says what they were paid with: of what was worth so many yen in points, points come back. `office` is the
    code of the machine's office; `reference` is the order's number as people read it out.
    """

    order_id: UUID
    resident_id: UUID
    device_id: UUID
    reference: str
    office: str
    amount: int
    reason: str
    method: str = "cash"


class RefundSettled(Event):
    """Staff of `office` ended it: `amount` yen paid back (`method`: what they were worth in points), or 0 when the paper was
    handed over."""

    order_id: UUID
    resident_id: UUID
    reference: str
    office: str
    amount: int
    method: str = "cash"


class CertificateFact(Event):
    """What happened to an order from home; `reference` is its number as people read it out."""

    order_id: UUID
    resident_id: UUID
    reference: str


class CertificatePaid(CertificateFact):
    """`amount` yen arrived; `delivery` says how the certificate comes."""

    delivery: str
    amount: int


class CertificateDelivered(CertificateFact):
    """The file lies ready; `title` is the msgid of what it is."""

    title: str


class CertificatePosted(CertificateFact):
    """The letter is with the post office."""


class CertificateReturned(CertificateFact):
    """The letter came back: nobody was there under the registered address."""


class CertificateNotMade(CertificateFact):
    """Paid, but it could not be made any more: `amount` yen go back, by the `way` they came."""

    amount: int
    way: str


class CertificateDataTaken(CertificateFact):
    """A data file was saved that shows `lines` of all `of` lines of the certificate."""

    lines: int
    of: int


class CertificateHandedOut(CertificateFact):
    """Staff of `office` handed out a certificate about this person; `title` is the msgid of what it is."""

    office: str
    title: str
    number: bool
