"""Keys by purpose, derived from one master secret that production keeps outside the database."""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@lru_cache(maxsize=64)
def derive_key(master: bytes, purpose: str) -> bytes:
    """A 32-byte key for *purpose* (HKDF-SHA-256, RFC 5869); one purpose's key tells nothing of another's."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(master)


def signing_key(master: bytes, purpose: str) -> Ed25519PrivateKey:
    """The Ed25519 key of *purpose*, derived so that a restart signs alike."""
    return Ed25519PrivateKey.from_private_bytes(derive_key(master, purpose))


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256 over the length-prefixed *parts*, so that no two lists of parts look alike."""
    return hmac.digest(key, b"".join([len(part).to_bytes(8, "big") + part for part in parts]), "sha256")


def token_hash(token: str) -> str:
    """What the database keeps of a bearer secret with ≥ 128 random bits: its SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
