"""Finding procedures: read once, checked by the schema, every version that cases still need."""

import json
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from portal.applications.procedures.parts import resolved
from portal.applications.procedures.schema import Procedure
from portal.applications.procedures.topics import Topic

DIRECTORY = Path(__file__).parent / "data"
PARTS, FACTS = "parts.json", "facts.json"


class CatalogueBroken(ValueError):
    """Two files claim to be the same version of a procedure."""


def files_in(directory: Path) -> list[Path]:
    """The procedures' files, without the shared parts and facts."""
    return [file for file in sorted(directory.glob("*.json")) if file.name not in (PARTS, FACTS)]


def parts_in(directory: Path) -> dict[str, Any]:
    """The shared parts; none if the directory has no file of them."""
    file = directory / PARTS
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def read(file: Path, parts: dict[str, Any]) -> Procedure:
    """One file; pydantic's ValidationError (or PartMissing, JSONDecodeError) says what is wrong, `check` in words."""
    return Procedure.model_validate(resolved(json.loads(file.read_text(encoding="utf-8")), parts))


def load(directory: Path) -> dict[tuple[str, int], Procedure]:
    """Every procedure version in *directory*, by (name, version)."""
    found: dict[tuple[str, int], Procedure] = {}
    parts = parts_in(directory)
    for file in files_in(directory):
        procedure = read(file, parts)
        key = (procedure.name, procedure.version)
        if key in found:
            raise CatalogueBroken(f"{file.name}: version {procedure.version} of {procedure.name} exists already")
        found[key] = procedure
    return found


@cache
def _shipped() -> dict[tuple[str, int], Procedure]:
    return load(DIRECTORY)


def every_version() -> list[Procedure]:
    """Every version cases may have been begun with."""
    return list(_shipped().values())


@cache
def retention() -> dict[tuple[str, int], timedelta]:
    """How long contents of cases of each (name, version) are kept: asked by the worker, which needs no forms for it."""
    found = (json.loads(file.read_text(encoding="utf-8")) for file in files_in(DIRECTORY))
    return {(one["name"], one["version"]): timedelta(days=one["retention_days"]) for one in found}


@cache
def _newest() -> dict[str, Procedure]:
    latest: dict[str, Procedure] = {}
    for (name, version), procedure in _shipped().items():
        if name not in latest or latest[name].version < version:
            latest[name] = procedure
    topics = list(Topic)
    ordered = sorted(latest.values(), key=lambda one: (topics.index(one.topic), one.order, one.name))
    return {procedure.name: procedure for procedure in ordered}


def newest() -> list[Procedure]:
    """The current version of every procedure, by topic and in the order of the files within it."""
    return list(_newest().values())


def for_residents() -> list[Procedure]:
    """What residents apply for."""
    return [one for one in newest() if not one.for_companies]


def for_companies() -> list[Procedure]:
    """What companies apply for."""
    return [one for one in newest() if one.for_companies]


def find(name: str) -> Procedure | None:
    """The current version of *name*."""
    return _newest().get(name)


def version(name: str, number: int) -> Procedure:
    """The version a case was begun with."""
    return _shipped()[(name, number)]
