"""What is due for a child, by the schedule and the record; no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.core.words import N_
from portal.guidance.vaccination.schedule import Dose, Vaccine, vaccines

# Past its usual time by so much, a dose is overdue; as long as it is free it can still be given.
PATIENCE = timedelta(days=60)

Given = Mapping[tuple[str, int], date]
"""(vaccine, dose) → the day it was given."""


class State(StrEnum):
    DONE = "done"
    DUE = "due"
    OVERDUE = "overdue"
    LATER = "later"
    OVER = "over"


STATE_WORDS: dict[State, str] = {
    State.DONE: N_("Given"),
    State.DUE: N_("Now"),
    State.OVERDUE: N_("Past the usual time"),
    State.LATER: N_("Later"),
    State.OVER: N_("The free time is over"),
}
STATE_TONES: dict[State, str] = {
    State.DONE: "success",
    State.DUE: "warning",
    State.OVERDUE: "error",
    State.LATER: "neutral",
    State.OVER: "neutral",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One dose: `on` the day it was given, or from which it can be; free up to `last`, included."""

    vaccine: Vaccine
    dose: Dose
    state: State
    on: date
    last: date


def plan(born: date, sex: str, given: Given, today: date) -> list[Planned]:
    """Every dose of the schedule for a child born on *born*, vaccine by vaccine."""
    found: list[Planned] = []
    for vaccine in vaccines().values():
        if not vaccine.sex or vaccine.sex == sex:
            found += _doses(vaccine, born, given, today)
    return found


def _doses(vaccine: Vaccine, born: date, given: Given, today: date) -> list[Planned]:
    found: list[Planned] = []
    days: list[date] = []
    for dose in vaccine.doses:
        last = dose.until.of_life(born) - timedelta(days=1)
        done = given.get((vaccine.name, dose.number))
        if done is None and any((vaccine.name, later.number) in given for later in vaccine.doses[dose.number :]):
            done = given[vaccine.name, next(n for n in range(dose.number + 1, 10) if (vaccine.name, n) in given)]
        on = done or _possible_from(dose, born, days)
        days.append(on)
        found.append(Planned(vaccine, dose, _state(on, last, today, done is not None), on, last))
    return found


def _possible_from(dose: Dose, born: date, before: list[date]) -> date:
    """The usual day, but not before the least age nor before enough time has passed since the doses before."""
    days = [dose.least.of_life(born), dose.usual.of_life(born)]
    if dose.gap and before:
        days.append(dose.gap.after(before[-1]))
    if dose.first_gap and before:
        days.append(dose.first_gap.after(before[0]))
    return max(days)


def _state(on: date, last: date, today: date, is_done: bool) -> State:
    if is_done:
        return State.DONE
    if today > last or on > last:
        return State.OVER
    if today < on:
        return State.LATER
    return State.OVERDUE if today > on + PATIENCE else State.DUE


def next_ones(planned: list[Planned]) -> list[Planned]:
    """What to reserve next: what is due or overdue, or else the first to come; the first dose of each vaccine only."""
    open_ones = [one for one in planned if one.state in (State.DUE, State.OVERDUE, State.LATER)]
    firsts: dict[str, Planned] = {}
    for one in open_ones:
        firsts.setdefault(one.vaccine.name, one)
    now = [one for one in firsts.values() if one.state is not State.LATER]
    if now:
        return now
    day = min((one.on for one in firsts.values()), default=None)
    return [one for one in firsts.values() if one.on == day]
