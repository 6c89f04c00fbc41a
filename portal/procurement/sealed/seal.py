"""What is encrypted to whom (decision 0050). No database here: bytes in, bytes out.

Quotations are sealed to a tender's public key with HPKE (RFC 9180: X25519, HKDF-SHA-256, AES-256-GCM). Its private key is
kept nowhere: it is the XOR of three random shares, one wrapped by the portal's key ring, one each encrypted to the public
keys of two officers. Any two officers of those named can open; every pair has shares of its own.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.core.envelope import SealBroken
from portal.core.reference import LENGTH, new_reference, read_reference
from portal.core.text import DASHES, TextRefused, fold_width, single_line

SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
SHARE = 32
# A sealed quotation is a multiple of this: how many digits an amount has cannot be read from its length.
BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Said:
    """What a company wrote into its quotation."""

    amount: int
    draw: int
    note: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The halves of two officers, by the ids of their keys."""

    first: UUID
    second: UUID
    for_first: bytes
    for_second: bytes


def new_code() -> str:
    """An officer's opening code: 108 random bits as two references, so that each half tells a slip by its check sign."""
    return f"{new_reference()}-{new_reference()}"


def read_code(typed: str) -> str:
    """The code in written form, or TextRefused."""
    folded = fold_width(single_line(typed, longest=80))
    signs = "".join(sign for sign in folded if sign not in DASHES and sign != " ")
    if len(signs) != 2 * LENGTH:
        raise TextRefused("reference-wrong-length", {"length": len(signs), "count": 2 * LENGTH})
    return f"{read_reference(signs[:LENGTH])}-{read_reference(signs[LENGTH:])}"


def officer_key(code: str, member_id: UUID) -> X25519PrivateKey:
    """The private key of an officer, which follows from the code and is kept nowhere."""
    bound = b"opening-code-v1\0" + member_id.bytes
    return X25519PrivateKey.from_private_bytes(
        HKDF(hashes.SHA256(), SHARE, salt=None, info=bound).derive(code.encode())
    )


def public_bytes(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def new_lock(tender_id: UUID, officers: Mapping[UUID, bytes]) -> tuple[bytes, bytes, list[Pair]]:
    """(public key of the tender, the portal's share, the halves of every pair of *officers* {key id: public key})."""
    private = X25519PrivateKey.generate()
    portal = secrets.token_bytes(SHARE)
    rest = _xor(private.private_bytes_raw(), portal)
    return public_bytes(private), portal, list(_pairs(tender_id, officers, rest))


def _pairs(tender_id: UUID, officers: Mapping[UUID, bytes], rest: bytes) -> Iterator[Pair]:
    for first, second in combinations(sorted(officers), 2):
        half = secrets.token_bytes(SHARE)
        yield Pair(
            first,
            second,
            _encrypt(half, officers[first], _for_share(tender_id, first, second)),
            _encrypt(_xor(rest, half), officers[second], _for_share(tender_id, second, first)),
        )


def halves_of(tender_id: UUID, mine: UUID, key: X25519PrivateKey, pairs: Sequence[Pair]) -> dict[UUID, bytes]:
    """{the other officer's key: my half} of all *pairs* an officer is in; SealBroken if *key* is not theirs."""
    found = {}
    for pair in pairs:
        if mine in (pair.first, pair.second):
            other, sealed = (pair.second, pair.for_first) if pair.first == mine else (pair.first, pair.for_second)
            found[other] = _decrypt(sealed, key, _for_share(tender_id, mine, other))
    return found


def tender_key(portal: bytes, first: bytes, second: bytes, *, public: bytes) -> X25519PrivateKey:
    """The private key out of its three shares; SealBroken if it is not the one that belongs to *public*."""
    key = X25519PrivateKey.from_private_bytes(_xor(portal, _xor(first, second)))
    if not secrets.compare_digest(public_bytes(key), public):
        raise SealBroken("these shares do not make the key of this tender")
    return key


def seal(said: Said, public: bytes, tender_id: UUID, company_id: UUID, terms: int = 1) -> bytes:
    """A quotation as the database keeps it, bound to this tender, to what is bought by it now, and to this company."""
    text = json.dumps({"amount": said.amount, "draw": said.draw, "note": said.note}, ensure_ascii=False).encode()
    padded = text.ljust(-(-len(text) // BLOCK) * BLOCK)
    return _encrypt(padded, public, _for_quotation(tender_id, company_id, terms))


def unseal(sealed: bytes, key: X25519PrivateKey, tender_id: UUID, company_id: UUID, terms: int = 1) -> Said:
    """What was written, or SealBroken."""
    said = json.loads(_decrypt(sealed, key, _for_quotation(tender_id, company_id, terms)))
    return Said(said["amount"], said["draw"], said["note"])


def receipt_code(sealed: bytes) -> str:
    """What a company keeps to see later that its own bytes were opened: the beginning of their SHA-256."""
    digest = hashlib.sha256(sealed).hexdigest()[:16]
    return "-".join(digest[place : place + 4] for place in range(0, 16, 4))


def bound_share(tender_id: UUID, opens_at: datetime, public: bytes, estimate: int, terms: int) -> bytes:
    """The portal's share opens for this tender, this time, public key, estimate and terms only: whoever moves the time or
    the estimate in the database, lets quotations for something else count, or puts a key of their own there to read what
    is filed, breaks the seal."""
    numbers = estimate.to_bytes(8) + terms.to_bytes(4)
    return b"opening-share-v2\0" + tender_id.bytes + public + numbers + opens_at.astimezone(UTC).isoformat().encode()


def bound_share_before(tender_id: UUID, opens_at: datetime, public: bytes) -> bytes:
    """The same of locks made before estimate and terms were bound (migration 0113)."""
    return b"opening-share-v1\0" + tender_id.bytes + public + opens_at.astimezone(UTC).isoformat().encode()


def bound_first(tender_id: UUID, member_id: UUID) -> bytes:
    """What the first officer gave, until the second one comes."""
    return b"opening-first-v1\0" + tender_id.bytes + member_id.bytes


def _encrypt(plain: bytes, public: bytes, bound: bytes) -> bytes:
    return SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public), bound)


def _decrypt(sealed: bytes, key: X25519PrivateKey, bound: bytes) -> bytes:
    try:
        return SUITE.decrypt(sealed, key, bound)
    except (InvalidTag, ValueError):
        raise SealBroken("the seal is broken") from None


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


def _for_share(tender_id: UUID, mine: UUID, other: UUID) -> bytes:
    return b"opening-half-v1\0" + tender_id.bytes + mine.bytes + other.bytes


def _for_quotation(tender_id: UUID, company_id: UUID, terms: int) -> bytes:
    first = b"quotation-v1\0" + tender_id.bytes + company_id.bytes
    return first if terms == 1 else first + terms.to_bytes(4)
