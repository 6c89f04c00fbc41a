"""When one can apply, come and object, which hours a host can approve, and what looks wrong. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

EARLY = timedelta(minutes=60)
"""So long before the beginning and after the end people can come in and go out by the QR code."""
DOUBLE = timedelta(minutes=5)
"""Within this time a card put down again is the same touch, and a button pressed again the same press."""
TOUCHES_KEPT = timedelta(days=180)
"""Longer than anybody can object; where somebody was is nobody's business afterwards."""
APART = timedelta(minutes=30)
"""Nobody is in two wards within this time."""
OVERTIME = timedelta(minutes=60)
LONGEST = timedelta(hours=24)
MOST_SEATS = 1_000
OBJECT_WITHIN = timedelta(days=30)
PATIENCE = timedelta(days=7)
"""A host has so long to approve hours; then one can object although nothing was decided."""


class State(StrEnum):
    """How an activity stands."""

    OPEN = "open"
    CANCELLED = "cancelled"


class Place(StrEnum):
    """How somebody's place stands: `held` hours wait for the city, `settled` hours were decided (0: did not come)."""

    APPLIED = "applied"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    SETTLED = "settled"


class Doubt(StrEnum):
    """What looks wrong about hours."""

    SELF = "self"
    HOUSEHOLD = "household"
    OVERLAP = "overlap"
    DEVICE = "device"
    LARGE = "large"


class Touch(StrEnum):
    """What became of a card put on an organisation's terminal: `used` for coming and going, `late` when the hours had been
    decided, `stray` where there was nothing to come to, `clash` when it contradicts hours that were decided."""

    USED = "used"
    LATE = "late"
    STRAY = "stray"
    CLASH = "clash"
    SEEN = "seen"


class Decision(StrEnum):
    """How a doubt or an objection was decided."""

    OPEN = "open"
    YES = "yes"
    NO = "no"


PLACE_WORDS: dict[str, tuple[str, str]] = {
    Place.APPLIED: (N_("You take part"), "info"),
    Place.WITHDRAWN: (N_("Withdrawn"), "neutral"),
    Place.HELD: (N_("The city looks at the hours"), "warning"),
    Place.SETTLED: (N_("Hours approved"), "success"),
}
NO_HOURS = (N_("No hours"), "neutral")
"""Of a place that was settled with 0 minutes."""
DOUBT_WORDS: dict[str, str] = {
    Doubt.SELF: N_("Acts for the organisation that approved the hours"),
    Doubt.HOUSEHOLD: N_("Lives with the person who approved the hours"),
    Doubt.OVERLAP: N_("Was at another activity at the same time"),
    Doubt.DEVICE: N_("Came in with the same phone as somebody else"),
    Doubt.LARGE: N_("More points than one member of staff gives alone"),
}


class HostUnknown(Refusal):
    code = "volunteer-host-unknown"
    status = 404
    message = N_("There is no such organisation.")
    next_step = N_("Please choose one from the list.")


class HostExists(Refusal):
    code = "volunteer-host-exists"
    status = 422
    message = N_("An organisation of this name is there already.")
    next_step = N_("Please open it from the list.")


class HostClosed(Refusal):
    code = "volunteer-host-closed"
    message = N_("This organisation cannot publish activities at the moment.")
    next_step = N_("Please ask the city's section for volunteering.")


class KeeperUnknown(Refusal):
    code = "volunteer-keeper-unknown"
    status = 422
    message = N_("Nobody has this number.")
    next_step = N_("Please compare the addressee number once more.")


class ActivityUnknown(Refusal):
    code = "volunteer-activity-unknown"
    status = 404
    message = N_("There is no such activity.")
    next_step = N_("Please choose one from the list.")


class ActivityOver(Refusal):
    code = "volunteer-activity-over"
    message = N_("This activity has begun or was cancelled.")
    next_step = N_("Please choose another one from the list.")


class ActivityFull(Refusal):
    code = "volunteer-activity-full"
    message = N_("All places of this activity are taken.")
    next_step = N_("Please choose another one from the list, or look again later: places become free.")


class NoPlace(Refusal):
    code = "volunteer-no-place"
    message = N_("You have no place in this activity.")
    next_step = N_("Please apply for it first.")


class CodeOld(Refusal):
    code = "volunteer-code-old"
    message = N_("This code is too old, or belongs to another activity.")
    next_step = N_("Please scan the code at the place once more.")


class NotNow(Refusal):
    code = "volunteer-not-now"
    message = N_("You can come in from an hour before the beginning until an hour after the end.")
    next_step = N_("Please scan the code then, or ask the organisation to enter your hours.")


