"""What the books call things, how long points last, and which lots a payment draws from. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

LASTS_MONTHS = 24
AGAIN = timedelta(days=7)
"""What comes back after its last day can be spent for so long: the person could not spend it in time."""
HELD = "held"
EXPIRED = "expired"
CITY = "city"
OWED = "owed"


class Kind(StrEnum):
    """Whose account it is. Only residents' points are dated."""

    RESIDENT = "resident"
    CITY = "city"
    POT = "pot"
    HELD = "held"
    EXPIRY = "expiry"
    REWARD = "reward"
    DONATION = "donation"
    PARTNER = "partner"
    SETTLED = "settled"
    BRIDGE = "bridge"
    FEES = "fees"
    DEBT = "debt"


class Reason(StrEnum):
    """Why points moved; told to the resident in these words."""

    E_SERVICE = "e-service"
    WELCOME = "welcome"
    VOLUNTEERING = "volunteering"
    HEALTH = "health"
    EVENT = "event"
    GIFT = "gift"
    REWARD = "reward"
    FEE = "fee"
    DONATION = "donation"
    PARTNER = "partner"
    SETTLED = "settled"
    EXCHANGE = "exchange"
    FAMILY = "family"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    EXPIRY = "expiry"
    REVERSAL = "reversal"
    BUDGET = "budget"
    OWED = "owed"
    SET_OFF = "set-off"
    AGAIN = "again"
    RETURNED = "returned"
    TAKEN_BACK = "taken-back"
    JOINED = "joined"
    HOME = "home"


REASON_WORDS: dict[Reason, str] = {
    Reason.E_SERVICE: N_("You used an online service"),
    Reason.WELCOME: N_("Welcome to citizen points"),
    Reason.VOLUNTEERING: N_("You volunteered"),
    Reason.HEALTH: N_("You did something for your health"),
    Reason.EVENT: N_("You took part in an event"),
    Reason.GIFT: N_("Given by the city to many people"),
    Reason.REWARD: N_("Exchanged for a reward"),
    Reason.FEE: N_("Paid a certificate's fee at a kiosk"),
    Reason.DONATION: N_("Donated"),
    Reason.PARTNER: N_("Paid at a partner shop"),
    Reason.SETTLED: N_("Settled with the shop"),
    Reason.EXCHANGE: N_("Exchanged for private points"),
    Reason.FAMILY: N_("Passed on to a member of the family"),
    Reason.HOLD: N_("Set aside for an exchange"),
    Reason.CAPTURE: N_("Set aside for an exchange"),
    Reason.RELEASE: N_("Set aside before, now back"),
    Reason.EXPIRY: N_("Expired"),
    Reason.REVERSAL: N_("Corrected by the city"),
    Reason.BUDGET: N_("Budget of a programme"),
    Reason.OWED: N_("Spent already, so you owe these points"),
    Reason.SET_OFF: N_("Set off against points you owed"),
    Reason.AGAIN: N_("Came back after their last day: yours for another week"),
    Reason.RETURNED: N_("You gave a coupon back"),
    Reason.TAKEN_BACK: N_("The shop took a payment back"),
    Reason.JOINED: N_("From your other record, which is one with this one now"),
    Reason.HOME: N_("Corrected by the city in your other record"),
}
UNDONE_WORDS: dict[str, str] = {
    Reason.REWARD: N_("A coupon given back"),
    Reason.FEE: N_("A certificate's fee given back"),
    Reason.PARTNER: REASON_WORDS[Reason.TAKEN_BACK],
}
"""What a reversal is called by what it undoes; the rest is a correction by the city."""
FROM_FAMILY = N_("Received from a member of the family")


def told(reason: str, amount: int, undone: str | None) -> str:
    """The msgid a resident reads: what came is told otherwise than what went, and what was undone by what it was."""
    if reason == Reason.FAMILY and amount > 0:
        return FROM_FAMILY
    if reason == Reason.REVERSAL and amount > 0 and undone in UNDONE_WORDS:
        return UNDONE_WORDS[undone]
    return REASON_WORDS[Reason(reason)]


