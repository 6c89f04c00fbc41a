"""What is handed over the certificate desk: who asks, what they show and pay, what they get."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from portal.certificates.kinds import Channel, Kind, Option
from portal.certificates.register import Register
from portal.core.errors import Refusal
from portal.core.ids import ClientId, ResidentId
from portal.core.money import Yen

if TYPE_CHECKING:
    from portal.certificates.sealing.keys import Keys


@dataclass(frozen=True, slots=True)
class Desk:
    """What every use case needs: the register to read, the key of owner tokens, the portal's address, what seals papers."""

    register: Register
    key: bytes = field(repr=False)
    base_url: str
    seal: Callable[[], "Keys"] = field(repr=False)
    """The city's keys, made when the first paper is drawn: whoever only takes orders need not carry them."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands at which machine: `session_id` is the card session that recognised the resident's card, `card` the SHA-256
    (hex) of that card's certificate ("": no card, the person signed in)."""

    device_id: ClientId
    session_id: UUID
    resident_id: ResidentId
    office: str
    channel: Channel = Channel.KIOSK
    card: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a device shows at each step after the order: who it is, and the owner token."""

    device_id: ClientId
    owner: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Payment:
    """`receipt` is the coin box's own transaction id, unique per device; it pays for one order only."""

    amount: Yen
    method: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind at one place; labels are msgids. `why_not` says why this person cannot have it here."""

    kind: Kind
    name: str
    fee: Yen
    options: tuple[Option, ...]
    max_copies: int
    why_not: Refusal | None

    @property
    def available(self) -> bool:
        return self.why_not is None


@dataclass(frozen=True, slots=True)
class Placed:
    """A fresh order: `fee` for all copies in yen; `owner` is shown once and never stored."""

    order_id: UUID
    reference: str
    owner: str = field(repr=False)
    fee: Yen
    title: str
    copies: int


@dataclass(frozen=True, slots=True)
class Document:
    """The paper: one copy as PDF (print it `copies` times), its SHA-256 in hex, its order's metadata keyword."""

    pdf: bytes = field(repr=False)
    sha256: str
    keyword: str
    copies: int
    pages: int
    owner: str = ""
    """The mark of the card it belongs to (orders.owner_mark), as in its metadata; "" when no card was there."""
