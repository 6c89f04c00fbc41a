"""What several procedures ask for in the same sense: data/facts.json names it, a field says so with `fact`.

Whoever prepares several procedures together types each of these once. One name has one meaning: the same type, the same
choices, the same people to choose from, and no procedure asks it twice.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from portal.applications.procedures import catalogue
from portal.applications.procedures.known import Known
from portal.applications.procedures.offer import Name, Text
from portal.applications.procedures.schema import FormField, Kind, Procedure


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(_Part):
    """Facts asked on one page."""

    name: Name
    title: Text


class Fact(_Part):
    """One fact. `values` are the choices every field of it has, `prefill` what such fields may be filled with."""

    name: Name
    group: Name
    type: Kind
    label: Text
    hint: str = ""
    values: tuple[str, ...] = ()
    prefill: tuple[Known, ...] = ()


class Facts(_Part):
    """All facts, in the order they are asked."""

    groups: tuple[Group, ...] = ()
    facts: tuple[Fact, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        names = [fact.name for fact in self.facts]
        groups = {group.name for group in self.groups}
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{twice}: written twice, one name has one meaning")
        if lost := sorted({fact.group for fact in self.facts} - groups):
            raise ValueError(f"there is no group {lost}: write it under groups")
        return self

    def find(self, name: str | None) -> Fact | None:
        return next((fact for fact in self.facts if fact.name == name), None)


def read(directory: Path) -> Facts:
    """The facts of a directory of procedures; those shipped with the portal if it has no file of its own."""
    own = directory / catalogue.FACTS
    file = own if own.exists() else catalogue.DIRECTORY / catalogue.FACTS
    return Facts.model_validate(json.loads(file.read_text(encoding="utf-8")))


@cache
def shipped() -> Facts:
    """The facts of the procedures offered now."""
    return read(catalogue.DIRECTORY)


def faults(procedure: Procedure, facts: Facts) -> Iterator[tuple[str, str]]:
    """(place, what is wrong) of every field whose `fact` does not mean what the others mean by it."""
    seen: dict[str, str] = {}
    for field in procedure.fields():
        if field.fact is None:
            continue
        place = f"{field.name}.fact"
        fact = facts.find(field.fact)
        if fact is None:
            yield place, f'there is no fact "{field.fact}": write it in {catalogue.FACTS}, or correct the name'
        elif words := _differs(field, fact):
            yield place, words
        if field.fact in seen:
            yield place, f'"{seen[field.fact]}" asks the fact "{field.fact}" already: take one of the two out'
        seen[field.fact] = field.name


def _differs(field: FormField, fact: Fact) -> str:
    if field.type is not fact.type:
        return f'the fact "{fact.name}" is of the type {fact.type}, not {field.type}: it would mean two things'
    if field.type is Kind.CHOICE and set(field.values) != set(fact.values):
        return f'the fact "{fact.name}" has the choices {", ".join(fact.values)}: offer these, or take "fact" out'
    if field.prefill not in {None, *fact.prefill}:
        return f'the fact "{fact.name}" is not filled with {field.prefill}: it would mean two things'
    return ""
