"""The signed statement in the large code of a paper: what the paper says, signed by the city, readable by anybody.

Built as the paper health certificates of the European Union were: a CWT (RFC 8392) in a COSE_Sign1 (RFC 9052), deflated
(zlib, RFC 1950), in Base45 (RFC 9285), after a short prefix that says what it is. The signature is EdDSA with Ed25519 (RFC
9053 section 2.2): 64 bytes, and the same statement always gives the same bytes, so a paper can be drawn again.

Claims: 1 iss (the portal's address), 6 iat (instant of issue, whole seconds), 7 cti (issue number), and -65537: what
stands on the paper, a map of texts. Nothing is in it that the paper does not show.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.certificates.sealing import base45
from portal.certificates.sealing.key_names import key_id

PREFIX = "CC1:"
COSE_SIGN1 = 18
ALG, KID, EDDSA = 1, 4, -8
ISS, IAT, CTI, CONTENTS = 1, 6, 7, -65537
LARGEST = 16_384
"""Bytes a statement may unfold to: a small code must not fill a checker's memory."""


class StatementRefused(ValueError):
    """The text is no statement, or none of the city whose keys were given; its only argument says which, as one
    word."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a code says once its signature was found right. `key` is the id of the key that signed it."""

    issuer: str
    issued_at: datetime
    number: str
    contents: Mapping[str, Any]
    key: bytes


def sign(key: Ed25519PrivateKey, *, issuer: str, issued_at: datetime, number: str, contents: Mapping[str, Any]) -> str:
    """The text of the code."""
    claims = {ISS: issuer, IAT: int(issued_at.timestamp()), CTI: number.encode(), CONTENTS: dict(contents)}
    protected = cbor2.dumps({ALG: EDDSA, KID: key_id(key.public_key())}, canonical=True)
    payload = cbor2.dumps(claims, canonical=True)
    message = [protected, {}, payload, key.sign(_signed(protected, payload))]
    return PREFIX + base45.encode(zlib.compress(cbor2.dumps(cbor2.CBORTag(COSE_SIGN1, message)), 9))


def read(text: str, keys: Mapping[bytes, Ed25519PublicKey]) -> Statement:
    """The statement of a code, if one of *keys* (by id) signed it. Raises StatementRefused."""
    protected, payload, signature = _taken_apart(text)
    try:
        header = cbor2.loads(protected)
        key_name = bytes(header[KID])
        algorithm = header[ALG]
    except (LookupError, TypeError, ValueError, cbor2.CBORError):
        raise StatementRefused("unreadable") from None
    if algorithm != EDDSA or key_name not in keys:
        raise StatementRefused("key-unknown")
    try:
        keys[key_name].verify(signature, _signed(protected, payload))
    except InvalidSignature:
        raise StatementRefused("signature-wrong") from None
    claims = cbor2.loads(payload)
    return Statement(
        issuer=claims[ISS],
        issued_at=datetime.fromtimestamp(claims[IAT], UTC),
        number=bytes(claims[CTI]).decode(),
        contents=claims[CONTENTS],
        key=key_name,
    )


def _taken_apart(text: str) -> tuple[bytes, bytes, bytes]:
    if not text.startswith(PREFIX):
        raise StatementRefused("not-a-statement")
    try:
        unpacked = zlib.decompressobj().decompress(base45.decode(text[len(PREFIX) :]), LARGEST)
        message = cbor2.loads(unpacked)
        protected, _unprotected, payload, signature = message.value
    except (ValueError, TypeError, AttributeError, zlib.error, cbor2.CBORError):
        raise StatementRefused("unreadable") from None
    if message.tag != COSE_SIGN1 or not all(isinstance(one, bytes) for one in (protected, payload, signature)):
        raise StatementRefused("unreadable")
    return protected, payload, signature


def _signed(protected: bytes, payload: bytes) -> bytes:
    """Sig_structure of RFC 9052 section 4.4."""
    return cbor2.dumps(["Signature1", protected, b"", payload], canonical=True)
