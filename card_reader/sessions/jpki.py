"""JPKI, the public certificates on the national card: prove who holds the card, and sign.

Sources (no public specification exists; this follows public readers): OpenSC `card-jpki.c`, `pkcs15-jpki.c`,
`jpki.h`; jpki/myna `jpki_ap.go` of release 0.5.1.
"""

from __future__ import annotations

import hashlib

from card_reader import apdu
from card_reader.apdu import Command
from card_reader.connection import (
    Connection,
    pin_tries_left,
    select_application,
    select_file,
    send,
    verify_pin,
)
from card_reader.sessions.files import read_object

AID = bytes.fromhex("D392F000260100000001")
SIGN_CERTIFICATE = 0x0001
SIGN_CA_CERTIFICATE = 0x0002
TOKEN = 0x0006
AUTH_CERTIFICATE = 0x000A
AUTH_CA_CERTIFICATE = 0x000B
AUTH_KEY = 0x0017
AUTH_PIN = 0x0018
SIGN_KEY = 0x001A
SIGN_PIN = 0x001B

AUTH_PIN_TRIES = 3
SIGN_PIN_TRIES = 5

# DER of DigestInfo { sha256, NULL, OCTET STRING (32) } without the digest: RFC 8017, section 9.2, note 1.
SHA256_DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")


class JpkiSession:
    """The JPKI application of one powered card; making it selects the application.

    PINs are bytearrays of ASCII digits or letters and are wiped by the call. Wrong ones raise PinWrong with
    the tries left, or PinBlocked.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        select_application(connection, AID)

    def auth_tries_left(self) -> int:
        """How many wrong 4-digit PINs remain (0 to 3); asking costs none."""
        return self._tries_left(AUTH_PIN)

    def sign_tries_left(self) -> int:
        """How many wrong signature PINs remain (0 to 5); asking costs none."""
        return self._tries_left(SIGN_PIN)

    def verify_auth_pin(self, pin: bytearray) -> None:
        """Prove the 4-digit PIN."""
        self._verify(AUTH_PIN, pin)

    def verify_sign_pin(self, pin: bytearray) -> None:
        """Prove the signature PIN (6 to 16 of A-Z 0-9)."""
        self._verify(SIGN_PIN, pin)

    def auth_certificate(self) -> bytes:
        """DER; free to read, holds no name."""
        return read_object(self._connection, AUTH_CERTIFICATE)

    def auth_ca_certificate(self) -> bytes:
        """DER of the issuer of the authentication certificate."""
        return read_object(self._connection, AUTH_CA_CERTIFICATE)

    def sign_certificate(self) -> bytes:
        """DER with name, address, birth date and sex: only after the signature PIN, else StatusError 6982."""
        return read_object(self._connection, SIGN_CERTIFICATE)

    def sign_ca_certificate(self) -> bytes:
        """DER of the issuer of the signature certificate."""
        return read_object(self._connection, SIGN_CA_CERTIFICATE)

    def sign_with_auth_key(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 over `message`, 256 bytes; needs the 4-digit PIN."""
        return self._sign(AUTH_KEY, message)

    def sign_with_sign_key(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 over `message`, 256 bytes; needs the signature PIN."""
        return self._sign(SIGN_KEY, message)

    def _tries_left(self, file_id: int) -> int:
        select_file(self._connection, file_id)
        return pin_tries_left(self._connection)

    def _verify(self, file_id: int, pin: bytearray) -> None:
        select_file(self._connection, file_id)
        verify_pin(self._connection, pin)

    def _sign(self, file_id: int, message: bytes) -> bytes:
        select_file(self._connection, file_id)
        digest_info = SHA256_DIGEST_INFO + hashlib.sha256(message).digest()
        command = Command(0x80, apdu.PERFORM_SECURITY_OPERATION, 0x00, 0x80, digest_info, le=256)
        return send(self._connection, command)
