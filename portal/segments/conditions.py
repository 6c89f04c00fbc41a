"""Conditions as readable JSON: checked with messages for each fault, decided for one person without a database.

    {"all": [{"ward": ["中央区"]}, {"any": [{"age": {"from": 65}}, {"not": {"language": ["ja"]}}]}]}

A group is {"all": […]} or {"any": […]}; {"not": …} turns one condition round; everything else is an attribute.
{"all": []} is everybody.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from portal.core.words import N_
from portal.segments.attributes import ATTRIBUTES, Fault, Someone, Wrong
from portal.segments.rules import ConditionWrong

Condition = dict[str, Any]
EVERYBODY: Condition = {"all": []}
DEEPEST, MOST_LEAVES = 4, 40


def check(said: Any) -> Condition:
    """The condition in its one written form; ConditionWrong with everything that is wrong with it."""
    faults: list[Fault] = []
    found = _read(said, "", 0, faults)
    if not faults and sum(1 for _ in leaves(found)) > MOST_LEAVES:
        faults.append(Fault("", N_("These are too many conditions: at most %(most)s."), {"most": MOST_LEAVES}))
    if faults:
        raise ConditionWrong(faults)
    return found


def _read(said: Any, place: str, depth: int, faults: list[Fault]) -> Condition:
    if not isinstance(said, dict) or len(said) != 1:
        faults.append(Fault(place, N_("This is not a condition.")))
        return EVERYBODY
    ((name, value),) = said.items()
    inside = f"{place}.{name}" if place else str(name)
    if depth > DEEPEST:
        faults.append(Fault(inside, N_("Groups lie too deep in each other.")))
        return EVERYBODY
    if name in ("all", "any"):
        return {name: _read_group(name, value, inside, depth, faults)}
    if name == "not":
        return {name: _read(value, inside, depth + 1, faults)}
    if name not in ATTRIBUTES:
        faults.append(Fault(inside, N_("There is nothing of that name to ask for.")))
        return EVERYBODY
    try:
        return {name: ATTRIBUTES[name].read(value)}
    except Wrong as wrong:
        faults.append(Fault(inside, wrong.message, wrong.facts))
        return EVERYBODY


def _read_group(name: str, value: Any, place: str, depth: int, faults: list[Fault]) -> list[Condition]:
    if not isinstance(value, list) or (name == "any" and not value):
        faults.append(Fault(place, N_("A group needs at least one condition.")))
        return []
    return [_read(one, f"{place}.{number}", depth + 1, faults) for number, one in enumerate(value[: MOST_LEAVES + 1])]


def leaves(condition: Condition) -> Iterator[tuple[str, Any]]:
    """Every attribute asked for, with its value, in order."""
    ((name, value),) = condition.items()
    if name in ("all", "any"):
        for one in value:
            yield from leaves(one)
    elif name == "not":
        yield from leaves(value)
    else:
        yield name, value


def holds(condition: Mapping[str, Any], someone: Someone, day: date) -> bool:
    """Whether *someone* fits on *day*; says nothing of who is left out whatever they fit."""
    ((name, value),) = condition.items()
    if name == "all":
        return all(holds(one, someone, day) for one in value)
    if name == "any":
        return any(holds(one, someone, day) for one in value)
    if name == "not":
        return not holds(value, someone, day)
    return ATTRIBUTES[name].holds(someone, value, day)


def simple(
    *,
    ward: str = "",
    child_under: int | None = None,
    age_from: int | None = None,
    age_to: int | None = None,
    language: str = "",
) -> Condition:
    """The few conditions of a plain form; `child_under` (years) means guardians of such a child; ages are inclusive."""
    ages = {"from": age_from, "to": age_to}
    parts: list[Condition] = []
    parts += [{"ward": [ward]}] if ward else []
    parts += [{"child": {"to": child_under - 1}}] if child_under else []
    given = {end: age for end, age in ages.items() if age is not None}
    parts += [{"age": given}] if given else []
    parts += [{"language": [language]}] if language else []
    return {"all": parts}


def parts_of(condition: Condition) -> dict[str, Any] | None:
    """What `simple` was told; None for a condition that says more than a plain form can."""
    said: dict[str, Any] = {}
    for one in condition.get("all", [{}]):
        name: str
        value: Any
        name, value = next(iter(one.items()), ("", None))
        if name in ("ward", "language") and len(value) == 1:
            said[name] = value[0]
        elif name == "child" and set(value) == {"to"}:
            said["child_under"] = value["to"] + 1
        elif name == "age":
            said |= {f"age_{end}": age for end, age in value.items()}
        else:
            return None
    return said if simple(**said) == condition else None


def as_json(condition: Condition, *, segment_id: UUID | None = None, version: int | None = None) -> dict[str, Any]:
    """What a notice keeps: whom it concerns, and of which kept segment's version that was."""
    kept = {"segment": str(segment_id), "version": version} if segment_id else {}
    return {"condition": check(condition), **kept}


def of_json(said: Mapping[str, Any]) -> Condition:
    """The condition a notice keeps."""
    condition: Condition = said["condition"]
    return condition
