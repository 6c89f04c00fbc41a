"""What a procedure's file may say. Texts are msgids (English); every language has them in translations/.

A file breaks no promise by accident: what it refers to must be there, what it asks must be reachable, and nobody is
asked to type a 個人番号 (it is taken at the window, 番号利用法第14条・第16条).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from portal.applications.casework.statutory import DayKind
from portal.applications.procedures import deciding, rules
from portal.applications.procedures.eligibility import Eligibility
from portal.applications.procedures.known import Known
from portal.applications.procedures.offer import (
    Deadline,
    Fee,
    LegalGround,
    Minutes,
    Name,
    Part,
    Renewal,
    Text,
    ToBring,
    When,
)
from portal.applications.procedures.topics import Topic, WindowKind


class Kind(StrEnum):
    """How a field is typed, read and shown."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    NUMBER = "number"
    NAME = "name"
    KANA = "kana"
    DATE = "date"
    ADDRESS = "postal-address"
    PHONE = "phone"
    EMAIL = "email"
    CHOICE = "choice"
    YES_NO = "yes-no"
    MEMBERS = "household-members"
    LICENCE = "licence"
    BANK = "bank-account"
    AMOUNT = "amount"
    ROWS = "rows"
    ATTACHMENT = "attachment"


TYPED = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.NUMBER, Kind.AMOUNT})


class Wanted(StrEnum):
    """What a question for documents takes."""

    IMAGE = "image"
    PDF = "pdf"


class Option(Part):
    value: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)
    label: Text
    hint: str = ""


class FormField(Part):
    """One question. `prefill` says where the city's own answer comes from; people may correct it.

    `longest` is signs of a text, `least` and `most` bound a number or an amount of yen, `earliest_days` before and
    `latest_days` after today bound a date. Rows have `columns`, a `title` for one row, and `fewest` to `most_rows` of them.
    `kinds` and `pieces` (at most so many) are for documents that are attached. `fact` is what the answer says beyond this
    procedure (data/facts.json): whoever prepares several procedures together answers it once.
    """

    name: Name
    type: Kind
    label: Text
    fact: Name | None = None
    hint: str = ""
    required: bool = True
    when: When = None
    prefill: Known | None = None
    options: tuple[Option, ...] = ()
    longest: int = Field(default=100, ge=1, le=2000)
    least: int = Field(default=0, ge=0)
    most: int = Field(default=999_999_999, ge=1)
    earliest_days: int | None = Field(default=None, ge=0)
    latest_days: int | None = Field(default=None, ge=0)
    within_city: bool = False
    title: str = ""
    columns: tuple["FormField", ...] = ()
    fewest: int = Field(default=0, ge=0)
    most_rows: int = Field(default=5, ge=1, le=20)
    kinds: tuple[Wanted, ...] = ()
    pieces: int = Field(default=5, ge=1, le=20)

    @model_validator(mode="after")
    def _rows_whole(self) -> Self:
        if self.type is not Kind.ROWS:
            if self.columns or self.title or self.fewest:
                raise ValueError(f'"{self.name}": rows, and nothing else, have "columns", "title" and "fewest"')
            return self
        if not self.columns or not self.title:
            raise ValueError(f'"{self.name}": rows have "columns", and a "title" for one of them')
        if self.fewest > self.most_rows:
            raise ValueError(f'"{self.name}": "fewest" is more than "most_rows"')
        if len({column.name for column in self.columns}) != len(self.columns):
            raise ValueError(f'"{self.name}": two columns have the same name')
        for column in self.columns:
            if column.type in (Kind.ROWS, Kind.MEMBERS, Kind.LICENCE, Kind.ATTACHMENT) or column.when or column.prefill:
                raise ValueError(
                    f'"{self.name}.{column.name}": a column has no rows, people, documents, "when" or "prefill" of its own'
                )
        return self

    @property
    def needed_rows(self) -> int:
        """How many rows there must be."""
        return max(self.fewest, 1 if self.required else 0)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.type is Kind.CHOICE) != bool(self.options):
            raise ValueError(f'"{self.name}": a choice, and nothing else, has options')
        if len({option.value for option in self.options}) != len(self.options):
            raise ValueError(f'"{self.name}": two options have the same value')
        if self.type is Kind.MEMBERS and self.prefill not in (Known.MEMBERS, Known.CHILDREN):
            raise ValueError(
                f'"{self.name}": people are chosen from the register: "prefill" is household.members or household.children'
            )
        if (self.type is Kind.LICENCE) != (self.prefill is Known.COMPANY_LICENCES):
            raise ValueError(f'"{self.name}": a licence is chosen from those registered: "prefill" is company.licences')
        if (self.type is Kind.ATTACHMENT) != bool(self.kinds):
            raise ValueError(
                f'"{self.name}": an attachment, and nothing else, has "kinds": ["image", "pdf"] or one of them'
            )
        if self.type in TYPED and any(word in self.label for word in ("My Number", "個人番号", "マイナンバー")):
            raise ValueError(f'"{self.name}": nobody types a 個人番号 here: write it under "bring" instead')
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """What can be chosen; empty for what is typed."""
        return ("yes", "no") if self.type is Kind.YES_NO else tuple(option.value for option in self.options)


