"""What the kiosk asks of its devices, and how they say no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class CardGone(Exception):
    """The card left, or does not answer as a city or national card."""


class PinRefused(Exception):
    """The card did not take the PIN; `tries_left` is its own count (0: locked)."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


class CardSession(Protocol):
    """One card between insertion and removal. Everything may raise CardGone."""

    def tries_left(self) -> int: ...

    def verify_pin(self, pin: bytearray) -> None:
        """Raises PinRefused. The caller clears the buffer."""

    def change_pin(self, old: bytearray, new: bytearray) -> None:
        """Put another PIN in the place of the old one. Raises PinRefused when the old one is wrong. Wipes both."""

    def certificate(self) -> bytes:
        """The user-authentication certificate, DER."""

    def sign(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 over `message`, after the PIN."""

    def close(self) -> None:
        """Power the card down, so that its PIN state dies."""


@dataclass(frozen=True)
class CardReport:
    """What the reader tells: `inserted`, `removed`, `ready` (reader there) or `gone`."""

    kind: str


class CardReader(Protocol):
    def start(self, listener: Callable[[CardReport], None]) -> None:
        """Report the present state at once, then every change, from a thread of the reader's own."""

    def stop(self) -> None: ...

    def open(self) -> CardSession:
        """Raises CardGone."""


class JobState(StrEnum):
    WAITING = "waiting"
    FINISHED = "finished"
    STUCK = "stuck"
    WITHDRAWN = "withdrawn"


class PrinterFault(Exception):
    """The printer did not take the job; `reason` is a code for the portal (printer-…)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Printer(Protocol):
    def state(self) -> str:
        """`ready` or `low-paper`; else why not: `no-paper`, `jam`, `open`, `offline`, `paused`, `missing`."""

    def submit(self, pdf: bytes, order: str) -> str:
        """Hand over one document; the job's id. Raises PrinterFault when nothing was taken."""

    def find(self, order: str) -> str | None:
        """The job handed over for this order and not withdrawn, if the printer knows of one."""

    def job(self, job: str) -> JobState: ...

    def withdraw(self, job: str, order: str) -> bool:
        """Take the job of an order back. False when it is finished already, so that its paper exists."""


@dataclass(frozen=True)
class Payment:
    """A payment at the coin box, amounts in yen. `state`: open, paid, cancelled, refunded, failed, or kept (never complete,
    and its coins stay inside)."""

    reference: str
    state: str
    amount: int
    inserted: int
    change: int = 0
    receipt: str = ""


@dataclass(frozen=True)
class Count:
    """Yen of one day: kept for payments, given back of them; how many payments; what lies in the box now."""

    taken: int
    returned: int
    payments: int
    content: int


class CoinBoxFault(Exception):
    """The coin box cannot be reached or does not know the payment."""


class CoinBox(Protocol):
    """All calls may raise CoinBoxFault and may be repeated with the same reference."""

    def state(self) -> str:
        """`ready`, `busy`, `jammed`, or `missing`."""

    def ask(self, reference: str, amount: int) -> Payment: ...

    def look(self, reference: str) -> Payment | None:
        """None when the coin box has never heard of this reference."""

    def cancel(self, reference: str) -> Payment:
        """Give inserted coins back; a payment that is complete stays `paid`."""

    def refund(self, reference: str) -> Payment:
        """Give the amount of a complete payment back, once."""

    def keep(self, reference: str) -> Payment:
        """End an open payment without giving its coins back: staff do that. One that is no longer open stays as it is."""

    def counted(self, day: str) -> Count:
        """What the box counted on a day (ISO date, Japan's)."""


class Scanner(Protocol):
    def start(self, listener: Callable[[str], None]) -> None:
        """Tell every line that is read, from a thread of the scanner's own."""

    def stop(self) -> None: ...

    def state(self) -> str:
        """`ready`, `missing`, or "" for a machine that has none."""


class PowerSupply(Protocol):
    def state(self) -> str:
        """`mains`, `battery`, `low` (the battery is nearly empty), or `unknown` when the UPS does not answer."""


class Bell(Protocol):
    def ring(self, sound: str) -> None: ...

    def last(self) -> tuple[int, str]:
        """How often it has rung, and the last sound."""
