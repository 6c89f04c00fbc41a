"""Finding rules: read once, one file each."""

import json
from functools import cache
from pathlib import Path

from portal.guidance.rules import ProgrammeUnknown, Situation
from portal.guidance.schema import Rule

DIRECTORY = Path(__file__).parent / "data"


def files_in(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.json"))


def read(file: Path) -> Rule:
    """One file; what is wrong with it is said by `check` in words."""
    return Rule.model_validate(json.loads(file.read_text(encoding="utf-8")))


@cache
def rules() -> dict[str, Rule]:
    """Every rule by name: by situation, the weightiest first."""
    order = list(Situation)
    found = sorted(map(read, files_in(DIRECTORY)), key=lambda one: (order.index(one.situation), one.weight, one.name))
    return {one.name: one for one in found}


def find(name: str) -> Rule:
    found = rules().get(name)
    if found is None:
        raise ProgrammeUnknown
    return found


def with_consent(topic: str) -> list[Rule]:
    """The rules that tell only who agreed to *topic*."""
    return [one for one in rules().values() if one.consent == topic]


@cache
def after_declarations() -> tuple[str, ...]:
    """The names of the rules that follow what the city declares: they cannot wait for a quieter day."""
    return tuple(one.name for one in rules().values() if one.when.declared)
