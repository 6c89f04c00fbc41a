"""A stranger's own checks of papers and electronic certificates, written from portal/certificates/sealing/README.md and
the standards it names alone: nothing of the portal is imported here."""

import base64
import hashlib
import json
import zlib
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
LARGEST = 16_384
RESERVED = {"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "_sd", "..."}


def code(text: str, jwks: dict[str, Any]) -> dict[int, Any]:
    """The claims of the large code. Raises for one that is not right."""
    assert text.startswith("CC1:")
    unfolding = zlib.decompressobj()
    message = cbor2.loads(unfolding.decompress(_base45(text[4:]), LARGEST))
    assert (message.tag, len(message.value)) == (18, 4)
    protected, unprotected, payload, signature = message.value
    header = cbor2.loads(protected)
    assert (header[1], unprotected) == (-8, {})
    (key,) = [one for one in jwks["keys"] if one["kid"].encode() == header[4]]
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    Ed25519PublicKey.from_public_bytes(_b64url(key["x"])).verify(signature, signed)
    return dict(cbor2.loads(payload))


def _base45(text: str) -> bytes:
    found = b""
    while text:
        group, text = text[:3], text[3:]
        value = sum(SIGNS.index(sign) * 45**place for place, sign in enumerate(group))
        found += value.to_bytes(len(group) - 1, "big")
    return found


def electronic(text: str, jwks: dict[str, Any]) -> dict[str, Any]:
    """The claims an SD-JWT VC shows (RFC 9901, 7.1; SD-JWT VC, 2 and 3.5). Raises for one that is not right."""
    signed, *disclosures, binding = text.split("~")
    assert binding == "", "no key binding is claimed, so none is there"
    head, body, signature = signed.split(".")
    header, payload = json.loads(_b64url(head)), json.loads(_b64url(body))
    assert (header["typ"], header["alg"]) == ("dc+sd-jwt", "ES256")
    (key,) = [one for one in jwks["keys"] if one["kid"] == header["kid"]]
    x, y = (int.from_bytes(_b64url(key[name]), "big") for name in "xy")
    raw = _b64url(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    public.verify(der, f"{head}.{body}".encode("ascii"), ECDSA(hashes.SHA256()))
    assert payload["_sd_alg"] == "sha-256"
    assert isinstance(payload["vct"], str)
    assert "cnf" not in payload
    return _opened(payload, disclosures)


def _opened(payload: dict[str, Any], disclosures: list[str]) -> dict[str, Any]:
    waiting = {_digest(one): json.loads(_b64url(one)) for one in disclosures}
    assert len(waiting) == len(disclosures)
    salts = [one[0] for one in waiting.values()]
    assert len(set(salts)) == len(salts)
    assert all(len(_b64url(salt)) >= 16 for salt in salts), "128 bits, as RFC 9901 recommends (9.3)"
    digests = payload.pop("_sd")
    assert digests == sorted(digests), "their order tells nothing"
    for digest in digests:
        if digest in waiting:
            _salt, name, value = waiting.pop(digest)
            assert name not in RESERVED | payload.keys()
            payload[name] = value
    for name, value in payload.items():
        if isinstance(value, list):
            payload[name] = list(_members(value, waiting))
    assert waiting == {}, "each disclosure belongs somewhere"
    return {name: value for name, value in payload.items() if name != "_sd_alg"}


def _members(value: list[Any], waiting: dict[str, Any]) -> Any:
    for one in value:
        if not (isinstance(one, dict) and "..." in one):
            yield one
        elif one["..."] in waiting:
            _salt, shown = waiting.pop(one["..."])
            yield shown


def _digest(disclosure: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(disclosure.encode("ascii")).digest()).rstrip(b"=").decode()


def _b64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
