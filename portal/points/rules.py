"""What earns points, and the rank they bring: decisions of the programme, without I/O."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from portal.core import clock
from portal.core.errors import Refusal
from portal.core.words import N_

# Points for e-services thank for what is done without the office (decisions/0024). A city whose programme says otherwise
# adds the channel here.
E_SERVICE_CHANNELS = frozenset({"online"})


def earns_e_service(points: int, channel: str) -> bool:
    """Whether a finished application brings its procedure's points, by the way it was sent."""
    return points > 0 and channel in E_SERVICE_CHANNELS


class Rank(StrEnum):
    """What a card says of somebody's points; never how many there are."""

    REGULAR = "regular"
    SILVER = "silver"
    GOLD = "gold"


RANK_WORDS: dict[Rank, str] = {Rank.REGULAR: N_("Regular"), Rank.SILVER: N_("Silver"), Rank.GOLD: N_("Gold")}
RANKS = ((2_000, Rank.GOLD), (500, Rank.SILVER))
"""From so many points earned in the last twelve months. Spending never lowers a rank."""
GRACE = timedelta(days=90)
"""A rank stays so long after its points have left the twelve months."""
GIVEN_ALONE = 1_000
GIVEN_WITHIN = timedelta(days=30)
"""So many points one member of staff gives alone in this time: to one resident as hours, to anybody as codes on paper, to
all in files of who came."""
FEBRUARY_29 = (2, 29)


def window_begins(now: datetime) -> datetime:
    """Twelve months before, by the calendar in Japan: the same day and hour of the year before; 28 February for the 29th."""
    here = now.astimezone(clock.JST)
    day = here.day - 1 if (here.month, here.day) == FEBRUARY_29 else here.day
    return here.replace(year=here.year - 1, day=day).astimezone(UTC)


def is_much(points: int) -> bool:
    """Whether a second member of staff has to agree."""
    return points > GIVEN_ALONE


def rank_of(earned: int) -> Rank:
    """The rank for the points earned within the window."""
    return next((rank for least, rank in RANKS if earned >= least), Rank.REGULAR)


def rank_now(earned: int, earned_before: int) -> Rank:
    """The higher one of the window's and of that until the days of grace ago."""
    return rank_of(max(earned, earned_before))


def reaches(rank: Rank, least: str) -> bool:
    """Whether *rank* is *least* or higher."""
    order = list(Rank)
    return order.index(rank) >= order.index(Rank(least))


@dataclass(frozen=True, slots=True)
class Progress:
    """How somebody stands: `earned` within the window, the rank that counts now, and what the next one still takes.

    `kept_only` says that the rank is kept by the days of grace although the points alone give a lower one.
    """

    rank: Rank
    earned: int
    since: date
    next_rank: Rank | None
    least: int
    missing: int
    kept_only: bool


def progress(earned: int, earned_before: int, now: datetime) -> Progress:
    """From points earned in the twelve months until *now* and in those until the days of grace ago."""
    own, rank = rank_of(earned), rank_now(earned, earned_before)
    order = list(Rank)
    above = next(
        ((least, higher) for least, higher in reversed(RANKS) if order.index(higher) > order.index(rank)), None
    )
    least, higher = above or (0, None)
    since = window_begins(now).astimezone(clock.JST).date()
    return Progress(rank, earned, since, higher, least, max(0, least - earned), rank is not own)


class OwnNaming(Refusal):
    code = "points-keeper-second-person"
    message = N_("Whoever named this person cannot agree to it.")
    next_step = N_("Please leave it to a colleague.")


class NamingDecided(Refusal):
    code = "points-keeper-decided"
    message = N_("This was decided already.")
    next_step = N_("Load the page again to see how it stands.")
