"""The files of rules, as `portal guidance check` judges them: every fault with what to do about it."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from portal.facts import service as facts
from portal.facts.service import FactKind, FactType
from portal.guidance import catalogue
from portal.guidance.schema import FactIs, Rule
from portal.guidance.vaccination import schedule

Knows = Callable[[str], bool]
WORDS: Mapping[str, str] = {
    "missing": 'this is missing: write "{key}"',
    "extra_forbidden": '"{key}" is not known here: correct its spelling, or take it out',
    "string_too_short": "this is empty: write the words",
    "string_pattern_mismatch": '"{given}" is not written as it should be here: see README.md',
    "too_short": "this is empty: write at least one",
    "enum": '"{given}" is not possible: use {expected}',
    "literal_error": '"{given}" is not possible: use {expected}',
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: the file, the place in it, and what to do."""

    file: str
    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place + ': ' if self.place else ''}{self.words}"


@dataclass(frozen=True, slots=True)
class Offered:
    """What rules may lead to: names of procedures and of guides; and which sentences each language has words for."""

    procedures: Collection[str]
    guides: Collection[str]
    languages: Mapping[str, Knows]


def problems(directory: Path, offered: Offered) -> list[Problem]:
    """What is wrong with the rules in *directory*."""
    found: list[Problem] = []
    files = catalogue.files_in(directory)
    for file in files:
        rule, faults = _read(file)
        found += faults
        if rule is not None:
            found += [Problem(file.name, place, words) for place, words in _faults(rule, file, offered)]
    return found or ([] if files else [Problem(str(directory), "", "there is no rule in this directory")])


def _read(file: Path) -> tuple[Rule | None, list[Problem]]:
    try:
        return catalogue.read(file), []
    except json.JSONDecodeError as fault:
        words = f"this is not JSON: line {fault.lineno}, column {fault.colno}: {fault.msg}"
        return None, [Problem(file.name, "", words)]
    except UnicodeDecodeError:
        return None, [Problem(file.name, "", "this is not UTF-8: save the file as UTF-8")]
    except ValidationError as fault:
        return None, [_in_words(file.name, dict(error)) for error in fault.errors(include_url=False)]


def _in_words(file: str, error: dict[str, Any]) -> Problem:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    key = str(error["loc"][-1]) if error["loc"] else ""
    expected = (error.get("ctx") or {}).get("expected", "")
    template = WORDS.get(error["type"])
    if template is None:
        return Problem(file, place, error["msg"].removeprefix("Value error, "))
    return Problem(file, place, template.format(key=key, given=error.get("input"), expected=expected))


def _faults(rule: Rule, file: Path, offered: Offered) -> Iterator[tuple[str, str]]:
    if file.stem != rule.name:
        yield "name", f'the file is called {file.name}: call the rule "{file.stem}", or the file {rule.name}.json'
    if rule.leads.procedure and rule.leads.procedure not in offered.procedures:
        yield "leads.procedure", f'there is no procedure "{rule.leads.procedure}": correct the name'
    if rule.leads.guide and rule.leads.guide not in offered.guides:
        yield "leads.guide", f'there is no guide "{rule.leads.guide}": correct the name'
    if rule.when.applied and rule.when.applied not in offered.procedures:
        yield "when.applied", f'there is no procedure "{rule.when.applied}": correct the name'
    if rule.consent and rule.consent not in facts.topics():
        yield "consent", f'there is no topic of consent "{rule.consent}": use one of {", ".join(facts.topics())}'
    yield from _days_of_facts(rule)
    for one in rule.conditions():
        if one.fact:
            yield from _fact_faults(rule, one.fact)
        if one.vaccinated and not schedule.has_dose(one.vaccinated.vaccine, one.vaccinated.dose):
            yield "who", f'the schedule has no dose {one.vaccinated.dose} of "{one.vaccinated.vaccine}"'
        if one.applied and one.applied not in offered.procedures:
            yield "who", f'there is no procedure "{one.applied}": correct the name'
    for sentence in (rule.title, rule.text, *filter(None, (rule.how,))):
        without = [code for code, knows in offered.languages.items() if not knows(sentence)]
        if without:
            yield "", f'"{sentence[:40]}…" has no words in {", ".join(without)}: add them to translations/'


def _days_of_facts(rule: Rule) -> Iterator[tuple[str, str]]:
    for place, name in (("when.fact_since", rule.when.fact_since), ("when.fact_day", rule.when.fact_day)):
        if name is None:
            continue
        known = facts.types().get(name)
        if known is None:
            yield place, f'there is no fact "{name}": write it in facts/catalogue.json, or correct the name'
            continue
        yield from _use_faults(rule, place, known)
        if place == "when.fact_day" and known.kind is not FactKind.DATE:
            yield place, f'the fact "{name}" tells no day: use "fact_since"'


def _use_faults(rule: Rule, place: str, known: FactType) -> Iterator[tuple[str, str]]:
    """Whether the rule's section may decide by the fact at all."""
    if rule.owner not in known.users:
        yield place, f'{rule.owner} may not use "{known.name}": write the law that lets it under "used_by" of the fact'
    if known.consent and not rule.consent:
        yield "consent", f'the fact "{known.name}" needs the consent "{known.consent}": write it'


def _fact_faults(rule: Rule, said: FactIs) -> Iterator[tuple[str, str]]:
    known = facts.types().get(said.name)
    if known is None:
        yield "who", f'there is no fact "{said.name}": write it in facts/catalogue.json, or correct the name'
        return
    yield from _use_faults(rule, "who", known)
    unknown = set(said.one_of) - set(known.values)
    if unknown:
        yield "who", f'the fact "{said.name}" is never {", ".join(sorted(unknown))}: use {", ".join(known.values)}'
    if (said.least is not None or said.most is not None) and known.kind is not FactKind.NUMBER:
        yield "who", f'the fact "{said.name}" is no number: take "least" and "most" out'
    if (said.days_from is not None or said.days_to is not None) and known.kind is not FactKind.DATE:
        yield "who", f'the fact "{said.name}" tells no day: take "days_from" and "days_to" out'
