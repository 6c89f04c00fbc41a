"""The stop list as terminals take it: signed, so that it may come by any road, and with an age limit.

A compact JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037); card_reader/README.md, "Terminals and the stop list".
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.cards.models import StopListEdition
from portal.core import clock
from portal.core.crypto import b64url, signing_key
from portal.core.db import insert_once

PURPOSE = "stop-list"
TYPE = "omatome-stop-list+jws"
REVOKED_TYPE = "omatome-revoked-terminals+jws"
GOOD_FOR = timedelta(hours=24)
"""How long a terminal without a network goes on."""


def edition(session: Session) -> int:
    """The number of the list as it is now."""
    return session.scalar(select(StopListEdition.number)) or 0


def next_edition(session: Session) -> None:
    """A card or a terminal comes on the list or leaves it; in the transaction that says so."""
    if insert_once(session, StopListEdition.__table__, {"id": 1, "number": 1}):  # type: ignore[arg-type]
        return
    session.execute(update(StopListEdition).values(number=StopListEdition.number + 1))


def sign(master: bytes, number: int, stopped: Sequence[str], terminals: Sequence[str] = ()) -> str:
    """The list of now: stopped cards, and terminals whose keys were taken back. Its times are the machine's, as terminals
    know no other: a demo city may live on another day."""
    issued = int(clock.machine_now().timestamp())
    content = {
        "number": number,
        "issued_at": issued,
        "valid_until": issued + int(GOOD_FOR.total_seconds()),
        "stopped": list(stopped),
        "terminals": list(terminals),
    }
    return signed(master, TYPE, content)


def sign_revoked(master: bytes, terminals: Sequence[str]) -> str:
    """The terminals whose keys were taken back, without any card: of another `typ`, so that it is no stop list."""
    content = {"issued_at": int(clock.machine_now().timestamp()), "terminals": list(terminals)}
    return signed(master, REVOKED_TYPE, content)


def signed(master: bytes, kind: str, content: dict[str, Any]) -> str:
    """*content* as a JWS of the city, with `typ` *kind*."""
    parts = ({"alg": "EdDSA", "typ": kind}, content)
    text = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{text}.{b64url(signing_key(master, PURPOSE).sign(text.encode()))}"


def public_key(master: bytes) -> bytes:
    """The 32 bytes terminals check the list with."""
    return signing_key(master, PURPOSE).public_key().public_bytes_raw()
