"""What a journey asks the machine to do. Data; `machine` carries it out and answers with events."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.steps import Order


@dataclass(frozen=True)
class Effect:
    """Anything to be done outside the journey."""


@dataclass(frozen=True)
class Asking(Effect):
    """An effect whose answer must carry the same turn."""

    turn: int


@dataclass(frozen=True)
class OpenCard(Asking):
    pass


@dataclass(frozen=True)
class VerifyPin(Asking):
    """Present the digits in the pad to the card, then clear them."""


@dataclass(frozen=True)
class SignIn(Asking):
    """Open a portal session and answer its challenge with the card's key."""

    language: str


@dataclass(frozen=True)
class CheckIn(Asking):
    session: str
    language: str
    reference: str


@dataclass(frozen=True)
class LoadTasks(Asking):
    session: str
    language: str


@dataclass(frozen=True)
class LoadServices(Asking):
    session: str
    language: str


@dataclass(frozen=True)
class LoadPoints(Asking):
    session: str
    language: str


@dataclass(frozen=True)
class Redeem(Asking):
    """Exchange points for a reward, and print its coupon."""

    session: str
    language: str
    reward: str


@dataclass(frozen=True)
class EnterCode(Asking):
    """Enter a code from paper for the person; asked again it counts once."""

    session: str
    language: str
    code: str = field(repr=False)


@dataclass(frozen=True)
class KeepPin(Effect):
    """Put the digits in the pad aside: the old PIN, or the first of the two new ones."""

    name: str


@dataclass(frozen=True)
class ChangePin(Asking):
    """Give the card the PIN in the pad, if it is the same as the new one put aside before."""


@dataclass(frozen=True)
class LoadOffers(Asking):
    """Ask for which windows numbers are given."""

    language: str


@dataclass(frozen=True)
class DrawNumber(Asking):
    """Draw a number and print its slip."""

    language: str
    kind: str


@dataclass(frozen=True)
class CheckInByCode(Asking):
    """Check in for the reservation whose code was scanned, and print the slip of its number."""

    language: str
    code: str = field(repr=False)


@dataclass(frozen=True)
class LoadKinds(Asking):
    session: str
    language: str


@dataclass(frozen=True)
class PlaceOrder(Asking):
    session: str
    language: str
    kind: str
    answers: tuple[tuple[str, str], ...]
    copies: int


@dataclass(frozen=True)
class ShufflePad(Effect):
    """Clear the PIN pad and lay its keys anew."""


@dataclass(frozen=True)
class ClearPin(Effect):
    pass


@dataclass(frozen=True)
class CloseCard(Effect):
    pass


@dataclass(frozen=True)
class EndSession(Effect):
    """Tell the portal that the person is gone."""

    session: str


@dataclass(frozen=True)
class StartPayment(Effect):
    order: Order


@dataclass(frozen=True)
class SpendPoints(Asking):
    """Have the portal pay the fee with points, as `order.paid_with` says; paid, it is told like a payment in coins."""

    order: Order


@dataclass(frozen=True)
class CancelPayment(Effect):
    order: str


@dataclass(frozen=True)
class FinishPaidJob(Effect):
    """Report, render and print an order that is paid; refund it if that fails."""

    order: str


@dataclass(frozen=True)
class RefundPaidJob(Effect):
    """Give the money back: the person who paid is not in front of the machine any more."""

    order: str


@dataclass(frozen=True)
class HandToStaff(Effect):
    """The machine does not answer for `inserted` yen of an order any more: staff do, and the portal is told."""

    order: str
    inserted: int


@dataclass(frozen=True)
class Chime(Effect):
    """A sound: `card-left`, `done` or `attention`."""

    sound: str
