"""Which days count, what looks wrong, and how devices that overlap are counted once. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

TOPIC = "walking"
"""The consent without which no step is kept."""
THOUSAND = 1_000
CLAIM_DAYS = 31
"""So many days back a day can be brought in; today is not over and comes tomorrow."""
KEPT = timedelta(days=90)
HELD_AT_MOST = timedelta(days=180)
MUCH = 50_000
"""A day with more steps waits for the city: some people do walk so much."""
MOST_STEPS = 100_000
SAME_DAYS = 3
"""So many days with exactly the steps of somebody else are one phone, not two people."""


NEAR = 20
NEAR_DAYS = 6
STEADY_DAYS = 4
"""One phone's steps with a little added: so many days within `NEAR` steps of somebody else's, or so many by which the same
number lies between them. Of a hundred thousand who walk, chance makes one such pair in thousands of files."""
OBJECT_WITHIN = timedelta(days=30)


class Answer(StrEnum):
    """How an objection stands."""

    OPEN = "open"
    YES = "yes"
    NO = "no"


class State(StrEnum):
    """How a day stands."""

    GIVEN = "given"
    HELD = "held"
    REFUSED = "refused"


class Doubt(StrEnum):
    """Why a day waits for the city."""

    SAME = "same"
    NEAR = "near"
    MUCH = "much"


DOUBT_WORDS: dict[str, str] = {
    Doubt.SAME: N_("The same steps as somebody else on several days"),
    Doubt.NEAR: N_("Nearly the same steps as somebody else on several days"),
    Doubt.MUCH: N_("More than 50,000 steps in a day"),
}


class ConsentMissing(Refusal):
    code = "steps-consent-missing"
    message = N_("The city keeps steps only of people who agreed to it.")
    next_step = N_("Please agree first; you can take it back at any time.")


class StepsUnreadable(Refusal):
    code = "steps-file-unreadable"
    status = 422
    message = N_("This file holds no steps by day that can be read.")
    next_step = N_(
        "Send a CSV with the columns date and steps, or the ZIP file of Apple Health or Google Takeout as it is."
    )


class StepsTooMuch(Refusal):
    code = "steps-file-too-much"
    status = 422
    message = N_("This file is too large when it is unpacked.")
    next_step = N_("Send a CSV with the columns date and steps instead.")


class StepsBusy(Refusal):
    code = "steps-reading-busy"
    status = 503
    message = N_("Another large file is being read at the moment.")
    next_step = N_("Please send yours again in a few minutes.")


class UploadTooLarge(Refusal):
    code = "steps-upload-too-large"
    status = 413
    message = N_("This file is larger than %(megabytes)s MB.")
    next_step = N_("Send a CSV with the columns date and steps instead.")


class WalkingOver(Refusal):
    code = "steps-no-programme"
    message = N_("The city gives no points for walking at the moment.")
    next_step = N_("Please come back when a programme is announced.")


class StepsDecided(Refusal):
    code = "steps-decided"
    message = N_("This was decided already.")
    next_step = N_("There is nothing more to do.")


class NothingToObject(Refusal):
    code = "steps-nothing-to-object"
    message = N_(
        "There is nothing you could object to: no day waits or was refused within 30 days, or you objected already."
    )
    next_step = N_("The city's answer comes into your mailbox.")


class TooManyRows(Refusal):
    code = "attendance-too-many-rows"
    status = 422
    message = N_("A file can have up to %(most)s rows.")
    next_step = N_("Split the file and send the parts one after the other.")


@dataclass(slots=True)
class Walked:
    """Steps as devices counted them, while a file is read. `hours` is (day, hour) -> device -> steps; `days` is day ->
    device -> steps, also of records over several hours."""

    hours: dict[tuple[date, int], dict[int, int]] = field(default_factory=dict)
    days: dict[date, dict[int, int]] = field(default_factory=dict)

    def add(self, day: date, hour: int | None, device: int, steps: int) -> None:
        """*hour* is None for a record over more hours than one can be counted in."""
        whole = self.days.setdefault(day, {})
        whole[device] = whole.get(device, 0) + steps
        if hour is not None:
            part = self.hours.setdefault((day, hour), {})
            part[device] = part.get(device, 0) + steps

    def by_day(self) -> dict[date, int]:
        """A phone and a watch count the same steps: of each hour the device that counted most counts, and a day has at
        least what one device alone counted."""
        merged: dict[date, int] = {}
        for (day, _hour), devices in self.hours.items():
            merged[day] = merged.get(day, 0) + max(devices.values())
        return {day: max(merged.get(day, 0), *devices.values()) for day, devices in self.days.items()}


@dataclass(frozen=True, slots=True)
class Sorted:
    """The days of a file: what can be brought in, and how many were left out and why."""

    days: Mapping[date, int]
    outside: int
    impossible: int


def first_day(today: date) -> date:
    """The earliest day that can be brought in today."""
    return today - timedelta(days=CLAIM_DAYS)


def sort_days(found: Mapping[date, int], today: date) -> Sorted:
    """Days within the last month that are over, with steps somebody can have walked."""
    near = {day: steps for day, steps in found.items() if first_day(today) <= day < today}
    fit = {day: steps for day, steps in near.items() if 0 <= steps <= MOST_STEPS}
    return Sorted(fit, len(found) - len(near), len(near) - len(fit))


def doubt_of(steps: int, *, like: Doubt | None) -> Doubt | None:
    """Why a day waits, if it does; *like*: why all days of the person wait, for looking like somebody else's."""
    if like:
        return like
    return Doubt.MUCH if steps > MUCH else None


def is_same(equal_days: Iterable[int]) -> bool:
    """By how many days are the same as those of each other person."""
    return any(days >= SAME_DAYS for days in equal_days)


def is_near(days_by_distance: Mapping[int, int]) -> bool:
    """By on how many days somebody else's steps were so many more or fewer than the person's own."""
    steady = max((days for distance, days in days_by_distance.items() if distance), default=0)
    return steady >= STEADY_DAYS or sum(days_by_distance.values()) >= NEAR_DAYS


def may_object(state: str, decided_at: datetime | None, now: datetime) -> bool:
    """To a day that waits, or one that was refused lately."""
    lately = decided_at is not None and now - decided_at <= OBJECT_WITHIN
    return state == State.HELD or (state == State.REFUSED and lately)
