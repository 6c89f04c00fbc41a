"""Envelope encryption: what is kept has a key of its own, wrapped by a key that lies outside the database.

Changing the wrapping key (rotation) touches a few bytes a thing, never its content. What is sealed is bound to a
description of what it is and whose: bytes moved to another row, person or case do not open.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.core.crypto import derive_key

KEY_BYTES = 32
NONCE_BYTES = 12
FROM_MASTER = "master"


class SealBroken(Exception):
    """The bytes were changed, belong to something else, or their key is not at hand; nothing of them is given out."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key as the database keeps it: which key wrapped it, and the wrapped bytes (nonce, ciphertext, tag)."""

    key_id: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Wrapping keys by id: `current` wraps what is new, the others still open what is old."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def new_key(self, bound: bytes) -> tuple[bytes, Wrapped]:
        """A fresh random key, and the same wrapped; *bound* says what it is for."""
        key = secrets.token_bytes(KEY_BYTES)
        return key, self.wrap(key, bound)

    def wrap(self, key: bytes, bound: bytes) -> Wrapped:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, key, _for_key(self.current, bound))
        return Wrapped(self.current, nonce + sealed)

    def unwrap(self, wrapped: Wrapped, bound: bytes) -> bytes:
        """The key; SealBroken if its wrapping key is not on the ring or *bound* is not what it was wrapped for."""
        outer = self.keys.get(wrapped.key_id)
        if outer is None:
            raise SealBroken(f"the wrapping key {wrapped.key_id} is not set")
        nonce, sealed = wrapped.sealed[:NONCE_BYTES], wrapped.sealed[NONCE_BYTES:]
        return _opened(outer, nonce, sealed, _for_key(wrapped.key_id, bound))


def key_ring(master: bytes, said: str) -> KeyRing:
    """The ring of a city: *said* is "id=key,id=key" (32 bytes each in base64), the current one first.

    The key derived from the master secret always opens; it wraps as long as *said* names no other. ValueError if
    *said* cannot be read.
    """
    keys = {FROM_MASTER: derive_key(master, "file-keys")}
    names = []
    for entry in filter(None, (part.strip() for part in said.split(","))):
        name, _, text = entry.partition("=")
        names.append(name)
        keys[name] = _key_of(name, text)
    return KeyRing(names[0] if names else FROM_MASTER, keys)


def _key_of(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if not name or len(name) > 40 or name == FROM_MASTER or len(key) != KEY_BYTES:
        raise ValueError("a key is written id=BASE64: an id of its own, then 32 bytes in base64")
    return key


def seal_part(key: bytes, number: int, plain: bytes, bound: bytes) -> bytes:
    """One part of a thing. *key* seals that thing alone and *number* no two of its parts, so no nonce repeats."""
    return AESGCM(key).encrypt(_nonce(number), plain, bound)


def open_part(key: bytes, number: int, sealed: bytes, bound: bytes) -> bytes:
    """The part again, or SealBroken."""
    return _opened(key, _nonce(number), sealed, bound)


def _opened(key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError):
        raise SealBroken("the seal is broken") from None


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "big")


def _for_key(key_id: str, bound: bytes) -> bytes:
    return b"wrapped-key-v1\0" + key_id.encode() + b"\0" + bound
