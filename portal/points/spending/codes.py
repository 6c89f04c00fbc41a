"""What a coupon's QR code says for one minute: signed, so that a desk without network can check it too.

    OC1:<coupon>:<reward>:<seconds since 1970 until which it holds>:<Ed25519 signature, base64url>

The city's public key is at /points/coupon-key. Offline only "made by the city a moment ago" can be known
(desk_check.py is a program for it); that a coupon is used once is settled when the desk puts it on record, within a week:
of two desks that took it the second one is a clash, which staff look into (clashes.py).
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.core.crypto import b64url
from portal.points.spending.rules import CodeOld

SIGNING = "points-coupons"
HOLDS = timedelta(seconds=60)
LATE = timedelta(days=7)
"""So long a desk that had no network can put on record what it took."""
HEAD = "OC1"


@dataclass(frozen=True, slots=True)
class Code:
    """What a sound code says, and when the city wrote it: its holder was there then."""

    reference: str
    reward: str
    written_at: datetime


def write(key: Ed25519PrivateKey, reference: str, reward: str, now: datetime) -> str:
    """The code that holds for a minute from *now*."""
    said = f"{HEAD}:{reference}:{reward}:{int((now + HOLDS).timestamp())}"
    return f"{said}:{b64url(key.sign(said.encode()))}"


def read_late(key: Ed25519PublicKey, typed: str, now: datetime) -> Code:
    """What *typed* says if the city wrote it within the last week: a desk without network took it then, and puts it on
    record now. Raises CodeOld."""
    code = _said(key, typed)
    if not now - LATE <= code.written_at + HOLDS <= now + 2 * HOLDS:
        raise CodeOld
    return code


def read(key: Ed25519PublicKey, typed: str, now: datetime) -> Code:
    """What *typed* says if the city wrote it within the last minute. Raises CodeOld."""
    code = _said(key, typed)
    if not now <= code.written_at + HOLDS <= now + 2 * HOLDS:
        raise CodeOld
    return code


def _said(key: Ed25519PublicKey, typed: str) -> Code:
    said, _, signature = typed.strip().rpartition(":")
    parts = said.split(":")
    try:
        key.verify(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)), said.encode())
        head, reference, reward, until = parts
        if head == HEAD:
            return Code(reference, reward, datetime.fromtimestamp(int(until), UTC) - HOLDS)
    except (InvalidSignature, ValueError, OverflowError, OSError, binascii.Error, UnicodeEncodeError):
        pass
    raise CodeOld