EARNED = frozenset({Reason.E_SERVICE, Reason.WELCOME, Reason.VOLUNTEERING, Reason.HEALTH, Reason.EVENT})
"""What counts for ranks: points earned. What came back or was passed on was earned before, perhaps by somebody else; what
everybody is given nobody earned."""


def about(name: str | None) -> tuple[str, str]:
    """What the city's account *name* stands for, where a resident may read it: (reward, donation or partner; its code)."""
    kind, _space, code = (name or "").partition(" ")
    return (kind, code) if kind in {Kind.REWARD, Kind.DONATION, Kind.PARTNER} else ("", "")


class NotEnoughPoints(Refusal):
    code = "not-enough-points"
    message = N_("You have %(there)s points, and %(wanted)s are needed.")
    next_step = N_("Please choose something for fewer points, or collect some more.")


class SentBefore(Refusal):
    """One key is one deed: somebody went back to a form that was sent, and sent it once more with another wish."""

    code = "points-sent-before"
    message = N_("This form was sent before with another choice. That choice stands, and nothing more was done.")
    next_step = N_("Press once more if you want this as well.")


class PointsSpentAlready(Refusal):
    code = "points-spent-already"
    message = N_("Some of these points were spent already.")
    next_step = N_("Please settle it with the person, then enter what is left by hand.")


class AlreadyReversed(Refusal):
    code = "points-already-taken-back"
    message = N_("This was taken back already.")
    next_step = N_("There is nothing more to do.")


class HoldEnded(Refusal):
    code = "points-hold-ended"
    message = N_("The points are no longer set aside.")
    next_step = N_("Please begin again.")


class AccountJoined(Refusal):
    """It happened at this very instant: the next time the other account is found."""

    code = "points-account-joined"
    message = N_("Two records of yours were made one at this moment.")
    next_step = N_("Please press once more. Your points are all there.")


class JoinedAlready(Refusal):
    code = "points-joined-already"
    message = N_("One of these two records was joined with another one before.")
    next_step = N_("Please take the record it was joined with instead.")


class MovedSince(Refusal):
    code = "points-moved-since"
    message = N_("Points came or went since the two records were joined: whose they are cannot be told any more.")
    next_step = N_("Please settle with both persons what each should have, and give points that are missing anew.")


class PotEmpty(Refusal):
    code = "points-budget-spent"
    message = N_("The budget of this programme is spent.")
    next_step = N_("Please ask the section that runs the programme.")


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of points that came together."""

    number: int
    remaining: int
    expires_on: date


def last_day(earned: date) -> date:
    """Points last until the end of the 24th month after the month in which they were earned."""
    month = earned.month + LASTS_MONTHS  # the month after is counted from here: 1 = January of the year of earning
    return date(earned.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def again_until(today: date) -> date:
    """The last day of points that came back after theirs."""
    return today + AGAIN


def draw(lots: Sequence[Lot], amount: int) -> list[tuple[Lot, int]]:
    """Which lots *amount* is taken from, and how much of each: what expires first goes first. Raises NotEnoughPoints."""
    there = sum(lot.remaining for lot in lots)
    if there < amount:
        raise NotEnoughPoints(there=there, wanted=amount)
    drawn = []
    for lot in sorted(lots, key=lambda lot: (lot.expires_on, lot.number)):
        part = min(lot.remaining, amount)
        drawn.append((lot, part))
        amount -= part
        if not amount:
            break
    return drawn


def after(lots: Iterable[Lot], drawn: Sequence[tuple[Lot, int]]) -> list[Lot]:
    """The lots of which something is left once *drawn* is gone."""
    taken = {lot.number: part for lot, part in drawn}
    left = (Lot(lot.number, lot.remaining - taken.get(lot.number, 0), lot.expires_on) for lot in lots)
    return [lot for lot in left if lot.remaining]
