"""What is different about events of the community: who came counts, not for how long; and sessions. No I/O."""

from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.words import N_
from portal.points.volunteering.rules import NO_HOURS, PLACE_WORDS, Place

MOST_SESSIONS = 10


class Rhythm(StrEnum):
    """How sessions published together follow each other."""

    DAY = "day"
    WEEK = "week"
    FORTNIGHT = "fortnight"


class Kind(StrEnum):
    """What residents look for."""

    VOLUNTEERING = "volunteering"
    EVENT = "event"


class Came(StrEnum):
    """What an organisation says of somebody at an event; nothing yet: later."""

    YES = "yes"
    NO = "no"


RHYTHM_WORDS: dict[str, str] = {
    Rhythm.DAY: N_("Every day"),
    Rhythm.WEEK: N_("Every week"),
    Rhythm.FORTNIGHT: N_("Every two weeks"),
}
RHYTHM_DAYS = {Rhythm.DAY: 1, Rhythm.WEEK: 7, Rhythm.FORTNIGHT: 14}
KIND_WORDS: dict[str, str] = {Kind.VOLUNTEERING: N_("Volunteering"), Kind.EVENT: N_("Events")}
EVENT_WORDS: dict[str, tuple[str, str]] = PLACE_WORDS | {
    Place.HELD: (N_("The city looks at it"), "warning"),
    Place.SETTLED: (N_("Attendance confirmed"), "success"),
}
NOT_THERE = (N_("Not there"), "neutral")


def words_of(state: str, minutes: int | None, *, is_event: bool) -> tuple[str, str]:
    """How a place stands, as (msgid, tone)."""
    if state == Place.SETTLED and not minutes:
        return NOT_THERE if is_event else NO_HOURS
    return (EVENT_WORDS if is_event else PLACE_WORDS)[state]


def whole_time(starts_at: datetime, ends_at: datetime) -> int:
    """The minutes of who was there from the beginning to the end; at an event whoever came has them."""
    return int((ends_at - starts_at).total_seconds() // 60)


def beginnings(first: datetime, count: int, rhythm: str) -> list[datetime]:
    """When each session begins: at the same time of the day, in Japan, which knows no summer time."""
    return [first + timedelta(days=RHYTHM_DAYS[Rhythm(rhythm)] * number) for number in range(count)]
