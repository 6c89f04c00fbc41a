"""券面入力補助: the printed data of the national card as text, opened by the holder's 4-digit PIN.

Sources: jpki/myna `text_ap.go` and `src/cli.rs`. The tag of the number file is written DF10 by some
readers and FF10 by others: both are accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from card_reader import tlv
from card_reader.connection import Connection
from card_reader.errors import UnexpectedAnswer
from card_reader.pinpad import Secret
from card_reader.sessions.files import Files
from card_reader.sessions.text_proof import Proof, check, read_proof

AID = bytes.fromhex("D3921000310001010408")
NUMBER = 0x0001
ATTRIBUTES = 0x0002
SIGNATURE = 0x0003
CERTIFICATE = 0x0004
BASIC_INFORMATION = 0x0005
PIN = 0x0011
NUMBER_CODE = 0x0014  # 照合番号A: the personal number itself
FACE_CODE = 0x0015  # 照合番号B: 14 digits printed on the front

NUMBER_TAGS = (0xDF10, 0xFF10)
ATTRIBUTE_SET = 0xFF20
HEADER, NAME, ADDRESS, BIRTH_DATE, SEX = 0xDF21, 0xDF22, 0xDF23, 0xDF24, 0xDF25


@dataclass(frozen=True, slots=True)
class Attributes:
    """The four basic attributes; `birth_date` is YYYYMMDD, `sex` 1, 2 or 9 (ISO/IEC 5218)."""

    name: str = field(repr=False)
    address: str = field(repr=False)
    birth_date: str = field(repr=False)
    sex: str = field(repr=False)


class TextSession:
    """The 券面入力補助 application of one powered card; making it selects the application."""

    def __init__(self, connection: Connection) -> None:
        self._files = Files(connection, AID)
        self._read: dict[int, bytes] = {}

    def tries_left(self, secret: int = PIN) -> int:
        """How many wrong secrets (PIN, NUMBER_CODE or FACE_CODE) remain; asking costs none."""
        return self._files.tries_left(secret)

    def verify_pin(self, pin: Secret) -> None:
        """Prove the 4-digit PIN: opens both number and attributes. The buffer is wiped."""
        self._files.verify(PIN, pin)

    def verify_number_code(self, code: bytearray) -> None:
        """Prove 照合番号A (the 12-digit number, typed in or read from the back): opens the number only."""
        self._files.verify(NUMBER_CODE, code)

    def verify_face_code(self, code: bytearray) -> None:
        """Prove 照合番号B (14 digits from the front): opens the attributes only."""
        self._files.verify(FACE_CODE, code)

    def number(self) -> str:
        """Return the personal number, 12 digits. Keep it out of everything but its own store."""
        try:
            objects = tlv.parse(self._content(NUMBER))
        except tlv.MalformedTlv as error:
            raise UnexpectedAnswer("the number file is not BER") from error
        for item in objects:
            if item.tag in NUMBER_TAGS and len(item.value) == 12 and item.value.isdigit():
                return item.value.decode("ascii")
        raise UnexpectedAnswer("the number file does not hold twelve digits")

    def attributes(self) -> Attributes:
        """Return name, address, birth date and sex, as the card says them."""
        content = self._content(ATTRIBUTES)
        try:
            name, address, birth, sex = (
                tlv.find(content, ATTRIBUTE_SET, tag).decode("utf-8") for tag in (NAME, ADDRESS, BIRTH_DATE, SEX)
            )
        except (KeyError, ValueError) as error:
            raise UnexpectedAnswer("the attribute file lacks an attribute") from error
        return Attributes(name=name, address=address, birth_date=birth, sex=sex)

    def proof(self) -> Proof:
        """Return the digests of number and attributes with the signature over them; needs the PIN."""
        return read_proof(self._files.read_object(SIGNATURE))

    def certificate(self) -> bytes:
        """Return the certificate of who signed them; needs the PIN."""
        return self._files.read_object(CERTIFICATE)

    def check_proof(self, issuer: RSAPublicKey) -> None:
        """See that the issuer vouches for the number and the attributes that were read in this session; NotVouchedFor.
        Needs the PIN."""
        number, attributes = (self._read.get(file, b"") for file in (NUMBER, ATTRIBUTES))
        check(self.proof(), self.certificate(), issuer, number=number, attributes=attributes)

    def _content(self, file: int) -> bytes:
        content = self._read[file] = self._files.read_object(file)
        return content
