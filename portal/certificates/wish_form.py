"""What somebody wants on a certificate, as a form: the questions of its kind at a channel, how many copies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from portal.certificates import service
from portal.certificates.service import Channel, Kind, Option
from portal.core import clock
from portal.core.words import N_
from portal.web.i18n import gettext

FIRST = {"scope": "self", "purpose": "general", "number": "no"}
"""What is chosen before somebody chooses; other questions begin with the last of their answers (leave out), years with
the newest."""
NOT_CHOSEN = N_("Please choose one.")
NOBODY_CHOSEN = N_("Please choose at least one person.")


@dataclass
class WishForm:
    """`housemates` are (id, name) of those who can be on a copy of part of the household."""

    kind: Kind
    channel: Channel
    housemates: Sequence[tuple[str, str]] = ()
    values: dict[str, str] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)
    copies: int = 1
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, kind: Kind, channel: Channel, housemates: Sequence[tuple[str, str]], sent: Any = None) -> Self:
        """What was sent (a form); without one, what is chosen at first."""
        form = cls(kind, channel, housemates)
        for question in form.questions:
            form.values[question.name] = sent.get(question.name, "") if sent is not None else first_of(question)
        if sent is not None:
            form.members = [one for one in sent.getlist("members") if one in dict(housemates)]
            copies = sent.get("copies", "1")
            form.copies = int(copies) if copies in {str(number) for number in form.most_copies} else 0
        return form

    @property
    def questions(self) -> tuple[Option, ...]:
        alone = len(self.housemates) < 2
        asked = service.questions(self.kind, self.channel, clock.today())
        return tuple(_without_part(one) if alone and one.name == "scope" else one for one in asked)

    @property
    def most_copies(self) -> range:
        return range(1, service.MAX_COPIES + 1)

    @property
    def is_part(self) -> bool:
        return self.values.get("scope") == "part"

    @property
    def options(self) -> Mapping[str, str]:
        """As an order wants them."""
        wanted = {
            name: value for name, value in self.values.items() if name != "number_for" or self.values["number"] == "yes"
        }
        return wanted | ({"members": " ".join(sorted(self.members))} if self.is_part else {})

    def validate(self) -> bool:
        """Whether every question has an answer; words for each that has none."""
        for question in self.questions:
            if question.name == "number_for" and self.values.get("number") != "yes":
                continue
            if not question.allows(self.values.get(question.name, "")):
                self.errors[question.name] = gettext(NOT_CHOSEN)
        if self.is_part and not self.members:
            self.errors["members"] = gettext(NOBODY_CHOSEN)
        if not self.copies:
            self.errors["copies"] = gettext(NOT_CHOSEN)
        return not self.errors


def first_of(question: Option) -> str:
    if question.name == "year":
        return question.choices[0].value
    return FIRST.get(question.name, question.choices[-1].value if question.name != "number_for" else "")


def _without_part(question: Option) -> Option:
    """Who lives alone has no part of a household to choose."""
    return Option(question.name, question.label, tuple(one for one in question.choices if one.value != "part"))
