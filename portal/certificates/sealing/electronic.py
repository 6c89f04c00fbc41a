"""The certificate as data: an SD-JWT VC (RFC 9901, draft-ietf-oauth-sd-jwt-vc), of which its holder shows only what
is needed.

Everything about people and amounts can be shown or kept back, line by line; who issued what, when and under which
number always shows. Signed with ES256, so that any wallet and any verifier takes it. There is no key of the holder in
it (`cnf`): it is as good as the PDF, which also passes from hand to hand; whoever must know who presents it asks for
more than the file.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from portal.certificates.sealing.key_names import raw_b64url
from portal.core.crypto import b64url

MEDIA_TYPE = "dc+sd-jwt"
HASH = "sha-256"
SALT_BYTES = 16
NEVER_NAMES = ("_sd", "...")
"""What no disclosed claim may be called (RFC 9901, 7.1, step 3)."""
LONGEST = 200_000


class ElectronicRefused(ValueError):
    """The text is no electronic certificate of the city whose keys were given; its only argument says why, as one
    word."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that can be shown or kept back. `name` is "" for one of a list."""

    encoded: str
    name: str
    value: Any

    @property
    def digest(self) -> str:
        return b64url(hashlib.sha256(self.encoded.encode()).digest())


def issue(key: ECKey, *, kid: str, always: Mapping[str, Any], lines: Mapping[str, Any]) -> str:
    """Sign a certificate: claims that *always* show, and *lines* each to be disclosed; of a list, each member by
    itself."""
    disclosures: list[Line] = []
    digests: list[str] = []
    open_claims: dict[str, Any] = dict(always)
    for name, value in lines.items():
        if isinstance(value, list):
            members = [_line("", member) for member in value]
            open_claims[name] = [{"...": member.digest} for member in members]
            disclosures += members
        else:
            disclosures.append(_line(name, value))
            digests.append(disclosures[-1].digest)
    payload = open_claims | {"_sd": sorted(digests), "_sd_alg": HASH}
    header = {"alg": "ES256", "kid": kid, "typ": MEDIA_TYPE}
    signed = jws.serialize_compact(header, json.dumps(payload, ensure_ascii=False), key, algorithms=["ES256"])
    return "~".join([signed, *(one.encoded for one in disclosures), ""])


def _line(name: str, value: Any) -> Line:
    salt = b64url(secrets.token_bytes(SALT_BYTES))
    content = [salt, name, value] if name else [salt, value]
    return Line(b64url(json.dumps(content, ensure_ascii=False).encode()), name, value)


def lines_of(certificate: str) -> list[Line]:
    """What can be shown of it, in order."""
    return [_read_line(one) for one in certificate.split("~")[1:-1]]


def present(certificate: str, shown: Collection[int]) -> str:
    """The same certificate with only the lines of these places."""
    signed, *rest = certificate.split("~")
    return "~".join([signed, *(one for place, one in enumerate(rest[:-1]) if place in shown), ""])


def read(text: str, jwks: Mapping[str, Any]) -> dict[str, Any]:
    """What it shows, if one of the published keys signed it. Raises ElectronicRefused (section 7.1 of RFC 9901)."""
    if len(text) > LONGEST or not text.endswith("~"):
        raise ElectronicRefused("not-a-certificate")
    signed, *rest = text.split("~")
    keys = KeySet.import_key_set({"keys": [one for one in jwks["keys"] if one.get("crv") == "P-256"]})
    try:
        verified = jws.deserialize_compact(signed, keys, algorithms=["ES256"])
        payload = json.loads(verified.payload)
        lines = [_read_line(one) for one in rest[:-1]]
    except (JoseError, ValueError, RecursionError):  # a stranger's text, nested as deep as they like
        raise ElectronicRefused("signature-wrong") from None
    if verified.headers().get("typ") != MEDIA_TYPE or not isinstance(payload, dict):
        raise ElectronicRefused("not-a-certificate")
    if payload.get("_sd_alg", HASH) != HASH:
        raise ElectronicRefused("hash-unknown")
    return _opened(payload, lines)


def _opened(payload: Mapping[str, Any], lines: Sequence[Line]) -> dict[str, Any]:
    """The claims with what is disclosed in its place. Every line must belong somewhere, and once."""
    by_digest = {line.digest: line for line in lines}
    if len(by_digest) != len(lines):
        raise ElectronicRefused("disclosed-twice")
    if len(set(promised := _promised(payload))) != len(promised):
        raise ElectronicRefused("promised-twice")
    found = {name: value for name, value in payload.items() if name not in ("_sd", "_sd_alg")}
    for digest in payload.get("_sd", []):
        line = by_digest.pop(digest, None)
        if line is not None:
            if line.name in ("", *NEVER_NAMES) or line.name in found:
                raise ElectronicRefused("disclosure-wrong")
            found[line.name] = line.value
    for name, value in found.items():
        if isinstance(value, list):
            found[name] = list(_members(value, by_digest))
    if by_digest:
        raise ElectronicRefused("disclosure-foreign")
    return found


def _promised(payload: Mapping[str, Any]) -> list[str]:
    """Every digest that stands in it: one that stands there twice is refused (RFC 9901, 7.1, step 4)."""
    members = [one for value in payload.values() if isinstance(value, list) for one in value]
    return [*payload.get("_sd", []), *(one["..."] for one in members if isinstance(one, dict) and "..." in one)]


def _members(value: Iterable[Any], by_digest: dict[str, Line]) -> Iterable[Any]:
    for member in value:
        if not (isinstance(member, dict) and set(member) == {"..."}):
            yield member
        elif (line := by_digest.pop(member["..."], None)) is not None:
            if line.name:
                raise ElectronicRefused("disclosure-wrong")
            yield line.value


def _read_line(encoded: str) -> Line:
    content = json.loads(raw_b64url(encoded))
    if not isinstance(content, list) or len(content) not in (2, 3) or not all(isinstance(x, str) for x in content[:-1]):
        raise ValueError("not a disclosure")
    return Line(encoded, content[1] if len(content) == 3 else "", content[-1])
