"""JPKI, the public certificates on the national card: prove who holds the card, and sign.

Sources (no public specification exists; this follows public readers): OpenSC `card-jpki.c`, `pkcs15-jpki.c`,
`jpki.h`; jpki/myna `jpki_ap.go` and `reader.go` (change of PIN: `00 24 01 80`) of release 0.5.1.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from card_reader import apdu
from card_reader.apdu import Command
from card_reader.connection import CURRENT_FILE, Connection
from card_reader.errors import UnexpectedAnswer
from card_reader.pinpad import Secret, wipe
from card_reader.sessions.files import CHUNK, Files, Known

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
AUTH_PIN_SHAPE = re.compile(rb"[0-9]{4}")
SIGN_PIN_SHAPE = re.compile(rb"[A-Z0-9]{6,16}")
TOKEN_BYTES = 32

# jpki/myna api.go: what the token file says, and what it is found on.
TOKENS = {"JPKIAPICCTOKEN2": "national card", "JPKIAPICCTOKEN": "juki card", "JPKIAPGPSETOKEN": "smartphone"}

# DER of DigestInfo { sha256, NULL, OCTET STRING (32) } without the digest: RFC 8017, section 9.2, note 1.
SHA256_DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")


class BadPin(ValueError):
    """A new PIN has not the shape the card's PINs have; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate the card holds; `pin` names the PIN that opens it, "" when it is free to read."""

    name: str
    file_id: int
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a sign-in asks of a card: the authentication certificate (DER) and its key's signature."""

    certificate: bytes
    signature: bytes = field(repr=False)


CERTIFICATES = (
    Held("auth", AUTH_CERTIFICATE),
    Held("auth-ca", AUTH_CA_CERTIFICATE),
    Held("sign", SIGN_CERTIFICATE, pin="sign"),
    Held("sign-ca", SIGN_CA_CERTIFICATE),
)


class JpkiSession:
    """The JPKI application of one powered card; making it selects the application.

    PINs are bytearrays of ASCII digits or letters and are wiped by the call. Wrong ones raise PinWrong with
    the tries left, or PinBlocked. `chunk`: see `Files`.
    """

    def __init__(self, connection: Connection, chunk: int = CHUNK) -> None:
        self._files = Files(connection, AID, chunk)

    def kind(self) -> str:
        """What the application lives on: "national card", "juki card", "smartphone", or its token as it is."""
        command = Command(0x00, apdu.READ_BINARY, le=TOKEN_BYTES)
        try:
            token = self._files.send(TOKEN, command).decode("ascii").strip()
        except UnicodeDecodeError as error:
            raise UnexpectedAnswer("the token is not ASCII") from error
        return TOKENS.get(token, token)

    def certificates(self) -> tuple[Held, ...]:
        """The certificates on the card, found without reading them and without a PIN."""
        return tuple(held for held in CERTIFICATES if self._files.holds(held.file_id))

    def auth_tries_left(self) -> int:
        """How many wrong 4-digit PINs remain (0 to 3); asking costs none."""
        return self._files.tries_left(AUTH_PIN)

    def sign_tries_left(self) -> int:
        """How many wrong signature PINs remain (0 to 5); asking costs none."""
        return self._files.tries_left(SIGN_PIN)

    def prove_holder(self, pin: Secret, challenge: bytes, known: Known | None = None) -> Proof:
        """Certificate, PIN and signature in the order with the fewest commands; the buffer is wiped.

        With SELECT: ceil(certificate / 256) + 4 commands, 5 when the certificate is `known`; two more and a question
        in vain where the card takes no short file identifiers. Raises PinWrong, PinBlocked.
        """
        try:
            certificate = self.auth_certificate(known)
            self.verify_auth_pin(pin)
        finally:
            wipe(pin)
        return Proof(certificate, self.sign_with_auth_key(challenge))

    def verify_auth_pin(self, pin: Secret) -> None:
        """Prove the 4-digit PIN; on a reader with keys of its own it can be typed there (`pinpad_of`)."""
        self._files.verify(AUTH_PIN, pin)

    def verify_sign_pin(self, pin: bytearray) -> None:
        """Prove the signature PIN (6 to 16 of A-Z 0-9)."""
        self._files.verify(SIGN_PIN, pin)

    def change_auth_pin(self, pin: bytearray, fresh: bytearray) -> None:
        """Put four other digits in the place of the 4-digit PIN; both buffers are wiped. Raises BadPin."""
        self._change(AUTH_PIN, AUTH_PIN_SHAPE, pin, fresh)

    def change_sign_pin(self, pin: bytearray, fresh: bytearray) -> None:
        """Put another signature PIN in the place of the old one; both buffers are wiped. Raises BadPin."""
        self._change(SIGN_PIN, SIGN_PIN_SHAPE, pin, fresh)

    def auth_certificate(self, known: Known | None = None) -> bytes:
        """DER; free to read, holds no name. `known` spares reading one again: see `Files.read_object`.

        A certificate taken from `known` is as good as one read: only the key that belongs to it can sign for it.
        """
        return self._files.read_object(AUTH_CERTIFICATE, known)

    def auth_ca_certificate(self) -> bytes:
        """DER of the issuer of the authentication certificate."""
        return self._files.read_object(AUTH_CA_CERTIFICATE)

    def sign_certificate(self) -> bytes:
        """DER with name, address, birth date and sex: only after the signature PIN, else StatusError 6982."""
        return self._files.read_object(SIGN_CERTIFICATE)

    def sign_ca_certificate(self) -> bytes:
        """DER of the issuer of the signature certificate."""
        return self._files.read_object(SIGN_CA_CERTIFICATE)

    def sign_with_auth_key(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 over `message`, 256 bytes; needs the 4-digit PIN."""
        return self._sign(AUTH_KEY, message)

    def sign_with_sign_key(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 over `message`, 256 bytes; needs the signature PIN."""
        return self._sign(SIGN_KEY, message)

    def _change(self, file_id: int, shape: re.Pattern[bytes], pin: bytearray, fresh: bytearray) -> None:
        if not shape.fullmatch(fresh):
            pin[:], fresh[:] = bytes(len(pin)), bytes(len(fresh))
            raise BadPin("the new PIN has another shape than the card's PINs have")
        self._files.change(file_id, pin, fresh)

    def _sign(self, file_id: int, message: bytes) -> bytes:
        digest_info = SHA256_DIGEST_INFO + hashlib.sha256(message).digest()
        return self._files.send(  # after a SELECT: nothing names a key within this command (ISO/IEC 7816-8 has data objects)
            file_id, Command(0x80, apdu.PERFORM_SECURITY_OPERATION, 0x00, CURRENT_FILE, digest_info, le=256)
        )
