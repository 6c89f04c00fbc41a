"""What a journey knows of citizen points: the account, rewards, a coupon, a code from paper. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reward:
    """Something for `points`; `why_not` is there when this person cannot have it now."""

    reward: str
    title: str
    about: str
    points: int
    why_not: str | None = None


@dataclass(frozen=True)
class PointAccount:
    """A person's points: how many, their rank in words, `expiring` of them after the ISO date `expires`, and rewards."""

    balance: int
    rank: str = ""
    expires: str = ""
    expiring: int = 0
    rewards: tuple[Reward, ...] = ()


@dataclass(frozen=True)
class Coupon:
    """A reward that is the person's now. `balance`: the points left; `printed`: the slip is on its way."""

    coupon: str
    title: str
    last_day: str
    balance: int
    printed: bool = False


@dataclass(frozen=True)
class FeeByPoints:
    """How a fee can be paid without money: by a `coupon` (its last day as ISO date, "": none is held), or for so many
    `points` of the `balance`; `why_not` is there when points do not do."""

    coupon: str = ""
    points: int = 0
    balance: int = 0
    why_not: str | None = None

    @property
    def ways(self) -> tuple[str, ...]:
        return (("coupon",) if self.coupon else ()) + (("points",) if self.why_not is None else ())


@dataclass(frozen=True)
class PaperCode:
    """A code from paper. `typed`: its signs so far; `row`: the row of keys the keypad is in; `waiting`: scanned before there
    was a card; `why_not`: what the portal said last, or `too_few` signs; `given`: the points it gave."""

    typed: str = field(default="", repr=False)
    row: int | None = None
    waiting: str = field(default="", repr=False)
    why_not: tuple[str, str] | None = None
    too_few: bool = False
    given: int = 0