class NotBegun(Refusal):
    code = "volunteer-not-begun"
    message = N_("Hours can be entered once the activity is over.")
    next_step = N_("Please come back then.")


class HoursTooLong(Refusal):
    code = "volunteer-hours-too-long"
    status = 422
    message = N_("An activity brings at most its own time and an hour more: %(most)s minutes.")
    next_step = N_("Please enter fewer minutes.")


class ObjectionLate(Refusal):
    code = "volunteer-objection-late"
    message = N_("An objection is possible for 30 days after the hours were decided, once.")
    next_step = N_("Please call the city's section for volunteering.")


class NoHours(Refusal):
    code = "volunteer-no-hours"
    message = N_("No hours of yours are approved yet.")
    next_step = N_("You can get the certificate once an organisation has approved some.")


class RecordByHand(Refusal):
    code = "volunteer-record-by-hand"
    message = N_("Your name has a sign that this page cannot print.")
    next_step = N_("Please call the city's section for volunteering: they write the certificate by hand.")


class Decided(Refusal):
    code = "volunteer-decided"
    message = N_("This was decided already.")
    next_step = N_("There is nothing more to do.")


class OwnHours(Refusal):
    code = "volunteer-own-hours"
    status = 403
    message = N_("Whoever approved hours does not decide that they are paid although something looks wrong.")
    next_step = N_("Please leave it to a colleague.")


class TerminalUnfit(Refusal):
    code = "volunteer-terminal-unfit"
    status = 422
    message = N_("There is no terminal with this ID that reads cards for citizen points.")
    next_step = N_("Check the ID in the list of terminals, and that its role is citizen points.")


@dataclass(frozen=True, slots=True)
class Stay:
    """Where and when somebody was."""

    ward: str
    begins: datetime
    ends: datetime


def check_can_apply(state: str, starts_at: datetime, now: datetime) -> None:
    """Until it begins."""
    if state != State.OPEN or starts_at <= now:
        raise ActivityOver


def check_can_come(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """The code is good around the time of the activity only."""
    if not starts_at - EARLY <= now <= ends_at + EARLY:
        raise NotNow


def most_minutes(starts_at: datetime, ends_at: datetime) -> int:
    """So many minutes can be approved."""
    return int((ends_at - starts_at + OVERTIME).total_seconds() // 60)


def check_minutes(minutes: int, starts_at: datetime, ends_at: datetime) -> None:
    """Raises HoursTooLong."""
    most = most_minutes(starts_at, ends_at)
    if not 0 <= minutes <= most:
        raise HoursTooLong(most=most)


def stayed(starts_at: datetime, ends_at: datetime, came_at: datetime | None, left_at: datetime | None) -> int:
    """Minutes to begin with, for the host to correct: by the codes, or the whole activity. Coming early does not count."""
    begin, end = max(starts_at, came_at or starts_at), left_at or ends_at
    return max(0, int((min(end, ends_at + OVERTIME) - begin).total_seconds() // 60))


def presence(moments: Iterable[datetime]) -> tuple[datetime, datetime | None]:
    """(came, went) by every moment at which somebody was seen, in whatever order they are told: the first and the last. A
    card put down again within a few minutes says nothing new."""
    seen = sorted(moments)
    return seen[0], seen[-1] if seen[-1] - seen[0] >= DOUBLE else None


def is_same_press(came_at: datetime | None, now: datetime) -> bool:
    """Whether somebody who says again that they are there has only just come: a second press, or an answer that was lost."""
    return came_at is not None and now - came_at < DOUBLE


def is_around(starts_at: datetime, ends_at: datetime, at: datetime) -> bool:
    """Whether a card put on the organisation's terminal at that moment may mean this activity."""
    return starts_at - EARLY <= at <= ends_at + EARLY


def clash(one: Stay, other: Stay) -> bool:
    """Whether nobody can have been at both: at the same time, or in two wards without time for the way."""
    apart = APART if one.ward != other.ward else timedelta()
    return one.begins < other.ends + apart and other.begins < one.ends + apart


def may_object(state: str, settled_at: datetime | None, ends_at: datetime, now: datetime) -> bool:
    """After a decision for 30 days; without one when the host let a week go by, until 30 days later."""
    if state == Place.SETTLED and settled_at:
        return now <= settled_at + OBJECT_WITHIN
    return state == Place.APPLIED and ends_at + PATIENCE <= now <= ends_at + PATIENCE + OBJECT_WITHIN
