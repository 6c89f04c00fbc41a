"""The page on which conditions are put together, without JavaScript: what is typed is the page's whole memory.

A draft has groups of rows. Each button sends everything; the answer is the same page with a row more or less, or counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from portal.core import text, wareki
from portal.core.addresses import WARDS
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.facts import service as facts
from portal.facts.service import FactKind
from portal.residents import service as residents
from portal.segments.attributes import ATTRIBUTES, LANGUAGES, Wrong
from portal.segments.conditions import Condition

MOST_GROUPS, MOST_ROWS = 6, 10
JOINS = ("all", "any")
RANGES = ("age", "child", "household_size")
FACT = "fact:"
LONGEST_TYPED = 40


class Typed(Protocol):
    """What a request's form offers (werkzeug's MultiDict)."""

    def get(self, name: str, default: str, /) -> str: ...
    def getlist(self, name: str, /) -> list[str]: ...


@dataclass(slots=True)
class Line:
    """One row: `what` is an attribute or `fact:` and a name, `fault` a msgid with what fills it."""

    what: str
    is_not: bool = False
    first: str = ""
    last: str = ""
    chosen: list[str] = field(default_factory=list)
    fault: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> str:
        """Which controls it has: numbers, days, number, choices, towns, list, none."""
        return shape_of(self.what)

    @property
    def control(self) -> str:
        """The end of the name of its first control."""
        return "from" if self.shape in ("numbers", "days", "number") else "values" if self.shape != "none" else "not"

    @property
    def topics(self) -> list[str]:
        """The consents it asks for."""
        return self.chosen if self.what == "consent" else []

    def leaf(self) -> Condition:
        """The condition it says; Wrong if it cannot be used."""
        name, value = self._said()
        found: Condition = {name: ATTRIBUTES[name].read(value)}
        return {"not": found} if self.is_not else found

    def _said(self) -> tuple[str, Any]:
        if self.what.startswith(FACT):
            return "fact", {"name": self.what.removeprefix(FACT), **self._bounds_or_values()}
        if self.shape == "number":
            return self.what, _number(self.first)
        if self.shape == "list":
            return self.what, self.chosen[0] if self.chosen else ""
        if self.shape in ("numbers", "days"):
            return self.what, self._bounds_or_values()
        return self.what, [int(one) if one.isdecimal() else one for one in self.chosen]

    def _bounds_or_values(self) -> dict[str, Any]:
        read = _number if self.shape == "numbers" else _day
        bounds = {end: read(typed) for end, typed in (("from", self.first), ("to", self.last)) if typed.strip()}
        return bounds or ({"values": self.chosen} if self.shape == "choices" and self.chosen else {})


@dataclass(slots=True)
class Group:
    joined: str = "all"
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """What stands on the page."""

    joined: str = "all"
    groups: list[Group] = field(default_factory=lambda: [Group()])

    @property
    def is_sound(self) -> bool:
        return not any(line.fault for group in self.groups for line in group.lines)

    def mark_foreign(self, section: str) -> None:
        """Lines that ask for what *section* may not use get their fault."""
        for line in (line for group in self.groups for line in group.lines):
            if not is_offered(line.what, section) or not set(line.topics) <= set(topics_of(section)):
                line.fault = N_("Another section keeps this, and no law lets yours use it.")

    def condition(self) -> Condition:
        """What it says; lines that cannot be used get their fault, and count as everybody."""
        found = [_group(group) for group in self.groups if group.lines]
        if len(found) == 1:
            return found[0] if set(found[0]) & set(JOINS) else {"all": found}
        return {self.joined: found} if found else {"all": []}

    def step(self, step: str, typed: Typed) -> None:
        """Do what a button asks for: `add:0`, `remove:0:2`, `group`, `drop:1`; anything else changes nothing."""
        name, *numbers = step.split(":")
        places = [int(one) for one in numbers if one.isdecimal()]
        if name == "group" and len(self.groups) < MOST_GROUPS:
            self.groups.append(Group())
        elif name == "add" and places and places[0] < len(self.groups):
            what, group = typed.get(f"g{places[0]}-new", ""), self.groups[places[0]]
            if is_known(what) and len(group.lines) < MOST_ROWS:
                group.lines.append(Line(what))
        elif name == "remove" and len(places) == 2 and places[0] < len(self.groups):
            del self.groups[places[0]].lines[places[1] : places[1] + 1]
        elif name == "drop" and places and len(self.groups) > 1:
            del self.groups[places[0] : places[0] + 1]

    def after(self, step: str) -> str:
        """Where the reader goes on after a button: the new row, or the choice of another one."""
        name, *numbers = step.split(":")
        group = int(numbers[0]) if numbers and numbers[0].isdecimal() and int(numbers[0]) < len(self.groups) else -1
        number = group if name in ("add", "remove") and group >= 0 else len(self.groups) - 1
        is_new = name == "add" and self.groups[number].lines
        return f"g{number}r{len(self.groups[number].lines) - 1}" if is_new else f"g{number}-new"


def _group(group: Group) -> Condition:
    parts: list[Condition] = []
    for line in group.lines:
        try:
            parts.append(line.leaf())
        except Wrong as wrong:
            line.fault, line.facts = wrong.message, wrong.facts
        except TextRefused:
            line.fault = N_("This is not a date.")
    return parts[0] if len(parts) == 1 else {group.joined: parts}


def read(typed: Typed) -> Draft:
    """The draft that was sent; made-up names and numbers leave nothing behind."""
    groups = []
    for number in range(MOST_GROUPS):
        if typed.get(f"g{number}-joined", "") not in JOINS:
            break
        rows = [f"g{number}r{row}" for row in range(MOST_ROWS) if is_known(typed.get(f"g{number}r{row}-what", ""))]
        groups.append(Group(typed.get(f"g{number}-joined", ""), [_line(typed, row) for row in rows]))
    joined = typed.get("joined", "")
    return Draft(joined if joined in JOINS else "all", groups or [Group()])


def _line(typed: Typed, row: str) -> Line:
    return Line(
        what=typed.get(f"{row}-what", ""),
        is_not=bool(typed.get(f"{row}-not", "")),
        first=text.shown_again(typed.get(f"{row}-from", ""), longest=LONGEST_TYPED),
        last=text.shown_again(typed.get(f"{row}-to", ""), longest=LONGEST_TYPED),
        chosen=typed.getlist(f"{row}-values")[:60],
    )


def of_condition(condition: Condition) -> Draft | None:
    """The page that says *condition*; None for one that lies deeper than the page can show."""
    ((name, parts),) = condition.items() if set(condition) & set(JOINS) else (("all", [condition]),)
    lines = [_line_of(part) for part in parts]
    if all(lines):
        return Draft("all", [Group(name, [line for line in lines if line])])
    groups = []
    for part, line in zip(parts, lines, strict=True):
        inner = of_condition(part) if line is None and set(part) & set(JOINS) else None
        if line is None and (inner is None or len(inner.groups) > 1):
            return None
        groups.append(Group("all", [line]) if line else inner.groups[0])  # type: ignore[union-attr]
    return Draft(name, groups)


def _line_of(condition: Condition) -> Line | None:
    ((name, value),) = condition.items()
    if name == "not":
        inner = _line_of(value)
        if inner is None or inner.is_not:
            return None
        inner.is_not = True
        return inner
    if name in JOINS:
        return None
    if name == "fact":
        return Line(FACT + value["name"], **_controls(value))
    if name == "moved_in_within":
        return Line(name, first=str(value))
    if name == "list":
        return Line(name, chosen=[value])
    return Line(name, **_controls(value if isinstance(value, dict) else {"values": value}))


def _controls(value: Mapping[str, Any]) -> dict[str, Any]:
    ends = {field: str(value[end]) for field, end in (("first", "from"), ("last", "to")) if end in value}
    return {**ends, "chosen": [str(one) for one in value.get("values", [])]}


def is_known(what: str) -> bool:
    return (what in ATTRIBUTES and what != "fact") or (
        what.startswith(FACT) and what.removeprefix(FACT) in facts.types()
    )


def is_offered(what: str, section: str) -> bool:
    """Whether a section may choose people by it."""
    if what.startswith(FACT):
        return facts.may_use(what.removeprefix(FACT), section)
    return what != "consent" or bool(topics_of(section))


def topics_of(section: str) -> list[str]:
    return [name for name in facts.topics() if facts.may_ask(name, section)]


def shape_of(what: str) -> str:
    if what.startswith(FACT):
        kind = facts.types()[what.removeprefix(FACT)].kind
        shapes = {FactKind.CHOICE: "choices", FactKind.NUMBER: "numbers", FactKind.DATE: "days", FactKind.YES: "none"}
        return shapes[kind]
    if what in RANGES:
        return "numbers"
    return {"moved_in": "days", "moved_in_within": "number", "list": "list", "town": "towns"}.get(what, "choices")


def choices_of(what: str) -> list[tuple[str, str]]:
    """(value, words or msgid) of a row of choices."""
    if what.startswith(FACT):
        return list(facts.types()[what.removeprefix(FACT)].values.items())
    plain: dict[str, tuple[Any, ...]] = {
        "ward": WARDS,
        "relation": residents.RELATIONS,
        "birth_month": tuple(range(1, 13)),
        "language": LANGUAGES,
    }
    if what == "consent":
        return [(topic.name, topic.title) for topic in facts.topics().values()]
    return [(str(one), str(one)) for one in plain[what]]


def _number(typed: str) -> int:
    try:
        return text.whole_number(typed, least=0, most=999_999_999)
    except TextRefused:
        raise Wrong(N_("This is not a whole number.")) from None


def _day(typed: str) -> str:
    return wareki.parse(typed).isoformat()
