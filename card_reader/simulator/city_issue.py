"""City cards for personas: what personalisation puts on a new card."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from card_reader.errors import Sw
from card_reader.key_store import KeyStore
from card_reader.sessions import city_names as names
from card_reader.sessions.city_entry import Entry, encode
from card_reader.sessions.city_names import Service
from card_reader.simulator.people import Persona

YEARS = 5


def new_memory(person: Persona, keys: KeyStore, today: date) -> dict[str, Any]:
    """The application's memory for one person: keys of every role in the store, entries, PIN, an empty log."""
    card_id = bytes.fromhex(person.card_id)
    made = {kvn: keys.card_keys(kvn, card_id) for kvn in keys.kvns()}
    return {
        "card_id": card_id.hex(),
        "state": "active",
        "keys": {
            f"{kvn:02X}": {"enc": key.enc.hex(), "mac": key.mac.hex(), "dek": key.dek.hex()}
            for kvn, key in made.items()
        },
        "objects": {f"{entry.service:04X}": encode(entry).hex() for entry in _entries(person, today)},
        "pins": {
            f"{names.HOLDER_PIN:04X}": {
                "value": person.city_pin,
                "left": names.PIN_TRIES,
                "limit": names.PIN_TRIES,
                "blocked": Sw.AUTHENTICATION_METHOD_BLOCKED,
            }
        },
        "log": [],
        "log_counter": 0,
    }


def _entries(person: Persona, today: date) -> list[Entry]:
    last = date(today.year + YEARS, 3, 31)
    return [
        Entry(
            service=Service[service.upper()],
            version=1,
            transaction=hashlib.sha256(f"first {service} of {person.card_id}".encode()).digest()[:8],
            id=card_service["id"],
            issued=today,
            expires=last,
            payload=card_service.get("payload", ""),
        )
        for service, card_service in sorted(person.services.items())
    ]
