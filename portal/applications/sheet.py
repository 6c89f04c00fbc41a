"""A case laid out for reading: every question asked, its answer, and what the register said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.applications import cases, register
from portal.applications.models import Application
from portal.applications.procedures.answers import first_input
from portal.applications.procedures.schema import FormField, Kind


@dataclass(frozen=True, slots=True)
class Row:
    """One question. `known` is the register's answer (None: it has none); `people` names ids of a household."""

    section: str
    section_title: str
    field: FormField
    answer: Any
    known: Any
    people: dict[str, dict[str, str]]

    @property
    def first_input(self) -> str:
        """The id of the question's first input, for links to it."""
        return first_input(self.field)

    @property
    def comes_from_register(self) -> bool:
        return self.known not in (None, []) and self.answer == self.known

    @property
    def differs(self) -> bool:
        """The person corrected what the city knew."""
        return self.known not in (None, []) and self.answer != self.known


def rows_of(case: Application, answers: Mapping[str, Any] | None = None) -> list[Row]:
    """Every question this person was asked, in order; none once the contents are gone. With *answers*, as they will be."""
    if case.erased_at:
        return []
    said = case.answers if answers is None else answers
    people = people_of(case)
    return [
        Row(
            section=section.name,
            section_title=section.title,
            field=field,
            answer=said.get(field.name),
            known=_known(field, case, said.get(field.name)),
            people=people,
        )
        for section in cases.procedure_of(case).asked(said)
        for field in section.fields
    ]


def _known(field: FormField, case: Application, answer: Any) -> Any:
    """What was known; of the licences that could be chosen, the one that was."""
    if field.type is Kind.LICENCE and answer:
        return answer if answer in people_of(case) else None
    return register.known_answer(field, case.known)


def people_of(case: Application) -> dict[str, dict[str, str]]:
    """The people of the household the form let choose from, by id."""
    facts = (fact for fact in case.known.values() if isinstance(fact, list))
    return {person["id"]: person for fact in facts for person in fact}
