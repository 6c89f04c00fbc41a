"""What the file of a rule may say. Texts are msgids (English); every language has them in translations/.

A rule is about one person (its subject) and tells that person or their guardians. `when` gives the occasion: a day that
the database knows (a birth date, a day of a fact) or a day of the year. `who` are conditions that must all hold.
"""

from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.core.addresses import WARDS
from portal.guidance import rules
from portal.guidance.rules import Situation

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Text = Annotated[str, Field(min_length=1, max_length=600)]
# A day that every year has.
MonthDay = Annotated[
    str,
    Field(pattern=r"^((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)$"),
]
Days = Annotated[int, Field(ge=-400, le=400)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _one_of(part: _Part, names: tuple[str, ...], what: str) -> str:
    said = [name for name in names if getattr(part, name) is not None]
    if len(said) != 1:
        raise ValueError(f"{what}: write exactly one of {', '.join(names)}")
    return said[0]


class Span(_Part):
    """Whole years or months from … to, both included; None is open."""

    least: int | None = Field(default=None, alias="from", ge=0, le=1500)
    most: int | None = Field(default=None, alias="to", ge=0, le=1500)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least is None and self.most is None:
            raise ValueError('write "from", "to" or both')
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError('"from" is greater than "to"')
        return self


class YearSpan(Span):
    """Ages reached by 31 March, the end of the fiscal year; `every` so many years only (50, 55, 60 …)."""

    every: int | None = Field(default=None, ge=2, le=20)

    @model_validator(mode="after")
    def _has_ends(self) -> Self:
        if self.every and (self.least is None or self.most is None):
            raise ValueError('"every" counts from "from" to "to": write both')
        return self


class FactIs(_Part):
    """A fact of the subject holds today: any value, one of some, a number or a day between (days from today)."""

    name: FactName
    one_of: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    days_from: int | None = None
    days_to: int | None = None


class Dose(_Part):
    """A dose of the national routine schedule stands in the person's vaccination record."""

    vaccine: Slug
    dose: int = Field(ge=1, le=9)


CONDITIONS = (
    "age", "age_by_march", "months", "grade", "sex", "japanese", "ward", "moved_in_days", "fact", "vaccinated", "guards",
    "household", "alone", "applied", "any_of", "none_of",
)  # fmt: skip


class Condition(_Part):
    """One condition about the subject; exactly one of its parts is written."""

    age: Span | None = None
    age_by_march: YearSpan | None = None
    months: Span | None = None
    grade: Span | None = None
    sex: Literal["female", "male"] | None = None
    japanese: bool | None = None
    ward: Literal[tuple(WARDS)] | None = None  # type: ignore[valid-type]
    moved_in_days: int | None = Field(default=None, ge=0, le=400)
    fact: FactIs | None = None
    vaccinated: Dose | None = None
    guards: tuple["Condition", ...] | None = None
    household: tuple["Condition", ...] | None = None
    alone: Literal[True] | None = None
    applied: Slug | None = None
    any_of: tuple["Condition", ...] | None = None
    none_of: tuple["Condition", ...] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        _one_of(self, CONDITIONS, "a condition")
        return self

    @property
    def kind(self) -> str:
        return next(name for name in CONDITIONS if getattr(self, name) is not None)

    @property
    def parts(self) -> tuple["Condition", ...]:
        """The conditions inside this one."""
        return self.any_of or self.none_of or self.guards or self.household or ()


class Birthday(_Part):
    years: int | None = Field(default=None, ge=1, le=120)
    months: int | None = Field(default=None, ge=0, le=300)

    @model_validator(mode="after")
    def _one(self) -> Self:
        _one_of(self, ("years", "months"), "a birthday")
        return self

    @property
    def in_months(self) -> int:
        return self.months if self.months is not None else 12 * (self.years or 0)


ANCHORS = ("birthday", "moved_in", "fact_since", "fact_day", "yearly", "declared", "applied", "standing")


class When(_Part):
    """The occasion, and from how many days before it (negative) to how many after it somebody is told.

    `standing`: the conditions alone decide; "once" in a life, or once a fiscal year.
    """

    birthday: Birthday | None = None
    moved_in: Literal[True] | None = None
    fact_since: FactName | None = None
    fact_day: FactName | None = None
    yearly: MonthDay | None = None
    declared: Literal["disaster"] | None = None
    applied: Slug | None = None
    standing: Literal["once", "yearly"] | None = None
    first: Days = Field(default=0, alias="from")
    last: Days = Field(default=0, alias="to")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _one_of(self, ANCHORS, '"when"')
        if self.first > self.last:
            raise ValueError('"when": "from" is later than "to"')
        if self.standing and (self.first or self.last):
            raise ValueError('"when": what stands has no days: take "from" and "to" out')
        return self

    @property
    def anchor(self) -> str:
        return next(name for name in ANCHORS if getattr(self, name) is not None)


class Due(_Part):
    """The last day to do it: so many days after the occasion, the day before so many months are over ("before the second
    birthday", 予防接種法施行令第3条), or the next such day of the year."""

    days: Days | None = None
    months: int | None = Field(default=None, ge=1, le=60)
    next: MonthDay | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        _one_of(self, ("days", "months", "next"), '"due"')
        return self

    def on(self, day: date) -> date:
        if self.days is not None:
            return day + timedelta(days=self.days)
        if self.months is not None:
            return rules.anniversary(day, self.months) - timedelta(days=1)
        assert self.next
        return rules.on_or_after(day, self.next)


class Leads(_Part):
    """Where it leads: a procedure of the catalogue (a visit is reserved there), a guide of life events, a page of the
    portal, or (all empty) the programme's own page, which says in `how` what to do."""

    procedure: Slug | None = None
    guide: Slug | None = None
    page: Literal["vaccinations", "card"] | None = None

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if sum(value is not None for value in (self.procedure, self.guide, self.page)) > 1:
            raise ValueError('"leads": write one of procedure, guide, page')
        return self


class Case(_Part):
    """Somebody at the boundary of the rule, for the tests: told or not on day `on`. `household` are others at home."""

    told: bool
    about: str
    on: date | None = None
    person: dict[str, Any] = {}
    household: tuple[dict[str, Any], ...] = ()
    declared: dict[str, Any] | None = None


class Rule(_Part):
    """One rule. `weight` 1 is told before 9; `review` is the day by which the owner looks at law and numbers again.

    `checked` is what of it was compared with which public text, of when; `assumed` what no text was found for.
    """

    name: Slug
    situation: Situation
    title: Text
    text: Text
    how: str = ""
    kind: Literal["information", "task"]
    weight: int = Field(ge=1, le=9)
    tells: Literal["self", "guardians"] = "self"
    when: When
    who: tuple[Condition, ...] = ()
    due: Due | None = None
    repeat: Literal["once", "each-time", "yearly"]
    leads: Leads = Leads()
    consent: str = ""
    basis: str
    owner: str
    review: date
    sources: tuple[str, ...] = Field(min_length=1)
    assumed: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()
    cases: tuple[Case, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        fits = {"standing": self.when.standing, "yearly": "yearly"}.get(self.when.anchor)
        wanted = fits or ("once" if self.when.anchor in ("birthday", "moved_in") else "each-time")
        if self.repeat != wanted:
            raise ValueError(f'"repeat": by its "when" this rule tells "{wanted}"')
        if self.due and self.when.standing and self.due.next is None:
            raise ValueError('"due": what stands has no day to count from: use "next"')
        if (self.kind == "task") != (self.due is not None):
            raise ValueError('"due": a task, and nothing else, has a last day')
        if not any(self.leads.model_dump().values()) and not self.how:
            raise ValueError('"how": a rule that leads nowhere says what to do')
        if {case.told for case in self.cases} != {True, False}:
            raise ValueError('"cases": write somebody just inside and somebody just outside')
        return self

    def anchor_day(self, occasion: str) -> date | None:
        """The day the occasion speaks of: the birthday itself for a birth date; None where there is no day."""
        if self.when.standing == "once" or not occasion:
            return None
        try:
            day = date.fromisoformat(occasion)
        except ValueError:
            return None
        return rules.anniversary(day, self.when.birthday.in_months) if self.when.birthday else day

    def due_on(self, occasion: str, told_on: date) -> date | None:
        if self.due is None:
            return None
        return self.due.on(told_on if self.when.standing else self.anchor_day(occasion) or told_on)

    def shown_until(self, occasion: str, told_on: date) -> date:
        """The last day it stands on the person's page."""
        if due := self.due_on(occasion, told_on):
            return due + rules.SHOWN_AFTER
        day = self.anchor_day(occasion)
        if day is None or self.when.standing:
            return told_on + timedelta(days=365)
        return max(day + timedelta(days=self.when.last), told_on) + rules.SHOWN_AFTER

    def conditions(self) -> list[Condition]:
        """Every condition, also those inside others."""
        found, waiting = [], list(self.who)
        while waiting:
            one = waiting.pop(0)
            found.append(one)
            waiting += one.parts
        return found
