"""Finding events of life: read once, one file each. `steps.json` holds lines that several lists share."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from portal.applications.guide.schema import Event
from portal.applications.procedures.parts import resolved

FOLDER, STEPS = "guide", "steps.json"
DIRECTORY = Path(__file__).parents[1] / "procedures" / "data" / FOLDER


def files_in(directory: Path) -> list[Path]:
    """The events' files, without the shared lines."""
    return [file for file in sorted(directory.glob("*.json")) if file.name != STEPS]


def steps_in(directory: Path) -> dict[str, Any]:
    """The shared lines; none if the directory has no file of them."""
    file = directory / STEPS
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def read(file: Path, steps: dict[str, Any]) -> Event:
    """One file; what is wrong with it is said by `check` in words."""
    return Event.model_validate(resolved(json.loads(file.read_text(encoding="utf-8")), steps))


@cache
def _shipped() -> dict[str, Event]:
    steps = steps_in(DIRECTORY)
    newest: dict[str, Event] = {}
    for file in files_in(DIRECTORY):
        event = read(file, steps)
        if event.name not in newest or newest[event.name].version < event.version:
            newest[event.name] = event
    return {event.name: event for event in sorted(newest.values(), key=lambda one: one.order)}


def events() -> list[Event]:
    """The newest version of every event, in order."""
    return list(_shipped().values())


def find(name: str) -> Event | None:
    return _shipped().get(name)


def by_number(number: int) -> Event | None:
    """The event a code of a list speaks of."""
    return next((event for event in events() if event.number == number), None)
