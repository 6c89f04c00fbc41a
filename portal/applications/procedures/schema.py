"""What a procedure's file may say. Texts are msgids (English); MSGID_KEYS lists their keys for the extractor."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from portal.applications.procedures import rules

MSGID_KEYS = ("title", "summary", "who", "law", "lead", "label", "hint", "text", "after")


def _sound(rule: Any) -> Any:
    rules.check(rule)
    return rule


When = Annotated[dict[str, Any] | None, AfterValidator(_sound)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Kind(StrEnum):
    """How a field is typed, read and shown."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    NAME = "name"
    KANA = "kana"
    DATE = "date"
    ADDRESS = "postal-address"
    PHONE = "phone"
    EMAIL = "email"
    CHOICE = "choice"
    YES_NO = "yes-no"
    MEMBERS = "household-members"
    BANK = "bank-account"


class Known(StrEnum):
    """What the city knows already and need not ask: where a field's first answer comes from."""

    NAME = "resident.name"
    KANA = "resident.kana"
    BIRTH_DATE = "resident.birth_date"
    ADDRESS = "resident.address"
    PHONE = "resident.phone"
    EMAIL = "resident.email"
    HEAD = "household.head"
    MEMBERS = "household.members"
    CHILDREN = "household.children"
    PARTNER_NAME = "partner.name"
    PARTNER_KANA = "partner.kana"
    PARTNER_BIRTH_DATE = "partner.birth_date"
    HAS_PARTNER = "partner.exists"


class WindowKind(StrEnum):
    RESIDENT_AFFAIRS = "resident-affairs"
    CHILDREN = "children"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(_Part):
    value: str
    label: str
    hint: str = ""


class FormField(_Part):
    """One question. `prefill` says where the city's own answer comes from; people may correct it."""

    name: Name
    type: Kind
    label: str
    hint: str = ""
    required: bool = True
    when: When = None
    prefill: Known | None = None
    options: tuple[Option, ...] = ()
    longest: int = Field(default=100, ge=1, le=2000)
    earliest_days: int | None = None
    latest_days: int | None = None
    within_city: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.type is Kind.CHOICE) != bool(self.options):
            raise ValueError(f"{self.name}: a choice, and nothing else, has options")
        if self.type is Kind.MEMBERS and self.prefill not in (Known.MEMBERS, Known.CHILDREN):
            raise ValueError(f"{self.name}: people of a household are chosen from the register")
        return self


class Section(_Part):
    """One topic, one page."""

    name: Name
    title: str
    lead: str = ""
    when: When = None
    fields: tuple[FormField, ...] = Field(min_length=1)


class ToBring(_Part):
    text: str
    when: When = None


class LegalGround(_Part):
    law: str


class Deadline(_Part):
    """`days` after the day in field `counts_from`; `text` says it in words."""

    days: int
    counts_from: Name
    text: str


class MoreMinutes(_Part):
    minutes: int
    when: When


class Minutes(_Part):
    """At the window, with everything typed at home; `at_home` is what the form takes."""

    at_home: int
    at_window: int
    more: tuple[MoreMinutes, ...] = ()


class Procedure(_Part):
    """One version of one procedure. Fee in yen; retention in days after the end of the case."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)
    version: int = Field(ge=1)
    title: str
    summary: str
    who: str
    legal: LegalGround
    deadline: Deadline | None = None
    fee: int = Field(default=0, ge=0)
    minutes: Minutes
    bring: tuple[ToBring, ...] = ()
    window: WindowKind
    offices: tuple[str, ...] = Field(min_length=1)
    contact: str
    points: int = Field(default=0, ge=0)
    retention_days: int = Field(ge=1)
    after: str
    sections: tuple[Section, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _asks_in_order(self) -> Self:
        """Conditions look back to earlier pages only: the form then works without JavaScript."""
        asked: set[str] = set()
        for section in self.sections:
            conditions = [section.when, *(field.when for field in section.fields)]
            if late := {name for rule in conditions for name in rules.names_in(rule)} - asked:
                raise ValueError(f"{section.name}: conditions ask about {sorted(late)} before it is typed")
            for field in section.fields:
                if field.name in asked:
                    raise ValueError(f"{field.name}: asked twice")
                asked.add(field.name)
        extra = [part.when for part in self.bring] + [part.when for part in self.minutes.more]
        if unknown := {name for rule in extra for name in rules.names_in(rule)} - asked:
            raise ValueError(f"nobody is asked about {sorted(unknown)}")
        if self.deadline and self.deadline.counts_from not in asked:
            raise ValueError("the deadline counts from a day nobody is asked for")
        return self

    def field(self, name: str) -> FormField | None:
        return next((field for section in self.sections for field in section.fields if field.name == name), None)

    def due_on(self, answers: rules.Answers) -> date | None:
        """The last day of the statutory period; its first day is not counted (民法第140条)."""
        told = answers.get(self.deadline.counts_from) if self.deadline else None
        return date.fromisoformat(told) + timedelta(days=self.deadline.days) if told and self.deadline else None

    def minutes_needed(self, answers: rules.Answers) -> int:
        """At the window, for these answers."""
        more = (part.minutes for part in self.minutes.more if rules.holds(part.when, answers))
        return self.minutes.at_window + sum(more)

    def to_bring(self, answers: rules.Answers) -> list[str]:
        """Msgids of what these answers make necessary."""
        return [part.text for part in self.bring if rules.holds(part.when, answers)]

    def asked(self, answers: rules.Answers) -> list[Section]:
        """The pages this person sees, each with the questions that concern them."""
        shown = []
        for section in self.sections:
            fields = tuple(field for field in section.fields if rules.holds(field.when, answers))
            if fields and rules.holds(section.when, answers):
                shown.append(section.model_copy(update={"fields": fields}))
        return shown
