"""The fictitious people whose cards are simulated."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

BUILT_IN = Path(__file__).with_name("personas.json")


class BadPersona(ValueError):
    """A persona cannot have a card; the message names the persona and the field, never its content."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Someone with a card. `sex` is 1, 2 or 9 (ISO/IEC 5218); every person here is fictitious."""

    persona: str
    name: str = field(repr=False)
    kana: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: str = field(repr=False)
    address: str = field(repr=False)
    number: str = field(repr=False)
    auth_pin: str = field(repr=False)
    sign_pin: str = field(repr=False)

    def __post_init__(self) -> None:
        checks = {
            "persona": re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", self.persona),
            "number": is_number(self.number),
            "auth_pin": re.fullmatch(r"[0-9]{4}", self.auth_pin),
            "sign_pin": re.fullmatch(r"[A-Z0-9]{6,16}", self.sign_pin),
            "sex": self.sex in {"1", "2", "9"},
            "name": self.name,
            "address": self.address,
        }
        for field_name, good in checks.items():
            if not good:
                raise BadPersona(f"persona {self.persona[:40]!r}: {field_name} is not usable")

    def record(self) -> dict[str, Any]:
        """Return the JSON form, the same that `read_persona` takes."""
        return asdict(self) | {"birth_date": self.birth_date.isoformat()}


def read_persona(record: Mapping[str, Any]) -> Persona:
    """Read one persona from its JSON form; fields this program does not know are left alone."""
    wanted = ("persona", "name", "kana", "sex", "address", "number", "auth_pin", "sign_pin")
    try:
        born = date.fromisoformat(str(record["birth_date"]))
        return Persona(birth_date=born, **{key: str(record[key]) for key in wanted})
    except KeyError as error:
        raise BadPersona(f"a persona lacks the field {error.args[0]}") from None


def read_personas(path: Path | None = None) -> dict[str, Persona]:
    """Read a JSON array of personas (the built-in three without a path), by their short names."""
    records = json.loads((path or BUILT_IN).read_text("utf-8"))
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadPersona("the personas file is not an array of objects")
    people = [read_persona(record) for record in records]
    by_name = {person.persona: person for person in people}
    if len(by_name) != len(people):
        raise BadPersona("two personas have the same short name")
    return by_name


def is_number(number: str) -> bool:
    """Whether twelve digits end in the right check digit (ministry ordinance no. 85 of 2014, article 5)."""
    if not re.fullmatch(r"[0-9]{12}", number):
        return False
    weighted = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(number[:11]), start=1))
    remainder = weighted % 11
    return int(number[11]) == (0 if remainder <= 1 else 11 - remainder)
