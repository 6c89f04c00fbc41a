"""The fictitious people whose cards are simulated."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

BUILT_IN = Path(__file__).with_name("personas.json")

SERVICES = ("library", "sports", "facility", "points", "emergency", "shelter", "portal")
PAYLOAD_LIMIT, EMERGENCY_LIMIT = 384, 2048  # bytes of UTF-8
# Longer than one answer of 256 bytes, as a real one would be. Fictitious like everything here.
EMERGENCY_TEXT = json.dumps(
    {
        "note": "架空の例です。実在の人の情報ではありません。",
        "blood": "A+",
        "allergies": ["ペニシリン", "そば"],
        "illnesses": ["高血圧（2019年から）", "気管支ぜんそく（軽症）"],
        "medicines": ["アムロジピン 5mg 1日1回 朝", "吸入ステロイド 1日2回"],
        "contact": "家族に連絡するときは、市の緊急連絡窓口（架空）へ",
    },
    ensure_ascii=False,
    separators=(",", ":"),
)


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
    card_id: str = field(repr=False)  # of the city card, 20 hex digits
    city_pin: str = field(repr=False)
    services: dict[str, dict[str, str]] = field(repr=False)  # {"library": {"id": …, "payload": …}, …}

    def __post_init__(self) -> None:
        checks = {
            "persona": re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", self.persona),
            "number": is_number(self.number),
            "auth_pin": re.fullmatch(r"[0-9]{4}", self.auth_pin),
            "sign_pin": re.fullmatch(r"[A-Z0-9]{6,16}", self.sign_pin),
            "sex": self.sex in {"1", "2", "9"},
            "name": self.name,
            "address": self.address,
            "card_id": re.fullmatch(r"[0-9a-f]{20}", self.card_id),
            "city_pin": re.fullmatch(r"[0-9]{4}", self.city_pin),
            "services": are_services(self.services),
        }
        for field_name, good in checks.items():
            if not good:
                raise BadPersona(f"persona {self.persona[:40]!r}: {field_name} is not usable")

    def record(self) -> dict[str, Any]:
        """Return the JSON form, the same that `read_persona` takes."""
        return asdict(self) | {"birth_date": self.birth_date.isoformat()}


def read_persona(record: Mapping[str, Any]) -> Persona:
    """Read one persona from its JSON form; fields this program does not know are left alone.

    `card_id`, `city_pin` and `services` may be missing: then they follow from the short name and the other PIN.
    """
    wanted = ("persona", "name", "kana", "sex", "address", "number", "auth_pin", "sign_pin")
    try:
        born = date.fromisoformat(str(record["birth_date"]))
        texts = {key: str(record[key]) for key in wanted}
        return Persona(
            birth_date=born,
            **texts,
            card_id=str(record.get("card_id") or _digest("card", texts["persona"])[:20]),
            city_pin=str(record.get("city_pin") or texts["auth_pin"]),
            services=made_up_services(texts["persona"]) if record.get("services") is None else record["services"],
        )
    except KeyError as error:
        raise BadPersona(f"a persona lacks the field {error.args[0]}") from None
    except ValueError:
        raise BadPersona("a persona's birth_date is not YYYY-MM-DD") from None


def are_services(services: object) -> bool:
    """Whether these are services by name, each with an id of 1 to 16 characters and perhaps a payload."""
    return isinstance(services, dict) and all(
        name in SERVICES
        and isinstance(entry, dict)
        and re.fullmatch(r"[A-Z0-9-]{1,16}", str(entry.get("id", "")))
        and len(str(entry.get("payload", "")).encode()) <= (EMERGENCY_LIMIT if name == "emergency" else PAYLOAD_LIMIT)
        for name, entry in services.items()
    )


def made_up_services(persona: str) -> dict[str, dict[str, str]]:
    """Every service with an id of its own; they have nothing in common, so no two can be linked by them."""
    services = {name: {"id": f"{int(_digest(name, persona)[:12], 16) % 10**10:010d}"} for name in SERVICES}
    services["points"]["payload"] = "regular"
    services["emergency"]["payload"] = EMERGENCY_TEXT
    return services


def _digest(purpose: str, persona: str) -> str:
    return hashlib.sha256(f"omatome demo {purpose} {persona}".encode()).hexdigest()


def read_personas(path: Path | None = None) -> dict[str, Persona]:
    """Read a JSON array of personas (the built-in three without a path), by their short names."""
    try:
        records = json.loads((path or BUILT_IN).read_text("utf-8"))
    except (OSError, ValueError):
        raise BadPersona("the personas file cannot be read as JSON") from None
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
