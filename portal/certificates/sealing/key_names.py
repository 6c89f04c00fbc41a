"""How published keys are named and written: JWK (RFC 7517, 8037) for most, COSE_Key (RFC 9052 section 7) for codes."""

import base64
import hashlib
import json
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.core.crypto import b64url

KID_BYTES = 8


def thumbprint(jwk: dict[str, Any]) -> bytes:
    """SHA-256 of the key's own members in order (RFC 7638)."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y") if name in jwk}
    return hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()


def okp_jwk(key: Ed25519PublicKey) -> dict[str, Any]:
    return {"kty": "OKP", "crv": "Ed25519", "x": b64url(_raw(key))}


def ec_jwk(key: EllipticCurvePublicKey) -> dict[str, Any]:
    numbers = key.public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": b64url(x), "y": b64url(y)}


def key_id(key: Ed25519PublicKey) -> bytes:
    """The short name of a statement's key: the first 8 bytes of its thumbprint, in base64url.

    The same signs as the JWK's `kid`: libraries that make a COSE key of a JWK take its text as the bytes.
    """
    return b64url(thumbprint(okp_jwk(key))[:KID_BYTES]).encode()


def cose_key_set(*keys: Ed25519PublicKey) -> bytes:
    """A COSE_KeySet: kty 1 OKP, 2 kid, 3 alg EdDSA, -1 crv Ed25519, -2 x."""
    return cbor2.dumps([{1: 1, 2: key_id(key), 3: -8, -1: 6, -2: _raw(key)} for key in keys], canonical=True)


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def raw_b64url(text: str) -> bytes:
    """Base64url without padding, back to bytes. ValueError for anything else."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
