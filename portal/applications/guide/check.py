"""The files of events, as `portal procedures check` judges them: every fault with what to do about it."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from portal.applications.guide import catalogue
from portal.applications.guide.schema import Event, Known, Preset, Question, Step
from portal.applications.procedures import answers as reading
from portal.applications.procedures import check, rules
from portal.applications.procedures.check import Knows, Problem
from portal.applications.procedures.facts import Facts
from portal.applications.procedures.fields.registry import component_of
from portal.applications.procedures.parts import PartMissing
from portal.applications.procedures.sample import FACTS
from portal.applications.procedures.schema import FormField, Kind, Procedure
from portal.core import clock

Catalogue = Mapping[str, Procedure]
MOST_TRIED = 20_000


def problems(directory: Path, offered: Catalogue, facts: Facts, languages: Mapping[str, Knows]) -> list[Problem]:
    """What is wrong with the events in *directory*; `offered` is the catalogue their lines lead to."""
    found: list[Problem] = []
    taken: dict[tuple[int, int], str] = {}
    try:
        steps = catalogue.steps_in(directory)
    except json.JSONDecodeError as fault:
        return [check.not_json(catalogue.STEPS, fault)]
    for file in catalogue.files_in(directory):
        event, faults = _read(file, steps)
        found += faults
        if event is None:
            continue
        first = taken.setdefault((event.number, event.version), file.name)
        if first != file.name:
            words = f"number {event.number} is that of {first}: codes of lists would be mixed up, choose another"
            found.append(Problem(file.name, "number", words))
        found += [Problem(file.name, place, words) for place, words in _faults(event, offered, facts)]
        found += check.untranslated(file.name, event, languages)
    return found


def _read(file: Path, steps: dict[str, Any]) -> tuple[Event | None, list[Problem]]:
    try:
        return catalogue.read(file, steps), []
    except json.JSONDecodeError as fault:
        return None, [check.not_json(file.name, fault)]
    except (PartMissing, UnicodeDecodeError) as fault:
        return None, [Problem(file.name, "", str(fault))]
    except ValidationError as fault:
        return None, [check.in_words(file.name, error) for error in fault.errors(include_url=False)]


def _faults(event: Event, offered: Catalogue, facts: Facts) -> Iterator[tuple[str, str]]:
    for question in event.questions:
        yield from _question_faults(question, facts)
    for place, rule in _conditions(event):
        yield from _reach(event, place, rule)
    said = {question.fact for question in event.questions} | {
        field.fact for one in offered.values() for field in one.fields()
    }
    for step in event.steps:
        if step.procedure and step.procedure not in offered:
            yield (
                f"step {step.name}",
                f'there is no procedure "{step.procedure}": correct the name, or write the step out',
            )
        elif step.procedure:
            yield from _answer_faults(step, offered[step.procedure], said)


def _question_faults(question: Question, facts: Facts) -> Iterator[tuple[str, str]]:
    place = f"question {question.name}"
    if question.known and question.type is not Kind.YES_NO:
        yield place, f'"{question.known}" is answered by yes or no: make it a yes-no question'
    if question.fact is None:
        return
    fact = facts.find(question.fact)
    if fact is None:
        yield place, f'there is no fact "{question.fact}": write it in facts.json, or correct the name'
    elif fact.type is not question.type or set(question.field.values) - {"yes", "no"} - set(fact.values):
        yield place, f'the fact "{fact.name}" has another type or other choices: it would mean two things'


def _answer_faults(step: Step, procedure: Procedure, said: set[str | None]) -> Iterator[tuple[str, str]]:
    for name, preset in step.answers.items():
        place = f"step {step.name}, answers.{name}"
        field = procedure.field(name)
        if field is None:
            yield place, f'"{procedure.name}" asks no "{name}": correct the name'
        elif isinstance(preset, Preset):
            if sum(source is not None for source in (preset.fact, preset.answer, preset.known)) != 1:
                yield place, 'write one of "fact", "answer" and "known"'
            elif preset.fact and preset.fact not in said:
                yield place, f'nobody says the fact "{preset.fact}": correct the name'
        elif not _fits(field, preset):
            yield place, f'"{preset}" is no answer to this question: use one it takes'


def _fits(field: FormField, preset: str) -> bool:
    in_one_text = not component_of(field).parts and field.type not in (Kind.ROWS, Kind.ATTACHMENT)
    typed = reading.typed_again(field, preset, {}) if in_one_text else {}
    return bool(typed) and not reading.read_fields([field], typed, FACTS).faults


def _conditions(event: Event) -> Iterator[tuple[str, rules.Rule]]:
    yield from ((f"question {one.name}", one.when) for one in event.questions if one.when)
    yield from ((f"step {one.name}", one.when) for one in event.steps if one.when)


def _reach(event: Event, place: str, rule: rules.Rule) -> Iterator[tuple[str, str]]:
    """Whether the condition is true for somebody and false for somebody."""
    choices = [[(one.name, answer) for answer in _answers(one)] for one in event.questions]
    seen: set[bool] = set()
    for count, chosen in enumerate(product(*choices)):
        if len(seen) == 2 or count >= MOST_TRIED:
            break
        seen.add(rules.holds(rule, event.told(dict(chosen))))
    if True not in seen:
        yield place, "this condition is never true: correct it, or take the part out"
    elif False not in seen:
        yield place, 'this condition is always true: take "when" out'


def _answers(question: Question) -> list[str | None]:
    today = clock.today()
    if question.type is Kind.DATE:
        return [None, today.isoformat(), (today + timedelta(days=30)).isoformat()]
    return list(question.field.values)


def sample_answers() -> dict[str, str]:
    """What the made-up register of previews says."""
    yes = {Known.SEVERAL, Known.CHILDREN, Known.SCHOOL_CHILDREN, Known.SMALL_CHILDREN, Known.JAPANESE, Known.PARTNER}
    return {str(one): "yes" if one in yes else "no" for one in Known}
