"""What a coupon's QR code says for one minute: signed, so that a desk without network can check it too.

    OC1:<coupon>:<reward>:<seconds since 1970 until which it holds>:<Ed25519 signature, base64url>

The city's public key is at /points/coupon-key. Offline only "made by the city a moment ago" can be known; that a coupon is
used once is settled when the desk puts it on record.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.core.crypto import b64url
from portal.points.spending.rules import CodeOld

SIGNING = "points-coupons"
HOLDS = timedelta(seconds=60)
HEAD = "OC1"


@dataclass(frozen=True, slots=True)
class Code:
    """What a sound code says."""

    reference: str
    reward: str


def write(key: Ed25519PrivateKey, reference: str, reward: str, now: datetime) -> str:
    """The code that holds for a minute from *now*."""
    said = f"{HEAD}:{reference}:{reward}:{int((now + HOLDS).timestamp())}"
    return f"{said}:{b64url(key.sign(said.encode()))}"


def read(key: Ed25519PublicKey, typed: str, now: datetime) -> Code:
    """What *typed* says if the city wrote it within the last minute. Raises CodeOld."""
    said, _, signature = typed.strip().rpartition(":")
    parts = said.split(":")
    try:
        key.verify(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)), said.encode())
        head, reference, reward, until = parts
        if head == HEAD and now.timestamp() <= int(until) <= (now + 2 * HOLDS).timestamp():
            return Code(reference, reward)
    except (InvalidSignature, ValueError, binascii.Error, UnicodeEncodeError):
        pass
    raise CodeOld
