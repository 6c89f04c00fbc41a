"""What the file of an event of life may say. Texts are msgids (English); every language has them in translations/."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.applications.procedures import rules
from portal.applications.procedures.offer import Name, Text, ToBring, When
from portal.applications.procedures.schema import FormField, Kind, Option

StepName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]


class Known(StrEnum):
    """What the resident register answers instead of the person (known.py)."""

    SEVERAL = "household.several"
    CHILDREN = "household.children"
    SCHOOL_CHILDREN = "household.school_children"
    SMALL_CHILDREN = "household.small_children"
    SENIORS = "household.seniors"
    FOREIGN = "resident.foreign"
    JAPANESE = "resident.japanese"
    PARTNER = "resident.partner"
    OVER_65 = "resident.over_65"


class KnownValue(StrEnum):
    """What the register fills into an application of the list, beyond what its form takes from it by itself."""

    AT_SCHOOL = "children.at_school"
    SCHOOL_YEAR = "children.school_year"
    RELATION = "resident.relation"


class Phase(StrEnum):
    """The parts of a list, in order."""

    BEFORE = "before"
    SOON = "soon"
    LATER = "later"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Part):
    """One question, one page. `known` says what the register answers; `fact` what the answer fills into applications."""

    name: Name
    type: Literal[Kind.CHOICE, Kind.YES_NO, Kind.DATE]
    label: Text
    hint: str = ""
    when: When = None
    known: Known | None = None
    fact: Name | None = None
    options: tuple[Option, ...] = ()
    earliest_days: int = Field(default=400, ge=0)
    latest_days: int = Field(default=400, ge=0)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.type is Kind.CHOICE) != bool(self.options):
            raise ValueError(f'"{self.name}": a choice, and nothing else, has options')
        return self

    @property
    def field(self) -> FormField:
        """The question as a field of a form: a day may be left open."""
        is_day = self.type is Kind.DATE
        return FormField(
            name=self.name,
            type=self.type,
            label=self.label,
            hint=self.hint,
            required=not is_day,
            options=self.options,
            earliest_days=self.earliest_days if is_day else None,
            latest_days=self.latest_days if is_day else None,
        )


class Due(_Part):
    """The last day: so many days or months after the day asked in question `counts_from` (days below 0: before it)."""

    counts_from: Name
    days: int | None = None
    months: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.days is None) == (self.months is None):
            raise ValueError('a deadline has "days" or "months": write one of the two')
        return self

    def on(self, day: date) -> date:
        """The last day; a month that has no such day ends before it (民法第143条)."""
        if self.days is not None:
            return day + timedelta(days=self.days)
        years, month = divmod(day.month - 1 + (self.months or 0), 12)
        first = date(day.year + years, month + 1, 1)
        after = (first + timedelta(days=31)).replace(day=1)
        return min(first + timedelta(days=day.day - 1), after - timedelta(days=1))


class Preset(_Part):
    """What an application of the list begins with: a fact, the answer to a question of the guide (a day moved by
    `plus_days`), or what the register knows."""

    fact: Name | None = None
    answer: Name | None = None
    plus_days: int = 0
    known: KnownValue | None = None


class Step(_Part):
    """One line of a list: a procedure of the catalogue, or something done elsewhere (`title`, `text`, `body`, `law`).

    `saves` is minutes at the counter that preparing at home saves; `answers` what its form is filled with beforehand.
    """

    name: StepName
    procedure: str = ""
    phase: Phase = Phase.SOON
    when: When = None
    why: str = ""
    due: Due | None = None
    saves: int = Field(default=0, ge=0, le=120)
    answers: dict[Name, str | Preset] = {}
    title: str = ""
    text: str = ""
    body: str = ""
    law: str = ""
    cost: str = ""
    online: bool = False
    bring: tuple[ToBring, ...] = ()

    @model_validator(mode="after")
    def _here_or_elsewhere(self) -> Self:
        elsewhere = (self.title, self.text, self.body)
        if self.procedure and any((*elsewhere, self.law, self.cost, self.bring)):
            raise ValueError(f'"{self.name}": a procedure of the catalogue says all this itself: take it out')
        if not self.procedure and not all(elsewhere):
            raise ValueError(f'"{self.name}": what is done elsewhere needs "title", "text" and "body" (where)')
        if not self.procedure and (self.answers or self.saves):
            raise ValueError(f'"{self.name}": only a procedure of the catalogue has "answers" and "saves"')
        return self


class Event(_Part):
    """One version of one event. `number` is its place in codes of lists and never changes."""

    name: StepName
    number: int = Field(ge=1, le=99)
    version: int = Field(ge=1, le=99)
    order: int = Field(ge=1, le=99)
    title: Text
    summary: Text
    search: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _asks_in_order(self) -> Self:
        asked: dict[str, Question] = {}
        for question in self.questions:
            _check_asked(question.when, asked, f'question "{question.name}"')
            if question.name in asked:
                raise ValueError(f'"{question.name}" is asked twice: give one of the two another name')
            asked[question.name] = question
        names = [step.name for step in self.steps]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{twice}: two steps have this name")
        for step in self.steps:
            for rule in (step.when, *(part.when for part in step.bring)):
                _check_asked(rule, asked, f'step "{step.name}"')
            _check_presets(step, asked)
            day = asked.get(step.due.counts_from) if step.due else None
            if step.due and (day is None or day.type is not Kind.DATE):
                raise ValueError(f'step "{step.name}": counts from "{step.due.counts_from}", which asks for no day')
        return self

    def question(self, name: str) -> Question | None:
        return next((question for question in self.questions if question.name == name), None)

    def asked(self, answers: rules.Answers) -> list[Question]:
        """The questions this person is asked: what was answered to others decides nothing."""
        told: dict[str, Any] = {}
        shown = []
        for question in self.questions:
            if rules.holds(question.when, told):
                shown.append(question)
                told[question.name] = answers.get(question.name)
        return shown

    def told(self, answers: rules.Answers) -> dict[str, Any]:
        """The answers to questions this person is asked, and no others."""
        return {one.name: answers[one.name] for one in self.asked(answers) if one.name in answers}

    def steps_for(self, answers: rules.Answers) -> list[Step]:
        """The person's own list, by phase and in the order of the file."""
        told = self.told(answers)
        phases = list(Phase)
        found = [step for step in self.steps if rules.holds(step.when, told)]
        return sorted(found, key=lambda step: phases.index(step.phase))


def _check_presets(step: Step, asked: dict[str, Question]) -> None:
    for name, preset in step.answers.items():
        if isinstance(preset, Preset) and preset.answer and preset.answer not in asked:
            raise ValueError(f'step "{step.name}", answers.{name}: there is no question "{preset.answer}"')


def _check_asked(rule: rules.Rule, asked: dict[str, Question], place: str) -> None:
    if late := sorted(set(rules.names_in(rule)) - set(asked)):
        raise ValueError(f"{place}: a condition asks about {late}, which no earlier question asks")
    for name, value in rules.values_compared(rule):
        values = asked[name].field.values
        if values and value not in values:
            raise ValueError(f'{place}: "{name}" is never "{value}": it can be {", ".join(values)}')
