"""The national routine schedule, read once from schedule.json: which dose from, usually at and until which day of a life."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from portal.guidance import rules

FILE = Path(__file__).parent / "schedule.json"


@dataclass(frozen=True, slots=True)
class Moment:
    """A day of a life: so many days or months after birth, the 1 April of a school year (0: the year before school), or so
    long after another dose."""

    days: int = 0
    months: int = 0
    grade: int | None = None

    def after(self, day: date) -> date:
        return rules.anniversary(day, self.months) + timedelta(days=self.days)

    def of_life(self, born: date) -> date:
        if self.grade is None:
            return self.after(born)
        # Who turns 6 by 1 April enters school then: a birthday on 1 April counts to the year before.
        enters = born.year + (6 if (born.month, born.day) <= (4, 1) else 7)
        return date(enters + self.grade - 1, 4, 1)


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose: given from `least` on, usually from `usual`, free before `until`; at least `gap` after the dose before
    (`first_gap`: after the first one)."""

    number: int
    usual: Moment
    until: Moment
    least: Moment
    gap: Moment | None
    first_gap: Moment | None


@dataclass(frozen=True, slots=True)
class Vaccine:
    """`title` is a msgid; `sex` "" means everybody."""

    name: str
    title: str
    sex: str
    doses: tuple[Dose, ...]


@cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@cache
def vaccines() -> dict[str, Vaccine]:
    """The vaccines of childhood by name, in the order of the first dose."""
    return {said["name"]: _vaccine(said) for said in _file()["vaccines"]}


def basis() -> str:
    text: str = _file()["basis"]
    return text


def owner() -> str:
    """The section that keeps the city's records."""
    text: str = _file()["owner"]
    return text


@cache
def doses_of() -> dict[str, int]:
    """How many doses each vaccine has that a record may hold, those of grown people too."""
    others = {said["name"]: int(said["doses"]) for said in _file()["others"]}
    return {name: len(vaccine.doses) for name, vaccine in vaccines().items()} | others


def has_dose(name: str, number: int) -> bool:
    return 1 <= number <= doses_of().get(name, 0)


def _vaccine(said: dict[str, Any]) -> Vaccine:
    doses = tuple(_dose(number, one) for number, one in enumerate(said["doses"], start=1))
    return Vaccine(said["name"], said["title"], said.get("sex", ""), doses)


def _dose(number: int, said: dict[str, Any]) -> Dose:
    usual, until = _moment(said["usual"]), _moment(said["until"])
    gap, first_gap = (_moment(said[key]) if key in said else None for key in ("after", "after_first"))
    return Dose(number, usual, until, _moment(said["from"]) if "from" in said else Moment(), gap, first_gap)


def _moment(said: dict[str, Any]) -> Moment:
    grade = 0 if "before_school" in said else 1 if "school" in said else said.get("grade")
    return Moment(said.get("days", 0), said.get("months", 0), grade)
