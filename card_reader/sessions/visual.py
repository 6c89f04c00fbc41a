"""券面事項確認: what is printed on the front of the national card, opened by a printed code.

Sources: jpki/myna, siketyan/jpki-rs `core/src/ap/surface.rs`. Name and address are pictures on this application; for
text use `text`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from card_reader import tlv
from card_reader.connection import Connection
from card_reader.errors import UnexpectedAnswer
from card_reader.sessions.files import Files

AID = bytes.fromhex("D3921000310001010402")
FRONT = 0x0002
BASIC_INFORMATION = 0x0003
FACE_CODE = 0x0012  # 照合番号B: 14 digits printed on the front
NUMBER_CODE = 0x0013  # 照合番号A: the personal number

FRONT_SET = 0xFF20
HEADER, BIRTH_DATE, SEX, PUBLIC_KEY, NAME_IMAGE = 0xDF21, 0xDF22, 0xDF23, 0xDF24, 0xDF25
ADDRESS_IMAGE, PHOTO, SIGNATURE, EXPIRY, CODE_IMAGE = 0xDF26, 0xDF27, 0xDF28, 0xDF29, 0xDF2A


@dataclass(frozen=True, slots=True)
class Front:
    """The front of the card: dates as YYYYMMDD, `sex` 1, 2 or 9, pictures PNG, the photo JPEG 2000."""

    birth_date: str = field(repr=False)
    sex: str = field(repr=False)
    expires: str = field(repr=False)
    name_image: bytes = field(repr=False)
    address_image: bytes = field(repr=False)
    photo: bytes = field(repr=False)


class VisualSession:
    """The 券面事項確認 application of one powered card; making it selects the application."""

    def __init__(self, connection: Connection) -> None:
        self._files = Files(connection, AID)

    def tries_left(self, secret: int = FACE_CODE) -> int:
        """How many wrong codes (FACE_CODE or NUMBER_CODE) remain; asking costs none."""
        return self._files.tries_left(secret)

    def verify_number_code(self, code: bytearray) -> None:
        """Prove 照合番号A, the 12-digit number. The buffer is wiped."""
        self._files.verify(NUMBER_CODE, code)

    def verify_face_code(self, code: bytearray) -> None:
        """Prove 照合番号B, 14 digits from the front. The buffer is wiped."""
        self._files.verify(FACE_CODE, code)

    def front(self) -> Front:
        """Return what the front shows; needs one of the codes, else StatusError 6982."""
        content = self._files.read_object(FRONT)
        try:
            values = {item.tag: item.value for item in tlv.parse(tlv.find(content, FRONT_SET))}
            return Front(
                birth_date=values[BIRTH_DATE].decode("ascii"),
                sex=values[SEX].decode("ascii"),
                expires=values[EXPIRY].decode("ascii"),
                name_image=values[NAME_IMAGE],
                address_image=values[ADDRESS_IMAGE],
                photo=values[PHOTO],
            )
        except (KeyError, ValueError) as error:
            raise UnexpectedAnswer("the file of the front lacks a part") from error
