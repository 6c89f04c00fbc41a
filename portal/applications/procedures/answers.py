"""From what people type to answers, and back, page by page. fields/ has a component for each kind of question.

An answer is JSON: a string (dates in ISO form), a number, a mapping of strings (address, account), a list of ids
(people) or a list of mappings (rows). Nothing here touches a database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.applications.procedures.fields import rows
from portal.applications.procedures.fields.address import with_town
from portal.applications.procedures.fields.component import KnownFacts, NotUnderstood, Texts, Typed
from portal.applications.procedures.fields.registry import component_of
from portal.applications.procedures.schema import FormField, Kind
from portal.applications.procedures.words import Fault, fault_of
from portal.core.text import TextRefused, shown_again

__all__ = ["KnownFacts", "NotUnderstood", "Reading", "Typed", "helped", "read_field", "read_fields", "with_town"]

LONGEST_KEPT = 2000  # signs of one input that was not understood


@dataclass(slots=True)
class Reading:
    """What came out of one page: sound answers, what was typed but not understood, and why, by input."""

    answers: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, list[str]] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)


def inputs_of(asked: FormField, typed: Typed | None = None) -> tuple[str, ...]:
    """The names of the inputs a field is typed into; for rows those that *typed* has."""
    return component_of(asked).inputs(asked, typed or {})


def owns(asked: FormField, name: str) -> bool:
    """Whether the input *name* belongs to the field: names of fields have no hyphen, inputs of parts do."""
    return name == asked.name or name.startswith(f"{asked.name}-")


def read_fields(fields: Iterable[FormField], typed: Typed, known: KnownFacts) -> Reading:
    """Read every field of one page."""
    reading = Reading()
    for asked in fields:
        read_into(reading, asked, typed, known)
    return reading


def read_into(reading: Reading, asked: FormField, typed: Typed, known: KnownFacts) -> None:
    """Read one field; what was not understood is kept as a page may show it again, without control signs."""
    try:
        reading.answers[asked.name] = read_field(asked, typed, known)
    except NotUnderstood as unclear:
        reading.faults.update(unclear.faults)
        reading.typed.update({name: cleaned(typed.get(name, ())) for name in inputs_of(asked, typed)})


def cleaned(texts: Sequence[str]) -> list[str]:
    """What was typed as a page may show it again and a database may keep it: without control signs, cut."""
    return [shown_again(str(one), longest=LONGEST_KEPT, lines=True) for one in texts]


def read_field(asked: FormField, typed: Typed, known: KnownFacts) -> Any:
    """The answer to one question, None if it was left empty and need not be given; NotUnderstood otherwise."""
    component = component_of(asked)
    if not component.always and not component.has_text(asked, typed):
        if asked.required:
            raise NotUnderstood({component.first_input(asked): fault_of("choose" if component.chosen else "missing")})
        return component.nothing
    try:
        return component.read(asked, typed, known)
    except TextRefused as refused:
        raise NotUnderstood({component.first_input(asked): fault_of(refused.code, refused.facts)}) from refused


def has_text(asked: FormField, typed: Typed) -> bool:
    """Whether anything was typed; a calendar or a kind of account chosen in a list is not typing."""
    return component_of(asked).has_text(asked, typed)


def first_input(asked: FormField) -> str:
    """Where the error summary's link goes."""
    return component_of(asked).first_input(asked)


def typed_again(asked: FormField, answer: Any, typed: Typed) -> Texts:
    """What stands in the inputs when the page is opened again: what was typed last, else the answer kept."""
    names = inputs_of(asked, typed)
    if any(name in typed for name in names):
        return {name: list(typed.get(name, ())) for name in names}
    return {} if answer is None else component_of(asked).again(asked, answer)


def helped(fields: Iterable[FormField], typed: Typed, *, lookup: str, row: str) -> Texts | None:
    """*typed* after a button that only helps to type: the town of a postal code, a row more or less; None if
    no such button was pressed."""
    if lookup:
        return with_town(typed, lookup)
    action, _, rest = row.partition(".")
    name, _, place = rest.partition(".")
    for asked in fields:
        if asked.type is Kind.ROWS and asked.name == name and action in ("add", "remove"):
            removed = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1
            return rows.press(asked, typed, removed if action == "remove" else None)
    return None
