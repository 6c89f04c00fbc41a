"""What a page asks of the card in the bridge: a challenge proven with the authentication key, or a document signed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from card_reader.errors import CardError
from card_reader.pinpad import Pinpad, Secret
from card_reader.sessions.files import Known
from card_reader.sessions.jpki import AUTH_PIN_SHAPE, SIGN_PIN_SHAPE, JpkiSession

CHALLENGE_BYTES = range(16, 129)  # at least 128 bits (security.md asks for 64)
DOCUMENT_BYTES = range(2, 131_073)


@dataclass(frozen=True)
class Key:
    """One of the card's two keys: what it signs, which PIN opens it, and how that PIN looks."""

    field: str
    sizes: range
    pin_shape: re.Pattern[bytes]
    misshapen: str
    tries_left: Callable[[JpkiSession], int]
    sign: Callable[[JpkiSession, Secret, bytes, Known], tuple[bytes, bytes]]


class PinpadMissing(CardError):
    """The PIN was to be typed on a reader that has no keys for it."""


def _prove(jpki: JpkiSession, pin: Secret, challenge: bytes, known: Known) -> tuple[bytes, bytes]:
    proof = jpki.prove_holder(pin, challenge, known)
    return proof.certificate, proof.signature


def _sign(jpki: JpkiSession, pin: Secret, document: bytes, _known: Known) -> tuple[bytes, bytes]:
    """This certificate holds name and address: it is read each time and never kept."""
    if isinstance(pin, Pinpad):
        raise PinpadMissing("a signature PIN has letters, no keypad has")
    jpki.verify_sign_pin(pin)
    return jpki.sign_certificate(), jpki.sign_with_sign_key(document)


AUTH = Key("challenge", CHALLENGE_BYTES, AUTH_PIN_SHAPE, "PinShape", JpkiSession.auth_tries_left, _prove)
SIGN = Key("document", DOCUMENT_BYTES, SIGN_PIN_SHAPE, "SignPinShape", JpkiSession.sign_tries_left, _sign)


@dataclass
class Ask:
    """One request for a signature. `state` is waiting, done, cancelled or failed; `key` says which key is to sign
    `challenge`: to prove who holds the card, or to sign a document. `at_card`: a PIN of it is with the card just now;
    `tried`: how many were wrong."""

    id: str
    origin: str
    challenge: bytes = field(repr=False)
    ends: float
    key: Key = AUTH
    state: str = "waiting"
    certificate: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    error: dict[str, Any] | None = None
    at_card: bool = False
    tried: int = 0

    @property
    def check_code(self) -> str:
        """What both pages show of a document: the first 32 bits of its SHA-256; nothing of a challenge."""
        if self.key is not SIGN:
            return ""
        digest = hashlib.sha256(self.challenge).hexdigest().upper()
        return f"{digest[:4]}-{digest[4:8]}"

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"request": self.id, "state": self.state}
        if self.state == "done":
            record["certificate"] = base64.b64encode(self.certificate).decode()
            record["signature"] = base64.b64encode(self.signature).decode()
        if self.error:
            record["error"] = self.error
        return record
