"""Finding procedures: read once, checked by the schema, every version that cases still need."""

from functools import cache
from pathlib import Path

from portal.applications.procedures.schema import Procedure

DIRECTORY = Path(__file__).parent


class CatalogueBroken(ValueError):
    """Two files claim to be the same version of a procedure."""


def load(directory: Path) -> dict[tuple[str, int], Procedure]:
    """Every procedure version in *directory*, by (name, version); pydantic's ValidationError says what is wrong."""
    found: dict[tuple[str, int], Procedure] = {}
    for file in sorted(directory.glob("*.json")):
        procedure = Procedure.model_validate_json(file.read_text(encoding="utf-8"))
        key = (procedure.name, procedure.version)
        if key in found:
            raise CatalogueBroken(f"{file.name}: {key} exists already")
        found[key] = procedure
    return found


@cache
def _shipped() -> dict[tuple[str, int], Procedure]:
    return load(DIRECTORY)


def every_version() -> list[Procedure]:
    """Every version cases may have been begun with."""
    return list(_shipped().values())


def newest() -> list[Procedure]:
    """The current version of every procedure, in order of name."""
    latest: dict[str, Procedure] = {}
    for (name, version), procedure in _shipped().items():
        if name not in latest or latest[name].version < version:
            latest[name] = procedure
    return [latest[name] for name in sorted(latest)]


def find(name: str) -> Procedure | None:
    """The current version of *name*."""
    return next((procedure for procedure in newest() if procedure.name == name), None)


def version(name: str, number: int) -> Procedure:
    """The version a case was begun with."""
    return _shipped()[(name, number)]
