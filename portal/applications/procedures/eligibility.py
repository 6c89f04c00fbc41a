"""Who may apply, as conditions on what the register says: the city's own facts, not what was typed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from portal.applications.procedures import rules


class Fact(StrEnum):
    """What a condition may ask (`{"var": "age"}`). Ages in whole years; a fact nobody knows is no answer."""

    AGE = "age"
    IN_CITY = "in_city"
    WARD = "ward"
    MONTHS_IN_CITY = "months_in_city"
    HOUSEHOLD = "household"
    CHILDREN = "children"
    YOUNGEST_CHILD = "youngest_child"
    HAS_PARTNER = "has_partner"


HOUSEHOLD_FACTS = frozenset({Fact.HOUSEHOLD, Fact.CHILDREN, Fact.YOUNGEST_CHILD, Fact.HAS_PARTNER})
"""Facts for which other people's data must be opened: only where a condition asks."""


def _about_facts(rule: Any) -> Any:
    rules.check(rule)
    if strange := sorted(set(rules.names_in(rule)) - set(Fact)):
        raise ValueError(f"the register has no fact {strange}: use {', '.join(Fact)}")
    return rule


class Eligibility(BaseModel):
    """One condition: `text` says it in words, `rule` decides it, `law` says who says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str = Field(min_length=1)
    rule: Annotated[dict[str, Any], AfterValidator(_about_facts)]
    law: str = ""


def asked(conditions: tuple[Eligibility, ...]) -> frozenset[Fact]:
    """The facts these conditions need."""
    return frozenset(Fact(name) for condition in conditions for name in rules.names_in(condition.rule))


def met(condition: Eligibility, facts: Mapping[str, Any]) -> bool | None:
    """Whether the condition holds; None where the register does not know a fact it needs."""
    if any(facts.get(name) is None for name in rules.names_in(condition.rule)):
        return None
    return rules.holds(condition.rule, facts)
