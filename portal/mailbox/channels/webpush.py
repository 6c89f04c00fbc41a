"""Web Push without a library: a message sealed for one browser (RFC 8291 over RFC 8188), and who sends it (RFC 8292)."""

import base64
import json
import os
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.core import clock
from portal.core.crypto import b64url, derive_key

CURVE = ec.SECP256R1()
RECORD = 4096
# A token names one push service and is good for some hours (RFC 8292 section 2: at most a day).
TOKEN_LIFE = timedelta(hours=12)


def point(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> bytes:
    """A public key as browsers write it: 65 bytes, uncompressed."""
    public = key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else key
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def portal_key(master: bytes, given: str = "") -> ec.EllipticCurvePrivateKey:
    """The key that names this portal: *given* (a scalar in base64url), or derived, so that a restart has the same."""
    if given:
        scalar = int.from_bytes(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)), "big")
        return ec.derive_private_key(scalar, CURVE)
    wide = derive_key(master, "web-push") + derive_key(master, "web-push-more")
    return ec.derive_private_key(int.from_bytes(wide, "big") % (CURVE.group_order - 1) + 1, CURVE)


def seal(
    plain: bytes,
    *,
    p256dh: bytes,
    auth: bytes,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes = b"",
) -> bytes:
    """*plain* as the body of a push message only the browser of *p256dh* and *auth* can read.

    *key* and *salt* are fresh for each message; only the test vector of RFC 8291 gives them. ValueError if *p256dh* is
    no point of the curve.
    """
    key, salt = key or ec.generate_private_key(CURVE), salt or os.urandom(16)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, p256dh))
    secret = HKDF(SHA256(), 32, salt=auth, info=b"WebPush: info\0" + p256dh + point(key)).derive(shared)
    content_key = HKDF(SHA256(), 16, salt=salt, info=b"Content-Encoding: aes128gcm\0").derive(secret)
    nonce = HKDF(SHA256(), 12, salt=salt, info=b"Content-Encoding: nonce\0").derive(secret)
    sealed = AESGCM(content_key).encrypt(nonce, plain + b"\2", None)  # 2: the last record, no padding
    return salt + RECORD.to_bytes(4, "big") + bytes([65]) + point(key) + sealed


def authorization(key: ec.EllipticCurvePrivateKey, *, origin: str, contact: str) -> str:
    """The Authorization header for the push service at *origin*: an ES256 token and the key it is checked with."""
    until = int((clock.machine_now() + TOKEN_LIFE).timestamp())
    claims = {"aud": origin, "exp": until, "sub": contact}
    parts = [b64url(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims)]
    r, s = decode_dss_signature(key.sign(".".join(parts).encode(), ec.ECDSA(SHA256())))
    token = ".".join([*parts, b64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))])
    return f"vapid t={token}, k={b64url(point(key))}"
