"""Whether every question can come up: answers are tried out until each condition was true once and false once."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from portal.applications.procedures import rules
from portal.applications.procedures.sample import people_for
from portal.applications.procedures.schema import FormField, Kind, Procedure
from portal.core import clock

# Conditions of real forms hang on one to four questions; what hangs on more is not understood by people either.
MOST_TRIED = 20_000


def conditions(procedure: Procedure) -> Iterator[tuple[str, rules.Rule]]:
    """(place in the file, rule) of every condition."""
    for at, section in enumerate(procedure.sections):
        if section.when:
            yield f"sections[{at}] ({section.name})", section.when
        for place, field in enumerate(section.fields):
            if field.when:
                yield f"sections[{at}].fields[{place}] ({field.name})", field.when
    yield from procedure.other_rules()


def unreachable(procedure: Procedure) -> list[tuple[str, str]]:
    """(place, what is wrong) of conditions that are never true, or always: a question nobody or everybody gets."""
    found = []
    for place, rule in conditions(procedure):
        seen = {rules.holds(rule, procedure.told(answers)) for answers in tries(procedure, rule)}
        if True not in seen:
            found.append((place, "this condition is never true: correct it, or take the part out"))
        elif False not in seen:
            found.append((place, 'this condition is always true: take "when" out'))
    return found


def tries(procedure: Procedure, rule: rules.Rule) -> Iterator[dict[str, Any]]:
    """Answers that make a difference to *rule*: its questions, and those that decide whether they are asked."""
    asked = [field for field in procedure.fields() if field.name in _behind(procedure, rule)]
    limits = {field.name: _numbers(procedure, field) for field in asked if field.type in (Kind.NUMBER, Kind.AMOUNT)}
    for count, chosen in enumerate(product(*(_answers(field, limits) for field in asked))):
        if count >= MOST_TRIED:
            return
        yield {field.name: answer for field, answer in zip(asked, chosen, strict=True) if answer is not None}


def _behind(procedure: Procedure, rule: rules.Rule) -> set[str]:
    """Fields the rule depends on, also through the conditions under which they are asked."""
    wanted, found = set(rules.names_in(rule)), set[str]()
    while wanted - found:
        name = (wanted - found).pop()
        found.add(name)
        for section in procedure.sections:
            for field in section.fields:
                if field.name == name:
                    wanted |= set(rules.names_in(section.when)) | set(rules.names_in(field.when))
    return found


def _numbers(procedure: Procedure, field: FormField) -> set[int]:
    """Both bounds, and both sides of every number a condition names."""
    found = {field.least, field.most}
    for _place, rule in conditions(procedure):
        found |= {value + step for value in _literals(rule) for step in (-1, 0, 1)}
    return {value for value in found if field.least <= value <= field.most}


def _literals(rule: rules.Rule) -> Iterator[int]:
    if isinstance(rule, bool):
        return
    if isinstance(rule, int):
        yield rule
    for part in rule.values() if isinstance(rule, dict) else rule if isinstance(rule, list) else ():
        yield from _literals(part)


def _answers(field: FormField, numbers: dict[str, set[int]]) -> list[Any]:
    """Answers of one field that differ for conditions; None is no answer."""
    if field.values:
        return [None, *field.values] if not field.required else list(field.values)
    if field.type in (Kind.NUMBER, Kind.AMOUNT):
        return [None, *sorted(numbers[field.name])]
    if field.type is Kind.MEMBERS:
        people = [person["id"] for person in people_for(field)]
        return [None, *(people[:count] for count in range(1, len(people) + 1))]
    if field.type is Kind.DATE:
        today = clock.today()
        days = {-(field.earliest_days or 20_000), -1, 0, field.latest_days or 0}
        return [None, *sorted((today + timedelta(days=day)).isoformat() for day in days)]
    if field.type is Kind.ROWS:
        return _rows(field)
    if field.type in (Kind.ADDRESS, Kind.BANK):
        return [None, {}]
    return [None, "x"]


def _rows(field: FormField) -> list[Any]:
    """No row, any number of them, and one or two of each kind that differs for conditions."""
    numbers = {column.name: {column.least, column.most} for column in field.columns}
    cells = [
        (column.name, answer) for column in field.columns for answer in _answers(column, numbers) if answer is not None
    ]
    some: list[Any] = [[{name: answer}] for name, answer in cells]
    many: list[Any] = [[{}] * count for count in range(1, field.most_rows + 1)]
    return [None, *many, *some, *([{name: answer}, {}] for name, answer in cells)]
