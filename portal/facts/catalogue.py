"""The facts there are (`catalogue.json`): read once; a file that contradicts itself stops the start."""

import json
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from portal.core import text, wareki
from portal.core.text import TextRefused

FILE = Path(__file__).parent / "catalogue.json"
LONGEST_NAME = LONGEST_VALUE = 40
YES = "y"
MOST = 999_999_999_999


class FactKind(StrEnum):
    """How the value of a fact is written: one of a list, `y`, a whole number, a day (ISO)."""

    CHOICE = "choice"
    YES = "yes"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class FactType:
    """One kind of fact. `title` and the words of `values` ({value: msgid}) are msgids; `owner` is the section's name and
    `basis` the law it is kept by; `consent` the topic without whose consent nobody reads it ("" for none); `used_by` are the
    other sections that may decide by it, each with the law that lets it."""

    name: str
    title: str
    owner: str
    kind: FactKind
    basis: str
    values: dict[str, str]
    consent: str
    one_at_a_time: bool
    kept: timedelta
    used_by: dict[str, str]

    @property
    def users(self) -> frozenset[str]:
        """The sections that may decide by it."""
        return frozenset((self.owner, *self.used_by))

    def read(self, cell: str) -> str:
        """A value as the table keeps it; TextRefused (`fact-value-…`, `date-…`) says what is wrong with *cell*."""
        typed = text.fold_width(cell).strip()
        if self.kind is FactKind.DATE:
            return wareki.parse(typed).isoformat()
        if self.kind is FactKind.NUMBER:
            return str(text.whole_number(typed, least=0, most=MOST))
        if self.kind is FactKind.YES:
            if typed.lower() not in (YES, "1", "有", "はい", "yes"):
                raise TextRefused("fact-value-not-yes")
            return YES
        if typed not in self.values:
            raise TextRefused("fact-value-unknown")
        return typed


@dataclass(frozen=True, slots=True)
class Topic:
    """What a resident is asked to consent to; both texts are msgids."""

    name: str
    title: str
    text: str


@cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@cache
def topics() -> dict[str, Topic]:
    """Every topic by name."""
    return {one["name"]: Topic(**one) for one in _file()["topics"]}


@cache
def types() -> dict[str, FactType]:
    """Every kind of fact by name, in the order of the file."""
    return {one["name"]: _type(one) for one in _file()["facts"]}


def _type(said: dict[str, Any]) -> FactType:
    values = {one["value"]: one["label"] for one in said.get("values", [])}
    kind, consent = FactKind(said["kind"]), said.get("consent", "")
    if (kind is FactKind.CHOICE) != bool(values) or (consent and consent not in topics()):
        raise ValueError(f"catalogue.json contradicts itself about {said['name']}")
    return FactType(
        name=said["name"],
        title=said["title"],
        owner=said["owner"],
        kind=kind,
        basis=said["basis"],
        values=values,
        consent=consent,
        one_at_a_time=said["one_at_a_time"],
        kept=timedelta(days=said["kept_days"]),
        used_by=said.get("used_by", {}),
    )


def retention() -> dict[str, timedelta]:
    """How long a fact of each name is kept after its last day."""
    return {one.name: one.kept for one in types().values()}
