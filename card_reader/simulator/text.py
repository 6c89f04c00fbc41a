"""The 券面入力補助 application of the simulated card: number and attributes as text, by PIN or printed codes.

Emulated from jpki/myna `text_ap.go`; what vouches for them is made by the test authority (`text_proof`). Which file each
code opens is from public descriptions of the card.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from card_reader import tlv
from card_reader.sessions import jpki as jpki_names
from card_reader.sessions import text as names
from card_reader.sessions import text_proof
from card_reader.simulator.files import FREE, FileApplication, Layout
from card_reader.simulator.memory import Memory
from card_reader.simulator.people import Persona

NAME = "text"

LAYOUT = Layout(
    name=NAME,
    aid=names.AID,
    readable={
        names.NUMBER: frozenset({names.PIN, names.NUMBER_CODE}),
        names.ATTRIBUTES: frozenset({names.PIN, names.FACE_CODE}),
        # A digest of twelve digits is soon guessed: who has only the front's code gets none.
        names.SIGNATURE: frozenset({names.PIN}),
        names.CERTIFICATE: frozenset({names.PIN}),
        names.BASIC_INFORMATION: FREE,
    },
    pins=frozenset({names.PIN, names.NUMBER_CODE, names.FACE_CODE}),
    keys={},
    changeable={names.PIN: jpki_names.AUTH_PIN_SHAPE},
)


class TextApplication(FileApplication):
    """Nothing but files and PINs."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(LAYOUT, memory)


Sign = Callable[[bytes], bytes]
SIGNER = b"TEST JPKI / text signer"


def files_of(persona: Persona, number_tag: int, key: RSAPublicKey, sign: Sign) -> dict[int, bytes]:
    """Return the contents of the files for one person; *sign* is the issuer's, *key* what checks it."""
    attributes = (
        (names.NAME, persona.name),
        (names.ADDRESS, persona.address),
        (names.BIRTH_DATE, persona.birth_date.strftime("%Y%m%d")),
        (names.SEX, persona.sex),
    )
    inner = tlv.encode(names.HEADER, _offsets([value.encode() for _, value in attributes]))
    inner += b"".join(tlv.encode(tag, value.encode()) for tag, value in attributes)
    basics = tlv.encode(0xDF41, b"TEST") + tlv.encode(0xDF42, bytes(16))
    number = tlv.encode(number_tag, persona.number.encode("ascii"))
    attribute_set = tlv.encode(names.ATTRIBUTE_SET, inner)
    unsigned = text_proof.Proof(sha256(number).digest(), sha256(attribute_set).digest(), b"")
    body = text_proof.body_of(SIGNER, key)
    return {
        names.NUMBER: number,
        names.ATTRIBUTES: attribute_set,
        names.SIGNATURE: bytes(replace(unsigned, signature=sign(unsigned.signed))),
        names.CERTIFICATE: text_proof.certificate_of(body, sign(body)),
        names.BASIC_INFORMATION: tlv.encode(0xFF40, basics),
    }


def _offsets(values: list[bytes]) -> bytes:
    """Where each object begins, two bytes each: the real header's content is not public."""
    position, offsets = 0, b""
    for value in values:
        offsets += position.to_bytes(2, "big")
        position += len(value)
    return offsets
