"""A card's proof for one payment: its answer to the city's challenge, by a key that no terminal has.

The card needs nothing new for it. INITIALIZE UPDATE with the writer's key version is answered whoever asks, but only the
writer beside the portal can check the cryptogram, and it is good for the one challenge the portal gave for this terminal,
card and sum. What a terminal can do by itself, it can do without the card too; this it cannot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from card_reader.connection import Connection
from card_reader.errors import CardReplaced, StatusError, Sw
from card_reader.key_store import KeyStore
from card_reader.scp03 import Greeting, answered_by, greet
from card_reader.sessions.city_names import CARD_ID_LENGTH, KVNS, Role

CHALLENGE_LENGTH, ANSWER_LENGTH = 8, 16


class BadProof(ValueError):
    """What was sent is no proof at all."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The portal's, for one payment; `versions` of the key it can check, the newest first."""

    challenge: bytes
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """The card's challenge and its cryptogram (16 bytes), and the version of the key that made it."""

    challenge: bytes
    version: int
    answer: bytes = field(repr=False)

    def shown(self) -> dict[str, str]:
        return {"challenge": self.challenge.hex(), "version": f"{self.version:02X}", "answer": self.answer.hex()}


def prove(connection: Connection, asked: Challenge, card: str) -> Proof:
    """The answer of the card that was read before (*card*: its id). Raises CardReplaced when another one lies there by now,
    StatusError when this one has none of the keys."""
    for version in asked.versions:
        try:
            greeting = greet(connection, version, asked.challenge)
        except StatusError as refused:
            if refused.status != Sw.REFERENCE_NOT_FOUND:
                raise
            continue
        if greeting.card_id.hex() != card:
            raise CardReplaced("another card lies there than was read")
        return Proof(asked.challenge, version, greeting.challenge + greeting.cryptogram)
    raise StatusError(Sw.REFERENCE_NOT_FOUND)


def read_challenge(record: dict[str, Any]) -> Challenge:
    """As the portal sends it; BadProof."""
    try:
        challenge, versions = bytes.fromhex(record["challenge"]), tuple(int(one, 16) for one in record["versions"])
    except (KeyError, TypeError, ValueError):
        raise BadProof("this is no challenge") from None
    if len(challenge) != CHALLENGE_LENGTH or not versions or any(KVNS.get(one) is not Role.WRITER for one in versions):
        raise BadProof("this is no challenge")
    return Challenge(challenge, versions)


def is_genuine(keys: KeyStore, record: dict[str, Any]) -> bool:
    """At the writer: whether this card answered this challenge. Raises BadProof, KeyMissing, BadKeyStore."""
    try:
        card, challenge, answer = (bytes.fromhex(record[name]) for name in ("card", "challenge", "answer"))
        version = int(record["version"], 16)
    except (KeyError, TypeError, ValueError):
        raise BadProof("a part is missing or no hexadecimal number") from None
    lengths = len(card), len(challenge), len(answer)
    if lengths != (CARD_ID_LENGTH, CHALLENGE_LENGTH, ANSWER_LENGTH) or KVNS.get(version) is not Role.WRITER:
        raise BadProof("a part has not its length, or the version is another role's")
    greeting = Greeting(card, version, answer[:8], answer[8:])
    return answered_by(keys.card_keys(version, card), challenge, greeting)
