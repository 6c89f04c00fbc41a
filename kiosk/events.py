"""What can happen to a journey. An answer carries the turn it belongs to; a late one is dropped.

Events about money carry the order instead: they must never be dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.point_facts import Coupon, PointAccount
from kiosk.steps import (
    CASH,
    CardServices,
    Drawn,
    Health,
    Kind,
    NumberOffer,
    Order,
    Person,
    Ticket,
    Waiting,
)


@dataclass(frozen=True)
class Event:
    """Anything that happens."""


# What the person does.
@dataclass(frozen=True)
class Touched(Event):
    """Any touch or key; it extends the time."""


@dataclass(frozen=True)
class LanguageChosen(Event):
    language: str


@dataclass(frozen=True)
class Next(Event):
    """The button at the bottom right."""


@dataclass(frozen=True)
class Back(Event):
    """One question back."""


@dataclass(frozen=True)
class Stop(Event):
    """The button at the bottom left."""


@dataclass(frozen=True)
class Chosen(Event):
    value: str


@dataclass(frozen=True)
class ComfortChosen(Event):
    """One of the ways to see and hear, on or off; "" opens or closes the choice of them."""

    name: str


@dataclass(frozen=True)
class EarphoneMoved(Event):
    """The plug of an earphone went in or out."""

    is_in: bool


@dataclass(frozen=True)
class PinEntered(Event):
    """Four digits wait in the pad; the journey never sees them. `is_easy`: of a new PIN, that it is refused."""

    is_easy: bool = False


# What the devices say.
@dataclass(frozen=True)
class CardInserted(Event):
    pass


@dataclass(frozen=True)
class CardRemoved(Event):
    pass


@dataclass(frozen=True)
class CodeScanned(Event):
    """The scanner read a line: the code of a reservation, or anything else somebody held before it."""

    code: str = field(repr=False)


@dataclass(frozen=True)
class HealthChanged(Event):
    health: Health


@dataclass(frozen=True)
class Tick(Event):
    """Time has passed."""


# Answers to what the journey asked for.
@dataclass(frozen=True)
class Answer(Event):
    turn: int


@dataclass(frozen=True)
class CardRead(Answer):
    tries_left: int


@dataclass(frozen=True)
class CardUnreadable(Answer):
    pass


@dataclass(frozen=True)
class PinRight(Answer):
    pass


@dataclass(frozen=True)
class PinWrong(Answer):
    tries_left: int


@dataclass(frozen=True)
class SignedIn(Answer):
    person: Person


@dataclass(frozen=True)
class CheckedIn(Answer):
    ticket: Ticket


@dataclass(frozen=True)
class TasksLoaded(Answer):
    waiting: Waiting


@dataclass(frozen=True)
class ServicesLoaded(Answer):
    services: CardServices


@dataclass(frozen=True)
class PointsLoaded(Answer):
    account: PointAccount


@dataclass(frozen=True)
class Redeemed(Answer):
    coupon: Coupon


@dataclass(frozen=True)
class CodeEntered(Answer):
    """A code from paper gave `points`; `balance` is what there is now."""

    points: int
    balance: int


@dataclass(frozen=True)
class PinChanged(Answer):
    pass


@dataclass(frozen=True)
class PinsDiffer(Answer):
    """The two new PINs are not the same; the card was not asked."""


@dataclass(frozen=True)
class OffersLoaded(Answer):
    offers: tuple[NumberOffer, ...]


@dataclass(frozen=True)
class NumberDrawn(Answer):
    drawn: Drawn


@dataclass(frozen=True)
class KindsLoaded(Answer):
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class OrderPlaced(Answer):
    order: Order


@dataclass(frozen=True)
class Refused(Answer):
    """The portal said no, or could not be reached (`code` portal-unreachable)."""

    code: str
    title: str = ""
    detail: str = ""
    next_step: str = ""


# Money and paper.
@dataclass(frozen=True)
class AboutOrder(Event):
    order: str


@dataclass(frozen=True)
class CoinsInserted(AboutOrder):
    inserted: int


@dataclass(frozen=True)
class PaymentDone(AboutOrder):
    pass


@dataclass(frozen=True)
class PaymentCancelled(AboutOrder):
    """All coins are back with the person."""


@dataclass(frozen=True)
class PaymentFailed(AboutOrder):
    """The coin box cannot go on; what was inserted has been returned."""


@dataclass(frozen=True)
class PrintingProgress(AboutOrder):
    stage: str


@dataclass(frozen=True)
class Printed(AboutOrder):
    pass


@dataclass(frozen=True)
class Refunded(AboutOrder):
    reason: str


@dataclass(frozen=True)
class NeedsStaff(AboutOrder):
    """Money and paper could not be settled by the machine: staff pay back, and the person is told."""

    reference: str = ""


@dataclass(frozen=True)
class JobRecovered(AboutOrder):
    """After a restart an unfinished paid job was found."""

    reference: str = ""
    paid_with: str = CASH