class Section(Part):
    """One topic, one page."""

    name: Name
    title: Text
    lead: str = ""
    when: When = None
    fields: tuple[FormField, ...] = Field(min_length=1)

    def live(self, field: FormField) -> bool:
        """Whether an answer on this same page decides if *field* is asked: the browser then shows and hides it."""
        return not {one.name for one in self.fields}.isdisjoint(rules.names_in(field.when))

    @model_validator(mode="after")
    def _documents_apart(self) -> Self:
        """A page that takes files asks nothing else: what is typed cannot be lost with a file that is too large."""
        if len({field.type is Kind.ATTACHMENT for field in self.fields}) > 1:
            raise ValueError(f'page "{self.name}": documents are attached on a page of their own')
        return self

    @property
    def takes_files(self) -> bool:
        return self.fields[0].type is Kind.ATTACHMENT


class Procedure(Part):
    """One version of one procedure. Retention in days after the end of the case.

    `order` is its place within its topic, 1 first. `search` holds words people look for in any language, with
    readings; `visit` is false where everything is done without coming to an office. `responsible` is the section that
    works on it beside the processing centre (所管課); `four_eyes` asks for a second person's confirmation; with
    `decision_letter` an approval is told by letter, as a refusal always is; `processing_days` is the standard period
    (行政手続法第6条). `without_sign_in` lets people send it who have no account, and is only for what needs nothing
    of the register. `signature` is "card" where the law wants a signature: by the card's signing key, or in person at
    the window. `applicants` says who applies; `renews` which licence an approval renews.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)
    version: int = Field(ge=1)
    applicants: Literal["residents", "companies"] = "residents"
    topic: Topic
    order: int = Field(default=50, ge=1, le=99)
    title: Text
    summary: Text
    search: tuple[str, ...] = ()
    who: Text
    legal: LegalGround
    deadline: Deadline | None = None
    fees: tuple[Fee, ...] = ()
    minutes: Minutes
    bring: tuple[ToBring, ...] = ()
    visit: bool = True
    without_sign_in: bool = False
    signature: Literal["none", "card"] = "none"
    window: WindowKind
    offices: tuple[str, ...] = Field(min_length=1)
    contact: str
    points: int = Field(default=0, ge=0)
    retention_days: int = Field(ge=1)
    after: Text
    responsible: str = ""
    four_eyes: bool = False
    decision_letter: bool = False
    processing_days: int | None = Field(default=None, ge=1, le=365)
    processing_in: DayKind = DayKind.CALENDAR
    eligibility: tuple[Eligibility, ...] = ()
    renews: Renewal | None = None
    sections: tuple[Section, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _asks_in_order(self) -> Self:
        """Conditions look back, to earlier pages or to earlier questions: the form then works without JavaScript."""
        asked: dict[str, FormField] = {}
        pages: set[str] = set()
        for section in self.sections:
            if section.name in pages:
                raise ValueError(f'two pages are named "{section.name}"')
            pages.add(section.name)
            _check_asked(section.when, asked, f'page "{section.name}"')
            for field in section.fields:
                _check_asked(field.when, asked, f'page "{section.name}"')
                if field.name in asked:
                    raise ValueError(f'"{field.name}" is asked twice: give one of the two another name')
                asked[field.name] = field
        for place, rule in self.other_rules():
            _check_asked(rule, asked, place)
        if self.deadline and self.deadline.counts_from not in {None, *asked}:
            raise ValueError(f'the deadline counts from "{self.deadline.counts_from}", a day nobody is asked for')
        return self

    @model_validator(mode="after")
    def _needs_no_register(self) -> Self:
        if self.without_sign_in and (self.visit or any(field.type is Kind.MEMBERS for field in self.fields())):
            raise ValueError('"without_sign_in": only where nobody need come and nobody of the register is chosen')
        if self.without_sign_in and any(field.type is Kind.ATTACHMENT for field in self.fields()):
            raise ValueError('"without_sign_in": documents lie with a resident: nothing can be attached')
        if self.without_sign_in and self.signature != "none":
            raise ValueError('"without_sign_in": a signature is checked against the register')
        return self

    @model_validator(mode="after")
    def _fits_its_applicants(self) -> Self:
        """A company has no window, no household, no card and no points; a resident has no company's basics."""
        prefills = [field for field in self.fields() if field.prefill]
        if wrong := [one.name for one in prefills if one.prefill and one.prefill.of_company != self.for_companies]:
            raise ValueError(
                f'{wrong}: "prefill" is of the applicants: company.… where companies apply, and only there'
            )
        kept = self.visit or self.without_sign_in or self.signature != "none" or self.points or self.eligibility
        if self.for_companies and kept:
            raise ValueError('companies: "visit" is false, without sign-in, signature, points and "eligibility"')
        if self.renews and (found := self.field(self.renews.field)) is not None and found.type is Kind.LICENCE:
            return self
        if self.renews:
            raise ValueError('"renews": "field" is a question of the type licence')
        return self

    @property
    def for_companies(self) -> bool:
        return self.applicants == "companies"

    def other_rules(self) -> Iterator[tuple[str, rules.Rule]]:
        """(place, rule) of every condition outside the pages."""
        yield from ((f"bring[{at}]", part.when) for at, part in enumerate(self.bring) if part.when)
        yield from ((f"fees[{at}]", part.when) for at, part in enumerate(self.fees) if part.when)
        yield from ((f"minutes.more[{at}]", part.when) for at, part in enumerate(self.minutes.more) if part.when)

    def fields(self) -> Iterator[FormField]:
        """Every question, asked of everybody or of some."""
        return (field for section in self.sections for field in section.fields)

    def field(self, name: str) -> FormField | None:
        return next((field for field in self.fields() if field.name == name), None)

    def asked(self, answers: rules.Answers) -> list[Section]:
        """The pages this person sees, each with the questions that concern them.

        What was answered to a question that is not asked any more (a changed mind) decides nothing.
        """
        shown: list[Section] = []
        told: dict[str, Any] = {}
        for section in self.sections:
            if not rules.holds(section.when, told):
                continue
            fields = _asked_of(section, answers, told)
            if fields:
                whole = len(fields) == len(section.fields)
                shown.append(section if whole else section.model_copy(update={"fields": fields}))
        return shown

    def told_before(self, section_name: str, answers: rules.Answers) -> dict[str, Any] | None:
        """The answers that count on the pages before *section_name*; None if that page is not asked."""
        told: dict[str, Any] = {}
        for section in self.sections:
            asked = rules.holds(section.when, told)
            if section.name == section_name:
                return told if asked else None
            if asked:
                _asked_of(section, answers, told)
        return None

    def section(self, name: str) -> Section | None:
        """The page of that name with all its questions."""
        return next((section for section in self.sections if section.name == name), None)

    def told(self, answers: rules.Answers) -> dict[str, Any]:
        """The answers to questions this person is asked, and no others."""
        shown = (field.name for section in self.asked(answers) for field in section.fields)
        return {name: answers[name] for name in shown if name in answers}

    def due_on(self, answers: rules.Answers) -> date | None:
        """The last day of the statutory period; its first day is not counted (民法第140条)."""
        if self.deadline is None or self.deadline.days is None or self.deadline.counts_from is None:
            return None
        day = self.told(answers).get(self.deadline.counts_from)
        return date.fromisoformat(day) + timedelta(days=self.deadline.days) if day else None

    def minutes_needed(self, answers: rules.Answers) -> int:
        """At the window, for these answers."""
        told = deciding.told(self.decides_minutes, answers)
        return self.minutes.at_window + sum(part.minutes for part in self.minutes.more if rules.holds(part.when, told))

    @cached_property
    def decides_minutes(self) -> deciding.Deciding:
        """The questions on which the minutes at the window depend."""
        return deciding.of(self.sections, [part.when for part in self.minutes.more])

    def to_bring(self, answers: rules.Answers) -> list[str]:
        """Msgids of what these answers make necessary; what was attached need not be brought."""
        told = self.told(answers)
        attached = {field.label for field in self.fields() if field.type is Kind.ATTACHMENT and told.get(field.name)}
        return [part.text for part in self.bring if part.text not in attached and rules.holds(part.when, told)]

    def to_pay(self, answers: rules.Answers) -> list[Fee]:
        """The fees these answers make due."""
        told = self.told(answers)
        return [part for part in self.fees if rules.holds(part.when, told)]


def _asked_of(section: Section, answers: rules.Answers, told: dict[str, Any]) -> tuple[FormField, ...]:
    """The questions of a page that follow from *told*, which learns their answers one by one."""
    fields = []
    for field in section.fields:
        if rules.holds(field.when, told):
            fields.append(field)
            if field.name in answers:
                told[field.name] = answers[field.name]
    return tuple(fields)


def _check_asked(rule: rules.Rule, asked: dict[str, FormField], place: str) -> None:
    if late := sorted(set(rules.names_in(rule)) - set(asked)):
        raise ValueError(f"{place}: a condition asks about {late}, which nothing earlier asks")
    for name, column in rules.columns_in(rule):
        found = asked.get(name)
        if found and found.type is Kind.ROWS and column not in {"", *(one.name for one in found.columns)}:
            raise ValueError(f'{place}: the rows of "{name}" have no column "{column}"')
    for name, value in rules.values_compared(rule):
        if name in asked and asked[name].values and value not in asked[name].values:
            raise ValueError(f'{place}: "{name}" is never "{value}": it can be {", ".join(asked[name].values)}')
