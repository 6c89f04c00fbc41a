"""The stop list: which city cards terminals must not serve. Signed by the city, so it may come by any road, and no older
than its age limit, so that a terminal that is cut off for long does not go on honouring lost cards.

A compact JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037), `typ` "omatome-stop-list+jws"; the payload is
{"number": n, "issued_at": seconds, "valid_until": seconds, "stopped": [card ids, 20 hex digits], "terminals": [client ids]}.
`terminals` are those whose keys were taken back: one that finds itself there erases what it has.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TYPE = "omatome-stop-list+jws"
REVOKED_TYPE = "omatome-revoked-terminals+jws"
LIST_LIMIT = 8 * 1024 * 1024  # 300,000 cards; a city stops a few thousand in five years
CLOCK_SLACK = 300.0  # seconds a terminal's clock may be behind the city's


class BadStopList(Exception):
    """No list of this city: not signed by it, damaged, or older than one that was seen already."""


@dataclass(frozen=True, slots=True)
class StopList:
    """One edition; `number` grows when cards or terminals come or go, not with each signing. Times: seconds since 1970."""

    number: int
    issued_at: float
    valid_until: float
    stopped: frozenset[str] = field(repr=False)
    terminals: frozenset[str] = frozenset()

    def is_fresh(self, now: float) -> bool:
        """Whether the list may still be relied on, and is not from the future."""
        return self.issued_at - CLOCK_SLACK <= now <= self.valid_until

    def stops(self, card_id: bytes) -> bool:
        return card_id.hex() in self.stopped


def read_stop_list(text: str, key: bytes, *, least: int = 0) -> StopList:
    """The list in a JWS signed with the key (32 bytes, raw Ed25519); BadStopList, also for an edition below *least*."""
    if len(text) > LIST_LIMIT:
        raise BadStopList("the list is too long")
    try:
        said = opened(text, key, TYPE)
        found = StopList(
            number=int(said["number"]),
            issued_at=float(said["issued_at"]),
            valid_until=float(said["valid_until"]),
            stopped=frozenset(str(card).lower() for card in said["stopped"]),
            terminals=frozenset(str(name) for name in said.get("terminals", [])),
        )
    except InvalidSignature:
        raise BadStopList("the list is not signed by the city") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadStopList("this is no stop list") from None
    if found.number < least:
        raise BadStopList("a newer list was seen already")
    return found


def read_revoked(text: str, key: bytes) -> tuple[float, frozenset[str]]:
    """(when it was signed, the client ids of terminals whose keys were taken back); BadStopList."""
    try:
        said = opened(text, key, REVOKED_TYPE)
        return float(said["issued_at"]), frozenset(str(name) for name in said["terminals"])
    except InvalidSignature:
        raise BadStopList("this is not signed by the city") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadStopList("this names no revoked terminals") from None


def opened(text: str, key: bytes, kind: str) -> dict[str, Any]:
    """What a compact JWS of the city says, if its `typ` is *kind*; InvalidSignature, ValueError, KeyError, TypeError."""
    head, body, proof = text.strip().split(".")
    # The signature first: what somebody else wrote is not even parsed.
    Ed25519PublicKey.from_public_bytes(key).verify(_decode(proof), f"{head}.{body}".encode())
    header = json.loads(_decode(head))
    if header.get("alg") != "EdDSA" or header.get("typ") != kind or "crit" in header:
        raise ValueError("something else is signed here")
    said: dict[str, Any] = json.loads(_decode(body))
    return said


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
