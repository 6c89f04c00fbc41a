"""The seal's key inside a token (PKCS#11: a card, an HSM, SoftHSM): it signs and never leaves."""

import threading
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pkcs11


class KeyInToken:
    """One kept session; a token signs one thing at a time, so a lock stands before it.

    Only RSA: a token's ECDSA draws chance for each signature, and a paper drawn again must have the same bytes.
    """

    def __init__(self, address: str, pin: str) -> None:
        """*address* is a PKCS#11 address (RFC 7512): pkcs11:token=…;object=…?module-path=…"""
        parts = urlsplit(address)
        named = {name: unquote(value) for name, _, value in (part.partition("=") for part in parts.path.split(";"))}
        module = parse_qs(parts.query)["module-path"][0]
        token = pkcs11.lib(module).get_token(token_label=named["token"])
        self._session: Any = token.open(user_pin=pin)
        self._key: Any = self._session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=named["object"])
        if self._key.key_type is not pkcs11.KeyType.RSA:
            raise TypeError("PORTAL_SEAL_TOKEN: an RSA key")
        self._turn = threading.Lock()

    def sign(self, data: bytes) -> bytes:
        """PKCS #1 v1.5 with SHA-256."""
        with self._turn:
            return bytes(self._key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))
